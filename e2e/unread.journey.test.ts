import { join } from 'node:path';
import type { Page, Route } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writePlainFile } from '../bench/plain-file.ts';
import { wedops } from './command.ts';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
const lines = 700;

beforeAll(async () => {
  journey = await startJourney();
  const file = join(journey.folder, 'lines.csv');
  await writePlainFile(file, lines);
  await wedops(journey.folder, 'import', 'costs', file);
});
afterAll(() => journey?.end());

const problem = {
  happened: 'The database could not be read.',
  means: 'Nothing of it can be shown.',
  doing: 'Nothing was changed.',
  remedy: 'Try again.',
};
/** The engine's own refusal: it is not asked again by itself. */
const refuse = (route: Route) =>
  route.fulfill({
    status: 500,
    contentType: 'application/json',
    body: JSON.stringify({ json: { defined: true, code: 'UNAVAILABLE', status: 500, message: '', data: problem } }),
  });
/** What the frame around a screen reads for itself. */
const frame = /\/rpc\/(app|settings\/(people|seat)|maintenance\/restored|schedules\/history)/;

const places = {
  weekend: '/weekend',
  alerts: '/alerts',
  silences: '/alerts/silences',
  'alert-figures': '/alerts/figures',
  preview: '/alerts/preview',
  review: '/exports',
  duplicates: '/exports/duplicates',
  imports: '/exports/imports',
  batches: '/exports/batches',
  vat: '/exports/vat',
  insight: '/exports/insight',
  suppliers: '/exports/suppliers',
  rules: '/exports/rules',
  schedules: '/exports/schedules',
  crm: '/crm',
  vendors: '/crm/vendors',
  'crm-figures': '/crm/figures',
  systems: '/systems',
  senders: '/systems?tab=senders',
  deliveries: '/deliveries',
  inbound: '/deliveries?tab=inbound',
  kpis: '/kpis',
  audit: '/audit',
} as const;

test('a screen that cannot be read says so, claims nothing, waits for nothing, and comes back', async () => {
  const page = await journey.open();
  const main = page.getByRole('main');
  const findings: string[] = [];
  const failing = (url: URL) => url.pathname.startsWith('/rpc/') && !frame.test(url.pathname);
  let dark = false;
  for (const [name, address] of Object.entries(places)) {
    dark = !dark;
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.setViewportSize(dark ? { width: 1024, height: 640 } : { width: 1280, height: 800 });
    await page.route(failing, refuse);
    await page.evaluate((to) => {
      window.location.hash = to;
    }, address);
    // What another screen has read is forgotten.
    await page.reload();
    await main.getByText(problem.happened).first().waitFor();
    await page.waitForFunction(() => document.querySelector('main [role=status][aria-label]') === null);
    const head = await answer(page).textContent();
    if (head !== 'This could not be read.') findings.push(`${name}: says “${head}”`);
    findings.push(...(await seriousFindings(page)).map((finding) => `${name}: ${finding}`));
    await picture(page, `unread-${name}`);
    await page.unroute(failing);
    for (const again of await main.getByRole('button', { name: 'Try again' }).elementHandles()) await again.click();
    await main.getByText(problem.happened).first().waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.querySelector('main [role=status][aria-label]') === null);
    if ((await answer(page).textContent()) === 'This could not be read.') findings.push(`${name}: stays unread`);
  }
  expect(findings).toEqual([]);
});

const band = (page: Page) => page.getByText('Part of this page could not be read.');
const grid = (page: Page) => page.getByRole('grid', { name: 'Cost lines' });
const row = (page: Page, index: number) => grid(page).locator(`[role=row][aria-rowindex="${index + 2}"]`);
const text = /\d{4}Harbour \d+/;

test('what was read stays on screen when it cannot be read again, marked with its time, until it can', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  await visit(page, '/exports?tab=all');
  await row(page, 3).filter({ hasText: text }).waitFor();
  await page.route('**/rpc/exports/lines', refuse);
  await page.keyboard.press('r');
  await band(page).waitFor();
  expect(await row(page, 3).textContent()).toMatch(text);
  expect(await page.getByText(/What you see of it is from \d\d:\d\d/).count()).toBe(1);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'unread-old');
  await page.unroute('**/rpc/exports/lines');
  await page.getByRole('button', { name: 'Try again' }).click();
  await band(page).waitFor({ state: 'hidden' });
});

test('a fault without words of the engine is told in its four parts, with the reference of the log', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  const data = { correlationId: 'c-4711' };
  const error = { defined: false, code: 'INTERNAL_SERVER_ERROR', status: 500, message: 'Internal Server Error', data };
  await page.route('**/rpc/kpis/**', (route) =>
    route.fulfill({ status: 500, contentType: 'application/json', body: JSON.stringify({ json: error }) }),
  );
  await visit(page, '/kpis');
  const main = page.getByRole('main');
  await main.getByText('Something went wrong inside the console.').first().waitFor();
  const said = (await main.textContent()) ?? '';
  for (const part of [
    'The fault is the console’s own',
    'written the cause to its log',
    'Try again',
    'Reference c-4711',
  ])
    expect(said).toContain(part);
  expect(said).not.toContain('Internal Server Error');
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'unread-defect');
});

test('a part of a page that its reader may not see is not simply missing: the page says so, and why', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  const data = { happened: 'This is for finance.', remedy: 'Ask somebody with that role.' };
  const error = { defined: true, code: 'NOT_ALLOWED', status: 403, message: '', data };
  await page.route('**/rpc/deliveries/depth', (route) =>
    route.fulfill({ status: 403, contentType: 'application/json', body: JSON.stringify({ json: error }) }),
  );
  await visit(page, '/deliveries');
  await band(page).waitFor();
  await page.getByText('This is for finance. Ask somebody with that role.').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'unread-forbidden');
  await page.unroute('**/rpc/deliveries/depth');
  await page.getByRole('button', { name: 'Try again' }).click();
  await band(page).waitFor({ state: 'hidden' });
});

test('lines that cannot be read while scrolling leave the list where it is, and come in when asked again', async () => {
  const page = await journey.open();
  await visit(page, '/exports?tab=all');
  await row(page, 3).filter({ hasText: text }).waitFor();
  await page.route('**/rpc/exports/lines', refuse);
  await grid(page).evaluate((box) => {
    box.scrollTop = 500 * 34;
  });
  await band(page).waitFor();
  expect(await grid(page).evaluate((box) => box.scrollTop)).toBe(500 * 34);
  await picture(page, 'unread-scrolled');
  await page.unroute('**/rpc/exports/lines');
  await page.getByRole('button', { name: 'Try again' }).click();
  await row(page, 505).filter({ hasText: text }).waitFor();
  await band(page).waitFor({ state: 'hidden' });
});

test('a record whose next page fails keeps what it has and does not ask for that page without end', async () => {
  const page = await journey.open();
  await visit(page, '/audit');
  const list = page.getByRole('grid', { name: 'Audit entries' });
  await list.getByRole('row').nth(1).waitFor();
  let asked = 0;
  await page.route('**/rpc/audit/list', async (route) => {
    const { after } = route.request().postDataJSON().json;
    if (after === null) {
      const response = await route.fetch();
      const body = await response.json();
      body.json.total += 500;
      body.json.next ??= '1';
      return route.fulfill({ response, json: body });
    }
    asked += 1;
    return refuse(route);
  });
  await page.keyboard.press('r');
  await band(page).waitFor();
  for (let step = 0; step < 5; step += 1) {
    await list.evaluate((box) => {
      box.scrollTop += 600;
    });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  }
  expect(asked).toBe(1);
  expect(await list.count()).toBe(1);
});

test('an engine that is there but does not answer is told after ten seconds, until it answers', async () => {
  const page = await journey.open({ width: 1024, height: 640 });
  await page.clock.install();
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/rpc/**', async (route) => {
    await held;
    await route.continue();
  });
  await page.evaluate(() => {
    window.location.hash = '/kpis';
  });
  await page.getByRole('status', { name: 'Reading the KPIs.' }).waitFor();
  const told = page.getByText(/Waiting for the engine to answer since \d\d:\d\d/);
  expect(await told.count()).toBe(0);
  await page.clock.fastForward(11_000);
  await told.waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'unread-silent');
  release?.();
  await told.waitFor({ state: 'hidden' });
  await page.getByRole('heading', { level: 1 }).waitFor();
});
