import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';
import { keyboardOf } from './keyboard.ts';

let journey: Journey;
let page: Page;

const head = 'Date,Supplier,Country,VAT number,Invoice number,Description,Currency,Net,VAT,Total';
/** What a bookkeeper typed into Xero. Invented by us. */
const typed = [
  head,
  '2026-09-02,Hatherley Hosting Ltd,GB,GB123456782,HH-1001,Servers September,GBP,100.00,20.00,120.00',
  '2026-09-04,Loom Seats Ltd,GB,GB234567847,LS-9,Seats,GBP,50.00,10.00,60.00',
].join('\n');
/** The same month as it comes to us: one bill again, one of the same amount two days on, one that is new. */
const ours = [
  head,
  '2026-09-02,Hatherley Hosting Ltd,UK,GB123456782,HH-1001,Servers September,GBP,100.00,20.00,120.00',
  '2026-09-06,Loom Seats Ltd,Great Britain,GB234567847,LS-10,Seats,GBP,50.00,10.00,60.00',
  '2026-09-20,Millbrook Print Ltd,GB,GB345678912,MP-3,Cards and signs,GBP,90.01,18.00,108.01',
].join('\n');

async function importInto(folder: string, costs: string): Promise<void> {
  const file = join(folder, 'september.csv');
  await writeFile(file, costs);
  await wedops(folder, 'import', 'costs', file);
}

const prepared = (folder: string) =>
  wedops<{ batchId: string; lines: number; blocked: { check: string }[] }>(
    folder,
    ...['export', 'prepare', '--period', '2026-09', '--to', 'xero'],
  );
async function posted(folder: string, batchId: string) {
  await wedops(folder, 'export', 'approve', batchId, '--as', 'priya');
  return wedops<{ state: string }>(folder, 'export', 'send', batchId);
}

beforeAll(async () => {
  journey = await startJourney();
  const bookkeeper = await startJourney('--sandbox', journey.sandboxUrl);
  try {
    await importInto(bookkeeper.folder, typed);
    const { batchId } = await prepared(bookkeeper.folder);
    expect(await posted(bookkeeper.folder, batchId)).toMatchObject({ state: 'verified' });
  } finally {
    await bookkeeper.end();
  }
  await importInto(journey.folder, ours);
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `parts-failed-${task.name.slice(0, 24)}`);
});
afterAll(() => journey?.end());

const twinRow = (name: RegExp) => page.getByRole('table', { name: 'Beside the ledger' }).getByRole('row', { name });

test('what stands in Xero already waits for a person, and is linked or posted beside it', async () => {
  expect(await prepared(journey.folder)).toMatchObject({
    lines: 1,
    blocked: [{ check: 'TGT-DUP' }, { check: 'TGT-DUP' }],
  });
  await wedops(
    journey.folder,
    'export',
    'discard',
    (await wedops<{ batchId: string }[]>(journey.folder, 'export', 'list'))[0]?.batchId ?? '',
  );
  const keys = keyboardOf(page);
  await visit(page, '/exports/duplicates?tab=ledger');
  expect(await answer(page).textContent()).toContain('2 documents may stand in a ledger already.');
  await twinRow(/Hatherley Hosting Ltd Same/)
    .getByText('HH-1001, 2 Sep 2026')
    .first()
    .waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'parts-ledger');
  await keys.reach(twinRow(/Hatherley/).getByRole('button', { name: 'Link to it…' }));
  await keys.press('Enter');
  await page.getByLabel('Why does it stand for ours?').waitFor();
  await keys.type('Typed in by the bookkeeper');
  await keys.press('Control+Enter');
  await twinRow(/Hatherley/)
    .getByText('“Typed in by the bookkeeper”', { exact: false })
    .waitFor();
  await keys.reach(twinRow(/Loom/).getByRole('button', { name: 'Post anyway…' }));
  await keys.press('Enter');
  await page.getByLabel('Why are they two documents?').waitFor();
  await keys.type('Two orders');
  await keys.press('Control+Enter');
  await twinRow(/Loom/).getByText('“Two orders”', { exact: false }).waitFor();
  expect(await answer(page).textContent()).toBe('No two lines look like one document.');
  await picture(page, 'parts-ledger-decided');
});

test('a line is split into parts with a category each, and taken together again', async () => {
  const keys = keyboardOf(page);
  await visit(page, '/exports?tab=all&text=Millbrook');
  await page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').filter({ hasText: 'Millbrook' }).click();
  const detail = page.getByRole('complementary', { name: 'Line detail' });
  const button = detail.getByRole('button', { name: 'Split into lines…' });
  await keys.reach(button);
  await keys.press('Enter');
  const form = page.getByRole('form', { name: 'Split the line' });
  await form.waitFor();
  await form.scrollIntoViewIfNeeded();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'parts-split');
  await form.getByLabel('Category of part 1').fill('Print');
  await form.getByLabel('Category of part 2').fill('Signs');
  await form.getByLabel('Weight of part 2').fill('2');
  await form.getByText('£60.01 and £12.00 VAT').waitFor();
  await form.getByRole('button', { name: 'Split into 2 lines' }).click();
  const rows = page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').filter({ hasText: 'Millbrook' });
  await expect.poll(() => rows.count()).toBe(3);
  await picture(page, 'parts-split-done');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(() => rows.count()).toBe(1);
});

test('linked, posted beside and new: the batch is equal to the ledger to the penny', async () => {
  const { batchId, lines } = await prepared(journey.folder);
  expect(lines).toBe(3);
  expect(await posted(journey.folder, batchId)).toMatchObject({ state: 'verified', readBack: { matches: 3 } });
});

test('light, dark and small are sound', async () => {
  for (const [scheme, width, height] of [
    ['dark', 1280, 800],
    ['light', 1024, 640],
    ['dark', 1024, 640],
  ] as const) {
    page = await journey.open({ scheme, width, height });
    await visit(page, '/exports/duplicates?tab=ledger');
    await page.getByRole('table', { name: 'Beside the ledger' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, `parts-ledger-${scheme}-${width}`);
  }
  expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
});
