import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BatchView } from '../../../src-shared/contract/exports.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { LedgerDocument } from '../../adapters/kit/ledger.ts';
import { linesOfBatch, listDocuments, updateBatch } from '../../store/repositories/exports.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { listReversals } from '../../store/repositories/reversals.ts';
import { batchOf } from './approve.ts';
import { booked } from './booked.ts';
import { pounds } from './documents.ts';
import type { Actor, ExportParts } from './parts.ts';
import { reversalView } from './view.ts';

/** One line of the pack, in plain texts. */
export interface PackRow {
  readonly reference: string;
  readonly supplier: string;
  readonly country: string;
  readonly vatNumber: string;
  readonly invoice: string;
  readonly type: string;
  readonly date: string;
  readonly description: string;
  readonly category: string;
  readonly treatment: string;
  readonly currency: string;
  readonly net: string;
  readonly vat: string;
  readonly gross: string;
  /** As booked: these two add up to the control totals. */
  readonly netGbp: string;
  readonly vatGbp: string;
  readonly reclaimable: string;
  readonly box1: string;
  readonly box4: string;
  readonly box6: string;
  readonly box7: string;
  readonly ledgerId: string;
  readonly state: string;
}

/** Everything the pack worker needs, as plain data. */
export interface PackInput {
  readonly baseName: string;
  readonly organisation: string;
  readonly practice: boolean;
  readonly madeAt: string;
  readonly batch: BatchView & { readonly documentList: readonly unknown[] };
  readonly rows: readonly PackRow[];
}

export interface PackFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes CSV, PDF, JSON and a manifest with hashes as one ZIP and offers it for download.
 * @returns the files in it and the one-use handle of the ZIP
 */
export async function writePack(
  parts: ExportParts,
  organisationId: string,
  batchId: string,
  view: BatchView,
  actor: Actor,
): Promise<{ readonly files: PackFile[]; readonly download: string }> {
  const { store, runtime } = parts;
  await batchOf(parts, organisationId, batchId);
  const [organisation, documents, lines, reversals] = await Promise.all([
    getOrganisation(store.read, organisationId),
    listDocuments(store.read, organisationId, batchId),
    linesOfBatch(store.read, organisationId, batchId),
    listReversals(store.read, organisationId, batchId),
  ]);
  const reversalOf = (documentId: string) => {
    const found = reversals.find((row) => row.document_id === documentId);
    return found === undefined ? null : reversalView(found);
  };
  const frozen = documents.map((row) => ({ row, document: LedgerDocument.parse(JSON.parse(row.frozen)) }));
  const documentOf = new Map(frozen.map((entry) => [entry.row.id, entry]));
  const result = await inWorker({
    // Built from ids and the period alone, never from outside text (SEC-47).
    baseName: `wedsync-${view.period}-${view.target}-${createHash('sha256').update(batchId).digest('hex').slice(0, 8)}`,
    organisation: organisation?.name ?? organisationId,
    practice: organisation?.practice === 1,
    madeAt: isoOf(runtime.clock.now()),
    batch: {
      ...view,
      documentList: frozen.map(({ row, document }) => ({
        ...document,
        state: row.state,
        ledgerId: row.vendor_id,
        readBack: row.read_back === null ? null : JSON.parse(row.read_back),
        differences: JSON.parse(row.differences),
        reversal: reversalOf(row.id),
      })),
    },
    rows: lines.map((line) => {
      const entry = documentOf.get(line.document_id);
      // Where no VAT stands on a document, that of the flat rate scheme was booked as cost.
      const costed = Number(entry?.document.totals.vat) === 0 ? ['flat_rate_no_claim'] : [];
      const { netGbpMinor, vatGbpMinor } = booked(line, costed);
      return {
        reference: entry?.document.reference ?? '',
        supplier: line.supplier,
        country: line.supplier_country,
        vatNumber: line.supplier_vat_number,
        invoice: line.invoice_number,
        type: line.document_type,
        date: line.line_date,
        description: line.description,
        category: line.category,
        treatment: line.treatment,
        currency: line.currency,
        net: line.net,
        vat: line.vat,
        gross: line.gross,
        netGbp: pounds(netGbpMinor),
        vatGbp: pounds(vatGbpMinor),
        reclaimable: line.deductible === 1 ? 'yes' : 'no',
        box1: pounds(line.box1_minor),
        box4: pounds(line.box4_minor),
        box6: pounds(line.box6_minor),
        box7: pounds(line.box7_minor),
        ledgerId: entry?.row.vendor_id ?? '',
        state: entry?.row.state ?? line.state,
      };
    }),
  });
  await mkdir(parts.temporaryFolder, { recursive: true, mode: 0o700 });
  const path = join(parts.temporaryFolder, `${runtime.ids.next()}.zip`);
  await writeFile(path, result.zip, { mode: 0o600 });
  const download = await parts.files.offer(path, `wedsync-pack-${view.period}-${view.target}.zip`, { temporary: true });
  await store.transaction(async (tx) => {
    await updateBatch(tx, organisationId, batchId, { pack: JSON.stringify(result.files) });
    await parts.audit(tx, {
      organisationId,
      actor: actor.name,
      channel: actor.channel,
      action: 'batch.packed',
      object: batchId,
      after: { files: result.files.map((file) => ({ ...file })) },
      correlationId: actor.correlationId,
    });
  });
  return { files: result.files, download };
}

function inWorker(input: PackInput): Promise<{ zip: Uint8Array; files: PackFile[] }> {
  const file = import.meta.url.endsWith('.ts') ? './pack-worker.ts' : './pack-worker.js';
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData: input });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The pack worker ended with ${code} before it was done`)));
  });
}
