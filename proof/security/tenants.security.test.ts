import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { resourcesFolder } from '../../src-main/hosts/resources.ts';
import { contract } from '../../src-shared/contract/index.ts';
import { endAll, organisationId, startAgent, wedops } from '../rig/console.ts';
import { place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

/** Another organisation of the same folder; nothing is in it but somebody who may do everything. */
const other = 'other';
/** No end within a test, or about the whole folder rather than an organisation. */
const leftOut = /^(app\.changes|weekend\.rehearse|maintenance\.(drill|backup|backupNow|restore|planBackups))/;
/** What runs by itself changes the rows of others meanwhile. */
const still = [
  'organisation',
  'person',
  'cost_line',
  'import_batch',
  'csv_mapping',
  'export_batch',
  'supplier',
  'supplier_alias',
  'schedule',
  'silence',
  'vendor_crm',
  'wedding',
  'period_lock',
];

type Schema = z.core.JSONSchema.BaseSchema;
type Call = (input: object) => Promise<unknown>;

/** Every call that names an organisation, and what it takes. */
function scopedCalls(): { path: string; schema: Schema }[] {
  return Object.entries(contract).flatMap(([group, calls]) =>
    Object.entries(calls).flatMap(([name, call]) => {
      const { inputSchema } = (call as { '~orpc': { inputSchema?: z.ZodType } })['~orpc'];
      if (!inputSchema) return [];
      const schema = z.toJSONSchema(inputSchema, { io: 'input', unrepresentable: 'any' });
      const path = `${group}.${name}`;
      return schema.properties?.organisationId && !leftOut.test(path) ? [{ path, schema }] : [];
    }),
  );
}

/** The smallest input that fits, with `id` wherever a text is free. */
function inputFor(schema: Schema, id: string, name = ''): unknown {
  if (name === 'organisationId') return other;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return inputFor(choice as Schema, id, name);
  if (schema.format === 'date-time') return '2026-11-21T12:00:00Z';
  if (schema.format === 'date') return '2026-11-21';
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key) || /ids?$/i.test(key))
          .map(([key, value]) => [key, inputFor(value as Schema, id, key)]),
      );
    case 'array':
      return schema.items ? [inputFor(schema.items as Schema, id, name)] : [];
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? Math.max(1, schema.minimum) : 1;
    case 'boolean':
      return false;
    default:
      return /period/i.test(name) ? '2026-09' : id;
  }
}

/** Ids of one organisation's rows, by table. */
function idsOf(file: string): Map<string, string[]> {
  const db = new Database(file, { readonly: true });
  const tables = db
    .prepare(
      `SELECT m.name FROM sqlite_master AS m WHERE m.type = 'table'
         AND (SELECT count(*) FROM pragma_table_info(m.name) WHERE name IN ('id', 'organisation_id')) = 2`,
    )
    .pluck()
    .all() as string[];
  const found = tables.map((table) => [
    table,
    (
      db
        .prepare(`SELECT id FROM "${table}" WHERE organisation_id = ? LIMIT 50`)
        .pluck()
        .all(organisationId) as unknown[]
    ).map(String),
  ]);
  db.close();
  return new Map(found.filter(([, ids]) => (ids as string[]).length > 0) as [string, string[]][]);
}

/** What its suppliers and weddings are called. */
function namesOf(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const names = ['SELECT name FROM supplier', 'SELECT reference FROM wedding'].flatMap((from) =>
    db.prepare(`${from} WHERE organisation_id = ?`).pluck().all(organisationId),
  );
  db.close();
  return names.map(String);
}

/** What must not change by anything somebody of another organisation asks for. */
function standing(file: string): string {
  const db = new Database(file, { readonly: true });
  const rows = still.map((table) => {
    const own = table === 'organisation' ? 'id' : 'organisation_id';
    return db.prepare(`SELECT * FROM "${table}" WHERE ${own} = ? ORDER BY 1, 2`).all(organisationId);
  });
  db.close();
  return JSON.stringify(rows);
}

test('SEC-16 every call there is, asked for another organisation with ids of this one, tells and changes nothing of it', async () => {
  const data = join(place('every-call'), 'data');
  const file = join(data, 'console.db');
  const first = await startAgent(data);
  for (const [kind, name] of [
    ['costs', 'costs/suppliers-2026-q3.csv'],
    ['costs', 'costs/cloud-and-ai-2026-q3-focus.csv'],
    ['rates', 'costs/rates-2026-q3.csv'],
  ] as const) {
    const imported = await wedops(data, ['import', kind, join(resourcesFolder, 'practice', name)]);
    // 1: some rows need work.
    expect([0, 1], name).toContain(imported.exit);
  }
  const filling = await first.client();
  await filling.alerts.raise({ organisationId, severity: 'critical', title: 'Of this organisation alone', key: 'own' });
  // Two: one is asked for, the other must not come up.
  for (const reason of ['One', 'Another']) {
    await filling.alerts.addSilence({
      organisationId,
      matcher: { titleContains: 'nothing like it' },
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      reason,
    });
  }
  await first.stop();
  const db = new Database(file);
  db.prepare("INSERT INTO organisation (id, name, practice, created_at) VALUES (?, 'Other', 1, 0)").run(other);
  const roles = JSON.stringify(['admin', 'ops', 'finance_preparer', 'finance_approver']);
  db.prepare(
    "INSERT INTO person (id, organisation_id, name, roles, current) VALUES ('mallory', ?, 'Mallory', ?, 1)",
  ).run(other, roles);
  db.close();

  const agent = await startAgent(data);
  const client = (await agent.client()) as unknown as Record<string, Record<string, Call>>;
  const ids = idsOf(file);
  expect(ids.size).toBeGreaterThan(8);
  // What is asked for may be repeated, in a refusal or in what the asker wrote down; nothing else may come up.
  const asked = new Set([...ids.values()].map(([id]) => id));
  const all = [...new Set([...ids.values(), namesOf(file)].flat())].filter((id) => id.length >= 8 && !asked.has(id));
  expect(all.length).toBeGreaterThan(60);
  const before = standing(file);
  const calls = scopedCalls();
  expect(calls.length).toBeGreaterThan(100);
  const told: string[] = [];
  let answered = 0;
  for (const { path, schema } of calls) {
    const [group = '', name = ''] = path.split('.');
    const inputs = new Set([...asked].map((id) => JSON.stringify(inputFor(schema, id ?? ''))));
    for (const input of inputs) {
      const answer = await Promise.race([
        client[group]?.[name]?.(JSON.parse(input) as object).then(
          (value) => {
            answered += 1;
            return JSON.stringify(value) ?? '';
          },
          (thrown: unknown) => JSON.stringify(thrown, Object.getOwnPropertyNames(thrown)),
        ),
        wait(5_000, ''),
      ]);
      const leak = all.find((one) => answer?.includes(one)) ?? answer?.match(/Of this organisation alone/)?.[0];
      if (leak !== undefined) told.push(`${path}: ${leak}`);
    }
  }
  expect(told).toEqual([]);
  expect(answered).toBeGreaterThan(50);
  expect(standing(file)).toBe(before);
  const mine = await (await agent.client()).alerts.list({ organisationId, filter: 'open' });
  expect(mine.rows.find(({ title }) => title === 'Of this organisation alone')).toMatchObject({ owner: null });
  expect(await agent.stop()).toBe(0);
}, 240_000);
