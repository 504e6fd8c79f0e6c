import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { insertOrganisation } from '../../store/repositories/organisations.ts';
import { putVendor, putVendorAlias, usageClients, usageSums } from '../../store/repositories/usage.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createImports } from '../imports/index.ts';
import { createUsageImporter } from './usage-importer.ts';

const org = 'bluebell';
const who = { actor: 'person:alex', channel: 'cli', correlationId: 'c-1' };
let folder: string;
let store: Store;
let imports: ReturnType<typeof createImports>;
let count = 0;
const told: (readonly string[])[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'usage-'));
  const runtime = testRuntime('2026-11-22T12:00:00Z');
  store = await openStore({ folder, runtime });
  imports = createImports({
    store,
    runtime,
    audit: async () => undefined,
    events: { publish: () => undefined },
    assess: async () => 0,
  } as unknown as Parameters<typeof createImports>[0]);
  imports.registerImport(createUsageImporter({ store, runtime, changed: (_org, months) => told.push(months) }));
  await store.transaction(async (tx) => {
    await insertOrganisation(tx, {
      id: org,
      name: 'Bluebell',
      vat_registered: 0,
      vat_number: null,
      registered_from: null,
      created_at: 1,
    });
    const row = {
      organisation_id: org,
      email: '',
      state: 'confirmed',
      same_as: null,
      created_at: 1,
      updated_at: 1,
    } as const;
    await putVendor(tx, { ...row, id: 'lens-light', name: 'Lens & Light' });
    await putVendorAlias(tx, org, 'lens & light', 'lens-light');
    await putVendorAlias(tx, org, 'lens-light', 'lens-light');
  });
});
afterEach(async () => {
  await imports.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function importText(content: string, name = `usage-${++count}.csv`) {
  const path = join(folder, name);
  writeFileSync(path, content);
  const file = { path, name, bytes: content.length, dispose: async () => undefined };
  const { importId } = await imports.start({ organisationId: org, file, kind: 'usage' }, who);
  const result = await imports.finished(org, importId);
  return { ...result, rejections: (await imports.rejections(org, importId, null)).rows };
}
const sums = (months = ['2026-10']) => usageSums(store.read, org, months, null);

const header = 'id,vendor,wedding,client,feature,time,success,minutes';
const good = `${header}
u1,lens-light,WS-1,c1,gallery,2026-10-02T16:59:59Z,true,3
u2,Lens & Light,WS-1,c2,chat,2026-10-02T17:00:00Z,true,4
u3,lens-light,WS-2,c2,chat,2026-10-04T21:59:59Z,false,0
u4,lens-light,WS-2,c3,chat,2026-10-04T22:00:00+00:00,yes,1.5
`;

test('usage comes in once, summed by month and feature, with the preparation window by local time', async () => {
  expect(await importText(good)).toMatchObject({ state: 'done', imported: 4, duplicates: 0, rejected: 0 });
  expect(await sums()).toEqual([
    expect.objectContaining({ feature: 'chat', requests: 3, successful: 2, in_window: 2, seconds: 330 }),
    expect.objectContaining({ feature: 'gallery', requests: 1, successful: 1, in_window: 0, seconds: 180 }),
  ]);
  expect(await usageClients(store.read, org, ['2026-10'], ['chat'], null)).toEqual(new Map([['lens-light', 2]]));
  expect(await importText(good)).toMatchObject({ imported: 0, duplicates: 4, rejected: 0 });
  expect((await sums()).map(({ requests }) => requests)).toEqual([3, 1]);
});

test('the same records as JSON add nothing, and records without an id are known by their content', async () => {
  await importText(good.replaceAll(/^(u\d|id),/gm, ''));
  const json = good
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([, vendor, wedding, client, feature, time, success, minutes]) => ({
      vendor,
      wedding,
      client,
      feature,
      time,
      success: success === 'true' || success === 'yes',
      minutes: Number(minutes),
    }));
  expect(await importText(JSON.stringify({ records: json }), 'usage.json')).toMatchObject({
    imported: 0,
    duplicates: 4,
  });
});

test.each([
  ['a future time', 'u9,lens-light,,,chat,2026-11-23T12:00:00Z,true,1', 'time', 'lies in the future'],
  ['negative minutes', 'u9,lens-light,,,chat,2026-10-01T10:00:00Z,true,-5', 'minutes', 'cannot be negative'],
  ['a day that does not exist', 'u9,lens-light,,,chat,2026-02-31T10:00:00Z,true,1', 'time', 'is not a time'],
  ['no vendor', 'u9,,,,chat,2026-10-01T10:00:00Z,true,1', 'vendor', 'is missing'],
  ['an odd outcome', 'u9,lens-light,,,chat,2026-10-01T10:00:00Z,maybe,1', 'success', 'neither success nor failure'],
  ['a known id with other values', 'u1,lens-light,,,chat,2026-10-01T10:00:00Z,true,1', 'id', 'came before'],
  ['a giant field', `u9,lens-light,,${'x'.repeat(5000)},chat,2026-10-01T10:00:00Z,true,1`, 'client', 'characters long'],
])('%s is refused with its row and a remedy; the rest comes in', async (_what, line, field, reason) => {
  const result = await importText(`${good}${line}\n`);
  expect(result).toMatchObject({ state: 'done', imported: 4, rejected: 1 });
  expect(result.rejections).toEqual([{ row: 6, field, reason: expect.stringContaining(reason) }]);
});

test('a notes field of 3 MB costs its own row alone', async () => {
  const result = await importText(
    `${header},notes\n${good
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => `${line},`)
      .join('\n')}\nu9,lens-light,,,chat,2026-10-01T10:00:00Z,true,1,"${'n'.repeat(3_000_000)}"\n`,
  );
  expect(result.imported).toBeGreaterThanOrEqual(4);
  expect(result.imported + result.rejected).toBe(5);
});

test('a vendor nobody knows is asked about by row, and the rows are kept for when it is known', async () => {
  const result = await importText(`${good}u9,New Venue Ltd,,,chat,2026-10-01T10:00:00Z,true,1\n`);
  expect(result).toMatchObject({ imported: 4, rejected: 1 });
  expect(result.rejections[0]).toMatchObject({
    row: 6,
    field: 'vendor',
    reason: expect.stringContaining('not in the vendor directory'),
  });
  expect((await sums()).filter(({ vendor_id }) => vendor_id === 'new-venue-ltd')).toHaveLength(1);
});

test('undo takes the sums back, and the same file comes in again', async () => {
  const first = await importText(good);
  await importText(`${header}\nu7,lens-light,,c9,chat,2026-10-09T10:00:00Z,true,1\n`);
  await imports.undo(org, first.importId, who);
  expect(await sums()).toEqual([expect.objectContaining({ feature: 'chat', requests: 1 })]);
  expect(await importText(good)).toMatchObject({ imported: 4, duplicates: 0 });
  expect((await sums()).reduce((all, { requests }) => all + requests, 0)).toBe(5);
});

test('an import is not taken back under a later one that left its records out, of whatever form: they would be gone', async () => {
  const first = await importText(good);
  const again = await importText(
    JSON.stringify([
      {
        id: 'u1',
        vendor: 'lens-light',
        wedding: 'WS-1',
        client: 'c1',
        feature: 'gallery',
        time: '2026-10-02T16:59:59Z',
        success: true,
        minutes: 3,
      },
      {
        id: 'u9',
        vendor: 'lens-light',
        client: 'c9',
        feature: 'chat',
        time: '2026-10-09T10:00:00Z',
        success: true,
        minutes: 1,
      },
    ]),
    'october.json',
  );
  expect(again).toMatchObject({ imported: 1, duplicates: 1 });
  await expect(imports.undo(org, first.importId, who)).rejects.toMatchObject({
    problem: { means: expect.stringContaining('october.json was imported after it and left out a record') },
  });
  expect((await sums()).reduce((all, { requests }) => all + requests, 0)).toBe(5);
  await imports.undo(org, again.importId, who);
  await imports.undo(org, first.importId, who);
  expect(await sums()).toEqual([]);
});

test('whoever follows usage is told of the months an undone import had', async () => {
  const first = await importText(good);
  told.length = 0;
  await imports.undo(org, first.importId, who);
  expect(told).toEqual([['2026-10']]);
});

test('where a file tells the day alone and no id, equal rows are as many requests; the same file again adds none', async () => {
  const row = 'lens-light,chat,2026-10-03';
  const file = (rows: readonly string[]) => `vendor,feature,date\n${rows.join('\n')}\n`;
  expect(await importText(file([row, row, row]))).toMatchObject({ imported: 3, duplicates: 0 });
  expect(await importText(file([row, row, row]))).toMatchObject({ imported: 0, duplicates: 3 });
  // An export made later that day holds one more.
  expect(await importText(file([row, row, row, row]))).toMatchObject({ imported: 1, duplicates: 3 });
  expect(await sums()).toEqual([expect.objectContaining({ feature: 'chat', requests: 4 })]);
  // A moment is one request, however often a file says it.
  const moment = 'lens-light,chat,2026-10-04T10:00:00Z';
  expect(await importText(file([moment, moment]))).toMatchObject({ imported: 1, duplicates: 1 });
});

test('a file without the needed columns is refused as a whole', async () => {
  expect(await importText('who,what\nx,y\n')).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('no column for vendor, feature, time'),
  });
});
