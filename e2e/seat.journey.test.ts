import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { practicePagerDuty } from '../src-main/adapters/pagerduty/sandbox.ts';
import { wedops } from './command.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.end());

/** An incident as the console on another computer makes it. */
async function anotherSends(): Promise<void> {
  const event = {
    routing_key: practicePagerDuty.routingKeys,
    event_action: 'trigger',
    dedup_key: 'wedsync:alert:elsewhere',
    payload: {
      ...{ summary: 'AI gallery slow', source: 'wedsync', severity: 'critical' },
      custom_details: { sent_by: 'OPS-DESK-2', sender: 'another-seat/another-start' },
    },
  };
  const url = `${journey.sandboxUrl}/events.pagerduty.com/v2/enqueue`;
  const { status } = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
  expect(status).toBe(202);
}

const band = (page: Page) => page.getByRole('alert').filter({ hasText: /OPS-DESK-2/ });
const foot = (page: Page) => page.getByRole('contentinfo').getByRole('button').first();

async function decide(page: Page, open: RegExp, reason: string, does: RegExp): Promise<void> {
  await page.getByRole('button', { name: open }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: does }).click();
  await dialog.waitFor({ state: 'hidden' });
}

/** On every kind of screen: said within three seconds, open to everybody, and nothing is cut off. */
async function looked(name: string, text: RegExp, looks: readonly Parameters<Journey['open']>[0][]): Promise<void> {
  for (const look of looks) {
    const page = await journey.open(look);
    for (const place of ['/weekend', '/crm', '/settings/sending']) {
      await visit(page, place);
      await band(page).filter({ hasText: text }).waitFor({ timeout: 3_000 });
      expect(await seriousFindings(page), `${name} ${place}`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect([place, look, wide]).toEqual([place, look, false]);
      await picture(page, `seat-${name}-${place.slice(1).replace('/', '-')}-${look?.scheme}-${look?.width}`);
    }
  }
}
const light = { scheme: 'light', width: 1280, height: 800 } as const;
const dark = { scheme: 'dark', width: 1024, height: 640 } as const;
/** As at 200 %. */
const large = { scheme: 'light', width: 640, height: 400 } as const;

test('which computer sends is on every screen, and a person changes it with a reason (R52)', async () => {
  let page = await journey.open();
  await visit(page, '/settings/sending');
  expect(await foot(page).textContent()).toContain('Sending: this computer');
  expect(await band(page).count()).toBe(0);
  expect(await page.getByRole('button', { name: /Take over|Leave/ }).count()).toBe(0);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'seat-alone');

  // Another one is heard within 20 s; no screen has to be opened again for it.
  await visit(page, '/exports');
  await anotherSends();
  await band(page).filter({ hasText: 'Two computers send' }).waitFor({ timeout: 30_000 });
  expect(await foot(page).textContent()).toContain('Two computers send');
  await looked('both', /Two computers send/, [dark, large]);

  page = await journey.open();
  await visit(page, '/exports');
  await band(page).getByRole('link', { name: 'Decide which one sends' }).click();
  await page.getByRole('button', { name: 'Leave sending to OPS-DESK-2…' }).click();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'seat-leave');
  await page.keyboard.press('Escape');
  await decide(page, /Leave sending/, 'that one is the new computer', /Leave sending to OPS-DESK-2/);
  await band(page).filter({ hasText: 'Nothing is sent from here' }).waitFor();
  await visit(page, '/weekend');
  await answer(page).filter({ hasText: 'Unknown. Another computer sends' }).waitFor();
  expect(await foot(page).textContent()).toContain('Not sending');
  await looked('rests', /Nothing is sent from here/, [light, dark, large]);

  page = await journey.open();
  await visit(page, '/weekend');
  await band(page).getByRole('link', { name: 'Take over sending' }).click();
  await page.getByRole('button', { name: 'Take over sending…' }).click();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'seat-take-over');
  await page.keyboard.press('Escape');
  await decide(page, /Take over sending/, 'the new computer is broken', /from now on/);
  await expect.poll(() => foot(page).textContent()).toContain('Sending: this computer');
  expect(await band(page).count()).toBe(0);
  expect(await wedops(journey.folder, 'seat', 'show')).toMatchObject({ here: true, rival: null });
  expect(journey.complaints).toEqual([]);
}, 240_000);
