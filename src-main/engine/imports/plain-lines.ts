import { DocumentHistory } from '../../../src-shared/domain/vat/history.ts';
import type { Statement } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { hideStatement, insertLinesStatement, likesStatement } from '../../store/repositories/import-statements.ts';
import type { LikenessRow } from '../../store/repositories/review.ts';
import type { SupplierRow } from '../../store/repositories/suppliers.ts';
import { assessRow, remember } from '../review/assess-row.ts';
import { plainLineRow } from './line-rows.ts';
import type { WorkerContext } from './read-costs.ts';
import { openSupplierBook } from './supplier-book.ts';
import type { StagedLine } from './worker-protocol.ts';

/** Lines judged and written at once: a few milliseconds of the writer. */
export const sliceLines = 200;

export interface PlainLines {
  /** Judges lines and hands them to the writer; they stay hidden until the import is done. */
  add(lines: readonly StagedLine[]): Promise<void>;
  /** Waits for the last of them. */
  end(): Promise<{
    readonly lines: number;
    readonly suppliers: readonly SupplierRow[];
    readonly days: readonly string[];
  }>;
}

/**
 * Lines of a plain CSV on their way to the store: judged here, so that the import's last step has nothing left to do. What
 * was stored before is looked up once an amount; the lines of the file itself are remembered.
 */
export function openPlainLines({ task, writer, ask }: WorkerContext): PlainLines {
  const { organisationId, importId, buyer, suppliers } = task;
  if (!buyer || !suppliers) throw new Error('An import of lines needs its buyer and its suppliers');
  let now = 0;
  const pool: string[] = [];
  const ids = {
    next() {
      const id = pool.shift();
      if (id === undefined) throw new Error('No id is left');
      return id;
    },
  };
  const book = openSupplierBook(suppliers, organisationId, ids, { now: () => now });
  const history = new DocumentHistory();
  const amounts = new Set<string>();
  let waiting: Statement[] = [hideStatement(organisationId, importId)];
  let lines = 0;
  const days = new Set<string>();

  /** Stored lines with an amount no line of this file had so far. */
  function unseenAmounts(rows: readonly CostLineRow[]): (readonly [number, string])[] {
    const found: (readonly [number, string])[] = [];
    for (const { gross_minor, currency } of rows) {
      const key = `${gross_minor} ${currency}`;
      if (gross_minor === null || amounts.has(key)) continue;
      amounts.add(key);
      found.push([gross_minor, currency]);
    }
    return found;
  }

  return {
    async add(slice) {
      // A line may bring its supplier, which needs an id too.
      if (pool.length < slice.length * 2) {
        const more = await ask(slice.length * 2);
        pool.push(...more.ids);
        now = more.now;
      }
      const rows = slice.map((staged) => {
        const { supplier, supplierCountry: country, supplierVatNumber: vatNumber } = staged.line;
        const meant = book.find(supplier, { country, vatNumber });
        return plainLineRow(
          { organisationId, importId, id: ids.next(), now, supplier: meant, rules: suppliers.rules },
          staged,
        );
      });
      const results = await writer.runBatch([
        ...waiting,
        likesStatement(organisationId, importId, unseenAmounts(rows)),
      ]);
      for (const like of results.at(-1)?.rows ?? []) remember(history, like as unknown as LikenessRow);
      const assessed = rows.map((row) => ({ ...row, ...assessRow(row, buyer, history, []) }) as CostLineRow);
      waiting = [insertLinesStatement(assessed)];
      lines += rows.length;
      for (const row of assessed) days.add(row.tax_date);
    },
    async end() {
      if (lines > 0) await writer.runBatch(waiting);
      return { lines, suppliers: book.fresh, days: [...days] };
    },
  };
}
