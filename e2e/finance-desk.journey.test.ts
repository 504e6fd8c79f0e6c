import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';
import { keyboardOf } from './keyboard.ts';

let journey: Journey;
let page: Page;

/** Two pairs that look alike, one a real second bill, and a line from abroad. Invented by us. */
const costs = [
  'Date,Supplier,Country,VAT number,Invoice number,Description,Currency,Net,VAT,Total',
  '2026-09-02,Hatherley Hosting Ltd,GB,GB123456782,HH-1001,Servers September,GBP,100.00,20.00,120.00',
  '2026-09-04,Hatherley Hosting Ltd,GB,GB123456782,HH-1002,Servers September,GBP,100.00,20.00,120.00',
  '2026-09-20,Hatherley Hosting Ltd,GB,GB123456782,hh-1001 ,Servers September again,GBP,100.00,20.00,120.00',
  '2026-09-25,Quill Models Inc,US,,QM-7,Model usage,GBP,80.00,0.00,80.00',
  '2025-09-25,Quill Models Inc,US,,QM-1,Model usage,GBP,64.00,0.00,64.00',
].join('\n');

beforeAll(async () => {
  journey = await startJourney();
  const file = join(journey.folder, 'september.csv');
  await writeFile(file, costs);
  await wedops(journey.folder, 'import', 'costs', file);
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `desk-failed-${task.name.slice(0, 24)}`);
});
afterAll(() => journey?.end());

const dialog = () => page.getByRole('dialog');
const heading = (name: RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();

async function actAs(name: string, pin: string, own?: string): Promise<void> {
  await page.getByRole('button', { name: /^You act as/ }).click();
  await dialog().getByRole('radio', { name }).check();
  await dialog().getByLabel(`PIN of ${name}`).fill(pin);
  if (own) await dialog().getByLabel('A PIN of your own').fill(own);
  await dialog()
    .getByRole('button', { name: `Act as ${name}` })
    .click();
  await dialog().waitFor({ state: 'hidden' });
}

test('two lines that may be one document are compared, merged, taken apart and undone by keyboard', async () => {
  const keys = keyboardOf(page);
  await visit(page, '/exports/duplicates');
  await heading(/^2 pairs to look at: 1 the same, 1 likely/);
  const pair = page.getByRole('region', { name: 'The two lines' });
  await pair.getByText('a ledger would book one document twice', { exact: false }).waitFor();
  await keys.press('m');
  await page.getByLabel('Why are they one document?').waitFor();
  await keys.type('Sent twice');
  await keys.press('Control+Enter');
  await heading(/^1 pair to look at: 0 the same, 1 likely/);
  await pair.getByText('the numbers differ', { exact: false }).waitFor();
  await picture(page, 'desk-duplicates');
  await keys.press('b');
  await page.getByLabel('Why are they two?').waitFor();
  await keys.type('Two servers');
  await keys.press('Control+Enter');
  await heading(/^No two lines look like one document/);
  await keys.press('Control+z');
  await heading(/^1 pair to look at/);
  await keys.reach(page.getByRole('tab', { name: /^To decide/ }));
  await keys.press('ArrowRight');
  await page.getByText('Merged by Alex Morgan: “Sent twice”').waitFor();
  await keys.press('Escape', 'u');
  await page.getByText('Nothing was decided yet.').waitFor();
  await heading(/^2 pairs to look at/);
});

test('what was said about a supplier is found, put right by keyboard, and taken back', async () => {
  const keys = keyboardOf(page);
  await visit(page, '/exports?tab=all&text=Quill');
  const lines = page.getByRole('grid', { name: 'Cost lines' });
  await lines.getByRole('row').filter({ hasText: '25 Sep 2026' }).click();
  await page.getByRole('complementary', { name: 'Line detail' }).getByRole('link', { name: 'the supplier' }).click();
  await dialog().getByLabel('Country').fill('Ireland');
  await keys.press('Enter');
  await dialog().waitFor({ state: 'hidden' });
  const quill = page.getByRole('row', { name: /Quill Models Inc/ });
  await quill.getByText('Ireland').waitFor();
  await page.getByText('2 suppliers; 1 is still to be confirmed by a person.').waitFor();
  await quill.getByRole('button', { name: 'Change Quill Models Inc' }).click();
  await dialog().getByLabel('Country').fill('US');
  await keys.press('Enter');
  await quill.getByText('United States').waitFor();
  await keys.press('Control+z');
  await quill.getByText('Ireland').waitFor();
  await keys.press('/');
  await keys.type('hather');
  await keys.press('Enter');
  await quill.waitFor({ state: 'hidden' });
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'desk-suppliers');
  await page.getByLabel('Filter by name or VAT number').fill('quill');
  await keys.press('Enter');
  await quill.getByRole('button', { name: 'Change Quill Models Inc' }).click();
  await dialog().getByLabel('Country').fill('US');
  await keys.press('Enter');
  await quill.getByText('United States').waitFor();
});

test('who may not act is told why on every button, and another person takes over with a PIN', async () => {
  await visit(page, '/settings/people');
  for (const [name, pin] of [
    ['Sam Okafor', '1357'],
    ['Alex Morgan', '8642'],
  ] as const) {
    await page.getByRole('button', { name: `Set the PIN of ${name}` }).click();
    await dialog().getByLabel('New PIN').fill(pin);
    await dialog().getByRole('button', { name: 'Set the PIN' }).click();
    await dialog().waitFor({ state: 'hidden' });
  }
  await page
    .getByRole('row', { name: /^Sam Okafor/ })
    .getByText('First one')
    .waitFor();
  await actAs('Sam Okafor', '1357', '9753');
  await page
    .getByRole('row', { name: /^Sam Okafor/ })
    .getByText('Set', { exact: true })
    .waitFor();
  await visit(page, '/exports?tab=all');
  const why = 'Sam Okafor (Operations) may not change, prepare or send costs.';
  await page.getByRole('note').getByText(why, { exact: false }).waitFor();
  const prepare = page.getByRole('button', { name: /^Check and prepare/ });
  expect(await prepare.getAttribute('aria-description')).toContain('finance preparer');
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'desk-read-only');
  await actAs('Priya Shah', '2468');
  await page.getByRole('note').waitFor({ state: 'hidden' });
});

test('a month is closed and opened again with a reason, and a closed one takes no change', async () => {
  await visit(page, '/exports/vat?period=2026-09');
  await heading(/^September 2026: 4 lines, box 4/);
  await page.getByRole('button', { name: 'Close September 2026' }).click();
  await dialog().getByLabel('Reason').fill('Return filed');
  await dialog().getByRole('button', { name: 'Close September 2026' }).click();
  await page.getByText('Every month of it is closed').waitFor();
  await visit(page, '/exports?tab=all&text=Quill');
  await page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').filter({ hasText: '25 Sep 2026' }).click();
  await page.getByRole('complementary', { name: 'Line detail' }).getByRole('button', { name: 'Exclude…' }).click();
  await page.getByLabel('Reason').last().fill('Private');
  await page.getByRole('button', { name: 'Exclude 1 line' }).click();
  await page.getByText('September 2026 is closed', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await visit(page, '/exports/vat?period=2026-09');
  await page.getByRole('button', { name: 'Open September 2026' }).click();
  await dialog().getByLabel('Reason').fill('A late bill');
  await dialog().getByRole('button', { name: 'Open September 2026' }).click();
  await page.getByRole('button', { name: 'Close September 2026' }).waitFor();
});

test('a schedule says its next three runs, runs dry without changing anything, pauses, and keeps its history', async () => {
  await visit(page, '/exports/schedules');
  await heading(/^Nothing is done by itself yet/);
  await page.getByRole('button', { name: 'New schedule…' }).click();
  await dialog().getByText('Next three:', { exact: false }).waitFor();
  await dialog().getByLabel('Name').fill('Month end to Xero');
  await dialog().getByRole('button', { name: 'Save the schedule' }).click();
  const row = page.getByRole('region', { name: 'Schedules' }).getByRole('row', { name: /Month end to Xero/ });
  await row.getByText('every 1st at 07:00').waitFor();
  await row.getByRole('button', { name: 'Dry run of Month end to Xero' }).click();
  await page.getByText('would go into a batch', { exact: false }).first().waitFor();
  expect((await wedops<unknown[]>(journey.folder, 'export', 'list')).length).toBe(0);
  const history = page.getByRole('region', { name: 'History of runs' });
  await history.getByText('Dry run').waitFor();
  await row.getByRole('button', { name: 'Pause Month end to Xero' }).click();
  await heading(/^Every schedule is paused/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await heading(/^Next: Month end to Xero/);
  await picture(page, 'desk-schedules');
  expect(await seriousFindings(page)).toEqual([]);
});

test('the threshold is watched for an organisation that is not registered', async () => {
  await actAs('Alex Morgan', '8642');
  await journey.ask('settings/saveOrganisation', { patch: { vatRegistered: false } });
  await visit(page, '/exports/vat');
  const watch = page.getByRole('region', { name: 'Registration threshold' });
  await watch.getByLabel('Own taxable sales of it, in pounds').fill('88,000');
  await watch.getByRole('button', { name: 'Count them' }).click();
  await watch.getByText('Near').first().waitFor();
  await watch.getByText('£90,000.00', { exact: false }).first().waitFor();
  await watch.scrollIntoViewIfNeeded();
  await picture(page, 'desk-threshold');
  expect(await seriousFindings(page)).toEqual([]);
});

test('insight shows year on year with tables, copies CSV and gives a PDF; light, dark and small are sound', async () => {
  await visit(page, '/exports/insight?period=2026-09');
  expect(await answer(page).textContent()).toContain('than a year before');
  const months = page.getByRole('figure', { name: 'Cost by month, beside the year before' });
  await months.getByRole('button', { name: 'Show as table' }).click();
  await months.getByRole('cell', { name: '£64.00' }).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as PDF' }).click();
  expect((await readFile(await (await download).path())).subarray(0, 5).toString()).toBe('%PDF-');

  for (const [scheme, width, height] of [
    ['light', 1280, 800],
    ['dark', 1024, 640],
  ] as const) {
    page = await journey.open({ scheme, width, height });
    for (const place of ['duplicates', 'insight?period=2026', 'vat', 'schedules', 'rules', 'imports']) {
      await visit(page, `/exports/${place}`);
      const text = (await page.locator('body').textContent()) ?? '';
      expect(['undefined', 'NaN', 'Invalid Date', '[object'].filter((bad) => text.includes(bad))).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, `desk-${place.replace(/\W.*/, '')}-${scheme}-${width}`);
    }
  }
  expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
});
