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
  // Usage of September alone is old by now: the gate holds it back, and says which figure and how old.
  for (const name of ['Power BI', 'Tableau', 'Looker']) {
    const row = sync.getByRole('row', { name: new RegExp(name) });
    await row.getByText(/^(sent|behind)$/).waitFor();
    expect(await row.textContent()).toMatch(/sent|gate: .* held back, \w+/);
  }
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

test('a figure no table holds is entered with its source, refused when it cannot be, and becomes a KPI', async () => {
  const page = await journey.open();
  await visit(page, '/kpis');
  await page.getByLabel('Month', { exact: true }).selectOption('2026-09');
  await page.getByRole('article', { name: 'Client satisfaction' }).getByText('Nobody answered').waitFor();
  await page.getByRole('button', { name: 'Enter a figure…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Enter a figure for September 2026' });
  await dialog.getByLabel('Mean score (1 to 5)').fill('7');
  await dialog.getByLabel('Answers').fill('23');
  await dialog.getByRole('button', { name: 'Enter the figure' }).click();
  await dialog.getByText('The mean score lies between 1 and 5').waitFor();
  await dialog.getByText('Say where the figure comes from').waitFor();
  await dialog.getByLabel('Mean score (1 to 5)').fill('4.6');
  await dialog.getByLabel('Where it comes from').fill('Autumn survey');
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'kpis-enter');
  await dialog.getByRole('button', { name: 'Enter the figure' }).click();
  await page.getByRole('article', { name: 'Client satisfaction' }).getByText('4.6', { exact: false }).first().waitFor();
  const view = await wedops<{ tiles: { id: string; value: string | null }[] }>(
    journey.folder,
    'kpi',
    'show',
    '--month',
    '2026-09',
  );
  expect(view.tiles.find(({ id }) => id === 'client_satisfaction_score')?.value).toBe('4.6');
  await wedops(journey.folder, 'kpi', 'enter', 'capacity', '40', '--month', '2026-09', '--source', 'contract');
  await page.getByRole('article', { name: 'Capacity used at the busiest hour' }).getByText('%').first().waitFor();
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
  expect(await answer(page).textContent()).toMatch(/New Relic.* (is|are) behind/);
  expect(await sync.getByRole('row', { name: /Datadog/ }).textContent()).toContain('sent');
});
