import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { kpis } from '../../src-shared/domain/kpi/catalogue.ts';
import type { WarehouseLoad } from '../ports/warehouse.ts';
import { postgresFolder, startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { testTls } from '../testing/tls.ts';
import { createPostgresWarehouse } from './postgres-warehouse.ts';
import { layoutVersion } from './warehouse-layout.ts';

const missing = postgresFolder() === null;
if (missing) process.stdout.write('Not run: there is no PostgreSQL on this machine (package "postgresql")\n');

const hour = 3_600_000;
const start = Date.parse('2026-08-01T00:00:00Z');
const warehouse = createPostgresWarehouse();
const still = new AbortController().signal;
type Row = [metric: string, at: number, season: string, venue: string, region: string, value: string];

function loadOf(rows: readonly Row[], change: Partial<WarehouseLoad> = {}): WarehouseLoad {
  const hex = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  const blocks: string[] = [];
  for (let from = 0; from < rows.length; from += 2_000) blocks.push(JSON.stringify(rows.slice(from, from + 2_000)));
  const pence = rows.reduce((sum, row) => sum + BigInt(Math.round(Number(row[5]) * 100)), 0n);
  return {
    org: 'bluebell',
    metrics: [...new Set(rows.map(([metric]) => metric))],
    batchId: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    rows: rows.length,
    sum: `${pence / 100n}.${String(pence % 100n).padStart(2, '0')}`,
    from: null,
    to: null,
    blocks,
    ...change,
  };
}
const cost = (day: number, value: string): Row => ['ai_cost_gbp', start + day * 24 * hour, 'peak', '', '', value];

describe.skipIf(missing)('a warehouse in a real PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());
  beforeEach(async () => {
    await postgres.query('DROP SCHEMA ops_metrics CASCADE');
    await postgres.query('CREATE SCHEMA ops_metrics AUTHORIZATION loader');
  });
  const load = (rows: readonly Row[], change?: Partial<WarehouseLoad>) =>
    warehouse.load(postgres.server, loadOf(rows, change), still);
  const stored = () =>
    postgres.query<{ metric: string; exact: string; batch: string }>(
      'SELECT metric, exact::text, batch_id::text AS batch FROM ops_metrics.kpi_point ORDER BY metric, ts',
    );

  test('lays out its tables, describes them from the catalogue, and holds every value exactly', async () => {
    expect(await warehouse.check(postgres.server, still)).toMatchObject({ layout: null });
    expect(await load([cost(0, '0.10'), cost(1, '0.20')])).toEqual({ changed: 2, removed: 0 });
    expect(await warehouse.check(postgres.server, still)).toMatchObject({ layout: layoutVersion });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['0.10', '0.20']);
    const [sum] = await postgres.query<{ sum: string }>(
      'SELECT sum(ai_cost_gbp)::text AS sum FROM ops_metrics.kpi_wide',
    );
    expect(sum).toEqual({ sum: '0.30' });
    const comments = await postgres.query<{ name: string; words: string }>(
      "SELECT attname AS name, col_description(attrelid, attnum) AS words FROM pg_attribute WHERE attrelid = 'ops_metrics.kpi_wide'::regclass AND attnum > 6",
    );
    expect(comments.map(({ name }) => name)).toEqual(kpis.map(({ id }) => id));
    for (const kpi of kpis) expect(comments.find(({ name }) => name === kpi.id)?.words).toContain(kpi.formula);
  });

  test('the same load twice changes nothing; a corrected value changes one row; a row that is no more goes', async () => {
    await load([cost(0, '1.00'), cost(1, '2.00'), cost(2, '3.00')]);
    const before = await postgres.query('SELECT max(loaded_at)::text AS at FROM ops_metrics.kpi_point');
    expect(await load([cost(0, '1.00'), cost(1, '2.00'), cost(2, '3.00')])).toEqual({ changed: 0, removed: 0 });
    expect(await postgres.query('SELECT max(loaded_at)::text AS at FROM ops_metrics.kpi_point')).toEqual(before);
    expect(await load([cost(0, '1.00'), cost(2, '3.50')])).toEqual({ changed: 1, removed: 1 });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['1.00', '3.50']);
  });

  test('a load that says how far it reaches takes the place of everything in between, be it empty', async () => {
    await load([cost(0, '1.00'), cost(5, '5.00'), cost(9, '9.00')]);
    const reach = { from: start, to: start + 6 * 24 * hour };
    expect(await load([cost(1, '2.00')], reach)).toEqual({ changed: 1, removed: 2 });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['2.00', '9.00']);
    expect(await load([], { ...reach, metrics: ['ai_cost_gbp'] })).toEqual({ changed: 0, removed: 1 });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['9.00']);
  });

  test('what lies before and after a load, and what belongs to others, stays', async () => {
    await load([cost(0, '1.00'), cost(9, '9.00')]);
    await load([['ai_requests_total', start, 'peak', 'cotswold-barn', 'south-west', '7']]);
    await load([cost(0, '5.00')], { org: 'another' });
    expect(await load([cost(3, '3.00')])).toEqual({ changed: 1, removed: 0 });
    expect(await stored()).toHaveLength(5);
  });

  test('a load that arrives incomplete or with another sum leaves everything as it was', async () => {
    await load([cost(0, '1.00')]);
    await expect(load([cost(0, '2.00'), cost(1, '2.00')], { rows: 3 })).rejects.toMatchObject({ code: 'rejected' });
    await expect(load([cost(0, '2.00')], { sum: '2.01' })).rejects.toMatchObject({
      message: expect.stringContaining('sum differs'),
    });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['1.00']);
  });

  test('tables laid out by hand with the first layout are taken over with their rows', async () => {
    await postgres.query(`CREATE TABLE ops_metrics.kpi_point (
      org text NOT NULL, metric text NOT NULL, ts timestamptz NOT NULL,
      season text NOT NULL CHECK (season IN ('peak','shoulder','off_season')),
      context text NOT NULL DEFAULT 'wedding_industry', venue text NOT NULL DEFAULT '', region text NOT NULL DEFAULT '',
      value double precision NOT NULL, batch_id uuid NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (org, metric, ts, season, context, venue, region))`);
    await postgres.query('ALTER TABLE ops_metrics.kpi_point OWNER TO loader');
    await postgres.query(`INSERT INTO ops_metrics.kpi_point (org, metric, ts, season, value, batch_id)
      VALUES ('bluebell', 'ai_cost_gbp', '2025-01-01T00:00:00Z', 'off_season', 0.1, '5b0f3a52-9a3c-4f3b-9d0e-2d3f0f1f7c11')`);
    await load([cost(0, '1.00')]);
    expect((await stored()).map(({ exact }) => exact)).toEqual(['0.1', '1.00']);
  });

  test('a view that a report stands on keeps its columns in place when the catalogue grows', async () => {
    await load([cost(0, '1.00')]);
    await postgres.query('CREATE VIEW ops_metrics.report AS SELECT ts, ai_cost_gbp FROM ops_metrics.kpi_wide');
    await postgres.query("UPDATE ops_metrics.layout SET catalogue = 'of before'");
    await load([cost(0, '2.00')]);
    expect(await postgres.query('SELECT ai_cost_gbp::text AS cost FROM ops_metrics.report')).toEqual([
      { cost: '2.00' },
    ]);
  });

  test('tables of a newer console are left alone', async () => {
    await load([cost(0, '1.00')]);
    await postgres.query('UPDATE ops_metrics.layout SET version = version + 1');
    await expect(load([cost(0, '2.00')])).rejects.toMatchObject({ code: 'misconfigured' });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['1.00']);
  });

  test('says what is wrong: password, database, rights, address, TLS', async () => {
    const check = (change: object) => warehouse.check({ ...postgres.server, ...change }, still);
    await expect(check({ password: 'wrong' })).rejects.toMatchObject({ kind: 'needs-attention', code: 'auth' });
    await expect(check({ database: 'nowhere' })).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(check({ schema: 'public' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(check({ schema: 'not_there' })).rejects.toMatchObject({
      code: 'forbidden',
      detail: { hint: expect.stringContaining('CREATE SCHEMA not_there') },
    });
    await expect(check({ port: 1 })).rejects.toMatchObject({ kind: 'retryable', code: 'network' });
    await expect(check({ host: 'db.example.org' })).rejects.toMatchObject({ message: expect.stringContaining('TLS') });
  });

  test('TLS is used and its certificate checked: an authority nobody named is refused', async () => {
    const tls = { ...postgres.server, tls: 'verify' } as const;
    await expect(warehouse.check(tls, still)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/^TLS: /),
    });
    await expect(warehouse.check({ ...tls, ca: testTls.cert }, still)).resolves.toMatchObject({ layout: null });
    expect(await warehouse.load({ ...tls, ca: testTls.cert }, loadOf([cost(0, '1.00')]), still)).toMatchObject({
      changed: 1,
    });
  });

  test('told to stop, it stops, and the transaction with it', async () => {
    await load([cost(0, '1.00')]);
    const controller = new AbortController();
    async function* blocks() {
      yield JSON.stringify([cost(0, '2.00')]);
      controller.abort();
      yield JSON.stringify([cost(1, '2.00')]);
    }
    const stopped = warehouse.load(
      postgres.server,
      { ...loadOf([cost(0, '2.00'), cost(1, '2.00')]), blocks: blocks() },
      controller.signal,
    );
    await expect(stopped).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
    expect((await stored()).map(({ exact }) => exact)).toEqual(['1.00']);
  });

  test('250,000 rows arrive in a fraction of 45 s, and again when one of them changed', async () => {
    const rows: Row[] = Array.from({ length: 250_000 }, (_, i) => [
      'ai_requests_total',
      start + (i % 2_500) * hour,
      'peak',
      `venue-${Math.floor(i / 2_500)}`,
      'kent',
      String(i % 97),
    ]);
    const began = performance.now();
    expect(await load(rows)).toEqual({ changed: 250_000, removed: 0 });
    const first = performance.now() - began;
    rows[17] = [...(rows[17] as Row).slice(0, 5), '999'] as unknown as Row;
    expect(await load(rows)).toEqual({ changed: 1, removed: 0 });
    const second = performance.now() - began - first;
    process.stdout.write(`250,000 rows: ${Math.round(first)} ms, again ${Math.round(second)} ms (limit 45,000 ms)\n`);
    expect(first).toBeLessThan(30_000);
  });
});
