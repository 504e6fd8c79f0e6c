import { Worker } from 'node:worker_threads';
import type { Store } from '../../ports/store.ts';
import { ImportProblem } from './import-problem.ts';
import type { FromWorker, ImportTask, ToWorker } from './worker-protocol.ts';

const threadFile = import.meta.url.endsWith('.ts') ? './import-worker.ts' : './import-worker.js';

type ImportOrder = Omit<ImportTask, 'writer' | 'database' | 'buyer' | 'suppliers' | 'unread' | 'now' | 'seeds'> &
  Partial<Pick<ImportTask, 'buyer' | 'suppliers' | 'unread' | 'now' | 'seeds'>>;

/**
 * Runs one task on a thread of its own and gives every message to `onMessage`, one after the other; the thread goes on
 * only when a message it waits for has been worked. Resolves when the thread has ended well.
 * @throws ImportProblem when the file is refused, or the abort's reason
 */
export async function runImportThread(
  given: ImportOrder,
  store: Store | null,
  signal: AbortSignal,
  onMessage: (message: FromWorker) => void,
): Promise<void> {
  signal.throwIfAborted();
  const line = store?.port() ?? null;
  const writer = line?.port ?? null;
  const worker = new Worker(new URL(threadFile, import.meta.url), {
    workerData: {
      buyer: null,
      suppliers: null,
      unread: [],
      now: 0,
      seeds: { lines: '', suppliers: '' },
      ...given,
      writer,
      database: store?.file ?? '',
    } satisfies ImportTask,
    transferList: writer ? [writer] : [],
    name: 'import',
    // Big files are streamed: memory that grows with the file is a mistake and must not take the owner along.
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      let work: Promise<void> = Promise.resolve();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        work.then(
          () => (code === 0 ? resolve() : reject(new Error(`The import thread ended with code ${code}`))),
          reject,
        );
      });
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'failed') return reject(new ImportProblem(message.problem));
        work = work.then(() => {
          onMessage(message);
          if (message.type === 'documents' || message.type === 'details' || message.type === 'rates')
            worker.postMessage({ type: 'taken' } satisfies ToWorker);
        });
        work.catch(reject);
      });
    });
  } finally {
    await worker.terminate();
    // Else what is still on its way would be written behind the back of whoever clears up after us.
    await line?.ended;
  }
}
