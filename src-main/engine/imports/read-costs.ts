import { DocumentSums } from '../../../src-shared/domain/cost/document-sum.ts';
import { looksLikeInvoiceDetail } from '../../../src-shared/domain/cost/invoice-detail.ts';
import { autoMap } from '../../../src-shared/domain/cost/plain-fields.ts';
import { focusRows, plainRows } from './file-rows.ts';
import { ImportProblem } from './import-problem.ts';
import { formatOf, proveReading } from './inspect-file.ts';
import { importDetails } from './invoice-details.ts';
import { refuseJson } from './json-file.ts';
import { chunkRows, keepRows, rowsAsLines, rowsOfSums } from './keep-rows.ts';
import { layoutHash, repeatedColumn } from './layout-hash.ts';
import { openPlainLines } from './plain-lines.ts';
import { openRecords } from './read-records.ts';
import { missingCharges, missingRows } from './refused-rows.ts';
import type { PlainReading, StagedLine, WorkerContext } from './worker-protocol.ts';

/** Documents in one message to the owner: what it works between two turns of its event loop. */
const sliceDocuments = 50;

/**
 * Reads a cost file in one streaming pass. Rows are written in chunks, invisible until the owner's last step; a row whose
 * hash and occurrence are already here is a duplicate and adds to no sum.
 * @throws ImportProblem when the file as a whole is refused; nothing of it may be kept then
 */
export async function importCosts(context: WorkerContext): Promise<void> {
  const { task, tell, hand } = context;
  if (task.format === 'api') return (await import('./read-fetched.ts')).importFetched(context);
  await refuseJson(task.path);
  let reading = await openRecords(task.path);
  try {
    const format = task.format ?? formatOf(reading.headers, 'costs');
    if (format === 'hmrc')
      throw new ImportProblem('This is a file of exchange rates, not of costs. Import it as rates.');
    if (format === 'focus' && looksLikeInvoiceDetail(reading.headers)) return await importDetails(context, reading);
    let plain: PlainReading | null = null;
    if (format === 'csv') {
      plain = task.plain ??
        task.known[layoutHash(reading.headers)] ?? {
          columns: autoMap(reading.headers).columns,
          dateOrder: null,
          decimal: null,
        };
      if (plain.dateOrder === null || plain.decimal === null) {
        const proven = await proveReading(task.path, plain.columns);
        plain = { ...plain, dateOrder: plain.dateOrder ?? proven.dateOrder, decimal: plain.decimal ?? proven.decimal };
        await reading.close();
        reading = await openRecords(task.path);
      }
    }
    const repeated = repeatedColumn(reading.headers, plain ? Object.values(plain.columns) : undefined);
    if (repeated) throw new ImportProblem(repeated);
    const sums = new DocumentSums();
    const slice: StagedLine[] = [];
    const lines = format === 'csv' ? openPlainLines(context) : null;
    const { counts, missing, again } = lines
      ? await keepRows(context, reading.bytesTotal, plainRows(reading, plain, slice, task.plain === null), {
          ...{ size: chunkRows.csv, missing: missingRows() },
          ...rowsAsLines(context, () => lines.judge(slice.splice(0))),
        })
      : await keepRows(context, reading.bytesTotal, focusRows(reading, sums), {
          ...{ size: chunkRows.focus, missing: missingCharges(sums) },
          ...rowsOfSums(context),
        });
    const written = lines?.written() ?? { lines: 0, suppliers: [], days: [] };
    const sha256 = await reading.verify();
    let documents: (typeof sums extends { results(): Generator<infer D> } ? D : never)[] = [];
    for (const document of sums.results()) {
      documents.push(document);
      if (documents.length < sliceDocuments) continue;
      await hand({ type: 'documents', documents });
      documents = [];
    }
    if (documents.length > 0) await hand({ type: 'documents', documents });
    tell({
      type: 'finished',
      format,
      plain,
      layout: layoutHash(reading.headers),
      counts,
      sha256,
      written,
      missing,
      again,
    });
  } finally {
    await reading.close();
  }
}
