import { sql } from 'kysely';
import { createWatchdog } from '../hosts/watchdog.ts';
import { systemClock, systemIds, systemRandom } from '../platform/runtime.ts';
import { openStore } from '../store/open.ts';
import { testLog } from './runtime.ts';

/**
 * A watched console's store in the folder given: `hang` blocks its loop for ever, alone or while one of the two threads that
 * look is busy for ever as well; `stall` blocks it for half a second and then lives on and ends by itself.
 */
const [how = '', folder = ''] = process.argv.slice(2);
const log = testLog();
const watchdog = createWatchdog(log, { silentMs: 1_500, everyMs: 100 });
const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log };
const store = await openStore({ folder, runtime, watch: watchdog.watch });
const block = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const endless = 'WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many) SELECT count(*) FROM many';

// Nobody is to be watched yet.
block(2_000);
watchdog.start();
if (how === 'hang while it reads') void sql.raw(endless).execute(store.read);
if (how === 'hang while it writes') void store.batch([{ sql: endless, params: [] }]);
await systemClock.sleep(400);
process.stdout.write('ready\n');
block(how === 'stall' ? 500 : 60_000);
await systemClock.sleep(400);
process.stdout.write(`${log.lines.map(({ event }) => event).join(' ')}\n`);
watchdog.stop();
// Nor any more.
block(2_000);
await store.close();
