import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mapping } from '../../../../src-shared/contract/imports.ts';
import type { ChosenFile } from '../../../ports/files.ts';
import { insertOrganisation } from '../../../store/repositories/organisations.ts';
import { openStore } from '../../../testing/open-store.ts';
import { testRuntime } from '../../../testing/runtime.ts';
import type { AuditInput } from '../../audit/audit.ts';
import { ProblemError } from '../../problem.ts';
import { assessLines } from '../../review/assess-lines.ts';
import { createRechecks } from '../../review/rechecks.ts';
import { createImports } from '../index.ts';
import type { StartImport } from '../run-import.ts';

export const org = 'bluebell';
export const who = { actor: 'person:alex', channel: 'cli', correlationId: 'c-1' };

/** A real store in a folder of its own, the practice organisation, real VAT rules, and imports over them. */
export async function importSetup(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const runtime = testRuntime('2026-11-22T12:00:00Z');
  const store = await openStore({ folder, runtime });
  const entries: AuditInput[] = [];
  const topics: string[] = [];
  const audit = async (_tx: unknown, entry: AuditInput) => void entries.push(entry);
  const events = { publish: ({ topic }: { topic: string }) => void topics.push(topic) };
  await store.transaction((tx) =>
    insertOrganisation(tx, {
      id: org,
      name: 'Bluebell',
      vat_registered: 1,
      vat_number: 'GB345678030',
      registered_from: null,
      created_at: 1,
    }),
  );
  const rechecks = createRechecks({ store, runtime, publish: events.publish });
  const imports = createImports({ store, runtime, audit, events, assess: assessLines, rechecks });

  function file(content: string | Uint8Array, fileName = 'costs.csv'): ChosenFile {
    const path = join(folder, fileName);
    writeFileSync(path, content);
    return chosen(path, Buffer.byteLength(content));
  }
  const chosen = (path: string, bytes = 0): ChosenFile => ({
    path,
    name: path.split('/').at(-1) ?? '',
    bytes,
    dispose: async () => undefined,
  });

  async function importFile(content: string | Uint8Array | ChosenFile, options: Partial<StartImport> = {}) {
    const one = typeof content === 'string' || content instanceof Uint8Array ? file(content) : content;
    const { importId } = await imports.start({ organisationId: org, file: one, kind: 'costs', ...options }, who);
    const result = await imports.finished(org, importId);
    const rejections = (await imports.rejections(org, importId, null)).rows;
    return { ...result, rejections };
  }

  return {
    folder,
    store,
    runtime,
    imports,
    entries,
    topics,
    file,
    chosen,
    importFile,
    lines: () =>
      store.read.selectFrom('cost_line_seen').selectAll().where('organisation_id', '=', org).orderBy('id').execute(),
    /** Source rows and lines that are kept, whether anybody sees them or not. */
    rowCount: async () => {
      const count = { lines: 0, rows: 0 };
      for (const [what, table] of [
        ['lines', 'cost_line'],
        ['rows', 'cost_row'],
      ] as const) {
        const found = await store.read
          .selectFrom(table)
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow();
        count[what] = Number(found.n);
      }
      return count.lines + count.rows;
    },
    /** As on the first day, for the next test. */
    async empty() {
      const tables = [
        'cost_line',
        'import_hidden',
        'cost_row',
        'cost_contribution',
        'import_batch',
        'import_rejection',
        'supplier',
        'supplier_alias',
        'csv_mapping',
        'fx_rate',
      ];
      await store.batch(tables.map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })));
      entries.length = 0;
    },
    async close() {
      await imports.close();
      await rechecks.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a refused call says. */
export async function problemOf(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof ProblemError
    ? `${thrown.problem.happened} ${thrown.problem.means ?? ''} ${thrown.problem.remedy ?? ''}`
    : String(thrown);
}

export const dayFirstMapping = (columns: Record<string, string>): Mapping => ({
  name: 'House style',
  columns,
  dateOrder: 'dmy',
  decimal: '.',
});
