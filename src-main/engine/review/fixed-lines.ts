import type { Reader } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { getBatch } from '../../store/repositories/exports.ts';
import { type ProblemError, refused } from '../problem.ts';

type FixedLine = Pick<CostLineRow, 'organisation_id' | 'supplier' | 'invoice_number' | 'state' | 'batch_id'>;

/** What sets a line free that is in a batch or posted. What became of files the console does not see, so they stay as they are. */
export async function wayBack(db: Reader, line: FixedLine): Promise<string> {
  if (line.state !== 'posted') return 'Discard the batch first.';
  const batch = line.batch_id === null ? undefined : await getBatch(db, line.organisation_id, line.batch_id);
  return batch?.target === 'file'
    ? 'It went out as files, which the console cannot take back: enter a credit note where they were imported, and import that here.'
    : 'Reverse the posted document first.';
}

/** Why such a line cannot be changed. */
export async function frozen(db: Reader, line: FixedLine): Promise<ProblemError> {
  const name = `${line.supplier} ${line.invoice_number}`.trim();
  const remedy = await wayBack(db, line);
  return line.state === 'posted'
    ? refused({
        happened: `${name} is already posted.`,
        means: 'What was posted is never changed here; nothing was changed.',
        remedy,
      })
    : refused({
        happened: `${name} is in a prepared batch.`,
        means: 'A batch is frozen from the moment it is prepared; nothing was changed.',
        remedy,
      });
}
