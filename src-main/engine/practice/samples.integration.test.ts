import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRouterClient } from '@orpc/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Composed, compose } from '../../compose.ts';
import { createFileHandles } from '../../hosts/file-handles.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../../platform/runtime.ts';
import { testLog } from '../../testing/runtime.ts';
import { shiftMonth } from '../kpis/local-calendar.ts';

// Each starts whole consoles and imports real files.
vi.setConfig({ testTimeout: 30_000 });
const organisationId = 'bluebell';
const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

let folder: string;
let running: Composed | null;
const files = createFileHandles(systemClock);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samples-'));
  running = null;
});
afterEach(async () => {
  await running?.engine.stop();
  await rm(folder, { recursive: true, force: true });
});

async function begin(empty = false) {
  await running?.engine.stop();
  const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() };
  running = await compose({
    dataFolder: folder,
    host: 'agent',
    practice: true,
    empty,
    safeMode: 'off',
    runtime,
    redactor: createRedactor(),
    files,
    resourcesFolder: at('resources'),
    version: '0.0.0',
    environment: {},
  });
  const { router } = running.engine;
  return createRouterClient(router, {
    context: { caller: { via: 'window', access: 'admin', personId: null }, correlationId: 'c', log: runtime.log },
  });
}
type Client = Awaited<ReturnType<typeof begin>>;

const imported = (client: Client) =>
  client.imports
    .list({ organisationId })
    .then((all) => all.map(({ fileName, state }) => `${fileName} ${state}`).sort());
const all = [
  'cloud-and-ai-2026-q3-focus.csv done',
  'months-before-costs.csv done',
  'months-before-usage.csv done',
  'rates-2026-q3.csv done',
  'suppliers-2026-q3.csv done',
  'usage-2026-09.csv done',
  'usage-2026-10.csv done',
];
const counts = async (client: Client) => {
  const { review, ready } = await client.exports.summary({ organisationId });
  const confirmed = (await client.exports.suppliers({ organisationId })).filter((one) => !one.confirmed);
  const { rows } = await client.alerts.list({ organisationId });
  return { review, ready, toConfirm: confirmed.map(({ name }) => name), alerts: rows.map(({ severity }) => severity) };
};
const shown = {
  review: 12,
  ready: 39,
  toConfirm: ['Cobalt Transcripts (sample)', 'Quayside Print Ltd (sample)'],
  alerts: ['emergency'],
};

test('a person who looks finds twelve lines to fix, two suppliers to answer for and one emergency; a second look adds nothing', async () => {
  const first = await begin();
  expect(await counts(first)).toEqual({ review: 0, ready: 0, toConfirm: [], alerts: [] });
  running?.engine.showSamples();
  running?.engine.showSamples();
  await expect.poll(() => imported(first), { timeout: 20_000 }).toEqual(all);
  await expect.poll(() => counts(first), { timeout: 10_000 }).toEqual(shown);
  const again = await begin();
  running?.engine.showSamples();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await imported(again)).toEqual(all);
  expect(await counts(again)).toEqual(shown);
});

test('the KPI screen opens on the last whole month with trend, target and return, and insight has the year before', async () => {
  const client = await begin();
  running?.engine.showSamples();
  await expect.poll(() => imported(client), { timeout: 20_000 }).toEqual(all);
  const month = shiftMonth(new Date().toISOString().slice(0, 7), -1);
  const read = () => client.kpis.view({ organisationId });
  const wanted = ['ai_roi', 'cost_per_wedding_gbp', 'client_satisfaction_score', 'vendor_retention'];
  // Figures come as they are worked out, not all at once.
  const known = ({ period, tiles }: Awaited<ReturnType<typeof read>>) =>
    tiles.filter(({ id, value, stale }) => wanted.includes(id) && value !== null && !stale).length === wanted.length
      ? period
      : null;
  await expect.poll(() => read().then(known), { timeout: 15_000 }).toBe(month);
  const { comparedWith, tiles: shownTiles } = await read();
  const tiles = new Map(shownTiles.map((tile) => [tile.id, tile]));
  for (const id of wanted)
    expect(tiles.get(id), id).toMatchObject({
      value: expect.stringMatching(/\d/),
      stale: false,
      met: expect.any(Boolean),
    });
  expect(tiles.get('weddings_ai_assisted')?.trend.filter(({ value }) => Number(value) > 0)).toHaveLength(5);
  expect(tiles.get('ai_cost_gbp')?.before).not.toBeNull();
  expect(comparedWith).toBe(shiftMonth(month, -12));
  // The figures of other datasets may still be worked out.
  const shut = () => client.kpis.checkGates({ organisationId }).then((gates) => gates.filter(({ passed }) => !passed));
  await expect.poll(shut, { timeout: 15_000 }).toEqual([]);
  const insight = await client.insight.costs({ organisationId, period: month });
  expect(insight.months).toMatchObject([{ yearBefore: expect.any(String), perWedding: expect.any(String) }]);
});

test('what was stopped halfway goes on at the next look, and what was taken back stays away', async () => {
  const first = await begin();
  running?.engine.showSamples();
  await expect.poll(() => imported(first), { timeout: 10_000 }).toContain('rates-2026-q3.csv done');
  const second = await begin();
  running?.engine.showSamples();
  await expect
    .poll(() => imported(second).then((names) => names.filter((name) => name.endsWith('done'))), { timeout: 20_000 })
    .toEqual(all);
  await expect.poll(() => counts(second), { timeout: 10_000 }).toEqual(shown);
  const plain = (await second.imports.list({ organisationId })).find(({ fileName }) =>
    fileName.startsWith('suppliers'),
  );
  await second.imports.undo({ organisationId, importId: plain?.importId ?? '' });
  const third = await begin();
  running?.engine.showSamples();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await imported(third)).toContain('suppliers-2026-q3.csv undone');
});

test('an organisation that was asked to start empty, or has a file of its own, gets nothing', async () => {
  const empty = await begin(true);
  running?.engine.showSamples();
  const path = at('resources/practice/costs/rates-2026-q3.csv');
  const file = await files.offer(path, 'own-rates.csv', { temporary: false });
  const { importId } = await empty.imports.start({ organisationId, file, kind: 'rates' });
  for await (const _ of await empty.imports.progress({ organisationId, importId }));
  const own = await begin();
  running?.engine.showSamples();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await imported(own)).toEqual(['own-rates.csv done']);
});
