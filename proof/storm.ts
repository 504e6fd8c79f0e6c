import { machine } from './page/results.ts';
import { keep } from './page/write.ts';
import { endAll } from './rig/console.ts';
import { place, removeAll } from './rig/places.ts';
import { storm } from './rig/storm.ts';

/** `storm.ts [kills] [seed] [minutes]`: runs the whole kill storm and keeps its result; no kill after so many minutes. */
const [times = '500', seed = '20261122', minutes = '600'] = process.argv.slice(2);
const began = performance.now();
try {
  const outcome = await storm(place('storm'), Number(times), Number(seed), Number(minutes), (line) =>
    process.stderr.write(`storm: ${line}\n`),
  );
  keep('storm', {
    at: new Date().toISOString(),
    machine: machine(),
    asked: Number(times),
    seed: Number(seed),
    minutes: (performance.now() - began) / 60_000,
    ...outcome,
  });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  process.exitCode = outcome.wrong.length === 0 && outcome.kills === Number(times) ? 0 : 1;
} finally {
  await endAll();
  removeAll();
}
