import { type InvoiceDetail, invoiceDetailLayout } from '../../../src-shared/domain/cost/invoice-detail.ts';
import type { InvoiceDetailRow } from '../../store/repositories/invoice-details.ts';
import { ImportProblem } from './import-problem.ts';
import { layoutHash } from './layout-hash.ts';
import type { FileReading } from './read-records.ts';
import { createRejections } from './rejections.ts';
import { createRowGate } from './row-gate.ts';
import type { WorkerContext } from './worker-protocol.ts';

/** Reads the items of issued invoices and hands them to the owner; of one stated twice in a file the last counts. */
export async function importDetails({ task, writer, tell, hand }: WorkerContext, reading: FileReading): Promise<void> {
  const layout = invoiceDetailLayout(reading.headers);
  if ('missing' in layout) throw new ImportProblem(`The file has no column for ${layout.missing.join(', ')}.`);
  const rejections = createRejections(task.organisationId, task.importId);
  const gate = createRowGate(reading.headers);
  const found = new Map<string, InvoiceDetail>();
  let rows = 0;
  let repeated = 0;
  for await (const { records, bytesRead } of reading.blocks()) {
    for (const [index, record] of records.entries()) {
      rows++;
      const problem = gate(record, bytesRead >= reading.bytesTotal && index === records.length - 1);
      const result = problem ? { ok: false as const, problem } : layout.read(record.cells);
      if (!result.ok) {
        rejections.add(record.row, result.problem);
        continue;
      }
      const key = keyOf(result.value);
      if (found.has(key)) repeated++;
      found.set(key, result.value);
    }
    tell({ type: 'progress', bytesRead, bytesTotal: reading.bytesTotal, rows });
  }
  const refused = rejections.count;
  const statements = rejections.take();
  if (statements.length > 0) await writer.runBatch(statements, 'urgent');
  const sha256 = await reading.verify();
  await hand({ type: 'details', details: [...found.values()] });
  tell({
    type: 'finished',
    format: 'focus',
    plain: null,
    layout: layoutHash(reading.headers),
    counts: { imported: found.size, duplicates: repeated, rejected: refused },
    sha256,
    written: { lines: 0, suppliers: [], days: [] },
  });
}

const keyOf = (one: Pick<InvoiceDetail, 'issuer' | 'invoiceId' | 'detailId'>) =>
  JSON.stringify([one.issuer, one.invoiceId, one.detailId]);

/** Those that say something the newest known do not. */
export function newDetails(
  organisationId: string,
  importId: string,
  details: readonly InvoiceDetail[],
  known: readonly InvoiceDetailRow[],
): InvoiceDetailRow[] {
  const facts = ({ import_id: _import, ...row }: InvoiceDetailRow) => JSON.stringify(Object.entries(row).sort());
  const before = new Set(known.map(facts));
  return details
    .map((one) => ({
      organisation_id: organisationId,
      import_id: importId,
      issuer: one.issuer,
      invoice_id: one.invoiceId,
      detail_id: one.detailId,
      account: one.account,
      currency: one.currency,
      amount: one.amount,
      is_tax: one.isTax ? 1 : 0,
      status: one.status,
      issued_on: one.issuedOn,
      due_on: one.dueOn,
      description: one.description,
    }))
    .filter((row) => !before.has(facts(row)));
}
