import type { Mapping, Rejection } from '../../../src-shared/contract/imports.ts';
import type { ChosenFile } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/imports.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import { notFound, refused } from '../problem.ts';
import type { Rechecks } from '../review/rechecks.ts';
import type { AssessLines } from './commit-documents.ts';
import { createCostsImporter } from './costs-importer.ts';
import { ImportProblem } from './import-problem.ts';
import type { Importer, Kind, Preview } from './importer.ts';
import { storedMapping } from './mapping.ts';
import { createRatesImporter } from './rates-importer.ts';
import { recognise } from './recognise.ts';
import { cancelled, createImportRunner, type ImportActor, type StartImport } from './run-import.ts';
import { follow, type Progress, type Running, resultOf } from './running.ts';

export interface ImportsDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  readonly assess: AssessLines;
  readonly rechecks: Pick<Rechecks, 'request' | 'settled'>;
}

export type Imports = ReturnType<typeof createImports>;

const stopped = 'The console was stopped during this import. Nothing of it was kept; import the file again.';
const rejectionsAPage = 500;

/**
 * Imports of files, whatever their kind: one at a time in each organisation, each on a thread of its own, visible only as
 * a whole. `registerImport` adds a kind; costs and rates are there from the start.
 */
export function createImports({ store, runtime, audit, events, assess, rechecks }: ImportsDeps) {
  const { clock, ids, log } = runtime;
  const importers = new Map<Kind, Importer>();
  const running = new Map<string, Running>();
  const queues = new Map<string, Promise<unknown>>();
  let closing = false;
  const run = createImportRunner({ store, runtime, audit, events, running, closing: () => closing });

  function registerImport(importer: Importer): void {
    importers.set(importer.kind, importer);
  }
  registerImport(createCostsImporter({ store, runtime, assess, rechecks }));
  registerImport(createRatesImporter({ store, runtime, rechecks }));

  function importerOf(kind: Kind): Importer {
    const importer = importers.get(kind);
    if (!importer)
      throw refused({ happened: `Files of ${kind} cannot be imported here yet.`, remedy: 'Choose costs or rates.' });
    return importer;
  }

  async function rowOf(organisationId: string, importId: string): Promise<rows.ImportBatch> {
    const row = await rows.getImport(store.read, organisationId, importId);
    if (!row) throw notFound({ happened: 'There is no such import.', remedy: 'Choose one from the list of imports.' });
    return row;
  }

  /** One after the other in each organisation: two imports of one file must not both find its rows new. */
  function queued<T>(organisationId: string, work: () => Promise<T>): Promise<T> {
    const before = queues.get(organisationId) ?? Promise.resolve();
    const result = before.then(work);
    queues.set(
      organisationId,
      result.catch(() => undefined),
    );
    return result;
  }

  async function mappingFor({ organisationId, mapping, mappingName }: StartImport): Promise<Mapping | null> {
    if (mapping) return mapping;
    if (!mappingName) return null;
    const row = await rows.mappingNamed(store.read, organisationId, mappingName);
    if (row) return storedMapping(row);
    throw refused({
      happened: `There is no saved mapping named "${mappingName}".`,
      remedy: 'Import the file once in the console, answer its questions, and give the mapping this name.',
    });
  }

  /** Begins an import and returns at once; follow it with `progress`. */
  async function start(order: StartImport, who: ImportActor): Promise<{ importId: string }> {
    const { organisationId, file, kind } = order;
    const importer = importerOf(kind);
    const mapping = await mappingFor(order);
    const importId = ids.next();
    const startedAt = clock.now();
    const row: rows.ImportBatch = {
      organisation_id: organisationId,
      id: importId,
      kind,
      format: order.format ?? (kind === 'rates' ? 'hmrc' : 'csv'),
      file_name: file.name,
      file_bytes: file.bytes,
      file_sha256: null,
      mapping: null,
      state: 'running',
      problem: null,
      imported: 0,
      duplicates: 0,
      rejected: 0,
      lines: 0,
      actor: who.actor,
      started_at: startedAt,
      finished_at: null,
      unread_row: null,
    };
    await store.transaction((tx) => rows.insertImport(tx, row));
    const abort = new AbortController();
    const entry: Running = {
      organisationId,
      abort,
      progress: { importId, bytesRead: 0, bytesTotal: file.bytes, rows: 0, result: null },
      listeners: new Set(),
      ended: queued(organisationId, () => run({ importer, order, mapping, row, entry, who })).catch(
        (error: unknown) => {
          log.error('import.failed', { importId, error: error instanceof Error ? error.message : String(error) });
        },
      ),
    };
    running.set(importId, entry);
    events.publish({ topic: 'imports', organisationId, ids: [importId] });
    return { importId };
  }

  /** Yields where the import stands whenever another quarter megabyte is read, as fast as it is asked; the last has the result. */
  async function* progress(organisationId: string, importId: string, signal?: AbortSignal): AsyncGenerator<Progress> {
    const entry = running.get(importId);
    if (!entry || entry.organisationId !== organisationId) {
      const row = await rowOf(organisationId, importId);
      yield {
        importId,
        bytesRead: row.file_bytes,
        bytesTotal: row.file_bytes,
        rows: row.imported + row.duplicates + row.rejected,
        result: resultOf(row),
      };
      return;
    }
    yield* follow(entry, signal);
  }

  /** Ends a running import; nothing of it stays. One that has already ended is left as it is. */
  async function cancel(organisationId: string, importId: string) {
    await rowOf(organisationId, importId);
    const entry = running.get(importId);
    if (entry && entry.organisationId === organisationId) {
      entry.abort.abort(cancelled);
      await entry.ended;
    }
    return resultOf(await rowOf(organisationId, importId));
  }

  /** Takes a finished import back as one step (F10). @throws ProblemError once a line of it is in a batch or posted */
  async function undo(organisationId: string, importId: string, who: ImportActor) {
    return queued(organisationId, async () => {
      const row = await rowOf(organisationId, importId);
      if (row.state !== 'done') throw refused({ happened: `This import is ${row.state}; there is nothing to undo.` });
      const importer = importerOf(row.kind as Kind);
      const held = await importer.held(organisationId, importId);
      if (held) throw refused({ happened: 'This import can no longer be undone.', means: held });
      await store.transaction(async (tx) => {
        const lines = await importer.undo(tx, organisationId, importId);
        await rows.updateImport(tx, organisationId, importId, { state: 'undone' });
        await audit(tx, {
          ...who,
          organisationId,
          action: 'import.undone',
          object: `import:${importId}`,
          before: { file: row.file_name, lines },
        });
      });
      await importer.clear(organisationId, importId);
      await importer.afterUndo?.(organisationId);
      for (const topic of ['imports', 'lines'] as const)
        events.publish({ topic, organisationId, ids: topic === 'imports' ? [importId] : [] });
      return resultOf(await rowOf(organisationId, importId));
    });
  }

  /** At program start, before anything is imported: removes what a killed import left behind. */
  async function recover(): Promise<void> {
    for (const importer of importers.values()) await importer.tidy?.();
    for (const row of await rows.unfinishedImports(store.read)) {
      const importer = importers.get(row.kind as Kind);
      await importer?.clear(row.organisation_id, row.id);
      if (row.state !== 'running') continue;
      await store.transaction(async (tx) => {
        await rows.updateImport(tx, row.organisation_id, row.id, {
          state: 'failed',
          problem: stopped,
          finished_at: clock.now(),
        });
        await audit(tx, {
          organisationId: row.organisation_id,
          actor: 'system',
          channel: 'start',
          action: 'import.failed',
          object: `import:${row.id}`,
          reason: stopped,
        });
      });
    }
  }

  return {
    registerImport,
    recover,
    start,
    progress,
    cancel,
    undo,
    /** What a file is, before anything is stored; a file that cannot be read is told in `problem`. */
    async preview(
      organisationId: string,
      file: ChosenFile,
      columns?: Mapping['columns'],
    ): Promise<Preview & { fileName: string; bytes: number }> {
      const named = { fileName: file.name, bytes: file.bytes };
      try {
        return { ...named, ...(await importerOf(await recognise(file.path)).preview(organisationId, file, columns)) };
      } catch (thrown) {
        if (!(thrown instanceof ImportProblem)) throw thrown;
        return {
          ...named,
          kind: 'costs',
          format: 'csv',
          headers: [],
          firstRows: [],
          mapping: null,
          questions: [],
          problem: thrown.message,
        };
      }
    },
    async get(organisationId: string, importId: string) {
      return resultOf(await rowOf(organisationId, importId));
    },
    /** Resolves when the import has ended, with its result. */
    async finished(organisationId: string, importId: string) {
      await running.get(importId)?.ended;
      return resultOf(await rowOf(organisationId, importId));
    },
    async rejections(organisationId: string, importId: string, after: string | null) {
      const row = await rowOf(organisationId, importId);
      const from = after === null ? -1 : Number.parseInt(after, 10);
      const found = await rows.listRejections(
        store.read,
        organisationId,
        importId,
        Number.isNaN(from) ? -1 : from,
        rejectionsAPage,
      );
      const next = found.length === rejectionsAPage ? String(found.at(-1)?.position) : null;
      return {
        rows: found.map(({ row: at, field, reason }): Rejection => ({ row: at, field, reason })),
        next,
        total: row.rejected,
      };
    },
    async list(organisationId: string) {
      return (await rows.listImports(store.read, organisationId)).map(resultOf);
    },
    /** Stops every import; the next start clears what they leave. */
    async close(): Promise<void> {
      closing = true;
      const all = [...running.values()];
      for (const { abort } of all) abort.abort(new Error('The console is stopping'));
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}
