import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

const practice = fileURLToPath(new URL('../resources/practice/', import.meta.url));
let journey: Journey;

beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.end());

test('before anything is known the screen says what it needs, and shows no number', async () => {
  const page = await journey.open();
  await visit(page, '/kpis');
  expect(await answer(page).textContent()).toContain('KPIs appear after the first usage and cost import.');
  expect(await page.getByRole('article').count()).toBe(0);
});

test('usage and costs of a month become KPIs with formula, target and heat table; systems are told; light and dark are sound', async () => {
  await wedops(journey.folder, 'import', 'usage', join(practice, 'usage', 'usage-2026-09.csv'));
  await wedops(journey.folder, 'import', 'rates', join(practice, 'costs', 'rates-2026-q3.csv'));
  await wedops(journey.folder, 'import', 'costs', join(practice, 'costs', 'suppliers-2026-q3.csv'));
  const page = await journey.open();
  await visit(page, '/kpis');
  await page.getByRole('article').first().waitFor();
  await page.getByLabel('Month', { exact: true }).selectOption('2026-09');
  const roi = page.getByRole('article', { name: 'AI return' });
  await roi.getByText('×').first().waitFor();
  await roi.getByRole('button', { name: 'How AI return is worked out' }).click();
  expect(await roi.textContent()).toContain('worth of the time saved ÷ AI cost');
  expect(await page.getByRole('article', { name: 'Client satisfaction' }).textContent()).toContain('Nobody answered');

  await page.getByRole('button', { name: 'Sync now' }).click();
  const sync = page.getByRole('region', { name: 'Sync' }).first();
  await sync
    .getByRole('row', { name: /Datadog/ })
    .getByText('sent', { exact: true })
    .waitFor();
  await sync
    .getByRole('row', { name: /Grafana/ })
    .getByText('sent', { exact: true })
    .waitFor();
  const received = (await (await fetch(`${journey.sandboxUrl}/_received?system=datadog`)).json()) as { path: string }[];
  expect(received.some(({ path }) => path.includes('/api/v2/series'))).toBe(true);

  for (const scheme of ['light', 'dark'] as const) {
    const window = await journey.open({ scheme });
    await visit(window, '/kpis');
    await window.getByRole('article').first().waitFor();
    await window.getByLabel('Month', { exact: true }).selectOption('2026-09');
    await window.getByText(/^Busiest on /).waitFor();
    const text = (await window.locator('body').textContent()) ?? '';
    expect(['undefined', 'NaN', 'Invalid Date', '[object'].filter((bad) => text.includes(bad))).toEqual([]);
    expect(await seriousFindings(window)).toEqual([]);
    await picture(window, `kpis-${scheme}`);
    await window.getByRole('figure', { name: 'Requests per hour by weekday' }).scrollIntoViewIfNeeded();
    await picture(window, `kpis-heat-${scheme}`);
  }
});

test('a system that is down is shown as behind, and the others are not', async () => {
  await fetch(`${journey.sandboxUrl}/_misbehave`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ system: 'newrelic', status: 400, times: 5 }),
  });
  const page = await journey.open();
  await visit(page, '/kpis');
  await page.getByRole('button', { name: 'Sync now' }).click();
  const sync = page.getByRole('region', { name: 'Sync' }).first();
  await sync
    .getByRole('row', { name: /New Relic/ })
    .getByText('behind', { exact: true })
    .waitFor();
  expect(await answer(page).textContent()).toContain('New Relic is behind');
  expect(await sync.getByRole('row', { name: /Datadog/ }).textContent()).toContain('sent');
});
