import { afterEach, beforeEach, expect, test } from 'vitest';
import { wireSources } from '../../adapters/sources/index.ts';
import { anthropicSandbox } from '../../adapters/sources/sandbox/anthropic.ts';
import { hmrcSandbox } from '../../adapters/sources/sandbox/hmrc.ts';
import { openaiSandbox } from '../../adapters/sources/sandbox/openai.ts';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { importSetup, org, problemOf, who } from '../imports/testing/setup.ts';
import { createSources, type Sources } from './index.ts';

const keys = { openai: 'sk-admin-practice-1234', anthropic: 'sk-ant-admin01-practice' };
type Setup = Awaited<ReturnType<typeof importSetup>>;
let t: Setup;
let sandbox: Sandbox;
let sources: Sources;
let secrets: ReturnType<typeof createMemorySecrets>;
let closeHttp: () => Promise<void>;

beforeEach(async () => {
  t = await importSetup('sources');
  const redactor = { know: () => undefined, redact: (text: string) => text };
  const http = createHttp({ clock: t.runtime.clock, redactor });
  closeHttp = () => http.close();
  sandbox = await startSandbox({
    systems: [openaiSandbox, anthropicSandbox, hmrcSandbox],
    clock: t.runtime.clock,
  });
  secrets = createMemorySecrets();
  sources = createSources({
    store: t.store,
    runtime: t.runtime,
    audit: async () => undefined,
    events: { publish: () => undefined },
    redactor,
    imports: t.imports,
    worldOf: async () => ({ http: createPracticeHttp({ http, sandboxUrl: sandbox.url }), secrets }),
    wire: wireSources,
    temporaryFolder: t.folder,
  });
});
afterEach(async () => {
  await sandbox.close();
  await closeHttp();
  await t.close();
});

async function fetched(source: 'openai' | 'anthropic', month: string) {
  const { importId } = await sources.fetch(org, source, month, who);
  return t.imports.finished(org, importId);
}
const asked = () => sandbox.received('openai').filter(({ path }) => path.includes('/costs'));
const revise = (micros: number) =>
  fetch(`${sandbox.url}/_press?system=openai`, {
    method: 'POST',
    body: JSON.stringify({ day: '2026-10-05', project: 'proj_chat', item: 'Image models', micros }),
  });

test('a month of OpenAI costs becomes a line a project, exact to the last digit; fetched again it adds nothing', async () => {
  await sources.connect(org, 'openai', keys.openai, who);
  expect(await fetched('openai', '2026-10')).toMatchObject({ state: 'done', imported: 31 * 6, lines: 2 });
  const lines = await t.lines();
  expect(
    lines.map(({ origin, supplier, invoice_number, currency, document_type, line_date }) => [
      origin,
      supplier,
      invoice_number,
      currency,
      document_type,
      line_date,
    ]),
  ).toEqual(
    [
      ['api', 'OpenAI', 'gallery-2026-10', 'USD', 'invoice', '2026-10-31'],
      ['api', 'OpenAI', 'oj_chat-2026-10', 'USD', 'invoice', '2026-10-31'],
    ].map((row) => [...row.slice(0, 2), expect.stringContaining('2026-10'), ...row.slice(3)]),
  );
  const again = await fetched('openai', '2026-10');
  expect(again).toMatchObject({ state: 'done', imported: 0, duplicates: 31 * 6, lines: 0 });
  expect(await t.lines()).toEqual(lines);
  const [view] = await sources.list(org);
  const sum = lines.reduce((total, { exact_net }) => total + Number(exact_net), 0);
  expect(view).toMatchObject({
    connected: true,
    months: [{ month: '2026-10', state: 'final', lines: 2, currency: 'USD' }],
  });
  expect(Number(view?.months[0]?.net)).toBeCloseTo(sum, 9);
});

test('a day the vendor revises changes the line by the difference; an undo takes that back alone', async () => {
  await sources.connect(org, 'openai', keys.openai, who);
  await fetched('openai', '2026-10');
  const before = await t.lines();
  await revise(9_000_000_001);
  const second = await fetched('openai', '2026-10');
  expect(second).toMatchObject({ state: 'done', lines: 1 });
  const after = await t.lines();
  expect(after.filter(({ exact_net }) => /^9\d{3}\.\d{6}$/.test(exact_net))).toHaveLength(1);
  await t.imports.undo(org, second.importId, who);
  expect((await t.lines()).map(({ exact_net }) => exact_net)).toEqual(before.map(({ exact_net }) => exact_net));
});

test('a line already in a batch gets a supplement beside it for what came later', async () => {
  await sources.connect(org, 'openai', keys.openai, who);
  await fetched('openai', '2026-10');
  await t.store.transaction((tx) =>
    tx
      .updateTable('cost_line')
      .set({ state: 'batched', batch_id: 'b' })
      .execute()
      .then(() => undefined),
  );
  const batched = await t.lines();
  await revise(9_000_000_000);
  expect(await fetched('openai', '2026-10')).toMatchObject({ state: 'done', lines: 1 });
  const lines = await t.lines();
  expect(lines).toHaveLength(3);
  expect(lines.slice(0, 2)).toEqual(batched);
});

test('a month that is not over is provisional and blocked from export; fetched after its end it is an invoice', async () => {
  await sources.connect(org, 'anthropic', keys.anthropic, who);
  await fetched('anthropic', '2026-11');
  expect(
    (await t.lines()).map(({ document_type, check_ids }) => [document_type, check_ids?.includes('DOC-NOTVAT')]),
  ).toEqual([
    ['proforma', true],
    ['proforma', true],
  ]);
  expect((await sources.list(org))[1]?.months).toMatchObject([{ state: 'provisional' }]);
  const partly = (await t.lines()).map(({ exact_net }) => Number(exact_net));
  t.runtime.clock.jump(14 * 86_400_000);
  await fetched('anthropic', '2026-11');
  const lines = await t.lines();
  expect(lines.map(({ document_type }) => document_type)).toEqual(['invoice', 'invoice']);
  for (const [index, { exact_net }] of lines.entries()) expect(Number(exact_net)).toBeGreaterThan(partly[index] ?? 0);
  expect((await sources.list(org))[1]?.months).toMatchObject([{ state: 'final' }]);
  // Cents with four decimals: dollars with six.
  expect(lines[0]?.exact_net).toMatch(/^\d+\.\d{1,6}$/);
});

test('a key that is no admin key is refused in the vendor’s words, and none is kept', async () => {
  expect(await problemOf(sources.connect(org, 'openai', 'sk-proj-not-an-admin', who))).toContain(
    'insufficient permissions',
  );
  expect(await problemOf(sources.connect(org, 'anthropic', 'sk-ant-api03-x', who))).toContain('invalid x-api-key');
  expect(await secrets.list(org)).toEqual([]);
  expect(await problemOf(sources.fetch(org, 'openai', '2026-10', who))).toContain('not connected');
  await sources.connect(org, 'openai', keys.openai, who);
  expect(await problemOf(sources.fetch(org, 'openai', '2027-01', who))).toContain('has not begun');
  await sources.disconnect(org, 'openai', who);
  expect(await secrets.list(org)).toEqual([]);
});

test('a fetch that is cut off goes on behind the last page it had', async () => {
  await sources.connect(org, 'openai', keys.openai, who);
  const bodies = { data: [], has_more: true, next_page: 'page_7' };
  sandbox.misbehave({ system: 'openai', path: 'costs', status: 200, body: bodies, times: 1 });
  sandbox.misbehave({ system: 'openai', path: 'costs', status: 403, times: 1, body: 'later' });
  expect(await problemOf(sources.fetch(org, 'openai', '2026-10', who))).toContain('later');
  const before = asked().length;
  expect(await fetched('openai', '2026-10')).toMatchObject({ state: 'done', imported: 24 * 6 });
  expect(
    asked()
      .slice(before)
      .map(({ path }) => new URLSearchParams(path.split('?')[1]).get('page')),
  ).toEqual(['page_7']);
  expect(await t.store.read.selectFrom('cost_fetch_page').selectAll().execute()).toEqual([]);
});

test('asked to wait, it waits as long as the vendor says and goes on', async () => {
  await sources.connect(org, 'openai', keys.openai, who);
  sandbox.misbehave({ system: 'openai', path: 'costs', status: 429, headers: { 'retry-after': '7' }, times: 1 });
  const started = t.runtime.clock.now();
  const work = fetched('openai', '2026-10');
  while (asked().length < 2) await new Promise((resolve) => setImmediate(resolve));
  while (t.runtime.clock.sleepers === 0) await new Promise((resolve) => setImmediate(resolve));
  await t.runtime.clock.advance(7_000);
  expect(await work).toMatchObject({ state: 'done' });
  expect(t.runtime.clock.now() - started).toBe(7_000);
});

test('rates of a month come from HMRC as from its file; a month not published is told so', async () => {
  const { importId } = await sources.fetchRates(org, '2026-09', who);
  expect(await t.imports.finished(org, importId)).toMatchObject({ kind: 'rates', state: 'done', imported: 3 });
  expect(
    await t.store.read
      .selectFrom('fx_rate')
      .select(['currency', 'month', 'units_per_gbp'])
      .orderBy('currency')
      .execute(),
  ).toEqual([
    { currency: 'EUR', month: '2026-09', units_per_gbp: '1.1653' },
    { currency: 'SEK', month: '2026-09', units_per_gbp: '12.7653' },
    { currency: 'USD', month: '2026-09', units_per_gbp: '1.3453' },
  ]);
  const again = await sources.fetchRates(org, '2026-09', who);
  expect(await t.imports.finished(org, again.importId)).toMatchObject({ imported: 0, duplicates: 3 });
  expect(await problemOf(sources.fetchRates(org, '2027-05', who))).toContain('nothing for that month');
});
