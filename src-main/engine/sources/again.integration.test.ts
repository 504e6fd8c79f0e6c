import { afterEach, beforeEach, expect, test } from 'vitest';
import { exactPlus } from '../../../src-shared/domain/cost/document-sum.ts';
import { fetchPage } from '../../adapters/kit/cost-source.ts';
import { wireSources } from '../../adapters/sources/index.ts';
import { anthropicSandbox } from '../../adapters/sources/sandbox/anthropic.ts';
import { openaiSandbox } from '../../adapters/sources/sandbox/openai.ts';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import type { HttpClient } from '../../ports/http.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { putLock, removeLock } from '../../store/repositories/desk.ts';
import { importSetup, org, who } from '../imports/testing/setup.ts';
import { createSources, type Sources } from './index.ts';

const hour = 3_600_000;
const day = 24 * hour;
const itself = 'schedule:provisional-months';
let t: Awaited<ReturnType<typeof importSetup>>;
let sandbox: Sandbox;
let sources: Sources;
let audited: { action: string; actor: string; reason?: string | undefined }[];
let vendors: HttpClient;
let closeHttp: () => Promise<void>;

/** It is noon of 22 November: the month is not over. */
beforeEach(async () => {
  t = await importSetup('again');
  audited = [];
  const redactor = { know: () => undefined, redact: (text: string) => text };
  const http = createHttp({ clock: t.runtime.clock, redactor });
  closeHttp = () => http.close();
  sandbox = await startSandbox({ systems: [openaiSandbox, anthropicSandbox], clock: t.runtime.clock });
  vendors = createPracticeHttp({ http, sandboxUrl: sandbox.url });
  const secrets = createMemorySecrets();
  sources = createSources({
    store: t.store,
    runtime: t.runtime,
    audit: async (_tx, { action, actor, reason }) => void audited.push({ action, actor, reason }),
    events: { publish: () => undefined },
    redactor,
    imports: t.imports,
    worldOf: async () => ({ http: vendors, secrets }),
    wire: wireSources,
    temporaryFolder: t.folder,
  });
  await sources.connect(org, 'openai', 'sk-admin-practice-1234', who);
  await t.imports.finished(org, (await sources.fetch(org, 'openai', '2026-11', who)).importId);
});
afterEach(async () => {
  await sources.again.stop();
  await sandbox.close();
  await closeHttp();
  await t.close();
});

/** Looks once, and waits for what came of it. */
async function look(): Promise<number> {
  const before = (await t.imports.list(org)).length;
  await sources.again.tick();
  const after = await t.imports.list(org);
  for (const { importId } of after) await t.imports.finished(org, importId);
  return after.length - before;
}
const november = async () => (await sources.list(org))[0]?.months.find(({ month }) => month === '2026-11');
/** What the vendor says it is, all told. */
async function charged(): Promise<string> {
  const [openai] = wireSources.costs;
  if (!openai) throw new Error('No source');
  const ask = { key: 'sk-admin-practice-1234', from: '2026-11-01', to: '2026-12-01', page: null, days: 31 };
  return (await fetchPage(openai, vendors, ask)).costs.reduce((sum, { amount }) => exactPlus(sum, amount), '0');
}
const price = (micros: number) =>
  fetch(`${sandbox.url}/_press?system=openai`, {
    method: 'POST',
    body: JSON.stringify({ day: '2026-11-05', project: 'proj_chat', item: 'Image models', micros }),
  });

test('a provisional month is fetched again once a day and once it is settled; then it is final and left alone', async () => {
  expect(await november()).toMatchObject({ state: 'provisional', againAt: '2026-11-23T12:00:00.000Z', problem: null });
  t.runtime.clock.jump(day - 1);
  expect(await look()).toBe(0);
  t.runtime.clock.jump(1);
  expect(await look()).toBe(1);
  expect(await look()).toBe(0);
  expect((await t.lines()).map(({ document_type }) => document_type)).toEqual(['proforma', 'proforma']);
  // Asleep over the end of the month, and until the vendor has settled it: 4 December, midnight UTC.
  t.runtime.clock.jump(Date.parse('2026-12-03T23:59:00Z') - t.runtime.clock.now());
  expect(await look()).toBe(1);
  expect(await november()).toMatchObject({ state: 'provisional', againAt: '2026-12-04T00:00:00.000Z' });
  t.runtime.clock.jump(60_000);
  expect(await look()).toBe(1);
  expect((await t.lines()).map(({ document_type, state }) => [document_type, state])).toEqual([
    ['invoice', 'review'],
    ['invoice', 'review'],
  ]);
  expect(await november()).toMatchObject({ state: 'final', againAt: null });
  t.runtime.clock.jump(40 * day);
  expect(await look()).toBe(0);
  const history = await t.imports.list(org);
  expect(history.map(({ byItself }) => byItself)).toEqual([true, true, true, false]);
});

test('what was batched meanwhile stays as it is: the month’s difference stands beside it, and unchanged it adds nothing', async () => {
  await t.store.transaction((tx) =>
    tx
      .updateTable('cost_line')
      .set({ state: 'batched', batch_id: 'b', document_type: 'invoice' })
      .execute()
      .then(() => undefined),
  );
  const batched = await t.lines();
  await sources.fetch(org, 'openai', '2026-11', who).then(({ importId }) => t.imports.finished(org, importId));
  expect(await t.lines()).toEqual(batched);
  t.runtime.clock.jump(13 * day);
  await price(7_000_000_001);
  expect(await look()).toBe(1);
  const lines = await t.lines();
  expect(lines.slice(0, 2)).toEqual(batched);
  expect(lines.slice(2).map(({ document_type, state }) => [document_type, state])).toEqual([
    ['invoice', 'review'],
    ['invoice', 'review'],
  ]);
  // Nothing is there twice: all lines of the month are what the vendor charges for it.
  const exact = lines.reduce((sum, { exact_net }) => exactPlus(sum, exact_net), '0');
  expect(Number(exact)).toBe(Number(await charged()));
  expect(Number((await november())?.net)).toBe(Number(exact));
  expect(await look()).toBe(0);
});

test('a vendor that refuses is told once in the record, seen beside the month, and asked again after six hours', async () => {
  sandbox.misbehave({ system: 'openai', path: 'costs', status: 403, times: 2, body: 'key revoked' });
  t.runtime.clock.jump(day);
  expect(await look()).toBe(0);
  expect(await november()).toMatchObject({
    state: 'provisional',
    problem: expect.stringContaining('refuses the key'),
    againAt: '2026-11-23T18:00:00.000Z',
  });
  t.runtime.clock.jump(6 * hour);
  expect(await look()).toBe(0);
  expect(audited.filter(({ action }) => action === 'source.not-fetched-again')).toEqual([
    { action: 'source.not-fetched-again', actor: itself, reason: expect.stringContaining('refuses the key') },
  ]);
  t.runtime.clock.jump(6 * hour);
  expect(await look()).toBe(1);
  expect(await november()).toMatchObject({ problem: null });
});

test('a month is left to a person when it is closed, taken back or no longer connected', async () => {
  const lock = { organisation_id: org, month: '2026-11', actor: 'Priya', reason: 'Filed', at: 1 };
  await t.store.transaction((tx) => putLock(tx, lock));
  t.runtime.clock.jump(day);
  expect(await look()).toBe(0);
  expect(await november()).toMatchObject({ againAt: null });
  await t.store.transaction((tx) => removeLock(tx, org, '2026-11'));
  expect(await look()).toBe(1);
  const [last] = await t.imports.list(org);
  await t.imports.undo(org, last?.importId ?? '', who);
  t.runtime.clock.jump(2 * day);
  expect(await look()).toBe(0);
  await sources.fetch(org, 'openai', '2026-11', who).then(({ importId }) => t.imports.finished(org, importId));
  await sources.disconnect(org, 'openai', who);
  t.runtime.clock.jump(2 * day);
  expect(await look()).toBe(0);
  expect(await november()).toMatchObject({ state: 'provisional', againAt: null });
});

test('a final month whose import was stopped is fetched again', async () => {
  t.runtime.clock.jump(30 * day);
  const { importId } = await sources.fetch(org, 'openai', '2026-11', who);
  await t.imports.cancel(org, importId);
  await t.store.transaction((tx) =>
    tx
      .updateTable('import_batch')
      .set({ state: 'failed' })
      .where('id', '=', importId)
      .execute()
      .then(() => undefined),
  );
  expect(await look()).toBe(0);
  t.runtime.clock.jump(6 * hour);
  expect(await look()).toBe(1);
  expect((await t.lines()).every(({ document_type }) => document_type === 'invoice')).toBe(true);
});
