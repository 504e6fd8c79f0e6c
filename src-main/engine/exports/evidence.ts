import { harmlessCell } from '../../../src-shared/format/spreadsheet.ts';
import type { Evidence } from '../../adapters/kit/ledger.ts';
import { type CostContribution, type CostLineRow, contributionsToLines } from '../../store/repositories/costs.ts';
import { evidenceOf } from '../../store/repositories/desk.ts';
import { getImport } from '../../store/repositories/imports.ts';
import type { DraftDocument } from './documents.ts';
import type { ExportParts } from './parts.ts';

/** Written before the transaction: files are content-addressed, so one left over by a crash is found again, not doubled. */
export async function writeEvidence(
  parts: ExportParts,
  organisationId: string,
  documents: readonly DraftDocument[],
): Promise<Evidence[][]> {
  const imports = new Map<string, { fileName: string; sha256: string }>();
  const source = async (importId: string | null) => {
    if (importId === null || imports.has(importId)) return;
    const row = await getImport(parts.store.read, organisationId, importId);
    if (row) imports.set(importId, { fileName: row.file_name, sha256: row.file_sha256 ?? '' });
  };
  for (const line of documents.flatMap((draft) => draft.lines)) await source(line.import_id);
  const written: Evidence[][] = [];
  const AT_ONCE = 16;
  for (let start = 0; start < documents.length; start += AT_ONCE) {
    const part = documents.slice(start, start + AT_ONCE).map(async (draft): Promise<Evidence[]> => {
      const summed = draft.lines.filter(({ origin }) => origin === 'focus' || origin === 'api').map(({ id }) => id);
      const given = await contributionsToLines(parts.store.read, organisationId, summed);
      for (const { import_id } of given) await source(import_id);
      const file = evidenceCsv(draft, (id) => (id === null ? null : (imports.get(id) ?? null)), given);
      const bytes = new TextEncoder().encode(file.text);
      const fileId = await parts.evidence.put(bytes);
      const own = { fileName: file.fileName, contentType: file.contentType, fileId, size: bytes.byteLength };
      const attached = await evidenceOf(
        parts.store.read,
        organisationId,
        draft.lines.map(({ id }) => id),
      );
      return toldApart([
        own,
        ...attached.map((one) => ({
          fileName: one.file_name,
          contentType: one.content_type,
          fileId: one.file_id,
          size: one.bytes,
        })),
      ]);
    });
    written.push(...(await Promise.all(part)));
  }
  return written;
}

/**
 * One file beside several lines goes up once, and different files of one name get names of their own: a ledger keeps the last
 * of a name, and the others would be gone.
 */
export function toldApart(files: readonly Evidence[]): Evidence[] {
  const taken = new Set<string>();
  const distinct = files.filter(({ fileId }, at) => files.findIndex((other) => other.fileId === fileId) === at);
  return distinct.map((file) => {
    const name = file.fileName.replace(/[<>:"/\\|?*\p{Cc}]/gu, '-');
    const dot = name.lastIndexOf('.');
    const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let fileName = name;
    for (let n = 2; taken.has(fileName.toLowerCase()); n += 1) fileName = `${stem.slice(0, 180)} (${n})${ending}`;
    taken.add(fileName.toLowerCase());
    return { ...file, fileName };
  });
}

/** What proves a document when no invoice was filed by hand: its source files, rows and exact sums, as a small CSV. */
export function evidenceCsv(
  draftDocument: DraftDocument,
  source: (importId: string | null) => { readonly fileName: string; readonly sha256: string } | null,
  contributions: readonly CostContribution[] = [],
): { readonly fileName: string; readonly contentType: string; readonly text: string } {
  const cell = (value: string | number) => {
    return `"${harmlessCell(String(value)).replaceAll('"', '""')}"`;
  };
  const rows: (string | number)[][] = [
    [
      'reference',
      'supplier',
      'invoice',
      'file',
      'file sha256',
      'first row',
      'last row',
      'service',
      'rows',
      'exact amount',
      'currency',
    ],
  ];
  for (const line of draftDocument.lines) {
    const given = contributions.filter(({ line_id }) => line_id === line.id);
    for (const part of given.length > 0 ? given : [{ ...line, rows: line.source_rows }]) {
      const file = source(part.import_id);
      const head = [
        draftDocument.document.reference,
        line.supplier,
        line.invoice_number,
        file?.fileName ?? 'typed by hand',
        file?.sha256 ?? '',
        part.first_row ?? '',
        part.last_row ?? '',
      ];
      const services = breakdownOf(part);
      if (services.length === 0) rows.push([...head, line.description, part.rows, part.exact_net, line.currency]);
      for (const one of services) rows.push([...head, one.label, one.rows, one.amount, line.currency]);
    }
  }
  return {
    fileName: `${draftDocument.document.reference.replace(':', '-')}-evidence.csv`,
    contentType: 'text/csv',
    text: `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`,
  };
}

function breakdownOf(line: Pick<CostLineRow, 'breakdown'>): readonly { label: string; rows: number; amount: string }[] {
  const parsed: unknown = JSON.parse(line.breakdown);
  return Array.isArray(parsed) ? parsed : [];
}
