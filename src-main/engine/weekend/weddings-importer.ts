import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { removeWedding, weddingsOfImport } from '../../store/repositories/weddings.ts';
import { ImportProblem } from '../imports/import-problem.ts';
import type { Importer } from '../imports/importer.ts';
import { createRejections } from '../imports/rejections.ts';
import { planWeddings, writeWeddings } from './apply-weddings.ts';
import { textOfBytes } from './file-text.ts';
import type { Weekend } from './weekend.ts';
import { formatOf, readWeddingsAs } from './weekend-at.ts';

/** A calendar of 5,000 weddings is about 2 MB; far beyond that it is no wedding calendar. */
const MOST_BYTES = 50_000_000;
const ROWS_SHOWN = 20;

/** Imports of the wedding calendar, ICS, CSV or JSON, in the frame every import shares. */
export function createWeddingsImporter({
  store,
  runtime,
  weekend,
}: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly weekend: Weekend;
}): Importer {
  async function textOf(path: string): Promise<{ text: string; sha256: string; bytes: number }> {
    const { size } = await stat(path);
    if (size > MOST_BYTES)
      throw new ImportProblem('The file is larger than any wedding calendar (50 MB). Export fewer years.');
    const raw = await readFile(path);
    if (raw.length === 0) throw new ImportProblem('The file is empty. Export it again and import the new file.');
    return { text: textOfBytes(raw), sha256: createHash('sha256').update(raw).digest('hex'), bytes: raw.length };
  }

  return {
    kind: 'weddings',

    async preview(organisationId, file) {
      const { text } = await textOf(file.path);
      const { zone } = await weekend.calendar(organisationId);
      const format = formatOf(text);
      const { weddings, rejections } = await readWeddingsAs(format, text, runtime.clock.now(), { zone });
      const unclear = rejections.some((each) => each.field === 'date' && each.reason.includes('two days'));
      return {
        kind: 'weddings',
        format,
        headers: ['date', 'time', 'venue', 'region', 'reference', 'status'],
        firstRows: weddings
          .slice(0, ROWS_SHOWN)
          .map((each) => [
            each.date,
            each.startsAt === null ? '' : new Date(each.startsAt).toISOString().slice(11, 16),
            each.venue,
            each.region,
            each.reference,
            each.status,
          ]),
        mapping: null,
        questions: unclear
          ? [{ field: 'date', question: 'Which way round are the dates written?', choices: ['dmy', 'mdy'] }]
          : [],
        problem: weddings.length === 0 && !unclear ? (rejections[0]?.reason ?? 'The file holds no weddings.') : null,
      };
    },

    async run({ organisationId, importId, file, format, mapping, signal, progress }) {
      const { text, sha256, bytes } = await textOf(file.path);
      const { zone } = await weekend.calendar(organisationId);
      const known = format === 'ics' || format === 'csv' || format === 'json' ? format : formatOf(text);
      const order = mapping?.dateOrder;
      const options = order === undefined || order === 'iso' ? { zone } : { zone, dateOrder: order };
      const found = await readWeddingsAs(known, text, runtime.clock.now(), options);
      signal.throwIfAborted();
      if (found.weddings.length === 0 && found.rejections.length === 1 && found.rejections[0]?.row === 1) {
        throw new ImportProblem(found.rejections[0].reason);
      }
      const rejections = createRejections(organisationId, importId);
      for (const { row, field, reason } of found.rejections) rejections.add(row, { field, reason });
      const statements = rejections.take();
      if (statements.length > 0) await store.batch(statements);
      const plan = await planWeddings(store, organisationId, found);
      progress(bytes, bytes, found.weddings.length + found.rejections.length);
      const { imported, duplicates, rejected } = plan.applied;
      return {
        format: known,
        mapping,
        sha256,
        imported,
        duplicates,
        rejected: rejected.length,
        async commit(tx) {
          await writeWeddings(
            tx,
            organisationId,
            plan,
            { from: 0, to: plan.writes.length },
            runtime.clock.now(),
            importId,
          );
          store.after(tx, () => weekend.forget(organisationId));
          return { lines: 0, topics: ['weddings'] };
        },
      };
    },

    async held(organisationId, importId) {
      const replaced = (await weddingsOfImport(store.read, organisationId, importId)).filter(
        (row) => row.replaced === 1,
      );
      return replaced.length === 0
        ? null
        : `${replaced.length} weddings were updated by this import and their state before is gone. Import the calendar as it should be instead.`;
    },

    async undo(tx, organisationId, importId) {
      const brought = await weddingsOfImport(tx, organisationId, importId);
      for (const { key } of brought) await removeWedding(tx, organisationId, key);
      store.after(tx, () => weekend.forget(organisationId));
      return brought.length;
    },
    clear: async () => undefined,
  };
}
