import { Worker } from 'node:worker_threads';
import { vendorKey } from '../../../src-shared/domain/value/usage-record.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { importAfter } from '../../store/repositories/imports.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import {
  addUsageSums,
  clearUsageStatement,
  monthsOfImport,
  putVendor,
  putVendorAlias,
  rebuildUsageSums,
  strandedUsage,
  vendorAliases,
} from '../../store/repositories/usage.ts';
import { ImportProblem } from '../imports/import-problem.ts';
import type { Importer } from '../imports/importer.ts';
import type { FromUsage, UsageTask } from './usage-protocol.ts';

const threadFile = import.meta.url.endsWith('.ts') ? './usage-worker.ts' : './usage-worker.js';

export interface UsageImporterDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  /** Told after the commit which months have new usage. */
  readonly changed: (organisationId: string, months: readonly string[]) => void;
}

/** Imports of AI usage, CSV or JSON, in the frame every import shares. Sums are kept per vendor, month and feature. */
export function createUsageImporter({ store, runtime, changed }: UsageImporterDeps): Importer {
  /** Months whose usage was taken back, by organisation, until whoever follows them is told. */
  const undone = new Map<string, ReadonlySet<string>>();

  async function taskFor(organisationId: string, importId: string, path: string, mode: UsageTask['mode']) {
    const organisation = await getOrganisation(store.read, organisationId);
    return {
      mode,
      path,
      organisationId,
      importId,
      zone: organisation?.time_zone ?? 'Europe/London',
      now: runtime.clock.now(),
      vendors: await vendorAliases(store.read, organisationId),
    };
  }

  async function clear(organisationId: string, importId: string): Promise<void> {
    for (let more = true; more; ) {
      const [result] = await store.batch([clearUsageStatement(organisationId, importId)]);
      more = (result?.changes ?? 0) > 0;
    }
  }

  return {
    kind: 'usage',

    async preview(organisationId, file) {
      const found = await runThread(
        await taskFor(organisationId, '', file.path, 'inspect'),
        null,
        never,
        () => undefined,
      );
      if (found.type !== 'inspected') throw new Error('The usage thread ended without an answer');
      const { format, headers, firstRows, missing } = found;
      return {
        kind: 'usage',
        format,
        headers: [...headers],
        firstRows: firstRows.map((row) => [...row]),
        mapping: null,
        questions: [],
        problem: missing.length > 0 ? `The file has no column for ${missing.join(', ')}.` : null,
      };
    },

    async run({ organisationId, importId, file, signal, progress }) {
      // What an undone import left when the program was killed meanwhile would count as known.
      for (const { organisation_id, id } of await strandedUsage(store.read)) await clear(organisation_id, id);
      const task = await taskFor(organisationId, importId, file.path, 'import');
      const found = await runThread(task, store, signal, (message) =>
        progress(message.bytesRead, message.bytesTotal, message.rows),
      );
      if (found.type !== 'finished') throw new Error('The usage thread ended without a result');
      const { format, sha256, imported, duplicates, rejected, months, clients, asked } = found;
      const touched = [...new Set(months.map(([month]) => month))];
      return {
        format,
        mapping: null,
        sha256,
        imported,
        duplicates,
        rejected,
        async commit(tx) {
          const at = runtime.clock.now();
          for (const { id, name, email, alias } of asked) {
            await putVendor(tx, {
              organisation_id: organisationId,
              id,
              name,
              email,
              state: 'asked',
              same_as: null,
              created_at: at,
              updated_at: at,
            });
            for (const key of new Set([alias, vendorKey(name), vendorKey(email)])) {
              await putVendorAlias(tx, organisationId, key, id);
            }
          }
          await addUsageSums(tx, organisationId, months, clients);
          return { lines: 0, topics: ['crm', 'kpis'] };
        },
        async afterCommit() {
          changed(organisationId, touched);
        },
      };
    },

    async held(organisationId, importId) {
      const after = await importAfter(store.read, organisationId, importId);
      if (!after) return null;
      const records = after.duplicates === 1 ? 'a record that was' : `${after.duplicates} records that were`;
      return `${after.file_name} was imported after it and left out ${records} here already; what of it came with this import would be missing. Undo that one first, and import it again afterwards.`;
    },

    async undo(tx, organisationId, importId) {
      const months = await monthsOfImport(tx, organisationId, importId);
      await rebuildUsageSums(tx, organisationId, months, importId);
      undone.set(organisationId, new Set([...(undone.get(organisationId) ?? []), ...months]));
      return 0;
    },
    clear,
    async afterUndo(organisationId) {
      changed(organisationId, [...(undone.get(organisationId) ?? [])]);
      undone.delete(organisationId);
    },
  };
}

const never = new AbortController().signal;

async function runThread(
  task: Omit<UsageTask, 'writer'>,
  store: Store | null,
  signal: AbortSignal,
  onProgress: (message: Extract<FromUsage, { type: 'progress' }>) => void,
): Promise<FromUsage> {
  signal.throwIfAborted();
  const line = store?.port() ?? null;
  const writer = line?.port ?? null;
  const worker = new Worker(new URL(threadFile, import.meta.url), {
    workerData: { ...task, writer } satisfies UsageTask,
    transferList: writer ? [writer] : [],
    name: 'usage',
    // Sums and distinct clients of a million records are held until the end; the records are not.
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 },
  });
  try {
    return await new Promise<FromUsage>((resolve, reject) => {
      let last: FromUsage | null = null;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.on('error', reject);
      worker.on('exit', (code) =>
        last && code === 0 ? resolve(last) : reject(new Error(`The usage thread ended with code ${code}`)),
      );
      worker.on('message', (message: FromUsage) => {
        if (message.type === 'failed') reject(new ImportProblem(message.problem));
        else if (message.type === 'progress') onProgress(message);
        else last = message;
      });
    });
  } finally {
    await worker.terminate();
    await line?.ended;
  }
}
