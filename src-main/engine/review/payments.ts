import { z } from 'zod';
import { DocumentHistory } from '../../../src-shared/domain/vat/history.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { listLocks } from '../../store/repositories/desk.ts';
import { historyOfChange, insertChange, insertHistory } from '../../store/repositories/line-history.ts';
import { linesById, patchLines } from '../../store/repositories/review.ts';
import { refused } from '../problem.ts';
import { buyerOf } from './assess-lines.ts';
import { assessRow } from './assess-row.ts';
import { frozen } from './fixed-lines.ts';
import { type Reviewer, type ReviewParts, type Step, staleVersion } from './step.ts';
import { storedChecks } from './stored-line.ts';

const boxes = ['box1_minor', 'box4_minor', 'box6_minor', 'box7_minor'] as const;

/**
 * Notes when lines that are in a ledger already were paid. Under cash accounting their VAT counts on that day; what was posted
 * stays as it is. The month that matters is that of the payment: the one of the invoice may be closed.
 * @throws ProblemError without cash accounting, for lines of suppliers abroad, or when the month of a payment is closed
 */
export function noteFixedPayments(
  { store, runtime, audit, publish }: ReviewParts,
  organisationId: string,
  request: {
    readonly lines: readonly { id: string; version: number }[];
    readonly paidOn: string | null;
    readonly why: string;
  },
  who: Reviewer,
): Promise<Step> {
  const changeId = runtime.ids.next();
  const at = runtime.clock.now();
  const { paidOn, why } = request;
  const versions = new Map(request.lines.map(({ id, version }) => [id, version]));
  return store.transaction(async (tx, after) => {
    const buyer = await buyerOf(tx, organisationId, at);
    if (paidOn !== null && paidOn > buyer.today) throw refused({ happened: `${paidOn} has not come yet.` });
    const rows = await linesById(tx, organisationId, [...versions.keys()]);
    const closed = new Map((await listLocks(tx, organisationId)).map((lock) => [lock.month, lock.actor]));
    for (const row of rows) {
      if (row.version !== versions.get(row.id)) throw await staleVersion(tx, organisationId, row);
      const waits = row.treatment === 'uk_standard' || row.treatment === 'uk_reduced';
      if (buyer.organisation.vat_scheme !== 'cash' || !waits) throw await frozen(tx, row);
      const month = [row.paid_on, paidOn].map((day) => day?.slice(0, 7) ?? '').find((one) => closed.has(one));
      if (month !== undefined) {
        throw refused({
          happened: `${formatPeriod(month)} is closed, and the payment of ${`${row.supplier} ${row.invoice_number}`.trim()} belongs to it.`,
          means: `${closed.get(month)} closed the month; its return may have been filed. Nothing was changed.`,
          remedy: 'Have an approver open the month again.',
        });
      }
    }
    const values = rows.map((row) => {
      const assessed = assessRow({ ...row, paid_on: paidOn }, buyer, new DocumentHistory(), storedChecks(row));
      return {
        id: row.id,
        values: { paid_on: paidOn, ...Object.fromEntries(boxes.map((box) => [box, assessed[box]])) },
      };
    });
    await patchLines(tx, organisationId, at, ['paid_on', ...boxes], values);
    const change = { organisation_id: organisationId, id: changeId, at, actor: who.name };
    await insertChange(tx, { ...change, what: 'edit', why, lines: rows.length });
    await insertHistory(
      tx,
      rows.map((row) => ({
        ...{ organisation_id: organisationId, line_id: row.id, change_id: changeId },
        before: JSON.stringify({ paid_on: row.paid_on }),
        after: JSON.stringify({ paid_on: paidOn }),
      })),
    );
    const ids = rows.map(({ id }) => id);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'lines.paid',
      object: ids.length === 1 ? `line:${ids[0]}` : `lines:${changeId}`,
      before: { paidOn: ids.length === 1 ? (rows[0]?.paid_on ?? null) : null },
      after: { paidOn, lines: ids.length },
      reason: why,
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids }));
    return { undoId: changeId, changed: ids.length };
  });
}

const OnlyPaid = z.strictObject({ paid_on: z.string().nullable() });

/** Takes such a step back: the payment as it was before. null: the step is another one, or of lines in no batch. */
export async function undoFixedPayments(
  parts: ReviewParts,
  organisationId: string,
  undoId: string,
  who: Reviewer,
): Promise<{ changed: number } | null> {
  const { read } = parts.store;
  const history = await historyOfChange(read, organisationId, undoId);
  const before = history.map((entry) => OnlyPaid.safeParse(JSON.parse(entry.before)));
  const [first] = before;
  if (!first?.success || before.some((one) => one.data?.paid_on !== first.data.paid_on)) return null;
  const ids = history.map(({ line_id }) => line_id);
  const lines = await linesById(read, organisationId, ids);
  if (lines.length < ids.length || lines.some(({ state }) => state !== 'batched' && state !== 'posted')) return null;
  const wanted = { lines, paidOn: first.data.paid_on, why: 'takes back: payment' };
  const { changed } = await noteFixedPayments(parts, organisationId, wanted, who);
  return { changed };
}
