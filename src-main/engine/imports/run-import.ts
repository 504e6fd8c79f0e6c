import type { Mapping } from '../../../src-shared/contract/imports.ts';
import type { ChosenFile } from '../../ports/files.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/imports.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import { ImportProblem, noRows } from './import-problem.ts';
import type { Format, Importer, ImportOutcome, Kind } from './importer.ts';
import { type Running, report, resultOf } from './running.ts';

/** Who asks, for the audit entry. */
export interface ImportActor {
  /** e.g. `person:alex`, `schedule:rates`. */
  readonly actor: string;
  readonly channel: string;
  readonly correlationId: string;
}

export interface StartImport {
  readonly organisationId: string;
  readonly file: ChosenFile;
  readonly kind: Kind;
  readonly format?: Format | undefined;
  /** A person's answers; remembered for files of the same layout. */
  readonly mapping?: Mapping | undefined;
  /** A mapping saved earlier. */
  readonly mappingName?: string | undefined;
}

/** Why an import that a person took back was aborted. */
export const cancelled = new ImportProblem('cancelled');

interface RunnerDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  readonly running: Map<string, Running>;
  /** The program ends. */
  readonly closing: () => boolean;
}

interface Run {
  readonly importer: Importer;
  readonly order: StartImport;
  readonly mapping: Mapping | null;
  /** As it was stored when it began. */
  readonly row: rows.ImportBatch;
  readonly entry: Running;
  readonly who: ImportActor;
}

/** One import from its file to its end: done, failed or cancelled, with its record and its news. */
export function createImportRunner({ store, runtime, audit, events, running, closing }: RunnerDeps) {
  const { clock, log } = runtime;

  /** Never rejects for the file's sake: what was wrong with it is the import's result. */
  async function run({ importer, order, mapping, row, entry, who }: Run): Promise<void> {
    const { organisationId, file } = order;
    const { id: importId } = row;
    try {
      const outcome = await importer.run({
        organisationId,
        importId,
        file,
        format: order.format ?? null,
        mapping,
        signal: entry.abort.signal,
        progress: (bytesRead, bytesTotal, count) => report(entry, { bytesRead, bytesTotal, rows: count }),
      });
      entry.abort.signal.throwIfAborted();
      // A vendor may have nothing to charge for.
      if (outcome.format !== 'api' && outcome.imported + outcome.duplicates + outcome.rejected === 0)
        throw new ImportProblem(noRows);
      const topics = await finish(row, outcome, who);
      for (const topic of ['imports', ...topics] as const)
        events.publish({ topic, organisationId, ids: topic === 'imports' ? [importId] : [] });
      await outcome.afterCommit?.();
    } catch (thrown) {
      await fail(importer, row, thrown, who);
    } finally {
      await file.dispose().catch((error: unknown) => log.warn('import.file-kept', { importId, error: String(error) }));
      report(entry, { result: resultOf((await rows.getImport(store.read, organisationId, importId)) ?? row) });
      running.delete(importId);
    }
  }

  async function finish(row: rows.ImportBatch, outcome: ImportOutcome, who: ImportActor) {
    const { organisation_id: organisationId, id } = row;
    const { imported, duplicates, rejected } = outcome;
    return store.transaction(async (tx) => {
      const { lines, topics } = await outcome.commit(tx);
      await rows.updateImport(tx, organisationId, id, {
        state: 'done',
        format: outcome.format,
        file_sha256: outcome.sha256,
        mapping: outcome.mapping === null ? null : JSON.stringify(outcome.mapping),
        imported,
        duplicates,
        rejected,
        lines,
        finished_at: clock.now(),
      });
      await audit(tx, {
        ...who,
        organisationId,
        action: 'import.done',
        object: `import:${id}`,
        after: {
          kind: row.kind,
          format: outcome.format,
          file: row.file_name,
          sha256: outcome.sha256,
          imported,
          duplicates,
          rejected,
          lines,
        },
      });
      return topics;
    });
  }

  async function fail(importer: Importer, row: rows.ImportBatch, thrown: unknown, who: ImportActor): Promise<void> {
    const { organisation_id: organisationId, id } = row;
    // Stopping the program is no decision about the import: the next start finds it as it is and clears it.
    if (closing()) return;
    const isCancel = thrown === cancelled;
    const explained = thrown instanceof ImportProblem;
    if (!explained)
      log.error('import.failed', {
        importId: id,
        error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
      });
    const problem = isCancel
      ? null
      : explained
        ? thrown.message
        : 'The import stopped because of a fault in the console. Nothing was imported; try again.';
    await importer.clear(organisationId, id);
    await store.transaction(async (tx) => {
      const refusedRows = await tx
        .selectFrom('import_rejection')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('organisation_id', '=', organisationId)
        .where('import_id', '=', id)
        .executeTakeFirst();
      await rows.updateImport(tx, organisationId, id, {
        state: isCancel ? 'cancelled' : 'failed',
        problem,
        rejected: refusedRows?.count ?? 0,
        finished_at: clock.now(),
      });
      await audit(tx, {
        ...who,
        organisationId,
        action: isCancel ? 'import.cancelled' : 'import.failed',
        object: `import:${id}`,
        after: { kind: row.kind, file: row.file_name },
        ...(problem === null ? {} : { reason: problem }),
      });
    });
    events.publish({ topic: 'imports', organisationId, ids: [id] });
  }

  return run;
}
