import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writePlainFile } from '../bench/plain-file.ts';
import { wedops } from './command.ts';
import { type Journey, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
const lines = 1_500;

beforeAll(async () => {
  journey = await startJourney();
  const file = join(journey.folder, 'lines.csv');
  await writePlainFile(file, lines);
  await wedops(journey.folder, 'import', 'costs', file);
});
afterAll(() => journey?.end());

const grid = (page: Page) => page.getByRole('grid', { name: 'Cost lines' });
/** A drawn row of the list, counted from 0. */
const row = (page: Page, index: number) => grid(page).locator(`[role=row][aria-rowindex="${index + 2}"]`);
const text = /\d{4}Harbour \d+/;

test('a list moved to a place nobody has read yet stays there, and its lines come in', async () => {
  const page = await journey.open();
  await visit(page, '/exports?tab=all');
  await row(page, 3).filter({ hasText: text }).waitFor();
  await grid(page).evaluate((box) => {
    box.scrollTop = 900 * 34;
  });
  await row(page, 905).filter({ hasText: text }).waitFor();
  expect(await grid(page).evaluate((box) => box.scrollTop)).toBe(900 * 34);
});

test('a list that scrolls moves no element about in the page; once it stands still its rows are in order', async () => {
  const page = await journey.open();
  await visit(page, '/exports?tab=all');
  await row(page, 3).filter({ hasText: text }).waitFor();
  const moved = await grid(page).evaluate(async (box) => {
    let seen = 0;
    const body = box.querySelector('[role=rowgroup]') as HTMLElement;
    const watcher = new MutationObserver((changes) => {
      seen += changes.length;
    });
    watcher.observe(body, { childList: true });
    for (let step = 0; step < 10; step += 1) {
      box.scrollTop += 173;
      await new Promise((drawn) => requestAnimationFrame(drawn));
    }
    await new Promise((drawn) => requestAnimationFrame(drawn));
    watcher.disconnect();
    return seen;
  });
  // The lower edge may take an element or two more than the top of the list needed.
  expect(moved).toBeLessThanOrEqual(4);
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll('[role=grid] [role=rowgroup] > [role=row]')];
    const at = rows.map((one) => Number(one.getAttribute('aria-rowindex')));
    return (at[0] ?? 0) > 40 && at.every((position, index) => index === 0 || position > (at[index - 1] ?? 0));
  });
});

test('a list flung to its end asks for the pages where it stops, not for those it passed', async () => {
  const page = await journey.open();
  await visit(page, '/exports?tab=all');
  await row(page, 3).filter({ hasText: text }).waitFor();
  const asked = new Set<number>();
  page.on('request', (request) => {
    if (request.url().endsWith('/exports/lines')) asked.add(request.postDataJSON().json.offset);
  });
  const pauses = await grid(page).evaluate(async (box) => {
    let slow = 0;
    for (let step = 0; step < 8; step += 1) {
      const began = performance.now();
      box.scrollTop += 200 * 34;
      await new Promise((drawn) => requestAnimationFrame(drawn));
      if (performance.now() - began > 40) slow += 1;
    }
    return slow;
  });
  await row(page, lines - 1)
    .filter({ hasText: text })
    .waitFor();
  // Of seven: those of the first step and of the end; and where a busy machine paused on the way, it did stop there.
  expect(asked.size).toBeLessThanOrEqual(4 + 2 * pauses);
});

test('End goes to the last line, and the keys still move the mark from there', async () => {
  const page = await journey.open();
  await visit(page, '/exports?tab=all');
  await row(page, 3).filter({ hasText: text }).waitFor();
  await grid(page).focus();
  await page.keyboard.press('End');
  await row(page, lines - 1)
    .filter({ hasText: text })
    .waitFor();
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(
    (last) => document.querySelector('[data-cursor]')?.getAttribute('aria-rowindex') === String(last),
    lines,
  );
  expect(await grid(page).evaluate((box) => box === document.activeElement)).toBe(true);
});
