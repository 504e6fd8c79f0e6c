import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { z } from 'zod';
import { resourcesFolder } from '../../src-main/hosts/resources.ts';
import { contract } from '../../src-shared/contract/index.ts';
import { organisationId, type RunningAgent, wedops } from './console.ts';

/** Another organisation of the same folder; nothing is in it but somebody who may do everything. */
export const other = 'other';
/** No end within a test, or about the whole folder rather than an organisation. */
const leftOut =
  /^(app\.changes|weekend\.rehearse|settings\.createOrganisation|maintenance\.(drill|backup|backupNow|restore|planBackups))/;
type Schema = z.core.JSONSchema.BaseSchema;
export type Call = (input: object) => Promise<unknown>;

/** Every call that names an organisation, and what it takes; without `allButThese`, none that takes long or the whole folder. */
export function scopedCalls(allButThese = leftOut): { path: string; schema: Schema }[] {
  return Object.entries(contract).flatMap(([group, calls]) =>
    Object.entries(calls).flatMap(([name, call]) => {
      const { inputSchema } = (call as { '~orpc': { inputSchema?: z.ZodType } })['~orpc'];
      if (!inputSchema) return [];
      const schema = z.toJSONSchema(inputSchema, { io: 'input', unrepresentable: 'any' });
      const path = `${group}.${name}`;
      return schema.properties?.organisationId && !allButThese.test(path) ? [{ path, schema }] : [];
    }),
  );
}

/** The smallest input that fits, with `id` wherever a text is free. */
export function inputFor(schema: Schema, organisation: string, id: string, name = ''): unknown {
  if (name === 'organisationId') return organisation;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return inputFor(choice as Schema, organisation, id, name);
  if (schema.format === 'date-time') return '2026-11-21T12:00:00Z';
  if (schema.format === 'date') return '2026-11-21';
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key) || /ids?$/i.test(key))
          .map(([key, value]) => [key, inputFor(value as Schema, organisation, id, key)]),
      );
    case 'array':
      return schema.items ? [inputFor(schema.items as Schema, organisation, id, name)] : [];
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
export function idsOf(file: string): Map<string, string[]> {
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

/** Costs, rates, an alert and two silences of one organisation. */
export async function fill(data: string, agent: RunningAgent): Promise<void> {
  for (const [kind, name] of [
    ['costs', 'costs/suppliers-2026-q3.csv'],
    ['costs', 'costs/cloud-and-ai-2026-q3-focus.csv'],
    ['rates', 'costs/rates-2026-q3.csv'],
  ] as const) {
    const imported = await wedops(data, ['import', kind, join(resourcesFolder, 'practice', name)]);
    // 1: some rows need work.
    expect([0, 1], name).toContain(imported.exit);
  }
  const filling = await agent.client();
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
}

/** The other organisation, in the database of a console that has ended. */
export function addOther(file: string): void {
  const db = new Database(file);
  db.prepare("INSERT INTO organisation (id, name, practice, created_at) VALUES (?, 'Other', 1, 0)").run(other);
  const roles = JSON.stringify(['admin', 'ops', 'finance_preparer', 'finance_approver']);
  db.prepare(
    "INSERT INTO person (id, organisation_id, name, roles, current) VALUES ('mallory', ?, 'Mallory', ?, 1)",
  ).run(other, roles);
  db.close();
}
