import { sql } from 'kysely';
import type { Period } from '../../../src-shared/domain/period.ts';
import { checkRules } from '../../../src-shared/domain/vat/checks.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import type { Reader } from '../../ports/store.ts';
import { linesById, seen } from '../../store/repositories/review.ts';
import { weddingsBetween } from '../../store/repositories/weddings.ts';
import { notFound } from '../problem.ts';
import { isCheckId } from './stored-line.ts';

/** What the lines under review wait for: checks that stop a line and how many lines they stop, most first. */
export async function reasonsOf(db: Reader, organisationId: string, period: Period | undefined) {
  const { from, to } = period ?? { from: '', to: '9999' };
  // The index holds all that is read, in the order it is counted in.
  const found = await sql<{ ids: string; lines: number }>`SELECT check_ids AS ids, count(*) AS lines
    FROM cost_line INDEXED BY cost_line_waiting WHERE organisation_id = ${organisationId} AND state = 'review'
    AND tax_date BETWEEN ${from} AND ${to} AND ${seen} GROUP BY check_ids`.execute(db);
  const counts = new Map<string, number>();
  for (const { ids, lines } of found.rows)
    for (const id of ids.trim().split(' '))
      if (isCheckId(id) && checkRules[id].severity !== 'info') counts.set(id, (counts.get(id) ?? 0) + lines);
  return [...counts]
    .map(([check, lines]) => ({ check, lines }))
    .sort((a, b) => b.lines - a.lines || a.check.localeCompare(b.check));
}

/** Whom a line may be given to: the weddings of its service period and the vendors a person confirmed. */
export async function shareTargets(db: Reader, organisationId: string, lineId: string) {
  const [line] = await linesById(db, organisationId, [lineId]);
  if (!line) throw notFound({ happened: 'There is no such line.' });
  const [weddings, vendors] = await Promise.all([
    weddingsBetween(db, organisationId, line.period_start ?? line.tax_date, line.period_end ?? line.tax_date),
    db
      .selectFrom('vendor')
      .select(['id', 'name'])
      .where('organisation_id', '=', organisationId)
      .where('state', '=', 'confirmed')
      .where('same_as', 'is', null)
      .orderBy('name')
      .execute(),
  ]);
  return {
    weddings: weddings
      .filter(({ status }) => status !== 'cancelled')
      .map(({ key, date, venue, status }) => ({
        id: key,
        name: `${formatDay(date)}, ${venue}`,
        confirmed: status === 'confirmed',
      })),
    vendors,
  };
}
