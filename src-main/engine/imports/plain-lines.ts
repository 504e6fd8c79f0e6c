import { Fingerprints, fingerprint } from '../../../src-shared/domain/vat/fingerprints.ts';
import { DocumentHistory } from '../../../src-shared/domain/vat/history.ts';
import type { Statement } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import {
  anyOtherLine,
  hideStatement,
  insertLinesStatement,
  likesStatement,
} from '../../store/repositories/import-statements.ts';
import type { LikenessRow } from '../../store/repositories/review.ts';
import type { SupplierRow } from '../../store/repositories/suppliers.ts';
import { assessRow, remember } from '../review/assess-row.ts';
import { idsAfter } from './ids-after.ts';
import { plainLineRow } from './line-rows.ts';
import { openSupplierBook } from './supplier-book.ts';
import type { StagedLine, WorkerContext } from './worker-protocol.ts';

export interface PlainLines {
  /** Judges lines and gives what writes them; they stay hidden until the import is done. */
  judge(lines: readonly StagedLine[]): Statement[];
  written(): {
    readonly lines: number;
    readonly suppliers: readonly SupplierRow[];
    readonly days: readonly string[];
  };
}

/**
 * Lines of a plain CSV on their way to the store: judged here, so that the import's last step has nothing left to do. What
 * was stored before is looked up once an amount; the lines of the file itself are remembered.
 */
export function openPlainLines({ task, look }: WorkerContext): PlainLines {
  const { organisationId, importId, buyer, suppliers, now, seeds } = task;
  if (!buyer || !suppliers) throw new Error('An import of lines needs its buyer and its suppliers');
  const ids = idsAfter(seeds.lines);
  const book = openSupplierBook(suppliers, organisationId, idsAfter(seeds.suppliers), { now: () => now });
  const history = new DocumentHistory();
  const others = look.has(anyOtherLine, [organisationId, importId]);
  const amounts = new Fingerprints();
  const days = new Set<string>();
  let hidden = false;
  let lines = 0;

  /** Stored lines with an amount no line of this file had so far. */
  function recallLikes(rows: readonly CostLineRow[]): void {
    const unseen: (readonly [number, string])[] = [];
    for (const { gross_minor, currency } of rows) {
      const key = fingerprint(`${gross_minor} ${currency}`);
      if (gross_minor === null || amounts.get(key) >= 0) continue;
      amounts.add(key, 0);
      unseen.push([gross_minor, currency]);
    }
    const { sql, params } = likesStatement(organisationId, importId, unseen);
    for (const like of look.rows(sql, params)) remember(history, like as unknown as LikenessRow);
  }

  return {
    judge(slice) {
      if (slice.length === 0) return [];
      const rows = slice.map((staged) => {
        const { supplier, supplierCountry: country, supplierVatNumber: vatNumber } = staged.line;
        const meant = book.find(supplier, { country, vatNumber });
        return plainLineRow(
          { organisationId, importId, id: ids.next(), now, supplier: meant, rules: suppliers.rules },
          staged,
        );
      });
      if (others) recallLikes(rows);
      for (const row of rows) {
        Object.assign(row, assessRow(row, buyer, history, []));
        days.add(row.tax_date);
      }
      lines += rows.length;
      const insert = insertLinesStatement(rows);
      if (hidden) return [insert];
      hidden = true;
      return [hideStatement(organisationId, importId), insert];
    },
    written: () => ({ lines, suppliers: book.fresh, days: [...days] }),
  };
}
