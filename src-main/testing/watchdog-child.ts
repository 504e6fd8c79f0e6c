import { startWatchdog } from '../hosts/watchdog.ts';
import { systemClock } from '../platform/runtime.ts';
import { testLog } from './runtime.ts';

/** A watched process: `hang` blocks its loop for ever, `stall` for half a second and then lives on and ends by itself. */
const log = testLog();
const watchdog = startWatchdog(log, { silentMs: 1_500, everyMs: 100 });
const block = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
await systemClock.sleep(400);
process.stdout.write('ready\n');
block(process.argv[2] === 'hang' ? 60_000 : 500);
await systemClock.sleep(400);
process.stdout.write(`${log.lines.map(({ event }) => event).join(' ')}\n`);
await watchdog.stop();
