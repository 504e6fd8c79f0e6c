import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { rebuildUsageSums, usageStatements } from './usage.ts';

const folder = mkdtempSync(join(tmpdir(), 'usage-sums-'));
let store: Store;
beforeAll(async () => {
  store = await openStore({ folder, runtime: testRuntime() });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('sums made anew hold each vendor, feature and client apart, whatever they are called, and leave one import out', async () => {
  // Joined without care these are the same text.
  const who = [
    ['a', 'bc', 'chat'],
    ['ab', 'c', 'chat'],
    ['abc', '', 'chat'],
    ['a', 'b', 'cchat'],
    ['a', '1 1', 'chat'],
  ] as const;
  const rows = who.flatMap(([vendor, client, feature], at) =>
    ['2026-09-30', '2026-10-01', '2026-10-31'].map(
      (day, i) =>
        [`${at}${i}`, '00', vendor, day, feature, 1_790_000_000_000, at % 2, i % 2, 60 * (at + 1), client, ''] as const,
    ),
  );
  await store.batch(usageStatements('bluebell', 'kept', rows));
  await store.batch(
    usageStatements('bluebell', 'undone', [['ff', '00', 'a', '2026-10-30', 'chat', 1, 1, 1, 999, 'x', '']]),
  );
  await store.batch(usageStatements('other', 'kept', rows));
  const sums = () =>
    store.read.selectFrom('usage_month').selectAll().where('organisation_id', '=', 'bluebell').execute();
  const clients = () =>
    store.read.selectFrom('usage_client').selectAll().where('organisation_id', '=', 'bluebell').execute();

  await store.transaction((tx) => rebuildUsageSums(tx, 'bluebell', ['2026-10'], 'undone'));
  expect(await sums()).toMatchObject([
    { month: '2026-10', vendor_id: 'a', feature: 'cchat', requests: 2, successful: 2, in_window: 1, seconds: 480 },
    {
      vendor_id: 'a',
      feature: 'chat',
      requests: 4,
      successful: 0,
      in_window: 2,
      seconds: 720,
      latest_day: '2026-10-31',
    },
    { vendor_id: 'ab', feature: 'chat', requests: 2, successful: 2, in_window: 1, seconds: 240 },
    { vendor_id: 'abc', feature: 'chat', requests: 2, successful: 0, in_window: 1, seconds: 360 },
  ]);
  expect((await clients()).map((row) => [row.vendor_id, row.feature, row.client])).toEqual([
    ['a', 'cchat', 'b'],
    ['a', 'chat', '1 1'],
    ['a', 'chat', 'bc'],
    ['ab', 'chat', 'c'],
  ]);
  const first = [await sums(), await clients()];
  await store.transaction((tx) => rebuildUsageSums(tx, 'bluebell', ['2026-10'], 'undone'));
  expect([await sums(), await clients()]).toEqual(first);
  await store.transaction((tx) => rebuildUsageSums(tx, 'bluebell', ['2026-09', '2026-10'], ''));
  expect(new Set((await sums()).map((row) => row.month))).toEqual(new Set(['2026-09', '2026-10']));
  expect((await clients()).some((row) => row.client === 'x')).toBe(true);
});
