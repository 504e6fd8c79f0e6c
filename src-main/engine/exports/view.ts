import type { z } from 'zod';
import type { BatchView, DocumentView, Totals } from '../../../src-shared/contract/exports.ts';
import { Big, decimal } from '../../../src-shared/domain/money/index.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { ReadBack } from '../../adapters/kit/ledger.ts';
import type { Reader } from '../../ports/store.ts';
import {
  countDocuments,
  type ExportBatchRow,
  type ExportDocumentRow,
  listDocuments,
  mismatches,
} from '../../store/repositories/exports.ts';
import type { Difference } from './compare.ts';
import { type Blocked, pounds } from './documents.ts';

/** The batch as screens, commands and packs show it. Sums of what was read back are exact decimals. */
export async function batchView(db: Reader, row: ExportBatchRow): Promise<BatchView> {
  const [counts, different, documents] = await Promise.all([
    countDocuments(db, row.organisation_id, row.id),
    mismatches(db, row.organisation_id, row.id),
    listDocuments(db, row.organisation_id, row.id),
  ]);
  const byCurrency = new Map<string, { net: Big; vat: Big; gross: Big }>();
  const readBack = { net: new Big(0), vat: new Big(0), gross: new Big(0) };
  const sterlingOnly = documents.every((document) => document.currency === 'GBP');
  for (const document of documents) {
    const sign = isCredit(document) ? -1 : 1;
    const sum = byCurrency.get(document.currency) ?? { net: new Big(0), vat: new Big(0), gross: new Big(0) };
    byCurrency.set(document.currency, {
      net: sum.net.plus(decimal(document.net).times(sign)),
      vat: sum.vat.plus(decimal(document.vat).times(sign)),
      gross: sum.gross.plus(decimal(document.gross).times(sign)),
    });
    const copy = copyOf(document);
    if (copy === null) continue;
    readBack.net = readBack.net.plus(decimal(copy.net).times(sign));
    readBack.vat = readBack.vat.plus(decimal(copy.vat).times(sign));
    readBack.gross = readBack.gross.plus(decimal(copy.gross).times(sign));
  }
  const posted = counts.posted + counts.verified + counts.mismatch;
  return {
    batchId: row.id,
    period: row.period,
    target: row.target,
    state: row.state,
    preparedBy: row.prepared_by,
    preparedAt: isoOf(instant(row.prepared_at)),
    approvedBy: row.approved_by,
    approvedAt: row.approved_at === null ? null : isoOf(instant(row.approved_at)),
    hash: row.hash,
    lines: row.lines,
    documents: documents.length,
    controlTotals: {
      net: pounds(row.net_gbp_minor),
      vat: pounds(row.vat_gbp_minor),
      gross: pounds(row.gross_gbp_minor),
    },
    byCurrency: [...byCurrency].sort().map(([currency, sum]) => ({ currency, ...texts(sum) })),
    byTreatment: JSON.parse(row.by_treatment) as BatchView['byTreatment'],
    blocked: JSON.parse(row.blocked) as Blocked[],
    posted,
    failed: counts.refused + counts.held,
    inDoubt: counts.in_doubt,
    readBack: {
      matches: counts.verified,
      mismatches: different.flatMap((document) =>
        differencesOf(document).map((difference) => ({ document: document.invoice_number, ...difference })),
      ),
      // Sums over several currencies mean nothing; `byCurrency` and the documents show those.
      totals: sterlingOnly && counts.verified + counts.mismatch > 0 ? texts(readBack) : null,
    },
  };
}

export function documentView(row: ExportDocumentRow): DocumentView {
  const copy = copyOf(row);
  return {
    id: row.id,
    supplier: row.supplier,
    invoiceNumber: row.invoice_number,
    date: row.document_date,
    currency: row.currency,
    net: row.net,
    vat: row.vat,
    gross: row.gross,
    lines: row.lines,
    state: row.state,
    vendorId: row.vendor_id,
    jobId: row.job_id,
    problem: row.problem,
    readBack: copy === null ? null : { net: copy.net, vat: copy.vat, gross: copy.gross },
  };
}

export function differencesOf(row: ExportDocumentRow): Difference[] {
  return JSON.parse(row.differences) as Difference[];
}

function copyOf(row: ExportDocumentRow): ReadBack | null {
  return row.read_back === null ? null : ReadBack.parse(JSON.parse(row.read_back));
}

export function isCredit(row: ExportDocumentRow): boolean {
  return (JSON.parse(row.frozen) as { documentType: string }).documentType === 'credit_note';
}

function texts(sum: { net: Big; vat: Big; gross: Big }): z.infer<typeof Totals> {
  return { net: sum.net.toFixed(2), vat: sum.vat.toFixed(2), gross: sum.gross.toFixed(2) };
}

function instant(ms: number) {
  return ms as Parameters<typeof isoOf>[0];
}
