import { parentPort, workerData } from 'node:worker_threads';
import { type DrillTask, drill } from './drill.ts';

try {
  parentPort?.postMessage({ findings: await drill(workerData as DrillTask) });
} catch (thrown) {
  parentPort?.postMessage({ problem: thrown instanceof Error ? thrown.message : String(thrown) });
}
