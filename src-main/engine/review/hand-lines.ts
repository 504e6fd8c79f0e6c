import type { HandLine } from '../../../src-shared/contract/desk.ts';
import { decimal, toMinor } from '../../../src-shared/domain/money/index.ts';
import type { EvidenceStore } from '../../ports/evidence.ts';
import type { ChosenFile } from '../../ports/files.ts';
import { insertLines } from '../../store/repositories/costs.ts';
import { insertEvidence } from '../../store/repositories/desk.ts';
import { handLineRow } from '../imports/line-rows.ts';
import { knownSuppliers, saveFresh } from '../imports/stored-suppliers.ts';
import { openSupplierBook } from '../imports/supplier-book.ts';
import { refused } from '../problem.ts';
import { assessLines } from './assess-lines.ts';
import { typedCountry } from './country.ts';
import { refuseLocked } from './locks.ts';
import { keptEvidence } from './notes.ts';
import type { Reviewer, ReviewParts } from './step.ts';

/** An invoice typed in, with the document it was typed from if there is one. */
export interface TypedInvoice {
  readonly invoice: HandLine;
  readonly file: ChosenFile | null;
}

/**
 * An invoice typed in by a person becomes a line like any other, its document beside it: both or nothing.
 * @returns its id. @throws ProblemError on bad amounts or a document no ledger takes
 */
export async function addHandLine(
  { store, runtime, audit, publish }: ReviewParts,
  evidence: EvidenceStore,
  organisationId: string,
  { invoice: typed, file }: TypedInvoice,
  who: Reviewer,
): Promise<{ lineId: string }> {
  const invoice = { ...typed, supplierCountry: typedCountry(typed.supplierCountry) };
  for (const amount of [invoice.net, invoice.vat]) {
    try {
      toMinor(amount, invoice.currency);
    } catch {
      throw refused({
        happened: `"${amount}" has more decimals than ${invoice.currency}.`,
        remedy: 'Write the amount as it stands on the invoice, like 1234.50.',
      });
    }
  }
  const gross = decimal(invoice.net).plus(decimal(invoice.vat)).toString();
  const now = runtime.clock.now();
  const lineId = runtime.ids.next();
  const of = { organisation_id: organisationId, line_id: lineId, actor: who.name };
  const document = file === null ? null : await keptEvidence(runtime, evidence, file, of);
  await store.transaction(async (tx, after) => {
    const known = await knownSuppliers(tx, organisationId);
    const book = openSupplierBook(known, organisationId, runtime.ids, runtime.clock);
    const supplier = book.find(invoice.supplier, {
      country: invoice.supplierCountry,
      vatNumber: invoice.supplierVatNumber,
    });
    await saveFresh(tx, organisationId, book.fresh);
    await insertLines(tx, [
      handLineRow({ organisationId, id: lineId, now, supplier, rules: known.rules }, { ...invoice, gross }),
    ]);
    await assessLines(tx, organisationId, { lineIds: [lineId] }, now);
    await refuseLocked(tx, organisationId, [lineId]);
    if (document) await insertEvidence(tx, document);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: 'line.typed-in',
      object: `line:${lineId}`,
      after: { ...invoice, gross, ...(document && { evidence: document.file_id }) },
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: [] }));
  });
  return { lineId };
}
