import type { MessagePort } from 'node:worker_threads';
import type { Statement, StatementResult } from '../ports/store.ts';
import { createLink } from './link.ts';

/** Chunks that may be on their way at once: one being written, one ready behind it. */
const inFlight = 2;

export interface WriterClient {
  /**
   * Runs the statements as one atomic unit on the writer thread and resolves after the shared commit, for which patient
   * ones wait a moment while nobody else does, unless an `urgent` one is behind them. When `inFlight` are under way the call waits first, so a fast producer cannot fill memory.
   */
  runBatch(statements: readonly Statement[], urgent?: 'urgent'): Promise<readonly StatementResult[]>;
  close(): void;
}

/** Opens a port made by `Store.port()` on another worker thread. `patient`: its batches may share a commit of their own. */
export function connectToWriter(
  port: MessagePort,
  { patient = 0 }: { /** How many of them. */ readonly patient?: number } = {},
): WriterClient {
  const link = createLink(port);
  link.started.catch(() => undefined);
  port.on('close', () => link.fail({ message: 'The database thread has ended', code: 'STORE_CLOSED' }));
  const running = new Set<Promise<unknown>>();
  return {
    async runBatch(statements, urgent) {
      while (running.size >= inFlight + patient) await Promise.race(running).catch(() => undefined);
      const answer = link.batch(statements, patient > 0);
      if (urgent) link.hurry();
      const done = answer
        .catch(() => undefined)
        .finally(() => {
          running.delete(done);
        });
      running.add(done);
      return answer;
    },
    close: () => port.close(),
  };
}
