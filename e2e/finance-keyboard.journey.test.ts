import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { financeFile } from './finance-file.ts';
import { answer, type Journey, picture, seriousFindings, startJourney } from './journey-kit.ts';
import { keyboardOf } from './keyboard.ts';
import { paperInvoice } from './paper-invoice.ts';

let journey: Journey;
let page: Page;
let keys: ReturnType<typeof keyboardOf>;
const findings: string[] = [];

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
  keys = keyboardOf(page);
  // The whole road without a pointer: one that moves is a fault of the test.
  await page.addInitScript(() => {
    window.addEventListener('pointerdown', () => document.documentElement.setAttribute('data-pointer', 'used'), true);
  });
  await page.reload();
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `keyboard-failed-${task.name.slice(0, 24)}`);
});
afterAll(() => journey?.end());

const dialog = () => page.getByRole('dialog');
const detail = () => page.getByRole('complementary', { name: 'Line detail' });
const button = (name: string | RegExp, within: Page | Locator = page) => within.getByRole('button', { name });
const heading = (name: RegExp) => page.getByRole('heading', { level: 1, name }).waitFor({ timeout: 90_000 });
const row = (text: string) => page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').filter({ hasText: text });

/** A command of the palette, by typing its name. */
async function command(words: string): Promise<void> {
  await keys.press('Control+k');
  const search = page.getByPlaceholder(/command/i);
  await search.waitFor();
  await expect.poll(() => search.evaluate((element) => element === document.activeElement)).toBe(true);
  await keys.type(words);
  await page
    .getByRole('button', { name: new RegExp(words) })
    .first()
    .waitFor();
  await keys.press('Enter');
}
async function scan(name: string): Promise<void> {
  findings.push(...(await seriousFindings(page)).map((finding) => `${name}: ${finding}`));
  await picture(page, `keyboard-${name}`);
}
async function chosen(path: string, open: () => Promise<void>): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await open();
  await (await chooser).setFiles(path);
}
/** Moves the mark of the list to a line and leaves it there. */
async function mark(text: string): Promise<void> {
  const grid = page.getByRole('grid', { name: 'Cost lines' });
  await row(text).waitFor();
  await keys.reach(grid);
  await keys.press('Home');
  for (let steps = 0; steps < 30; steps += 1) {
    if ((await row(text).getAttribute('data-cursor')) === 'true') return;
    await keys.press('j');
  }
  throw new Error(`the mark did not get to ${text}`);
}

describe('the finance desk by keyboard alone', () => {
  test('a cost file is imported', async () => {
    const file = join(journey.folder, 'october.csv');
    await writeFile(file, financeFile());
    await keys.press('g', 'e');
    await heading(/No cost lines yet/);
    await scan('empty');
    await command('Import a file');
    await chosen(file, async () => keys.use(button('Choose a file…')));
    await dialog().getByText('FOCUS cost export').waitFor();
    await keys.use(button('Import this file', dialog()));
    await heading(/^october.csv: /);
    await scan('imported');
    await keys.use(button('Review the lines'));
  });

  test('new suppliers are named once, and ? lists the keys', async () => {
    await keys.use(button('Name them…'));
    const answers = [
      ['Fernhill Analytics Inc', 'US', ''],
      ['Larkspur Cloud UK', 'GB', ''],
      ['Northwind Models Ltd', 'GB', 'GB123456782'],
      ['Osier Media Ltd', 'GB', 'GB345678912'],
    ] as const;
    for (const [name, country, vatNumber] of answers) {
      const form = dialog()
        .locator('form')
        .filter({ has: page.locator(`input[value="${name}"]`) });
      await keys.fill(form.getByLabel('Country'), country);
      await keys.fill(form.getByLabel('VAT number'), vatNumber);
      await keys.press('Enter');
      await form.waitFor({ state: 'detached' });
    }
    await dialog().waitFor({ state: 'hidden' });
    await row('Larkspur').waitFor();
    await keys.press('?');
    const list = page.getByRole('dialog', { name: 'Keys' });
    for (const title of ['Edit in the list', 'Share the line', 'Compare the line', 'Type in an invoice'])
      await list.getByText(title).waitFor();
    await keys.press('Escape');
    await list.waitFor({ state: 'hidden' });
  });

  test('a line is fixed, a comment and its PDF stand beside it, and the PDF is drawn', async () => {
    await mark('Larkspur');
    await keys.press('f');
    await keys.fill(detail().getByLabel('VAT number'), 'GB234567847');
    await keys.fill(detail().getByLabel('Why (kept in the history)'), 'From the invoice');
    await keys.press('Control+s');
    await page.getByText('1 line changed.').waitFor();
    await detail().getByRole('region', { name: 'Documents' }).waitFor();
    const paper = join(journey.folder, 'LC-55810.pdf');
    await writeFile(paper, paperInvoice('Larkspur Cloud UK, invoice LC-55810'));
    await chosen(paper, async () => keys.use(button('Add a document…', detail())));
    await keys.use(button('Show LC-55810.pdf', detail()));
    await dialog().getByRole('img', { name: 'LC-55810.pdf, page 1' }).waitFor();
    // Drawn, not only there: some of it is ink.
    await expect.poll(() => inkOf(dialog().locator('canvas')), { timeout: 20_000 }).toBeGreaterThan(50);
    await scan('document');
    await keys.press('Escape');
    await dialog().waitFor({ state: 'hidden' });
    await keys.fill(detail().getByLabel('Comment', { exact: true }), 'Asked for the VAT number by phone');
    await keys.press('Control+Enter');
    await detail().getByText('Asked for the VAT number by phone').first().waitFor();
    await scan('line');
    await keys.press('Escape');
    await keys.press('Escape');
    await detail().waitFor({ state: 'hidden' });
  });

  test('a treatment is set in the list itself, and one line is left out and brought back with Ctrl+Z', async () => {
    await mark('£48.00');
    await keys.press('e');
    await keys.press('Tab');
    const cell = page.getByRole('combobox', { name: /^Treatment of Osier/ });
    await cell.waitFor();
    await keys.type('Exempt');
    await keys.press('Enter');
    await row('£48.00').waitFor({ state: 'detached' });
    await command('Exclude the line');
    await detail().getByLabel('Reason').and(page.locator(':focus')).waitFor();
    await keys.type('Private order, refunded');
    await keys.press('Control+Enter');
    await heading(/All 4 lines are ready/);
    await keys.press('Escape');
    await keys.press('Control+z');
    await row('£12.00').waitFor();
    await mark('£12.00');
    await command('Exclude the line');
    await detail().getByLabel('Reason').and(page.locator(':focus')).waitFor();
    await keys.type('Private order, refunded');
    await keys.press('Control+Enter');
    await heading(/All 4 lines are ready/);
  });

  test('an invoice on paper is typed in with its document', async () => {
    await keys.press('Escape');
    const paper = join(journey.folder, 'BR-12.pdf');
    await writeFile(paper, paperInvoice('Bramble Review Ltd, invoice BR-12'));
    await keys.press('i');
    const form = dialog().getByRole('form', { name: 'Type in an invoice' });
    await form.waitFor();
    await keys.use(button('Save the invoice', form));
    await form.getByText('Who issued it?').waitFor();
    await keys.fill(form.getByLabel('Supplier', { exact: true }), 'Bramble Review Ltd');
    await keys.fill(form.getByLabel('Invoice number'), 'BR-12');
    await keys.fill(form.getByLabel('VAT number of the supplier'), 'GB220771686');
    await keys.fill(form.getByLabel('Date', { exact: true }), '15 Oct 2026');
    await keys.press('Tab');
    await keys.fill(form.getByLabel('Description'), 'Proofreading of model answers');
    await keys.fill(form.getByLabel('Net'), '40');
    await keys.fill(form.getByLabel('VAT', { exact: true }), '8');
    await form.getByText('£48.00').waitFor();
    await scan('typed');
    await chosen(paper, async () => keys.use(button('Add the document…', form)));
    await form.getByText(/BR-12.pdf/).waitFor();
    await keys.use(button('Save the invoice', form));
    await detail().getByRole('heading', { name: 'Bramble Review Ltd' }).waitFor();
    await detail().getByText('BR-12.pdf').waitFor();
  });

  test('a corrected category offers a rule, which says what it would change before it is saved', async () => {
    await keys.press('Escape');
    await command('Exports: Review');
    await keys.reach(page.getByRole('tab', { name: /^To review/ }));
    await keys.press('ArrowRight');
    await mark('Northwind');
    await keys.press('e');
    await keys.type('Model usage');
    await keys.press('Enter');
    await page.getByText('Northwind Models Ltd goes to “Model usage”.').waitFor();
    await keys.press('Escape');
    await keys.press('m');
    await dialog().getByText('No open line would change; later files will follow the rule.').waitFor();
    await scan('rule');
    await keys.press('Enter');
    await dialog().waitFor({ state: 'hidden' });
    await command('Exports: Rules');
    await heading(/^1 rule gives/);
    await scan('rules');
  });

  test('the batch is prepared, refused to its preparer, and approved by another person', async () => {
    await command('Exports: Review');
    await heading(/lines are ready|needs? work/);
    await keys.press('Control+Enter');
    await button(/^Check and prepare October 2026/, dialog()).waitFor();
    await keys.use(button(/^Check and prepare October 2026/, dialog()));
    await heading(/^Checked: /);
    await keys.press('Control+Enter');
    await scan('approve');
    await keys.fill(dialog().getByLabel('PIN of the approver'), '0000');
    await keys.press('Enter');
    await dialog().getByRole('alert').waitFor();
    await keys.fill(dialog().getByLabel('PIN of the approver'), '2468');
    await keys.press('Enter');
    await heading(/^Approved and frozen/);
  });

  test('it is posted and verified, then reversed with what that means said first, and the ledger proves it', async () => {
    await command('Post this batch to Xero');
    await button(/^Post £/, dialog()).waitFor();
    await keys.press('Enter');
    await heading(/^Verified: Xero holds/);
    await scan('verified');
    await command('Reverse what stands in Xero');
    await dialog().getByText('Nothing there is deleted or changed.', { exact: false }).waitFor();
    await scan('reverse');
    await keys.fill(dialog().getByLabel('Reason'), 'Posted to the wrong organisation');
    await keys.fill(dialog().getByLabel('PIN of the approver'), '2468');
    await keys.press('Enter');
    await dialog().waitFor({ state: 'hidden' });
    await heading(/^Reversed: /);
    expect(await answer(page).textContent()).toContain('Xero');
    await scan('reversed');
  });

  test('the other places of the desk are read by keyboard and have nothing serious to the accessibility scan', async () => {
    for (const [place, sentence] of [
      ['Duplicates', /look like one document/],
      ['Imports', /import/],
      ['VAT and months', /box 4/],
      ['Insight', /net/],
      ['Schedules', /Nothing is done by itself yet/],
      ['Batches', /batch/i],
    ] as const) {
      await command(`Exports: ${place}`);
      await heading(sentence);
      await scan(place.toLowerCase().replaceAll(' ', '-'));
    }
    expect(await page.locator('html').getAttribute('data-pointer')).toBe(null);
    expect(findings).toEqual([]);
    // A refused PIN is an answer of its own; browsers list it as a failed request.
    expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
  });
});

/** Dark points of a canvas. */
function inkOf(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return 0;
    const points = element.getContext('2d')?.getImageData(0, 0, element.width, element.height).data ?? [];
    let dark = 0;
    for (let at = 0; at < points.length; at += 4)
      if ((points[at] ?? 255) < 100 && (points[at + 3] ?? 0) > 200) dark += 1;
    return dark;
  });
}
