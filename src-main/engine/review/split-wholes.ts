import type { Tx } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { historyOfLine } from '../../store/repositories/line-history.ts';
import { partsOfStep, removeParts, splitsOf } from '../../store/repositories/line-splits.ts';
import { linesById } from '../../store/repositories/review.ts';
import { refused } from '../problem.ts';
import { wayBack } from './fixed-lines.ts';

/** Takes the parts of a step away again. @throws ProblemError when one is on its way, or was changed since */
export async function unsplit(tx: Tx, organisationId: string, changeId: string): Promise<void> {
  const ids = await partsOfStep(tx, organisationId, changeId);
  for (const part of await linesById(tx, organisationId, ids)) {
    if (part.state === 'batched' || part.state === 'posted') {
      throw refused({
        happened: `A part of ${part.supplier} ${part.invoice_number} is ${part.state === 'posted' ? 'posted' : 'in a prepared batch'}.`,
        remedy: await wayBack(tx, part),
      });
    }
    const history = await historyOfLine(tx, organisationId, part.id);
    const later = history.find(({ what, undone_by }) => what !== 'undo' && undone_by === null);
    if (later) {
      throw refused({
        happened: `${later.actor} changed a part of ${part.supplier} ${part.invoice_number} since.`,
        means: 'Undoing the split would lose that change; nothing was changed.',
        remedy: 'Take the later change back first.',
      });
    }
  }
  await removeParts(tx, organisationId, ids);
}

/** A whole comes back by undoing its split, never beside its parts. */
export async function refuseWholes(tx: Tx, organisationId: string, lines: readonly CostLineRow[]): Promise<void> {
  const splits = await splitsOf(
    tx,
    organisationId,
    lines.map(({ id }) => id),
  );
  const whole = lines.find(({ id }) => splits.some(({ whole_id }) => whole_id === id));
  if (whole === undefined) return;
  throw refused({
    happened: `${whole.supplier} ${whole.invoice_number} was split into parts.`,
    means: 'Beside its parts it would count twice.',
    remedy: 'Undo the split; the line is then as it was.',
  });
}
