import type { Evidence } from '../../adapters/kit/ledger.ts';
import { contributionsToLines } from '../../store/repositories/costs.ts';
import { evidenceOf } from '../../store/repositories/desk.ts';
import { getImport } from '../../store/repositories/imports.ts';
import { type DraftDocument, evidenceCsv } from './documents.ts';
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
