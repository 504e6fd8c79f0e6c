import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { financeFile } from './finance-file.ts';
import { findingsInEveryLook, type Journey, picture, sidewaysOn, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  for (const title of ['Gallery slow', '=HYPERLINK("x")', 'Chat slow'])
    await wedops(journey.folder, 'alert', 'raise', '--severity', 'warning', '--title', title, '--no-wait');
  const file = join(journey.folder, 'october.csv');
  await writeFile(file, financeFile());
  await wedops(journey.folder, 'import', 'costs', file);
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `lists-failed-${task.name.slice(0, 24)}`);
});
afterAll(() => journey?.end());

const peek = () => page.getByRole('region', { name: 'The row in full' });
/** What a key press saves, as text. */
async function saved(keys: string): Promise<{ name: string; rows: string[] }> {
  const download = page.waitForEvent('download');
  await page.keyboard.press(keys);
  const file = await download;
  return { name: file.suggestedFilename(), rows: (await readFile(await file.path(), 'utf8')).split('\r\n') };
}

test('Space peeks at the marked row without opening it, uncut and with what had no room; it follows the mark', async () => {
  await page.setViewportSize({ width: 900, height: 600 });
  await visit(page, '/exports?tab=all');
  const list = page.getByRole('grid', { name: 'Cost lines' });
  await list.focus();
  await page.keyboard.press('Space');
  await peek().waitFor();
  const first = await peek().textContent();
  // In so narrow a list these columns give way.
  expect(first).toMatch(/Description.*Category.*VAT/);
  await page.keyboard.press('j');
  await expect.poll(() => peek().textContent()).not.toBe(first);
  expect(page.url()).not.toContain('line=');
  await page.keyboard.press('Escape');
  await peek().waitFor({ state: 'hidden' });
  await page.keyboard.press('Space');
  await peek().waitFor();
  expect(await findingsInEveryLook(page, 'lists-peek', () => peek().waitFor())).toEqual([]);
  await page.keyboard.press('Space');
  await peek().waitFor({ state: 'hidden' });
});

test('Space on a button presses the button', async () => {
  await visit(page, '/alerts');
  await page.getByRole('button', { name: 'Grouped' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Not grouped' }).waitFor();
  expect(await peek().count()).toBe(0);
});

test('Shift with arrows selects from the marked row on, and a Shift click as far as it', async () => {
  await visit(page, '/alerts?group=off');
  await page.getByRole('grid', { name: 'Alerts' }).focus();
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByText('2 selected').waitFor();
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByText('3 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(/^\d selected$/).waitFor({ state: 'hidden' });
  const rows = page.getByRole('grid', { name: 'Alerts' }).getByRole('row');
  await rows.nth(1).getByRole('checkbox').click();
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await rows.nth(3).click({ modifiers: ['Shift'] });
  await page.getByText('3 selected').waitFor();
  await page.keyboard.press('Escape');
});

test('Ctrl+Shift+E saves the whole list with machine values and harmless cells, and says how many rows', async () => {
  const alerts = await saved('Control+Shift+e');
  expect(alerts.name).toBe('alerts-open.csv');
  expect(alerts.rows[0]).toMatch(/^reference,severity,/);
  expect(alerts.rows).toHaveLength(4);
  expect(alerts.rows.join('\n')).toContain(`"'=HYPERLINK(""x"")"`);
  expect(alerts.rows[1]).toMatch(/,\d{4}-\d\d-\d\dT[\d:.]+Z,/);
  await page.getByText('alerts-open.csv: 3 rows saved.').waitFor();

  await visit(page, '/exports?tab=all');
  const total = Number(
    (await page.getByRole('tab', { name: /^All/ }).textContent())?.replaceAll(/\D/g, '') ?? Number.NaN,
  );
  const lines = await saved('Control+Shift+e');
  expect(lines.rows).toHaveLength(total + 1);
  expect(lines.rows[1]).toMatch(/^\d{4}-\d\d-\d\d,/);
  expect(lines.rows[1]).toMatch(/,-?\d+\.\d\d,/);

  await visit(page, '/exports/suppliers');
  await page.getByRole('rowheader', { name: /Larkspur Cloud UK/ }).waitFor();
  const suppliers = await saved('Control+Shift+e');
  expect(suppliers.rows[0]).toMatch(/^Supplier/);
  // What the form asks for is no value of a supplier whose country nobody knows.
  expect(suppliers.rows.join()).not.toContain('Two letters');
  expect(suppliers.rows.filter((row) => row.startsWith('Larkspur Cloud UK'))).toHaveLength(1);
  await visit(page, '/settings/appearance');
  await page.keyboard.press('Control+Shift+e');
  await page.getByText('There is no table on this screen.').waitFor();
});

test('an alert leads to what was sent of it, to others like it, and a push closes by its cross', async () => {
  await visit(page, '/alerts?alert=A-1001');
  const detail = page.getByRole('complementary', { name: 'Alert detail' });
  await detail.getByRole('link', { name: 'Resolved in 24 h' }).waitFor();
  await detail.getByRole('link', { name: 'Open alerts like this' }).click();
  await page.waitForURL(/#\/alerts\?tab=open&text=Gallery/);
  await page.getByRole('grid', { name: 'Alerts' }).getByText('Gallery slow').waitFor();
  await visit(page, '/alerts?alert=A-1001');
  await detail
    .getByRole('link', { name: /^Delivery to Slack/ })
    .first()
    .click();
  await page.getByRole('complementary').getByText('Gallery slow').first().waitFor();
  expect(page.url()).toContain('#/deliveries?tab=all&id=');

  await wedops(journey.folder, 'import', 'usage', 'resources/practice/usage/usage-2026-09.csv');
  await wedops(journey.folder, 'crm', 'preview', '--period', '2026-09');
  await visit(page, '/crm?period=2026-09');
  const pushes = page.getByRole('grid', { name: 'CRM pushes' });
  await pushes.getByRole('row').nth(1).click();
  await page.getByRole('button', { name: 'Close the push' }).click();
  await page.getByRole('complementary', { name: 'Push detail' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('button', { name: 'Approve 2 changes' }).waitFor();
  await page.setViewportSize({ width: 900, height: 600 });
  expect(await sidewaysOn(page)).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 800 });
  const saves = await saved('Control+Shift+e');
  expect(saves.name).toBe('crm-pushes-2026-09.csv');
  expect(saves.rows[1]).toMatch(/,2026-09,create,/);
  await page.getByRole('textbox', { name: 'Find a vendor' }).fill('nobody of that name');
  await page.getByText('No pushes match “nobody of that name”.').waitFor();
  expect(await page.getByText(/Nothing to push/).count()).toBe(0);
  await page.keyboard.press('Escape');
  await pushes.getByRole('row').nth(2).waitFor();

  await visit(page, '/deliveries?tab=all');
  await page.getByRole('grid', { name: /deliveries$/ }).waitFor();
  const deliveries = await saved('Control+Shift+e');
  expect(deliveries.rows[0]).toMatch(/^id,system,action,/);
  expect(deliveries.rows.length).toBeGreaterThan(3);
  await visit(page, '/systems');
  await page.getByRole('grid', { name: 'Systems' }).waitFor();
  expect((await saved('Control+Shift+e')).rows).toHaveLength(19);
  await visit(page, '/audit');
  await page.getByRole('grid', { name: 'Audit entries' }).waitFor();
  await page.keyboard.press('Control+Shift+e');
  await page.getByText('This list cannot be saved as a file here.').waitFor();
});
