import type { RowProblem } from '../../../src-shared/domain/cost/columns.ts';
import type { Statement } from '../../ports/store.ts';
import { rejectionStatement } from '../../store/repositories/import-statements.ts';

const longestReason = 400;

/** Refused rows of one import, written in the batches of whatever is written anyway. */
export function createRejections(organisationId: string, importId: string) {
  let waiting: [number, number, string, string][] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    get waiting() {
      return waiting.length;
    },
    add(row: number, { field, reason }: RowProblem) {
      waiting.push([count++, row, field.slice(0, 100), reason.slice(0, longestReason)]);
    },
    /** What waits, as statements; nothing waits afterwards. */
    take(): Statement[] {
      if (waiting.length === 0) return [];
      const statement = rejectionStatement(organisationId, importId, waiting);
      waiting = [];
      return [statement];
    },
  };
}
