import { type SqlBool, sql } from 'kysely';
import { nextMonth, parsePeriod } from '../../../src-shared/domain/period.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { Reader, Tx } from '../../ports/store.ts';
import { listLocks, putLock, removeLock } from '../../store/repositories/desk.ts';
import { costsComingIn } from '../../store/repositories/imports.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { returnDay } from '../../store/repositories/reversals.ts';
import { refused } from '../problem.ts';
import type { Reviewer, ReviewParts } from './step.ts';

/** The months of a line (called `line`) that a lock keeps: of its tax point, and of the return it counts in. */
const monthsOfLine = async (db: Reader, organisationId: string) =>
  sql`(substr(line.tax_date, 1, 7), substr(${await returnDay(db, organisationId)}, 1, 7))`;

/** Refuses when one of the lines belongs to a closed month. */
export async function refuseLocked(db: Reader, organisationId: string, lineIds: readonly string[]): Promise<void> {
  const months = await monthsOfLine(db, organisationId);
  const result = await sql<{ supplier: string; invoice_number: string; month: string; actor: string }>`
    SELECT line.supplier, line.invoice_number, lock.month, lock.actor
    FROM json_each(${JSON.stringify(lineIds)}) AS wanted
    -- From the lines to their months: the other way round SQLite would walk every line there is.
    CROSS JOIN cost_line AS line ON line.organisation_id = ${organisationId} AND line.id = wanted.value
    CROSS JOIN period_lock AS lock ON lock.organisation_id = ${organisationId} AND lock.month IN ${months}
    LIMIT 1`.execute(db);
  const [found] = result.rows;
  if (found) {
    throw refused({
      happened: `${formatPeriod(found.month)} is closed, and ${`${found.supplier} ${found.invoice_number}`.trim()} belongs to it.`,
      means: `${found.actor} closed the month; its return may have been filed. Nothing was changed.`,
      remedy: 'Book a correction in an open month, or have an approver open the month again.',
    });
  }
}

/** Those that belong to no closed month, in their order: what was closed is not judged anew when a supplier, rate or setting changes. */
export async function outsideClosed(
  db: Reader,
  organisationId: string,
  lineIds: readonly string[],
): Promise<readonly string[]> {
  if ((await listLocks(db, organisationId)).length === 0) return lineIds;
  const months = await monthsOfLine(db, organisationId);
  const { rows } = await sql<{ id: string }>`
    SELECT line.id FROM json_each(${JSON.stringify(lineIds)}) AS wanted
    CROSS JOIN cost_line AS line ON line.organisation_id = ${organisationId} AND line.id = wanted.value
    WHERE NOT EXISTS (SELECT 1 FROM period_lock AS lock
      WHERE lock.organisation_id = ${organisationId} AND lock.month IN ${months})
    ORDER BY wanted.key`.execute(db);
  return rows.map(({ id }) => id);
}

/** Refuses a period that has a closed month. */
export async function refuseLockedPeriod(
  db: Reader,
  organisationId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const closed = (await listLocks(db, organisationId)).find(
    ({ month }) => month >= from.slice(0, 7) && month <= to.slice(0, 7),
  );
  if (closed) {
    throw refused({
      happened: `${formatPeriod(closed.month)} is closed.`,
      means: `${closed.actor} closed it: ${closed.reason}. Nothing of it is exported any more.`,
      remedy: 'Choose an open period, or have an approver open the month again.',
    });
  }
}

/** A closed month that lines of these documents belong to; null: there is none. */
export async function closedMonthOf(
  db: Reader,
  organisationId: string,
  documentIds: readonly string[],
): Promise<string | null> {
  const months = await monthsOfLine(db, organisationId);
  const { rows } = await sql<{ month: string }>`
    SELECT lock.month FROM json_each(${JSON.stringify(documentIds)}) AS wanted
    CROSS JOIN export_document_line AS part ON part.organisation_id = ${organisationId} AND part.document_id = wanted.value
    CROSS JOIN cost_line AS line ON line.organisation_id = part.organisation_id AND line.id = part.line_id
    CROSS JOIN period_lock AS lock ON lock.organisation_id = line.organisation_id AND lock.month IN ${months}
    LIMIT 1`.execute(db);
  return rows[0]?.month ?? null;
}

/** Months of a period, `2026-07`, `2026-08`, `2026-09`. */
export function monthsOf({ from, to }: { readonly from: string; readonly to: string }): string[] {
  const months: string[] = [];
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); month = nextMonth(month)) months.push(month);
  return months;
}

/**
 * Closes or opens the months of a period (F8). A month with lines in a batch that is not verified stays open,
 * and so does every month while a file of costs comes in.
 * @throws ProblemError when the period is none or work on it is under way
 */
export async function setLock(
  { store, runtime, audit, publish, rechecks }: ReviewParts,
  organisationId: string,
  request: { readonly period: string; readonly locked: boolean; readonly reason: string },
  who: Reviewer,
): Promise<void> {
  const period = parsePeriod(request.period);
  if (!period) throw refused({ happened: `"${request.period}" is not a period.`, remedy: 'Write 2026-09 or 2026-Q3.' });
  await store.transaction(async (tx, after) => {
    if (request.locked) await refuseUnderWay(tx, organisationId, period);
    const organisation = await getOrganisation(tx, organisationId);
    for (const month of monthsOf(period)) {
      if (request.locked) {
        await putLock(tx, {
          organisation_id: organisationId,
          month,
          actor: who.name,
          at: runtime.clock.now(),
          reason: request.reason,
          vat_scheme: organisation?.vat_scheme ?? null,
        });
      } else await removeLock(tx, organisationId, month);
    }
    // What came in after the closing was to be claimed later; it belongs here again.
    if (!request.locked) await rechecks.request(tx, organisationId, { kind: 'all' });
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: request.locked ? 'period.closed' : 'period.opened',
      object: `period:${period.label}`,
      after: { months: monthsOf(period) },
      reason: request.reason,
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: [] }));
  });
}

async function refuseUnderWay(tx: Tx, organisationId: string, period: { from: string; to: string }): Promise<void> {
  const coming = await costsComingIn(tx, organisationId);
  if (coming) {
    throw refused({
      happened: `${coming.file_name} is coming in.`,
      means: 'What it brings would belong to the closed month or to the next by the moment of closing.',
      remedy: 'Wait until it is here, or cancel it; then close the month.',
    });
  }
  const batch = await tx
    .selectFrom('cost_line_seen as line')
    .innerJoin('export_batch as batch', (join) =>
      join.onRef('batch.organisation_id', '=', 'line.organisation_id').onRef('batch.id', '=', 'line.batch_id'),
    )
    .select(['batch.id', 'batch.state', 'batch.period'])
    .where('line.organisation_id', '=', organisationId)
    .where('line.tax_date', '>=', period.from)
    .where('line.tax_date', '<=', period.to)
    .where(sql<SqlBool>`batch.state NOT IN ('verified', 'closed', 'reversed')`)
    .limit(1)
    .executeTakeFirst();
  if (batch) {
    throw refused({
      happened: `A batch of ${formatPeriod(batch.period)} is ${batch.state.replaceAll('_', ' ')}.`,
      means: 'A month is closed when everything sent of it is verified.',
      remedy: 'Finish the batch or take it apart, then close the month.',
    });
  }
}
