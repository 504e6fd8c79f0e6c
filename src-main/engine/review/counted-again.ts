import { countedAgain } from '../../../src-shared/domain/cost/counted-again.ts';
import { type BreakdownPart, roundedAmounts } from '../../../src-shared/domain/cost/document-sum.ts';
import { type Check, check } from '../../../src-shared/domain/vat/checks.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import type { Reader } from '../../ports/store.ts';
import { type CostLineRow, contributionsToDocuments, contributionsToLines } from '../../store/repositories/costs.ts';
import { getImport } from '../../store/repositories/imports.ts';

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const told = 3;

/** By line, the warning that usage of it came in with more than one import. Only lines summed from usage files can have it. */
export async function usageAgain(
  db: Reader,
  organisationId: string,
  rows: readonly CostLineRow[],
): Promise<ReadonlyMap<string, Check>> {
  const summed = rows.filter(({ origin }) => origin === 'focus');
  const found = new Map<string, Check>();
  if (summed.length === 0) return found;
  const own = await contributionsToLines(
    db,
    organisationId,
    summed.map(({ id }) => id),
  );
  const documents = await contributionsToDocuments(db, organisationId, [
    ...new Set(own.map(({ document_key }) => document_key)),
  ]);
  const given = documents.map(({ import_id, breakdown, ...one }) => ({
    ...one,
    importId: import_id,
    breakdown: JSON.parse(breakdown) as BreakdownPart[],
  }));
  const names = new Map<string, string>();
  for (const row of summed) {
    const mine = given.filter(({ line_id }) => line_id === row.id);
    const keys = new Set(mine.map(({ document_key }) => document_key));
    const again = countedAgain(
      mine,
      given.filter(({ document_key }) => keys.has(document_key)),
    );
    if (!again) continue;
    for (const id of again.imports)
      if (!names.has(id)) names.set(id, (await getImport(db, organisationId, id))?.file_name ?? id);
    const { services } = again;
    const more = services.length > told ? [`${services.length - told} more`] : [];
    found.set(
      row.id,
      check('USAGE-AGAIN', {
        files: again.imports.map((id) => names.get(id)).join(', '),
        services: [...services.slice(0, told), ...more].join(', '),
        from: formatDay(dayOf(again.used.from)),
        to: formatDay(dayOf(again.used.to - 1)),
        amount: formatMoney(roundedAmounts(again.amount, '0', row.currency).net, row.currency),
      }),
    );
  }
  return found;
}
