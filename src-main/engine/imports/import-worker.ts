import { parentPort, workerData } from 'node:worker_threads';
// biome-ignore lint/style/noRestrictedImports: a thread of its own has nobody to hand it the writer's client
import { connectToWriter } from '../../store/client.ts';
// biome-ignore lint/style/noRestrictedImports: nor a connection to read by
import { openLocalReader } from '../../store/local-reader.ts';
import { ImportProblem } from './import-problem.ts';
import { inspectFile } from './inspect-file.ts';
import { chunksUnderway } from './keep-rows.ts';
import { importCosts } from './read-costs.ts';
import { importRates } from './read-rates.ts';
import type { FromWorker, ImportTask, ToWorker } from './worker-protocol.ts';

/** One import, or one look at a file, on a thread of its own: reads, hashes, parses, and writes through the one writer. */
const task = workerData as ImportTask;
if (!parentPort) throw new Error('import-worker runs as a worker thread');
const owner = parentPort;

const tell = (message: FromWorker) => owner.postMessage(message);
const writer = task.writer ? connectToWriter(task.writer, { patient: chunksUnderway }) : null;

/** Tells the owner, and waits until it has stored what it was told: at most one slice is under way. */
const hand = (message: FromWorker) =>
  new Promise<ToWorker>((resolve) => {
    owner.once('message', (answer: ToWorker) => resolve(answer));
    tell(message);
  });

try {
  if (task.mode === 'inspect' || !writer) tell({ type: 'inspected', result: await inspectFile(task) });
  else {
    const look = openLocalReader(task.database);
    try {
      await (task.kind === 'costs' ? importCosts : importRates)({ task, writer, tell, hand, look });
    } finally {
      look.close();
    }
  }
} catch (thrown) {
  if (!(thrown instanceof ImportProblem)) throw thrown;
  tell({ type: 'failed', problem: thrown.message });
} finally {
  writer?.close();
}
