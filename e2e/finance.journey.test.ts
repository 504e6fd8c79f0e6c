import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { financeFile, refusedRows } from './finance-file.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'finance-failed');
});
afterAll(() => journey?.end());

const dialog = () => page.getByRole('dialog');
const detail = () => page.getByRole('complementary', { name: 'Line detail' });
const row = (text: string): Locator =>
  page.getByRole('grid', { name: 'Cost lines' }).getByRole('row').filter({ hasText: text });

async function importFile(name: string): Promise<void> {
  const file = join(journey.folder, name);
  await writeFile(file, financeFile());
  await visit(page, '/exports');
  await page.getByRole('button', { name: 'Import…' }).first().click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file…' }).click();
  await (await chooser).setFiles(file);
  await dialog().getByText('FOCUS cost export').waitFor();
  await dialog().getByRole('button', { name: 'Import this file' }).click();
  await page.getByRole('heading', { level: 1, name: new RegExp(`^${name}: `) }).waitFor();
}

/** Confirms the new supplier whose form is open. */
async function nameSupplier(name: string, country: string, vatNumber: string): Promise<void> {
  const form = dialog()
    .locator('form')
    .filter({ has: page.locator(`input[value="${name}"]`) });
  await form.getByLabel('Country').fill(country);
  await form.getByLabel('VAT number').fill(vatNumber);
  await form.getByRole('button', { name: `Remember ${name}` }).click();
}

describe('from a cost file to a verified Xero bill', () => {
  test('a dropped cost export says what came in and which rows were refused, with row, field and reason', async () => {
    await importFile('october.csv');
    expect(await answer(page).textContent()).toContain(`${refusedRows} refused`);
    const refused = page.getByRole('region', { name: 'Refused rows' }).last().getByRole('row');
    expect(await refused.nth(1).textContent()).toContain('BilledCost');
    expect(await refused.nth(2).textContent()).toContain('BillingCurrency');
    await picture(page, 'finance-1-imported');
  });

  test('the same file again adds nothing', async () => {
    await importFile('october-again.csv');
    const tile = page.getByRole('definition');
    expect(await tile.first().textContent()).toBe('0');
    expect(await answer(page).textContent()).toContain('407 already here');
  });

  test('each new supplier is asked about once, and sub-penny rows are summed exactly', async () => {
    await visit(page, '/exports?tab=review');
    await page.getByRole('button', { name: 'Name them…' }).click();
    await nameSupplier('Fernhill Analytics Inc', 'US', '');
    await nameSupplier('Larkspur Cloud UK', 'GB', '');
    await nameSupplier('Northwind Models Ltd', 'GB', 'GB123456782');
    await nameSupplier('Osier Media Ltd', 'GB', 'GB345678912');
    await dialog().waitFor({ state: 'hidden' });
    await visit(page, '/exports?tab=ready');
    expect(await row('Northwind').textContent()).toContain('£100.00');
    expect(await row('Fernhill').textContent()).toContain('Reverse charge');
    await visit(page, '/exports?tab=review');
    await row('Larkspur').waitFor();
    await picture(page, 'finance-2-review');
  });

  test('two lines are fixed and one is excluded, each with its reason, and a change can be taken back', async () => {
    await row('Larkspur').click();
    await detail().getByText('VATNO-MISSING').waitFor();
    await picture(page, 'finance-3-line');
    await page.keyboard.press('f');
    await detail().getByLabel('VAT number').fill('GB234567847');
    await detail().getByLabel('Why (kept in the history)').fill('From the invoice');
    await page.keyboard.press('Control+s');
    await page.getByText('1 line changed.').waitFor();
    await row('Larkspur').waitFor({ state: 'detached' });

    await page.keyboard.press('Escape');
    await row('£48.00').click();
    await detail().getByRole('button', { name: 'Fix' }).click();
    await detail().getByRole('combobox', { name: 'VAT treatment' }).click();
    await page.getByRole('option', { name: 'Exempt' }).click();
    await detail().getByRole('button', { name: 'Save the line' }).click();
    await row('£48.00').waitFor({ state: 'detached' });

    const exclude = async () => {
      await row('£12.00').click();
      await detail().getByRole('button', { name: 'Exclude…' }).click();
      await detail().getByLabel('Reason').fill('Private order, refunded');
      await detail().getByRole('button', { name: 'Exclude 1 line' }).click();
      await page.getByText('1 line excluded.').waitFor();
    };
    await exclude();
    await page.getByRole('button', { name: 'Undo' }).click();
    await row('£12.00').waitFor();
    await exclude();
    await page.getByRole('heading', { name: /All 4 lines are ready/ }).waitFor();
  });

  test('the batch is prepared; the preparer cannot approve it, a wrong PIN is refused, a second person can', async () => {
    await page.getByRole('button', { name: /Check and prepare/ }).click();
    await dialog().getByRole('button', { name: 'Check and prepare October 2026' }).click();
    await page.getByRole('heading', { name: /^Checked: 4 documents, £721.00 gross for Xero/ }).waitFor();
    await picture(page, 'finance-4-batch');
    await page.getByRole('button', { name: 'Approve 4 lines…' }).click();
    const approver = dialog().getByRole('combobox', { name: 'Approver' });
    expect(await approver.inputValue()).toBe('Priya Shah');
    await approver.click();
    const preparer = page.getByRole('option', { name: 'Alex Morgan (prepared it)' });
    expect(await preparer.getAttribute('data-combobox-disabled')).toBe('true');
    await page.getByRole('option', { name: 'Priya Shah' }).click();
    await dialog().getByLabel('PIN of the approver').fill('0000');
    await dialog().getByRole('button', { name: 'Approve 4 lines' }).click();
    await dialog().getByRole('alert').waitFor();
    await picture(page, 'finance-5-approve');
    await dialog().getByLabel('PIN of the approver').fill('2468');
    await dialog().getByRole('button', { name: 'Approve 4 lines' }).click();
    await page.getByRole('heading', { name: /^Approved and frozen/ }).waitFor();
  });

  test('it is sent, posted, read back, and Xero agrees to the penny', async () => {
    await page.getByRole('button', { name: 'Post £721.00 to Xero…' }).click();
    expect(await dialog().textContent()).toContain('4 documents with £721.00 gross go to Xero');
    await dialog().getByRole('button', { name: 'Post £721.00 to Xero' }).click();
    await page
      .getByRole('heading', { name: /^Verified: Xero holds 4 documents, £721.00 gross/ })
      .waitFor({ timeout: 90_000 });
    await page.getByText('Equal to the penny', { exact: true }).waitFor();
    const totals = page.getByRole('region', { name: 'Control totals' }).getByRole('row', { name: /Gross/ });
    expect(await totals.getByRole('cell').nth(2).textContent()).toBe('£721.00');
    await picture(page, 'finance-6-verified');
  });

  test('the pack holds CSV, PDF, JSON and a manifest whose hashes are on screen', async () => {
    await page.getByRole('button', { name: 'File pack' }).click();
    await page.getByRole('button', { name: 'Download the pack' }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the pack' }).click();
    const names = Object.keys(unzipSync(await readFile(await (await download).path())));
    for (const ending of ['.csv', '.pdf', '.json']) expect(names.some((name) => name.endsWith(ending))).toBe(true);
  });

  test('under cash accounting a posted line takes the day it was paid, and gives it back', async () => {
    await visit(page, '/settings/organisation');
    await page.getByRole('combobox', { name: 'VAT scheme' }).click();
    await page.getByRole('option', { name: 'Cash accounting' }).click();
    await page.getByRole('button', { name: 'Save the organisation' }).click();
    await page.getByText('Organisation saved').waitFor();
    await visit(page, '/exports?tab=posted');
    await row('Northwind').first().click();
    const payment = detail().getByRole('region', { name: 'Payment' });
    await payment.getByText('Not noted as paid.', { exact: false }).waitFor();
    await payment.getByRole('button', { name: 'Note the payment…' }).click();
    await payment.getByLabel('Paid on').fill('12 Nov 2026');
    await payment.getByLabel('How it is known (kept in the history)').fill('Bank statement');
    await picture(page, 'finance-8-payment');
    expect(await seriousFindings(page)).toEqual([]);
    await payment.getByRole('button', { name: 'Save the payment' }).click();
    await payment.getByText('Paid on 12 Nov 2026', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await payment.getByText('Not noted as paid.', { exact: false }).waitFor();
  });

  test('the record shows every step and verifies', async () => {
    await visit(page, '/audit');
    await page.getByRole('button', { name: /Verify now/ }).click();
    await page.getByRole('heading', { name: /^Record intact/ }).waitFor();
    const entries = await page.getByRole('grid', { name: 'Audit entries' }).textContent();
    for (const step of ['lines.exclude', 'batch.approved', 'batch.sent', 'document.posted', 'batch.verified'])
      expect(entries).toContain(step);
    await picture(page, 'finance-7-audit');
    // From a document's entry to the document.
    await visit(page, '/audit?action=document+posted');
    await page.getByRole('grid', { name: 'Audit entries' }).getByRole('row').nth(1).click();
    await page.keyboard.press('Enter');
    const entry = page.getByRole('complementary', { name: /^Entry / });
    const invoice = /"invoice": "([^"]+)"/.exec((await entry.textContent()) ?? '')?.[1] ?? 'none';
    await entry.getByRole('link').click();
    const document = page.getByRole('region', { name: /^Documents/ });
    await document.locator('dl').getByText(invoice).waitFor();
  });

  test('nothing on the way was serious to the accessibility scan, and the page complained of nothing', async () => {
    expect(await seriousFindings(page)).toEqual([]);
    // A refused PIN is an answer of its own; browsers list it as a failed request.
    expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
  });
});
