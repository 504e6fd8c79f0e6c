import { parentPort, workerData } from 'node:worker_threads';
// biome-ignore lint/style/noRestrictedImports: a thread of its own has nobody to hand it the writer's client
import { connectToWriter } from '../../store/client.ts';
import { ImportProblem } from '../imports/import-problem.ts';
import { importUsage, inspectUsage } from './read-usage.ts';
import type { FromUsage, UsageTask } from './usage-protocol.ts';

/** One import of usage, or one look at a file, on a thread of its own. */
const task = workerData as UsageTask;
if (!parentPort) throw new Error('usage-worker runs as a worker thread');
const owner = parentPort;
const tell = (message: FromUsage) => owner.postMessage(message);
const writer = task.writer ? connectToWriter(task.writer) : null;

try {
  if (task.mode === 'inspect' || !writer) tell(await inspectUsage(task));
  else await importUsage(task, (statements) => writer.runBatch(statements), tell);
} catch (thrown) {
  if (!(thrown instanceof ImportProblem)) throw thrown;
  tell({ type: 'failed', problem: thrown.message });
} finally {
  writer?.close();
}
