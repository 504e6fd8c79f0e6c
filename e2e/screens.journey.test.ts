import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { financeFile } from './finance-file.ts';
import { type Journey, picture, seriousFindings, sidewaysOn, startJourney, visit } from './journey-kit.ts';

let journey: Journey;

beforeAll(async () => {
  journey = await startJourney();
  const page = await journey.open();
  const file = join(journey.folder, 'october.csv');
  await writeFile(file, financeFile());
  await visit(page, '/exports?import=1');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file…' }).click();
  await (await chooser).setFiles(file);
  await page.getByRole('button', { name: 'Import this file' }).click();
  await page.getByRole('heading', { level: 1, name: /^october.csv: / }).waitFor();
});
afterAll(() => journey?.end());

const places = {
  review: '/exports?tab=review',
  all: '/exports?tab=all',
  'filtered-empty': '/exports?tab=all&text=nothing-like-this',
  imports: '/exports/imports',
  batches: '/exports/batches',
  audit: '/audit',
  organisation: '/settings/organisation',
  people: '/settings/people',
  xero: '/settings/systems/xero',
  appearance: '/settings/appearance',
  network: '/settings/network',
} as const;

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  test('no screen has a serious accessibility finding, an unreadable value or a nameless button', async () => {
    const page = await journey.open({ scheme });
    const findings: string[] = [];
    for (const [name, address] of Object.entries(places)) {
      await visit(page, address);
      const text = (await page.locator('body').textContent()) ?? '';
      for (const bad of ['undefined', 'NaN', 'Invalid Date', '[object']) {
        if (text.includes(bad)) findings.push(`${name}: ${bad}`);
      }
      findings.push(...(await seriousFindings(page)).map((finding) => `${name}: ${finding}`));
      await picture(page, `screen-${name}-${scheme}`);
    }
    expect(findings).toEqual([]);
  });
});

test('at 1024 by 640 nothing scrolls sideways and an open line takes the place of the list', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  await visit(page, '/exports?tab=all');
  await page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').nth(1).click();
  await page.getByRole('complementary', { name: 'Line detail' }).waitFor();
  expect(await page.getByRole('grid', { name: 'Cost lines' }).isVisible()).toBe(false);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(wide).toBe(false);
  await picture(page, 'screen-detail-small');
});

test('at 1024 by 640 every screen stands in its window: no part is wider, and the window itself does not scroll', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  const findings: string[] = [];
  for (const address of ['/weekend', '/alerts', '/alerts/silences', '/kpis', '/deliveries', '/systems', '/crm']) {
    await visit(page, address);
    const isLonger = await page.evaluate(() => document.documentElement.scrollHeight > window.innerHeight);
    findings.push(...(await sidewaysOn(page)).map((finding) => `${address}: ${finding}`));
    if (isLonger) findings.push(`${address}: longer than the window`);
  }
  expect(findings).toEqual([]);
});

test('at 1280 by 800 no day, time or amount is cut, what else is cut is told in full, and no target is below 24 px', async () => {
  const page = await journey.open();
  for (const [address, column] of [
    ['/exports?tab=review', 'Date'],
    ['/audit', 'When'],
  ] as const) {
    await visit(page, address);
    const at = (await page.getByRole('columnheader').allTextContents()).indexOf(column);
    const cells = page.locator(`[role=row] > [role=gridcell]:nth-child(${at + 1})`);
    await cells.first().waitFor();
    const cut = await cells.evaluateAll((all) =>
      all.filter((cell) => cell.scrollWidth > cell.clientWidth).map(({ textContent }) => textContent),
    );
    expect(cut).toEqual([]);
  }
  const object = page
    .getByRole('gridcell')
    .filter({ hasText: /^import:/ })
    .first();
  await object.hover();
  expect(await object.getAttribute('title')).toBe(await object.textContent());
  for (const address of ['/settings/people', '/exports/imports']) {
    await visit(page, address);
    const small = await page.locator('main button').evaluateAll((all) =>
      all
        .map((button) => ({ word: button.textContent, ...button.getBoundingClientRect().toJSON() }))
        .filter(({ height, width }) => height > 0 && (height < 24 || width < 24))
        .map(({ word, height }) => `${word}: ${height}`),
    );
    expect(small).toEqual([]);
  }
});

test('the whole frame works by keyboard: palette, keys, screens, moving in the list', async () => {
  const page = await journey.open();
  await visit(page, '/exports?tab=review');
  await page.getByRole('grid', { name: 'Cost lines' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Search or run a command…' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.type('verify the record');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'Line detail' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('x');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Accept the line').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.keyboard.press('g');
  await page.keyboard.press('u');
  await page.getByRole('heading', { level: 1, name: /Record/ }).waitFor();
});

test('the token leaves the address at once and a reload still works', async () => {
  const page = await journey.open();
  expect(page.url()).not.toContain(journey.token);
  await page.reload();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
});

test('at 1024 by 640 every column of the VAT boxes, the blocked ones among them, stands in its frame', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  await visit(page, '/exports/vat');
  const boxes = page.getByRole('region', { name: 'Boxes of the VAT return', exact: true });
  await boxes.getByRole('columnheader', { name: 'Blocked' }).waitFor();
  expect(await boxes.evaluate((frame) => frame.scrollWidth - frame.clientWidth)).toBe(0);
});
