import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openApiValidator } from '../../../contracts/openapi-validator.ts';
import { wireSources } from '../../adapters/sources/index.ts';
import { wedsyncSandbox } from '../../adapters/sources/sandbox/wedsync.ts';
import { createHttp } from '../../platform/http.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import type { HttpClient } from '../../ports/http.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { importSetup, org, problemOf, who } from '../imports/testing/setup.ts';
import { createUsageImporter } from '../usage/usage-importer.ts';
import { createSources, type Sources } from './index.ts';

const given = { address: 'https://api.wedsync.example/v1/', key: 'wsu_practice_1234' };
const description = JSON.parse(
  readFileSync(new URL('../../../resources/wedsync-usage-api.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;
let t: Awaited<ReturnType<typeof importSetup>>;
let sandbox: Sandbox;
let usage: Sources['usage'];
let http: HttpClient;
let secrets: ReturnType<typeof createMemorySecrets>;
let closeHttp: () => Promise<void>;

beforeEach(async () => {
  t = await importSetup('usage-source');
  t.imports.registerImport(createUsageImporter({ store: t.store, runtime: t.runtime, changed: () => undefined }));
  const redactor = { know: () => undefined, redact: (text: string) => text };
  const real = createHttp({ clock: t.runtime.clock, redactor });
  closeHttp = () => real.close();
  sandbox = await startSandbox({ systems: [wedsyncSandbox], clock: t.runtime.clock });
  http = createPracticeHttp({ http: real, sandboxUrl: sandbox.url });
  secrets = createMemorySecrets();
  usage = reader();
});
afterEach(async () => {
  await sandbox.close();
  await closeHttp();
  await t.close();
});

/** The reader as a start makes it; a second one is the console started again. */
function reader(): Sources['usage'] {
  return createSources({
    store: t.store,
    runtime: t.runtime,
    audit: async () => undefined,
    events: { publish: () => undefined },
    redactor: { know: () => undefined, redact: (text: string) => text },
    imports: t.imports,
    worldOf: async () => ({ http, secrets }),
    wire: wireSources,
    temporaryFolder: t.folder,
  }).usage;
}
async function fetched(again = false) {
  const { importId } = await usage.fetch(org, again, who);
  return importId === null ? null : t.imports.finished(org, importId);
}
const press = (records: object[]) =>
  fetch(`${sandbox.url}/_press?system=wedsync`, { method: 'POST', body: JSON.stringify({ records }) });
const cursors = () =>
  sandbox.received('wedsync').map(({ path }) => new URLSearchParams(path.split('?')[1]).get('after'));
const rows = async () =>
  (await t.store.read.selectFrom('usage_record').select('key').execute())
    .map(({ key }) => Buffer.from(key).toString('hex'))
    .sort();
const record = (id: string, more: object = {}) => ({
  id,
  vendor: 'lens-and-light',
  feature: 'chat',
  time: '2026-11-20T10:00:00Z',
  ...more,
});

test('usage comes in once; fetched again only what was recorded since', async () => {
  expect(await usage.connect(org, given, who)).toMatchObject({ connected: true, begun: false });
  expect(await fetched()).toMatchObject({ state: 'done', imported: 0, rejected: 3 });
  expect(await rows()).toHaveLength(60);
  expect(await fetched()).toBeNull();
  await press([record('late-1'), record('late-2', { minutes: 4 })]);
  expect(await fetched()).toMatchObject({ state: 'done', imported: 2, duplicates: 60 });
  expect(await rows()).toHaveLength(62);
  expect(await fetched()).toBeNull();
});

test('a bad record is refused with its place and the rest comes in', async () => {
  await usage.connect(org, given, who);
  await fetched();
  await press([
    record('future', { time: '2027-01-01T00:00:00Z' }),
    record('negative', { minutes: -5 }),
    record('wsu-2026-11-20-petal-events', { vendor: 'petal-events', feature: 'other' }),
    record('list', { feature: ['chat'] }),
    record('good'),
  ]);
  const result = await fetched();
  expect(result).toMatchObject({ imported: 1, rejected: 4 });
  const said = (await t.imports.rejections(org, result?.importId ?? '', null)).rows;
  expect(said.map(({ row, field }) => [row, field]).sort()).toEqual([
    [61, 'time'],
    [62, 'minutes'],
    [63, 'id'],
    [64, 'feature'],
  ]);
});

test('many pages are read behind their cursors, and a console killed in between goes on where an import had ended', async () => {
  await usage.connect(org, given, who);
  const many = Array.from({ length: 4_500 }, (_, index) => record(`many-${index}`));
  await press(many.slice(0, 2_500));
  await press(many.slice(2_500));
  // Stopped while the second page was on its way: nothing of the fetch was kept.
  const body = { records: [record('lost')], next: 'at_1_1' };
  sandbox.misbehave({ system: 'wedsync', path: 'ai-usage', status: 200, times: 1, body });
  sandbox.misbehave({ system: 'wedsync', path: 'ai-usage', status: 403, times: 1, body: 'stopped' });
  expect(await problemOf(usage.fetch(org, false, who))).toContain('stopped');
  expect(await rows()).toHaveLength(0);
  usage = reader();
  await fetched();
  expect(await rows()).toHaveLength(4_560);
  const last = cursors().at(-1);
  expect(last).toMatch(/^at_/);
  // Started anew, it asks behind the last cursor only.
  usage = reader();
  const before = cursors().length;
  expect(await fetched()).toBeNull();
  expect(cursors().slice(before)).toEqual([last]);
});

test('an import that was undone or cut off is read again, without a record twice', async () => {
  await usage.connect(org, given, who);
  const first = await fetched();
  await t.imports.undo(org, first?.importId ?? '', who);
  expect(await rows()).toEqual([]);
  await fetched();
  const all = await rows();
  expect(all).toHaveLength(60);
  // A kill between the import's end and the word about it: the same page again adds nothing.
  await t.store.transaction((tx) =>
    tx
      .updateTable('import_batch')
      .set({ state: 'failed' })
      .execute()
      .then(() => undefined),
  );
  expect(await fetched(true)).not.toBeNull();
  expect(await rows()).toEqual(all);
});

test('a key that is refused is not kept; an address must be https and may lead nowhere private (SEC-36)', async () => {
  expect(await problemOf(usage.connect(org, { ...given, key: 'another-key' }, who))).toContain('refuses the key');
  expect(await secrets.list(org)).toEqual([]);
  for (const address of ['http://api.wedsync.example/v1', 'https://me:pw@api.wedsync.example', 'ftp://x.example/'])
    expect(await problemOf(usage.connect(org, { ...given, address }, who))).toContain('no address');
  const real = createHttp({
    clock: t.runtime.clock,
    redactor: { redact: (text: string) => text },
  });
  http = real;
  expect(await problemOf(usage.connect(org, { ...given, address: 'https://127.0.0.1/v1' }, who))).toContain('private');
  expect(await problemOf(usage.connect(org, { ...given, address: 'https://10.0.0.8/v1' }, who))).toContain('private');
  await real.close();
  expect(await problemOf(usage.fetch(org, false, who))).toContain('not connected');
});

test('what is asked and what the sandbox answers are as the description says', async () => {
  const validator = openApiValidator(description, { base: 'https://api.wedsync.example/v1' });
  const problems: string[] = [];
  const inner = http;
  http = {
    async send(request) {
      const reply = await inner.send(request);
      problems.push(
        ...validator.check({
          method: request.method,
          url: request.url,
          requestHeaders: request.headers ?? {},
          requestBody: undefined,
          status: reply.status,
          responseHeaders: reply.headers,
          responseBody: reply.json,
        }),
      );
      return reply;
    },
  };
  await usage.connect(org, given, who);
  await press(Array.from({ length: 2_100 }, (_, index) => record(`page-${index}`)));
  await fetched();
  await problemOf(usage.connect(org, { ...given, key: 'unknown-key' }, who));
  expect(problems).toEqual([]);
  expect(cursors()).toHaveLength(4);
});
