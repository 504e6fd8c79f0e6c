import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import { createPostgresWarehouse } from '../../platform/postgres-warehouse.ts';
import { postgresFolder, startPostgres, type TestPostgres } from '../../testing/postgres.ts';
import type { BiRow } from '../kit/bi.ts';
import { aSync } from '../testing/bi-samples.ts';
import { lookml } from './lookml.ts';

const missing = postgresFolder() === null;
if (missing) process.stdout.write('Not run: there is no PostgreSQL on this machine (package "postgresql")\n');

const day = (date: string) => Date.parse(`2026-08-${date}T00:00:00Z`);
const rows: BiRow[] = [
  ['ai_cost_gbp', day('01'), 'peak', '', '', '0.10'],
  ['ai_cost_gbp', day('02'), 'peak', '', '', '0.20'],
  ['weddings_today', day('01'), 'peak', '', '', '3'],
  ['weddings_today', day('02'), 'peak', '', '', '5'],
  ['weddings_today', day('02'), 'peak', 'cotswold-barn', '', '2'],
];

/** What each field of a view asks the database, by name, as Looker would put it into a query. */
function questions(view: string): Map<string, { sql: string; type: string }> {
  const found = new Map<string, { sql: string; type: string }>();
  for (const [, kind, name, body] of view.matchAll(/(dimension|dimension_group|measure): (\w+) \{([\s\S]*?;;)/g)) {
    const type = kind === 'measure' ? (/type: (\w+)/.exec(body ?? '')?.[1] ?? '') : '';
    const sql = /sql: ([\s\S]*?) ;;/.exec(body ?? '')?.[1] ?? '';
    found.set(name ?? '', { sql: sql.replaceAll('$' + '{TABLE}', 't'), type });
  }
  return found;
}
const asked = ({ sql, type }: { sql: string; type: string }) =>
  type === 'sum' ? `sum(${sql})` : type === 'average' ? `avg(${sql})` : sql;

describe.skipIf(missing)('the LookML against a real warehouse', () => {
  const files = lookml();
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
    const { payload } = aSync({ finance: rows });
    const [dataset] = payload.datasets;
    if (!dataset) throw new Error('No data set');
    await createPostgresWarehouse().load(
      postgres.server,
      { ...dataset, org: payload.org, blocks: [JSON.stringify(rows)] },
      new AbortController().signal,
    );
  });
  afterAll(() => postgres.close());

  test.each(['kpi_point', 'kpi_wide'])('every field of %s is a question PostgreSQL answers', async (view) => {
    const fields = questions(files[`views/${view}.view.lkml`] ?? '');
    expect(fields.size).toBeGreaterThan(8);
    for (const [name, field] of fields) {
      const answer = await postgres.query(
        `SELECT ${asked(field)} AS answer FROM ops_metrics.${view} t${field.type === '' ? ' LIMIT 1' : ''}`,
      );
      expect(answer, name).toHaveLength(1);
    }
  });

  test('money adds up to the penny, a level is worth its newest, a key is told once', async () => {
    const fields = questions(files['views/kpi_wide.view.lkml'] ?? '');
    for (const { id } of kpis) expect([...fields.keys()]).toContain(id);
    const one = async (name: string, where = "venue = ''") => {
      const field = fields.get(name) ?? { sql: 'NULL', type: '' };
      const [row] = await postgres.query<{ answer: string | null }>(
        `SELECT (${asked(field)})::text AS answer FROM ops_metrics.kpi_wide t WHERE ${where}`,
      );
      return row?.answer;
    };
    expect(await one('ai_cost_gbp')).toBe('0.30');
    expect(await one('weddings_today')).toBe('5');
    const key = fields.get('pk')?.sql;
    expect(
      await postgres.query(`SELECT count(DISTINCT ${key}) = count(*) AS once FROM ops_metrics.kpi_wide t`),
    ).toEqual([{ once: true }]);
  });

  test('the trigger of the datagroup is one row and one column, and stands still while nothing changes', async () => {
    const trigger = /sql_trigger: (.*?) ;;/.exec(files['wedsync_ops.model.lkml'] ?? '')?.[1] ?? '';
    const first = await postgres.query(trigger);
    expect(first).toHaveLength(1);
    expect(Object.keys(first[0] ?? {})).toHaveLength(1);
    expect(await postgres.query(trigger)).toEqual(first);
    // A row that is no more, and nothing else: what Looker remembers is old all the same.
    await postgres.query("DELETE FROM ops_metrics.kpi_point WHERE metric = 'weddings_today'");
    expect(await postgres.query(trigger)).not.toEqual(first);
  });
});
