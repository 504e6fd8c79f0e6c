import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { expect, onTestFinished, test } from 'vitest';
import type { Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import { testClock } from '../../testing/runtime.ts';
import { type BiRow, rowsOf, SYNC_KPIS } from '../kit/bi.ts';
import { multipart } from '../kit/multipart.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { aSync, biRows } from '../testing/bi-samples.ts';
import { tableau } from './index.ts';
import { parquetOf } from './parquet.ts';
import { chunkBytes, publish } from './publish.ts';
import { practiceTableau, type StoredSource, tableauSandbox } from './sandbox.ts';

const { tokenSecret } = practiceTableau;
const { payload, datasets } = aSync();
const options = { systems: [tableauSandbox], settings: {}, secrets: { tokenSecret }, datasets };
adapterSuite(tableau, { ...options, samples: { [SYNC_KPIS]: { payload } }, faultPath: '/sites/' });

async function bench(given: typeof options = options) {
  const opened = await openBench(tableau, given);
  onTestFinished(() => opened.close());
  const action = tableau.actions[SYNC_KPIS];
  const clock = { ...testClock(opened.clock.now()), now: () => opened.clock.now(), sleep: async () => undefined };
  const deliver = async (sync: unknown = payload, change: object = {}, earlier: Receipt[] = []) => {
    if (!action) throw new Error('no action');
    const parsed = tableau.settings.schema.parse(change);
    const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
    const plan = action.plan(action.payload.parse(sync), parsed, stamp);
    return action.deliver(plan, stamp, opened.context({ clock, settings: parsed, earlier: async () => earlier }));
  };
  const calls = () =>
    opened.sandbox.received('tableau').map(({ method, path }) => `${method} ${path.split('?')[0]?.split('/').at(-1)}`);
  const sources = () => opened.sandbox.documents('tableau', 'sources').all() as unknown as StoredSource[];
  return { opened, clock, deliver, calls, sources };
}

test('each data set is a source of its own, and a later file takes the place of the earlier with the id kept', async () => {
  const first = aSync({ operations: biRows(3), vendor_success: biRows(2) }, null);
  const second = aSync({ operations: biRows(5) }, null);
  const { deliver, sources } = await bench({ ...options, datasets: new Map([...first.datasets, ...second.datasets]) });
  expect(await deliver(first.payload)).toMatchObject({ document: { rows: 5 } });
  const before = sources();
  expect(before.map(({ name }) => name).sort()).toEqual([
    'WedSync Ops KPIs: operations',
    'WedSync Ops KPIs: vendor success',
  ]);
  await deliver(second.payload);
  const operations = (all: StoredSource[]) => all.find(({ name }) => name.endsWith('operations'));
  expect(sources()).toHaveLength(2);
  expect(operations(sources())?.id).toBe(operations(before)?.id);
  expect(operations(sources())?.sha256).not.toBe(operations(before)?.sha256);
});

test('the file opens with Apache’s own reader, row for row, Unicode and small amounts included', async () => {
  const rows: BiRow[] = [
    ['ai_cost_gbp', Date.parse('2026-07-01T00:00:00Z'), 'peak', '', '', '1234.56'],
    ['ai_cost_gbp', Date.parse('2026-07-31T23:00:00Z'), 'peak', 'cotswold-barn', 'uk-south-west', '-0.01'],
    ['cost_per_wedding_gbp', Date.parse('2026-12-01T00:00:00Z'), 'off_season', '', '', '0'],
  ];
  const blocks = async function* () {
    yield rows;
  };
  const read = tableFromIPC(readParquet(await parquetOf('brautpaar-ü', blocks())).intoIPCStream());
  expect(read.schema.fields.map(({ name }) => name)).toEqual([
    'ts',
    'metric',
    'value',
    'season',
    'context',
    'venue',
    'region',
    'org',
  ]);
  expect(read.toArray().map((row) => ({ ...row.toJSON(), ts: new Date(Number(row.ts)).toISOString() }))).toEqual(
    rows.map(([metric, at, season, venue, region, value]) => ({
      ts: new Date(at).toISOString(),
      metric,
      value: Number(value),
      season,
      context: 'wedding_industry',
      venue,
      region,
      org: 'brautpaar-ü',
    })),
  );
});

test('250,000 rows make a file that is read back whole, without holding the process up', async () => {
  const { payload: large, datasets: files } = aSync({ operations: biRows(250_000) }, null);
  const ctx = { datasets: { read: async (id: string) => files.get(id) ?? new Uint8Array() } };
  const before = performance.now();
  const bytes = await parquetOf('bluebell', rowsOf(ctx, large));
  const ms = performance.now() - before;
  process.stdout.write(`Parquet of 250,000 rows: ${Math.round(ms)} ms, ${bytes.length} bytes\n`);
  expect(ms).toBeLessThan(15_000);
  const read = tableFromIPC(readParquet(bytes).intoIPCStream());
  expect(read.numRows).toBe(250_000);
  expect(read.get(249_999)?.value).toBe(249_999 % 97);
});

test('a large file goes in parts, in order, and arrives as it was', async () => {
  const { opened, clock, calls, sources } = await bench();
  const bytes = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(2 * chunkBytes, '--x\r\n'), Buffer.from('PAR1')]);
  await publish(opened.context({ clock }), 'ee8c6e70-43b6-11e6-af4f-f7b0d8e20760', {
    name: 'A & "B" <C>',
    description: 'd',
    fileName: 'f.parquet',
    bytes,
  });
  expect(calls().filter((call) => call.startsWith('PUT'))).toHaveLength(3);
  expect(sources()).toMatchObject([{ name: 'A & "B" <C>', bytes: bytes.length }]);
}, 20_000);

test.each([
  ['publish-fails', 'failed'],
  ['publish-cancelled', 'cancelled'],
])('%s: a job that was accepted is no success until it says so', async (fault, word) => {
  const { opened, deliver, calls } = await bench();
  opened.sandbox.misbehave({ system: 'tableau', fault });
  await expect(deliver()).rejects.toMatchObject({ code: 'vendor-down', message: expect.stringContaining(word) });
  // The code shown at first, before the end, was not believed in either case.
  expect(calls().filter((call) => call.startsWith('GET') && call.length > 30).length).toBeGreaterThan(1);
  await deliver();
});

test('one session for everything that comes at once, and one new one when it was ended elsewhere', async () => {
  const { opened, clock, deliver, calls } = await bench();
  await Promise.all([deliver(), tableau.checkHealth(opened.context({ clock }))]);
  const signIns = () => calls().filter((call) => call === 'POST signin').length;
  expect(signIns()).toBe(1);
  const sessions = opened.sandbox.documents('tableau', 'sessions');
  for (const [token] of sessions.entries()) sessions.remove(token);
  await deliver(aSync({ operations: biRows(3) }).payload);
  expect(signIns()).toBe(2);
  opened.clock.jump(91 * 60_000);
  await deliver(aSync({ operations: biRows(3) }).payload);
  expect(signIns()).toBe(3);
});

test('rows that are there already are not published again; to another place they are', async () => {
  const { opened, deliver, calls, sources } = await bench();
  const receipt = await deliver();
  const before = calls().length;
  expect(await deliver(payload, {}, [receipt])).toMatchObject({ note: expect.stringContaining('none of them') });
  expect(calls().slice(before)).toEqual(['GET datasources']);
  // Deleted there meanwhile: what is gone is published again, though no row changed.
  const [one] = sources();
  opened.sandbox.documents('tableau', 'sources').remove(one?.id ?? '');
  await deliver(payload, {}, [receipt]);
  expect(sources().map(({ name }) => name)).toContain(one?.name);
  await deliver(payload, { source: 'Others' }, [receipt]);
  expect(calls().length).toBeGreaterThan(before);
});

test('a wrong token, a missing project and a Tableau too old each say what to do', async () => {
  const { opened, deliver } = await bench();
  await expect(deliver(payload, { tokenName: 'another' })).rejects.toMatchObject({ code: 'auth' });
  await expect(deliver(payload, { project: 'Elsewhere' })).rejects.toMatchObject({ code: 'gone' });
  const old = { status: 200, body: { serverInfo: { restApiVersion: '3.4' } } };
  opened.sandbox.misbehave({ system: 'tableau', path: '/serverinfo', ...old });
  await expect(deliver(payload, { site: 'other' })).rejects.toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining('3.4'),
  });
});

test('the body is Tableau’s own form: mixed, and no form-data anywhere', async () => {
  const sent: string[] = [];
  const { opened, clock } = await bench();
  const http: HttpClient = {
    send(request) {
      sent.push(`${request.headers?.['content-type'] ?? ''} ${Buffer.from(request.bytes ?? []).toString('latin1')}`);
      return opened.http.send(request);
    },
  };
  await publish(opened.context({ clock, http }), 'ee8c6e70-43b6-11e6-af4f-f7b0d8e20760', {
    name: 'n',
    description: 'd',
    fileName: 'f.parquet',
    bytes: Buffer.from('PAR1PAR1'),
  });
  expect(sent.join()).toContain('multipart/mixed');
  expect(sent.join()).not.toContain('form-data');
  const { contentType } = multipart([{ name: 'a', contentType: 'text/plain', bytes: new Uint8Array() }]);
  expect(contentType).toContain('multipart/form-data');
});
