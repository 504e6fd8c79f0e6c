import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { type Journey, picture, startJourney, visit } from './journey-kit.ts';

/** More than a browser's six connections to a host, and more than the agent's twenty to an address. */
const tabCount = 21;

let journey: Journey;
let context: BrowserContext;
/** In the order they were opened. */
const tabs: Page[] = [];
/** Which tab asked for the change stream, newest last. */
const holders: Page[] = [];

async function openTab(): Promise<void> {
  const page = await context.newPage();
  page.on('request', (request) => {
    if (request.url().endsWith('/rpc/app/changes')) holders.push(page);
  });
  await page.goto(`${journey.url}/#token=${journey.token}`);
  await page.getByRole('navigation', { name: 'Screens' }).waitFor();
  await visit(page, '/alerts');
  tabs.push(page);
}

const raise = (title: string) =>
  wedops(journey.folder, 'alert', 'raise', '--severity', 'warning', '--title', title, '--no-wait');
const everywhere = (title: string) =>
  Promise.all(tabs.map((page) => page.getByText(title).first().waitFor({ timeout: 30_000 })));

beforeAll(async () => {
  journey = await startJourney();
  context = (await journey.open()).context();
}, 60_000);
afterEach(async ({ task }) => {
  const [page] = tabs;
  if (task.result?.state === 'fail' && page) await picture(page, 'tabs-failed');
});
afterAll(() => journey?.end());

test('the 21st tab hears what changes, over one stream for all', async () => {
  // The window the journey opened holds the first stream; it goes when the others are there.
  const first = context.pages()[0];
  for (let index = 0; index < tabCount; index += 1) await openTab();
  expect(holders).toEqual([]);
  await raise('Gallery slow in every tab');
  await everywhere('Gallery slow in every tab');
  await first?.close();
  await expect.poll(() => holders.length, { timeout: 10_000 }).toBe(1);
}, 180_000);

test('when the tab that holds the stream is closed another takes over, and no change is lost meanwhile', async () => {
  for (let round = 1; round <= 3; round += 1) {
    const title = `Chat slow, round ${round}`;
    const holder = holders.at(-1);
    if (!holder) throw new Error('no tab holds the stream');
    const before = holders.length;
    // Raised while the old holder goes and the next one has not opened its stream yet, or just has.
    const raised = raise(title);
    tabs.splice(tabs.indexOf(holder), 1);
    await holder.close();
    await raised;
    await everywhere(title);
    expect(holders.length).toBe(before + 1);
  }
}, 180_000);
