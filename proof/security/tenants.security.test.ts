import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { addOther, type Call, fill, idsOf, inputFor, other, scopedCalls } from '../rig/calls.ts';
import { endAll, organisationId, startAgent } from '../rig/console.ts';
import { place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

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
  await fill(data, first);
  await first.stop();
  addOther(file);

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
    const inputs = new Set([...asked].map((id) => JSON.stringify(inputFor(schema, other, id ?? ''))));
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
