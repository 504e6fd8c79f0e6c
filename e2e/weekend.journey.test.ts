import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AlertView } from '../src-shared/contract/alerts.ts';
import { wedops } from './command.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;
let openedIn = 0;

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
  await answer(page).waitFor();
  // Counted by the page itself, from the moment its address was opened.
  openedIn = await page.evaluate(() => performance.now());
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'weekend-failed');
});
afterAll(() => journey?.end());

const days = () => page.getByRole('group', { name: 'Weddings by day' }).getByRole('button');
const dialog = () => page.getByRole('dialog');

describe('is this weekend safe?', () => {
  test('the first screen answers in under three seconds, with its rule', async () => {
    expect(openedIn).toBeLessThan(3_000);
    expect(page.url()).toContain('#/weekend');
    expect(await answer(page).textContent()).toMatch(/^(Safe|Watch|Not safe)\. /);
    expect(await page.getByText(/^Why: /).textContent()).not.toBe('Why: ');
    await picture(page, 'weekend-start');
  });

  test('every day says how many marry and how far it is; a day shows its ceremonies by time', async () => {
    expect(await days().count()).toBeGreaterThanOrEqual(3);
    const counts = await days().locator('span:nth-child(2)').allTextContents();
    // From Monday to Thursday today stands before the weekend.
    const friday = counts.indexOf('8');
    expect(counts.slice(friday, friday + 3)).toEqual(['8', '23', '5']);
    await days()
      .nth(friday + 1)
      .click();
    const ceremonies = page.getByRole('region', { name: /^Ceremonies, Sat/ });
    await ceremonies.waitFor();
    await ceremonies.getByLabel(/^Filter ceremonies/).fill('hall farm');
    await ceremonies
      .getByRole('rowheader', { name: /Hall Farm/ })
      .first()
      .waitFor();
    expect(await ceremonies.getByRole('rowheader', { name: /Mulberry/ }).count()).toBe(0);
    await page.keyboard.press('Escape');
  });

  test('an emergency turns the answer to not safe by itself, with the alert first in line and its key', async () => {
    await wedops<AlertView>(
      journey.folder,
      'alert',
      'raise',
      '--severity',
      'emergency',
      '--title',
      'Payment webhook silent',
      '--no-wait',
    );
    await page.getByRole('heading', { level: 1, name: /^Not safe\. A-1001/ }).waitFor();
    const needs = page.getByRole('region', { name: 'Needs you' });
    await needs.getByText('Payment webhook silent').waitFor();
    await needs.getByText(/escalates/).waitFor();
    await picture(page, 'weekend-not-safe');
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('a');
    await page.getByText('A-1001 acknowledged.').waitFor();
    await needs.getByText('Payment webhook silent').waitFor({ state: 'hidden' });
    await page.getByRole('heading', { level: 1, name: /Alex Morgan has it/ }).waitFor();
    await wedops(journey.folder, 'alert', 'resolve', 'A-1001');
    await page.getByRole('heading', { level: 1, name: /^(Safe|Watch|Not safe)\. (?!A-)/ }).waitFor();
  });

  test('the pre-flight runs at a key and is green on sample data, and is on the record', async () => {
    await page.keyboard.press('t');
    const ready = page.getByRole('region', { name: 'Ready for the weekend?' });
    // On sample data everything is there, so the sheet is green.
    await ready.getByText('Ready', { exact: true }).waitFor({ timeout: 60_000 });
    await ready.getByText(/checks? (is|are) green$/).click();
    for (const line of ['Somebody is on call', 'Heartbeat', 'Backup younger than 24 h', 'Clock within 2 s'])
      await ready.getByText(line).waitFor();
    await picture(page, 'weekend-preflight');
    const entries = await wedops<{ action: string }[]>(journey.folder, 'audit', 'list').catch(() => []);
    if (entries.length > 0) expect(entries.some(({ action }) => action === 'preflight.run')).toBe(true);
  });

  test('the weekend sheet is one PDF', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Print', exact: true }).click();
    const file = await readFile(await (await download).path());
    expect(file.subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('a handover note is kept by keyboard', async () => {
    await page.keyboard.press('n');
    await page.getByLabel('Handover note').fill('Barn at Wick has a backup line, ask at the desk');
    await page.keyboard.press('Control+Enter');
    const notes = page.getByRole('region', { name: 'Handover', exact: true });
    await notes.getByText('Barn at Wick has a backup line').waitFor();
    await notes.getByText('Alex Morgan').waitFor();
  });

  test('the heartbeat shows that it is answered; another address is called at once and says when it is not', async () => {
    const heartbeat = page.getByRole('region', { name: 'Heartbeat' });
    await heartbeat.getByText(/^heartbeat\.bluebell\.example, every (30|60) s$/).waitFor();
    await heartbeat.getByText('Last answered').waitFor();
    await heartbeat.getByRole('button', { name: 'Change…' }).click();
    await dialog().getByLabel('Address').fill('https://heartbeat.bluebell.example/wrong');
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'weekend-heartbeat');
    await dialog().getByRole('button', { name: 'Save and call it once' }).click();
    await heartbeat.getByText('The heartbeat address answered 404').waitFor();
    await page.getByText(/^Saved, but heartbeat\.bluebell\.example did not answer/).waitFor();
    await wedops(journey.folder, 'heartbeat', 'set', 'https://heartbeat.bluebell.example/ping/desk');
    await heartbeat.getByText(/, every (30|60) s$/).waitFor();
  });

  test('bank holidays come from the official calendar file', async () => {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Bank holidays from a file…' }).click();
    const lines = [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//gov//uk//',
      'BEGIN:VEVENT',
      'UID:1',
      'DTSTAMP:20261101T000000Z',
    ];
    const day = ['DTSTART;VALUE=DATE:20290101', 'DTEND;VALUE=DATE:20290102', 'SUMMARY:New Year’s Day', 'END:VEVENT'];
    const buffer = Buffer.from([...lines, ...day, 'END:VCALENDAR', ''].join('\r\n'));
    await (await chooser).setFiles({ name: 'england-and-wales.ics', mimeType: 'text/calendar', buffer });
    await page.getByText('1 bank holiday read.').waitFor();
  });

  test('whoever opens the console next is greeted with the note, until they have read it', async () => {
    await wedops(journey.folder, 'weekend');
    page = await journey.open();
    await visit(page, '/weekend');
    const greeting = page.getByRole('region', { name: 'Handed over to you' });
    await greeting.getByText('Barn at Wick has a backup line', { exact: false }).waitFor();
    await picture(page, 'weekend-greeting');
    await greeting.getByRole('button', { name: 'Got it' }).click();
    await greeting.waitFor({ state: 'hidden' });
    await page.reload();
    await page.getByRole('region', { name: 'Handover', exact: true }).getByText('Barn at Wick').waitFor();
    expect(await greeting.count()).toBe(0);
  });

  test('the mode is switched by hand with a reason and an end, and every screen shows it with why', async () => {
    await page.keyboard.press('w');
    await dialog().getByText('On', { exact: true }).click();
    await dialog().getByLabel('Reason').fill('Rehearsal dinner at Hall Farm');
    await picture(page, 'weekend-mode');
    await dialog()
      .getByRole('button', { name: /^Switch on until/ })
      .click();
    await dialog().waitFor({ state: 'hidden' });
    await page.getByText(/was switched on by Alex Morgan until/).waitFor();
    await visit(page, '/audit');
    await page.getByRole('button', { name: /^Wedding day/ }).click();
    await page.getByText('“Rehearsal dinner at Hall Farm”').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  test('the strip of hours shows the same numbers as a table', async () => {
    await visit(page, '/weekend');
    const strip = page.getByRole('figure', { name: 'Today, hour by hour' });
    // Only on a day of the weekend is today one of its days.
    if ((await strip.count()) === 0) return;
    await strip.getByRole('button', { name: 'Show as table' }).click();
    await strip.getByRole('row', { name: /^12:00/ }).waitFor();
  });

  test('light and dark, at 1280 and 1024: nothing serious, nothing sideways, no unreadable value', async () => {
    const findings: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      for (const [width, height] of [
        [1280, 800],
        [1024, 640],
      ] as const) {
        page = await journey.open({ scheme, width, height });
        await visit(page, '/weekend');
        await page.getByRole('region', { name: 'Needs you' }).waitFor();
        const where = `${scheme} ${width}`;
        findings.push(...(await seriousFindings(page)).map((finding) => `${where}: ${finding}`));
        if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth))
          findings.push(`${where} wide`);
        const text = (await page.locator('body').textContent()) ?? '';
        for (const bad of ['undefined', 'NaN', 'Invalid Date', '[object'])
          if (text.includes(bad)) findings.push(`${where} ${bad}`);
        await picture(page, `weekend-${scheme}-${width}`);
      }
    }
    expect(findings).toEqual([]);
    expect(journey.complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
  });
});
