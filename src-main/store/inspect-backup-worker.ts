import { parentPort, workerData } from 'node:worker_threads';
import { inspectBackup } from './inspect-backup.ts';

try {
  parentPort?.postMessage({ content: inspectBackup(String(workerData)) });
} catch (thrown) {
  parentPort?.postMessage({ problem: thrown instanceof Error ? thrown.message : String(thrown) });
}
