import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { type FxRateRow, listRates, putRates, removeRatesOf } from '../../store/repositories/rates.ts';
import type { Rechecks } from '../review/rechecks.ts';
import { runImportThread } from './import-thread.ts';
import type { Importer } from './importer.ts';
import type { FoundRate, FromWorker, Inspected } from './worker-protocol.ts';

export interface RatesImporterDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly rechecks: Pick<Rechecks, 'request' | 'settled'>;
}

/** Imports of monthly exchange rates: HMRC's CSV and XML, or a small CSV typed by hand. */
export function createRatesImporter({ store, runtime: { clock }, rechecks }: RatesImporterDeps): Importer {
  return {
    kind: 'rates',
    async preview(organisationId, file) {
      let found: Inspected | undefined;
      const task = {
        mode: 'inspect',
        kind: 'rates',
        path: file.path,
        organisationId,
        importId: '',
        format: null,
        plain: null,
        known: {},
      } as const;
      await runImportThread(task, null, new AbortController().signal, (message) => {
        if (message.type === 'inspected') found = message.result;
      });
      if (!found) throw new Error('The import thread ended without an answer');
      const { kind, format, headers, firstRows, missing, problem } = found;
      return {
        kind,
        format,
        headers: [...headers],
        firstRows: firstRows.map((row) => [...row]),
        mapping: null,
        questions: [],
        problem: missing.length > 0 ? `The file has no column for ${missing.join(', ')}.` : problem,
      };
    },
    async run({ organisationId, importId, file, signal, progress }) {
      const rates: FoundRate[] = [];
      let source: 'hmrc' | 'hand' = 'hmrc';
      let finished: Extract<FromWorker, { type: 'finished' }> | undefined;
      const task = {
        mode: 'import',
        kind: 'rates',
        path: file.path,
        organisationId,
        importId,
        format: 'hmrc',
        plain: null,
        known: {},
      } as const;
      await runImportThread(task, store, signal, (message) => {
        if (message.type === 'progress') progress(message.bytesRead, message.bytesTotal, message.rows);
        else if (message.type === 'finished') finished = message;
        else if (message.type === 'rates') {
          source = message.source;
          rates.push(...message.rates);
        }
      });
      if (!finished) throw new Error('The import thread ended without a result');
      const before = new Map(
        (await listRates(store.read, organisationId)).map((rate) => [
          `${rate.currency} ${rate.month}`,
          rate.units_per_gbp,
        ]),
      );
      // A rate that is already here, unchanged, adds nothing; a revised one does.
      const fresh = rates.filter(({ currency, months, unitsPerGbp }) =>
        months.some((month) => before.get(`${currency} ${month}`) !== unitsPerGbp),
      );
      const { counts, sha256 } = finished;
      return {
        format: 'hmrc',
        mapping: null,
        sha256,
        imported: fresh.length,
        duplicates: counts.duplicates + rates.length - fresh.length,
        rejected: counts.rejected,
        async commit(tx) {
          const recorded_at = clock.now();
          const rows = fresh.flatMap(({ currency, months, unitsPerGbp }) =>
            months.map(
              (month): FxRateRow => ({
                organisation_id: organisationId,
                currency,
                month,
                import_id: importId,
                units_per_gbp: unitsPerGbp,
                source,
                recorded_at,
              }),
            ),
          );
          await putRates(tx, rows);
          await rechecks.request(tx, organisationId, { kind: 'foreign' });
          return { lines: 0, topics: ['lines'] };
        },
        afterCommit: () => rechecks.settled(organisationId),
      };
    },
    held: async () => null,
    async undo(tx, organisationId, importId) {
      await removeRatesOf(tx, organisationId, importId);
      await rechecks.request(tx, organisationId, { kind: 'foreign' });
      return 0;
    },
    clear: async () => undefined,
    afterUndo: (organisationId) => rechecks.settled(organisationId),
  };
}
