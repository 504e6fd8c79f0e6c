import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findingsInEveryLook, type Journey, picture, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;
/** A second organisation of the folder. */
let other = '';

const raise = (organisationId: string, title: string) =>
  journey.ask('alerts/raise', { organisationId, severity: 'warning', title, venues: [] });
const bar = () => page.locator('footer');
/** Where the keyboard is: the label of the part of the frame, or its element. */
const region = () =>
  page.evaluate(() => {
    const part = document.activeElement?.closest('aside, main, nav, header, footer');
    return part?.getAttribute('aria-label') ?? part?.tagName.toLowerCase() ?? 'nowhere';
  });

beforeAll(async () => {
  journey = await startJourney();
  other = (
    await journey.ask<{ id: string }>('settings/createOrganisation', {
      organisationId: 'bluebell',
      name: 'Marquee & Sons',
    })
  ).id;
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, `frame-failed-${task.name.slice(0, 24)}`);
});
afterAll(() => journey?.end());

test('the status bar says how many systems work, leads to them, and names the computer', async () => {
  await visit(page, '/systems');
  await page.getByRole('button', { name: 'Check all' }).click();
  const systems = bar().getByRole('button', { name: /^Systems \d+\/18$/ });
  await systems.waitFor();
  await visit(page, '/exports');
  await systems.click();
  await page.waitForURL(/#\/systems/);
  const { sender } = await journey.ask<{ sender: string }>('settings/seat', { organisationId: 'bluebell' });
  await bar().getByText(`Agent on ${sender}`).waitFor();
});

test('alerts of another organisation are one line; going there says which organisation it is and keeps the screen', async () => {
  await visit(page, '/exports');
  await raise(other, 'Marquee lights out');
  const line = page.getByText('1 alert in another organisation needs somebody.');
  await line.waitFor();
  expect(await findingsInEveryLook(page, 'frame-others')).toEqual([]);
  await page.getByRole('button', { name: 'Go to Marquee & Sons' }).click();
  await page.getByRole('status').filter({ hasText: 'Organisation: Marquee & Sons' }).waitFor({ state: 'attached' });
  await line.waitFor({ state: 'hidden' });
  expect(page.url()).toContain('#/exports');
  await page.getByRole('button', { name: 'Organisation: Marquee & Sons' }).click();
  await page.getByRole('menuitem', { name: /^Bluebell/ }).click();
  await line.waitFor();
});

test('F6 goes from one region to the next and back, also out of a text field', async () => {
  await raise('bluebell', 'Gallery slow');
  await visit(page, '/alerts?alert=A-1001');
  await page.getByRole('complementary', { name: 'Alert detail' }).waitFor();
  await page.getByRole('textbox', { name: /^Filter by title/ }).focus();
  const seen: string[] = [];
  for (let steps = 0; steps < 5; steps += 1) {
    await page.keyboard.press('F6');
    seen.push(await region());
  }
  expect(seen).toEqual(['Alert detail', 'footer', 'header', 'Screens', 'Alerts']);
  await page.keyboard.press('Shift+F6');
  expect(await region()).toBe('Screens');
});

test('without single letters Enter, Esc and F6 still work', async () => {
  const switched = async () => {
    await visit(page, '/settings/appearance');
    await page.getByRole('switch', { name: 'Single-letter keys' }).focus();
    await page.keyboard.press('Space');
  };
  await switched();
  await visit(page, '/alerts');
  const detail = page.getByRole('complementary', { name: 'Alert detail' });
  await page.getByRole('grid', { name: 'Alerts' }).focus();
  await page.keyboard.press('Enter');
  await detail.waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'hidden' });
  await page.keyboard.press('a');
  expect(await page.getByText('A-1001 acknowledged.').count()).toBe(0);
  await switched();
});

test('in a text field Ctrl+Z takes back what was typed, not what was done; outside it undoes and redoes', async () => {
  await visit(page, '/alerts');
  const list = page.getByRole('grid', { name: 'Alerts' });
  await list.focus();
  await page.keyboard.press('a');
  await page.getByText('A-1001 acknowledged.').waitFor();
  const filter = page.getByRole('textbox', { name: /^Filter by title/ });
  await filter.focus();
  await page.keyboard.type('gal');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await list.getByText(/^Ack/).waitFor();
  await list.focus();
  await page.keyboard.press('Control+z');
  await list.getByText('Firing').waitFor();
  await page.keyboard.press('Control+Shift+z');
  await list.getByText(/^Ack/).waitFor();
  await page.keyboard.press('Control+,');
  await page.waitForURL(/#\/settings/);
});

test('what was told in a bar stays in a list with its undo; of another organisation nothing stays', async () => {
  await visit(page, '/alerts');
  await page.getByRole('grid', { name: 'Alerts' }).focus();
  await page.keyboard.press('u');
  await page.getByRole('grid', { name: 'Alerts' }).getByText('Firing').waitFor();
  await page.keyboard.press('a');
  await page.getByText('A-1001 acknowledged.').waitFor();
  await visit(page, '/exports');
  await page.getByText('A-1001 acknowledged.').waitFor({ state: 'hidden' });
  await page.keyboard.press('Control+Shift+n');
  const list = page.getByRole('dialog', { name: 'What was told' });
  await list.getByText('A-1001 acknowledged.').first().waitFor();
  expect(await findingsInEveryLook(page, 'frame-notices')).toEqual([]);
  const undos = list.getByRole('button', { name: 'Undo: A-1001 acknowledged.' });
  const many = await undos.count();
  await undos.first().click();
  await expect.poll(() => undos.count()).toBe(many - 1);
  await page.keyboard.press('Escape');
  await visit(page, '/alerts');
  await page.getByRole('grid', { name: 'Alerts' }).getByText('Firing').waitFor();
  await page.getByRole('button', { name: /^Organisation: Bluebell/ }).click();
  await page.getByRole('menuitem', { name: 'Marquee & Sons' }).click();
  await page.getByRole('button', { name: 'What was told' }).click();
  await list.getByText('Nothing was told in this window yet.').waitFor();
});

test('the palette knows systems by name, alerts by number though they are over, and looks for the rest', async () => {
  await page.getByRole('button', { name: 'Close', exact: true }).first().click();
  await page.getByRole('button', { name: /^Organisation: / }).click();
  await page.getByRole('menuitem', { name: /^Bluebell/ }).click();
  await journey.ask('alerts/resolve', { organisationId: 'bluebell', alertId: 'A-1001', note: '' });
  await visit(page, '/weekend');
  const type = async (text: string) => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search or run a command…').fill(text);
    await page.keyboard.press('Enter');
  };
  await type('xero');
  await page.waitForURL(/#\/systems\?system=xero/);
  await type('a1001');
  await page.getByRole('complementary', { name: 'Alert detail' }).getByText('Gallery slow').first().waitFor();
  expect(page.url()).toContain('alert=A-1001');
  await type('barn at wick');
  await page.waitForURL(/#\/alerts\?tab=open&text=barn/);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('Control+Shift+c');
  await page.getByText('Copied: wedsync-ops://alerts?tab=open&text=barn').waitFor();
});

test('a text is copied as well where the page may not ask for the clipboard, as on the desktop (SEC-11)', async () => {
  await page.evaluate(() => {
    navigator.clipboard.writeText = () =>
      Promise.reject(new DOMException('Write permission denied.', 'NotAllowedError'));
  });
  await visit(page, '/audit');
  await page.keyboard.press('Control+Shift+c');
  await page.getByText('Copied: wedsync-ops://audit').waitFor();
  await page.keyboard.press('Control+k');
  const search = page.getByPlaceholder('Search or run a command…');
  await search.fill('');
  await page.keyboard.press('Control+v');
  expect(await search.inputValue()).toBe('wedsync-ops://audit');
  await page.keyboard.press('Escape');
});
