import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findingsInEveryLook, type Journey, picture, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'settings-failed');
});
afterAll(() => journey?.end());

/** Saved when the record has a newer entry to look at. */
async function saveSlack(): Promise<void> {
  const entry = () => page.getByRole('link', { name: 'What changed' }).getAttribute('href');
  const before = await entry();
  await page.getByRole('button', { name: 'Save Slack' }).click();
  await expect.poll(entry).not.toBe(before);
}

test('a setting says what it usually is, who set it, what changed, and goes back by one button', async () => {
  await visit(page, '/settings/systems/slack');
  const address = page.getByRole('textbox', { name: 'Address of the console for the Open button' });
  const reset = page.getByRole('button', { name: 'Reset Address of the console for the Open button' });
  const usual = await address.inputValue();
  await address.fill('https://ops.example');
  await page.getByText('Usually: empty.').last().waitFor();
  await saveSlack();
  await page.getByText('Last set by Alex Morgan').waitFor();
  await page.getByRole('link', { name: 'What changed' }).click();
  const entry = page.getByRole('complementary', { name: /^Entry / });
  await entry.getByRole('region', { name: 'Before' }).getByText(usual).waitFor();
  await entry.getByRole('region', { name: 'After' }).getByText('https://ops.example').waitFor();

  await visit(page, '/settings/systems/slack');
  await reset.click();
  expect(await address.inputValue()).toBe('');
  await saveSlack();
  await visit(page, '/weekend');
  await visit(page, '/settings/systems/slack');
  expect(await address.inputValue()).toBe('');
});

test('the organisation, the figures of value and the appearance have a way back as well', async () => {
  await visit(page, '/settings/organisation');
  await page.getByRole('textbox', { name: 'Time zone' }).fill('Europe/Dublin');
  await page.getByRole('switch', { name: 'Whoever prepares a batch may not approve it' }).uncheck();
  await page.getByText('Usually: Europe/London.').waitFor();
  expect(await findingsInEveryLook(page, 'settings-usual')).toEqual([]);
  await page.getByRole('button', { name: 'Reset Time zone' }).click();
  await page.getByRole('button', { name: 'Reset Whoever prepares a batch may not approve it' }).click();
  expect(await page.getByRole('textbox', { name: 'Time zone' }).inputValue()).toBe('Europe/London');
  expect(await page.getByRole('button', { name: 'Save the organisation' }).isDisabled()).toBe(true);

  await visit(page, '/crm/figures');
  const worth = page.getByRole('textbox', { name: 'What that time is worth, in pounds' });
  await worth.fill('3.10');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Last set by Alex Morgan').waitFor();
  await page.getByRole('button', { name: 'Reset What that time is worth, in pounds' }).click();
  expect(await worth.inputValue()).toBe('2.50');

  await visit(page, '/settings/appearance');
  await page.getByText('Dark', { exact: true }).click();
  await page.getByRole('button', { name: 'Reset appearance and keys' }).click();
  expect(await page.getByRole('radio', { name: 'As the system' }).isChecked()).toBe(true);
});
