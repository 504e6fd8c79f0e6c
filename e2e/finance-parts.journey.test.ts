import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { wedops } from './command.ts';
import {
  answer,
  findingsInEveryLook,
  type Journey,
  picture,
  seriousFindings,
  startJourney,
  visit,
} from './journey-kit.ts';
import { keyboardOf } from './keyboard.ts';

let journey: Journey;
let page: Page;

const head = 'Date,Supplier,Country,VAT number,Invoice number,Description,Currency,Net,VAT,Total';
/** What a bookkeeper typed into QuickBooks. Invented by us. */
const typed = [
  head,
  '2026-09-02,Hatherley Hosting Ltd,GB,GB123456782,HH-1001,Servers September,GBP,100.00,20.00,120.00',
  '2026-09-04,Loom Seats Ltd,GB,GB234567847,LS-9,Seats,GBP,50.00,10.00,60.00',
  '2026-09-06,Millbrook Print Ltd,GB,GB345678912,MP-1,Cards,GBP,90.01,18.00,108.01',
].join('\n');
/** The same month as it comes to us: one bill again, one alike two days on, one alike a fortnight on. */
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
    ...['export', 'prepare', '--period', '2026-09', '--to', 'quickbooks'],
  );
async function posted(folder: string, batchId: string) {
  await wedops(folder, 'export', 'approve', batchId, '--as', 'priya');
  return wedops<{ state: string }>(folder, 'export', 'send', batchId);
}

beforeAll(async () => {
  journey = await startJourney();
  // Two consoles at once, on a busy machine: else Intuit's ten calls a second make one of them wait a minute.
  const hurry = { system: 'quickbooks', fault: 'limits', value: '6000,100000' };
  await fetch(`${journey.sandboxUrl}/_misbehave`, { method: 'POST', body: JSON.stringify(hurry) });
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

const twins = () => page.getByRole('region', { name: 'Beside the ledger' });
const twin = (supplier: string) => twins().getByRole('row').filter({ hasText: supplier }).first();
const lines = () => page.getByRole('grid', { name: 'Cost lines' }).getByRole('row');
const millbrook = () => lines().filter({ hasText: 'Millbrook' });
const detail = () => page.getByRole('complementary', { name: 'Line detail' });

test('a double click opens a form once, and a click beside it loses nothing that was typed', async () => {
  await visit(page, '/exports');
  await page.getByRole('button', { name: 'Type in…' }).dblclick();
  const number = page.getByRole('dialog').getByLabel('Invoice number');
  await number.fill('BR-12');
  await page.mouse.click(5, 400);
  // The dialog would be gone after its 120 ms.
  await page.waitForTimeout(300);
  expect(await number.inputValue()).toBe('BR-12');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
});

test('of three alike in the ledger, the same and the likely one wait for a person; the different one does not', async () => {
  const { batchId, ...batch } = await prepared(journey.folder);
  expect(batch).toMatchObject({ lines: 1, blocked: [{ check: 'TGT-DUP' }, { check: 'TGT-DUP' }] });
  await wedops(journey.folder, 'export', 'discard', batchId);
  await visit(page, '/exports/duplicates?tab=ledger');
  await twin('Hatherley Hosting Ltd').getByText('QuickBooks: bill HH-1001, 02 Sep 2026').waitFor();
  expect(await answer(page).textContent()).toBe(
    'No two lines look like one document. 2 documents may stand in a ledger already.',
  );
  expect(await twin('Hatherley').getByText('Same', { exact: true }).count()).toBe(1);
  expect(await twin('Hatherley').getByRole('button', { name: 'Post anyway…' }).count()).toBe(0);
  expect(await twins().getByRole('rowheader').first().textContent()).toContain('Hatherley');
  await twin('Loom Seats Ltd').getByText('Likely', { exact: true }).waitFor();
  expect(await twin('Millbrook').count()).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'parts-ledger');
});

test('one is linked, one left out and brought back, then posted beside, by keyboard and each with its reason', async () => {
  const keys = keyboardOf(page);
  const answerWith = async (supplier: string, button: string, question: string, reason: string) => {
    await keys.use(twin(supplier).getByRole('button', { name: button }));
    await page.getByLabel(question).and(page.locator(':focus')).waitFor();
    await keys.type(reason);
    if (button === 'Link to it…') {
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, 'parts-ledger-asking');
    }
    await keys.press('Control+Enter');
    await twin(supplier).getByText(`“${reason}”`, { exact: false }).waitFor();
  };
  await keys.use(twin('Hatherley').getByRole('button', { name: 'Link to it…' }));
  await page.getByLabel('Why does it stand for ours?').waitFor();
  await keys.press('Escape');
  await twin('Hatherley').getByRole('button', { name: 'Link to it…' }).and(page.locator(':focus')).waitFor();
  await answerWith('Hatherley', 'Link to it…', 'Why does it stand for ours?', 'Typed in by the bookkeeper');
  await answerWith('Loom', 'Leave ours out…', 'Why does ours go nowhere?', 'Ordered twice');
  await keys.press('Control+z');
  await twin('Loom').getByRole('button', { name: 'Post anyway…' }).waitFor();
  await answerWith('Loom', 'Post anyway…', 'Why are they two documents?', 'Two orders');
  await expect.poll(() => answer(page).textContent()).toBe('No two lines look like one document.');
  await picture(page, 'parts-ledger-decided');
});

test('a split shows what each part would be, adds up to the penny, and is undone as one step', async () => {
  await visit(page, '/exports?tab=all&text=Millbrook');
  await millbrook().click();
  const keys = keyboardOf(page);
  await keys.use(detail().getByRole('button', { name: 'Split into lines…' }));
  const form = page.getByRole('form', { name: 'Split the line' });
  await form.getByLabel('Category of part 1').fill('Print');
  await form.getByLabel('Category of part 2').fill('Signs');
  await form.getByText('£45.01 and £9.00 VAT').waitFor();
  await form.getByLabel('Weight of part 1').fill('2');
  await form.getByText('£60.01 and £12.00 VAT').waitFor();
  await form.getByText('£30.00 and £6.00 VAT').waitFor();
  await form.getByText('Together £90.01 and £18.00 VAT', { exact: false }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'parts-split');
  await form.getByRole('button', { name: 'Split into 2 lines' }).click();
  await expect.poll(() => millbrook().count()).toBe(3);
  const amounts = await millbrook().allTextContents();
  for (const net of ['£90.01', '£60.01', '£30.00'])
    expect(amounts.filter((text) => text.includes(net))).toHaveLength(1);
  await keys.press('Control+z');
  await expect.poll(() => millbrook().count()).toBe(1);
});

test('split again, its parts are named beside the whole after a new start, and taken together from there', async () => {
  await detail().getByRole('button', { name: 'Split into lines…' }).click();
  const form = page.getByRole('form', { name: 'Split the line' });
  await form.getByLabel('Category of part 2').fill('Signs');
  await form.getByRole('button', { name: 'Split into 2 lines' }).click();
  await expect.poll(() => millbrook().count()).toBe(3);
  page = await journey.open();
  await visit(page, '/exports?tab=excluded&text=Millbrook');
  await millbrook().click();
  await detail().getByText('Its 2 parts stand for it:').waitFor();
  expect(await detail().getByRole('button', { name: 'Put back' }).count()).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'parts-whole');
  await detail().getByRole('link', { name: 'Signs' }).click();
  await detail().getByText('One of 2 parts of a line of £90.01 and £18.00 VAT.').waitFor();
  await picture(page, 'parts-part');
  await detail().getByRole('link', { name: 'The whole line' }).click();
  await detail().getByRole('button', { name: 'Take together again' }).click();
  await detail().getByRole('button', { name: 'Split into lines…' }).waitFor();
  await expect.poll(() => millbrook().count()).toBe(1);
});

test('linked, posted beside and new: the batch is equal to the ledger to the penny', async () => {
  const { batchId, lines: taken } = await prepared(journey.folder);
  expect(taken).toBe(3);
  expect(await posted(journey.folder, batchId)).toMatchObject({ state: 'verified', readBack: { matches: 3 } });
});

test('light, dark and small are sound', async () => {
  await visit(page, '/exports/duplicates?tab=ledger');
  await twins().waitFor();
  expect(await findingsInEveryLook(page, 'parts-ledger')).toEqual([]);
  expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
});

test('which way round dates are is asked where the file does not show it, and the answer is used and remembered', async () => {
  const choose = async (name: string, ...lines: string[]) => {
    const file = join(journey.folder, name);
    await writeFile(file, lines.join('\n'));
    await visit(page, '/exports');
    await page.getByRole('button', { name: 'Import…' }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a file…' }).click();
    await (await chooser).setFiles(file);
  };
  const dialog = page.getByRole('dialog', { name: /^Import / });
  const start = dialog.getByRole('button', { name: 'Import this file' });
  const known = 'Date,Supplier,Net,VAT';
  await choose('one.csv', known, '03/09/2026,Rowan Ledger Ltd,20.00,0.00', '04/09/2026,Rowan Ledger Ltd,21.00,0.00');
  await dialog.getByText('Dates such as 03/09/2026 can be read two ways', { exact: false }).waitFor();
  expect(await start.isDisabled()).toBe(true);
  await dialog.getByText('Day first: 03/04/2026 is 3 April').click();
  await start.click();
  await page.getByRole('heading', { level: 1, name: 'one.csv: 2 rows imported.' }).waitFor();
  await choose('two.csv', known, '05/09/2026,Rowan Ledger Ltd,22.00,0.00');
  await start.click();
  await page.getByRole('heading', { level: 1, name: 'two.csv: 1 row imported.' }).waitFor();
  await choose('three.csv', 'Day,Firm,Net,VAT', '06/09/2026,Rowan Ledger Ltd,23.00,0.00');
  await dialog.getByText('No column is known as Date, Supplier.', { exact: false }).waitFor();
  expect(await start.isDisabled()).toBe(true);
  for (const [label, option] of [
    ['Date', 'Day'],
    ['Supplier', 'Firm'],
  ] as const) {
    await dialog.getByLabel(label, { exact: true }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  }
  await dialog.getByText('Dates such as 06/09/2026 can be read two ways', { exact: false }).waitFor();
  expect(await start.isDisabled()).toBe(true);
  expect(await findingsInEveryLook(page, 'parts-date-order')).toEqual([]);
  await dialog.getByText('Day first: 03/04/2026 is 3 April').click();
  await start.click();
  await page.getByRole('heading', { level: 1, name: 'three.csv: 1 row imported.' }).waitFor();
  await visit(page, '/exports?tab=all&text=Rowan');
  const lines = page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').filter({ hasText: 'Sep 2026' });
  await expect.poll(() => lines.count()).toBe(4);
  await page.goBack();
  await page.getByRole('button', { name: 'Undo this import' }).dblclick();
  await page.getByRole('heading', { level: 1, name: 'The import of three.csv was taken back.' }).waitFor();
  expect(await page.getByText('there is nothing to undo').count()).toBe(0);
});
