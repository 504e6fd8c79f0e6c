import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { Logger } from '../../ports/runtime.ts';
import type { Statement, StatementResult } from '../../ports/store.ts';
import { jobOf } from '../../store/repositories/outbox.ts';
import { holdUnreadable } from '../../store/repositories/outbox-statements.ts';

/** Rows as jobs; one that does not parse is held, so that a damaged row stops nobody else. */
export interface JobReader {
  read(rows: StatementResult['rows']): OutboxJob[];
  /** What holds those that could not be read, for the next commit; it is handed out once. */
  holding(): readonly Statement[];
  /** That commit failed. */
  keep(holding: readonly Statement[]): void;
}

export function createJobReader(log: Logger): JobReader {
  const unreadable: Statement[] = [];
  return {
    read: (rows) =>
      rows.flatMap((row) => {
        try {
          return [jobOf(row)];
        } catch (thrown) {
          log.error('outbox.unreadable', { job: String(row.id), error: String(thrown) });
          const message = 'This delivery cannot be read';
          const failure = { kind: 'needs-attention', code: 'defect', scope: 'job', message };
          unreadable.push(holdUnreadable(String(row.id), JSON.stringify(failure)));
          return [];
        }
      }),
    holding: () => unreadable.splice(0),
    keep: (holding) => void unreadable.unshift(...holding),
  };
}
