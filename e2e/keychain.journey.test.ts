import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let played: Page | null = null;
beforeAll(async () => {
  journey = await startJourney();
});
// What a route still fetches ends with the page.
afterEach(() => played?.unrouteAll({ behavior: 'ignoreErrors' }));
afterAll(() => journey?.end());

const systems = [
  { system: 'pagerduty', name: 'PagerDuty' },
  { system: 'xero', name: 'Xero' },
];

/** Practice needs no keychain, so what the engine says of it is played here; that it says so is FT-77 of the fault suite. */
async function playKeychain(page: Page, first: string): Promise<{ accepted: number }> {
  played = page;
  const seen = { accepted: 0 };
  const state = () => (seen.accepted > 0 ? 'ready' : first);
  await page.route(/\/rpc\/app\/status/, async (route) => {
    const response = await route.fetch();
    const { json } = await response.json();
    const organisations = json.organisations.map((one: object) => ({ ...one, practice: false }));
    await route.fulfill({
      response,
      body: JSON.stringify({ json: { ...json, practice: false, organisations, keychain: state() } }),
    });
  });
  await page.route(/\/rpc\/settings\/(keychain|acceptKeychain)/, (route) => {
    if (route.request().url().includes('accept')) seen.accepted++;
    return route.fulfill({
      contentType: 'application/json',
      body: JSON.stringify({ json: { state: state(), systems } }),
    });
  });
  await page.reload();
  return seen;
}

test.each([
  ['light', 1280, 800],
  ['dark', 1024, 640],
] as const)(
  'another keychain than before is said on every screen, with the systems and the way out (%s)',
  async (scheme, width, height) => {
    const page = await journey.open({ scheme, width, height });
    const seen = await playKeychain(page, 'changed');
    await visit(page, '/weekend');
    const band = page.getByRole('alert').filter({ hasText: 'not the keychain the console used before' });
    await band.waitFor();
    await picture(page, `keychain-band-${scheme}`);
    await band.getByRole('link', { name: 'See which, and use this keychain' }).click();
    const section = page.getByRole('region', { name: 'Another keychain than before' });
    await section.getByRole('link', { name: 'PagerDuty' }).waitFor();
    await picture(page, `keychain-section-${scheme}`);
    expect(await seriousFindings(page)).toEqual([]);
    await section.getByRole('button', { name: 'Use this keychain…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Use this keychain?' });
    await dialog.getByRole('link', { name: 'Xero' }).waitFor();
    await picture(page, `keychain-dialog-${scheme}`);
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    expect(seen.accepted).toBe(0);
    await section.getByRole('button', { name: 'Use this keychain…' }).click();
    await dialog.getByRole('button', { name: 'Use this keychain', exact: true }).click();
    await section.waitFor({ state: 'detached' });
    await band.waitFor({ state: 'detached' });
    expect(seen.accepted).toBe(1);
  },
);

test.each([
  ['locked', 'The keychain is locked'],
  ['missing', 'This computer has no keychain'],
])('a keychain that is %s is said on every screen with what to do', async (state, text) => {
  const page = await journey.open();
  await playKeychain(page, state);
  await visit(page, '/alerts');
  await page.getByRole('alert').filter({ hasText: text }).waitFor();
  await picture(page, `keychain-${state}`);
});
