import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import { openStore } from '../src-main/store/open.ts';
import { prepare, quiet, throughOutbox } from './outbox.ts';

/** One round of the outbox in a process of its own, so that peers are alike: `FOLDER JOBS one|bulk`. Prints jobs a second. */
const [folder = '', jobs = '0', how = 'one'] = process.argv.slice(2);
const store = await openStore({
  folder,
  runtime: { clock: systemClock, ids: systemIds, random: systemRandom, log: quiet },
});
await prepare(store);
// Compiled before it is timed, as the peers are.
const size = { jobs: Number(jobs), together: how === 'bulk' ? 500 : 1, callers: 16 };
await throughOutbox(store, 'warm', 'keyed-upsert', { ...size, jobs: Math.ceil(size.jobs / 4) });
const { perSecond, commitsPerJob } = await throughOutbox(store, 'peer', 'keyed-upsert', size);
await store.close();
process.stdout.write(`${JSON.stringify({ perSecond, commitsPerJob })}\n`);
