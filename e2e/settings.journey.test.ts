import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { elsewhere, ofDesktop, sections } from '../src-renderer/features/settings/settings-list.ts';
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

test('a new organisation says who is told: places, turns, steps; a mistake is told, and the route is what was said', async () => {
  await visit(page, '/settings/organisation');
  await page.getByRole('button', { name: 'Add an organisation…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Oak Hall');
  await dialog.getByRole('button', { name: 'Add Oak Hall' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await visit(page, '/weekend');
  await page.getByRole('link', { name: 'Say who is told' }).click();
  const told = page.getByRole('region', { name: 'Told at once' });
  await expect.poll(() => told.getByText('nobody is named').count()).toBeGreaterThan(5);

  const add = async (channel: string, name: string, address: string, whose?: string) => {
    await page.getByRole('button', { name: 'Add a place…' }).click();
    await dialog.getByRole('combobox', { name: 'Reached by' }).click();
    await page.getByRole('option', { name: channel, exact: true }).click();
    await dialog.getByRole('textbox', { name: 'What people call it' }).fill(name);
    await dialog.getByRole('textbox', { name: 'Address' }).fill(address);
    if (whose) {
      await dialog.getByRole('combobox', { name: 'Whose it is' }).click();
      await page.getByRole('option', { name: whose }).click();
    }
    await dialog.getByRole('button', { name: 'Add the place' }).click();
  };
  await add('SMS', 'Duty phone', '07700 900123', 'Administrator');
  await dialog.getByText('This is none of SMS.', { exact: false }).waitFor();
  await dialog.getByRole('textbox', { name: 'Address' }).fill('+44 7700 900123');
  await dialog.getByRole('button', { name: 'Add the place' }).click();
  await add('E-mail', 'Ops desk', 'ops@oak.example');
  await told.getByText('E-mail: Ops desk').first().waitFor();
  await page.getByRole('checkbox', { name: 'Ops desk is management, by E-mail' }).check();
  await page.getByRole('combobox', { name: 'People, in the order of their turns' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('option', { name: 'Administrator' }).click();
  await page.keyboard.press('Escape');
  await told.getByText('SMS: whoever is on call').waitFor();
  await page.getByRole('checkbox', { name: 'Warning goes to Slack' }).uncheck();
  await page.getByRole('textbox', { name: 'Step 1: after minutes' }).fill('3');
  await page.getByRole('button', { name: 'Save who is told' }).click();
  await page.getByText('Last set by Administrator').waitFor();
  expect(await findingsInEveryLook(page, 'settings-told')).toEqual([]);

  await page.getByRole('link', { name: 'Who would be told' }).click();
  await page.getByRole('main').getByText('Ops desk').first().waitFor();
  await visit(page, '/settings/alerts');
  await page.getByRole('button', { name: 'Reset channels and steps' }).click();
  expect(await page.getByRole('textbox', { name: 'Step 1: after minutes' }).inputValue()).toBe('5');
  expect(await page.getByRole('checkbox', { name: 'Warning goes to Slack' }).isChecked()).toBe(true);
});

test('a setting is found by its words wherever it is, Enter goes there and gives it the keyboard', async () => {
  const focused = () =>
    page.evaluate(() => {
      const one = document.activeElement;
      const labels =
        one instanceof HTMLInputElement ? [...(one.labels ?? [])].map(({ textContent }) => textContent) : [];
      return one?.matches('#screen, body') ? '' : `${labels.join(' ')} ${one?.textContent ?? ''}`;
    });
  await visit(page, '/settings/appearance');
  await page.getByRole('heading', { level: 2 }).first().click();
  await page.keyboard.press('/');
  const search = page.getByRole('textbox', { name: 'Find a setting' });
  expect(await search.evaluate((field) => field === document.activeElement)).toBe(true);

  // By another word than its name, on another screen of the settings.
  await page.keyboard.type('four eyes');
  const found = page.getByRole('listbox', { name: 'Settings found' });
  await found.getByRole('option').first().waitFor();
  expect(await findingsInEveryLook(page, 'settings-search', () => search.focus())).toEqual([]);
  await page.keyboard.press('Enter');
  await expect.poll(focused).toContain('Whoever prepares a batch may not approve it');

  // A field of a system, by the arrow keys; accents do not matter.
  await search.fill('tave api key');
  await found.getByRole('option').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.location.hash)).toContain('/settings/systems/tave');
  await expect.poll(focused).toContain('API');

  // On a screen that is none of the settings.
  await search.fill("dead man's switch");
  await page.keyboard.press('Enter');
  await expect.poll(focused).toMatch(/Set…|Change…/);

  await visit(page, '/settings/organisation');
  await search.fill('flux capacitor');
  await page.getByText('Nothing found for “flux capacitor”').last().waitFor();
  expect(await findingsInEveryLook(page, 'settings-search-nothing', () => search.focus())).toEqual([]);
  await page.keyboard.press('Escape');
  expect(await search.inputValue()).toBe('');

  // The palette finds them as well.
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search or run a command…' }).fill('partly exempt');
  await page.getByText('Settings, Organisation').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(focused).toContain('Partly exempt');
});

test('the search knows every field there is, and what it finds takes the keyboard', async () => {
  const search = page.getByRole('textbox', { name: 'Find a setting' });
  const lost: string[] = [];
  for (const { path, word } of sections) {
    await visit(page, path);
    const fields = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLLabelElement>('main label')]
        // A step, a rule or a place is one of many; the search knows the list it is in.
        .filter(({ control }) => !control?.closest('td, fieldset[aria-label]'))
        .filter((label) => label.closest('[role=radiogroup]') === null)
        .map((label) => document.createTreeWalker(label, NodeFilter.SHOW_TEXT).nextNode()?.textContent ?? ''),
    );
    for (const label of fields) {
      await search.fill(label);
      const offered = await page.getByRole('option').allTextContents();
      // By its name, or with the part it stands in while that is switched on.
      if (!offered.some((one) => one.startsWith(label) || one.endsWith(word)))
        lost.push(`${path}: ${label} is not found`);
    }
    await search.fill('');
  }
  const all = sections.flatMap(({ path, settings }) => Object.keys(settings).map((label) => ({ path, label })));
  for (const { path, label } of [...all, ...elsewhere].filter((one) => !ofDesktop.includes(one.label))) {
    await visit(page, '/settings/appearance');
    await search.fill(label);
    const offered = page.getByRole('option').filter({ hasText: label });
    await offered.first().click();
    await expect.poll(() => page.evaluate(() => window.location.hash)).toBe(`#${path}`);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.matches('body, #screen, [placeholder^=Find]')), {
        message: label,
      })
      .toBe(false);
  }
  expect(lost).toEqual([]);
});
