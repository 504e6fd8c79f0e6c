import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { companyTls } from '../src-main/testing/tls.ts';
import { wedops } from './command.ts';
import { type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'care-failed');
});
afterAll(() => journey?.end());

const dialog = () => page.getByRole('dialog');

/** Settled deliveries in the running console's database, as a busy year leaves them. */
function fill(count: number): void {
  const db = new Database(join(journey.folder, 'console.db'), { timeout: 10_000 });
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO outbox_job (id, organisation_id, connection_id, system, action, delivery_class, priority, payload,
      payload_version, idempotency_key, state, attempts, run_at, created_at, settled_at)
    SELECT printf('filled-%06d', i), 'bluebell', 'bluebell/slack', 'slack', 'send-alert', 'never-miss', 5, '{}', 1,
      printf('filled-%06d', i), 'delivered', 1, 1790000000000 + i, 1790000000000 + i, 1790000000000 + i FROM n`);
  db.close();
}

/** Every screen, and the widest of their parts. */
const everywhere = [
  '/weekend',
  '/alerts',
  '/exports?tab=all',
  '/crm',
  '/systems',
  '/systems?tab=senders',
  '/deliveries?tab=all',
  '/kpis',
  '/audit',
  '/settings/organisation',
  '/settings/alerts',
  '/settings/backup',
];

test('a list of 100,000 deliveries scrolls from end to end with at most 400 elements', async () => {
  fill(100_000);
  await visit(page, '/deliveries?tab=all');
  const grid = page.getByRole('grid', { name: 'All deliveries' });
  await grid.getByRole('row').nth(1).waitFor();
  await grid.focus();
  const most = await grid.evaluate(async (element) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const frames: number[] = [];
    let elements = 0;
    let quiet = 0;
    let height = 0;
    let last = performance.now();
    // The end is reached when nothing more was read for a while.
    while (quiet < 60 && frames.length < 6_000) {
      element.scrollTop = element.scrollHeight;
      await frame();
      const now = performance.now();
      frames.push(now - last);
      last = now;
      elements = Math.max(elements, element.querySelectorAll('*').length);
      quiet = element.scrollHeight > height ? 0 : quiet + 1;
      height = Math.max(height, element.scrollHeight);
    }
    frames.sort((a, b) => a - b);
    return { elements, rows: Math.round(height / 34), frameMs: frames[Math.floor(frames.length * 0.95)] ?? 0 };
  });
  process.stdout.write(
    `scrolled ${most.rows} rows: at most ${most.elements} elements (limit 400), frame p95 ${Math.round(most.frameMs)} ms\n`,
  );
  expect(most.elements).toBeLessThanOrEqual(400);
  expect(most.rows).toBeGreaterThanOrEqual(100_000);
  // What a person filters for is there at once, and all that was read weighs little (ux 14.8).
  const metrics = await page.context().newCDPSession(page);
  await metrics.send('Performance.enable');
  const heap = (await metrics.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'JSHeapUsedSize');
  expect((heap?.value ?? Number.POSITIVE_INFINITY) / 1024 ** 2).toBeLessThan(600);
  await page.getByText('Newer changes are not shown while you are this far down.').waitFor();
  await page.getByRole('button', { name: 'Back to the newest' }).click();
  await page.getByText('Newer changes are not shown while you are this far down.').waitFor({ state: 'hidden' });
});

test('at 200 % nothing is cut off or scrolls sideways, and every button can be read', async () => {
  page = await journey.open({ width: 640, height: 400 });
  for (const place of everywhere) {
    await visit(page, place);
    const found = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth > window.innerWidth,
      cut: [...document.querySelectorAll('main button, main label, main h1, main h2')]
        .filter((one) => one.scrollWidth > one.clientWidth + 2 && one.clientWidth > 0)
        .map((one) => one.textContent),
    }));
    expect([place, found]).toEqual([place, { wide: false, cut: [] }]);
    expect(await seriousFindings(page)).toEqual([]);
  }
  await picture(page, 'care-zoom');
});

test('texts 40 % longer break no screen', async () => {
  page = await journey.open();
  for (const place of [...everywhere, '/systems?system=slack', '/settings/diagnostics']) {
    await visit(page, place);
    const wide = await page.evaluate(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent ?? '';
        // What stays on the page from one screen to the next is lengthened once, not each time.
        if (text.trim() !== '' && !text.endsWith('é'))
          node.textContent = `${text}${'é'.repeat(Math.ceil(text.length * 0.4))}`;
      }
      return [...document.querySelectorAll('main button, nav a, main h1, main h2')]
        .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 2)
        .map((one) => one.textContent);
    });
    expect([place, wide]).toEqual([place, []]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
  }
  await picture(page, 'care-long');
});

test('with forced colours every state is still told by its shape and word', async () => {
  await page.emulateMedia({ forcedColors: 'active' });
  await visit(page, '/systems');
  const states = page.getByRole('grid', { name: 'Systems' }).locator('[data-shape]');
  expect(await states.count()).toBeGreaterThan(5);
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'care-forced');
  await page.emulateMedia({ forcedColors: 'none' });
});

test('a backup is made, looked at and restored; the console comes back and holds what was unfinished', async () => {
  page = await journey.open();
  await visit(page, '/systems?system=slack');
  await page.keyboard.press('o');
  await dialog().getByLabel('Reason').fill('To keep one waiting');
  await dialog().getByRole('button', { name: 'Pause (keep queuing)' }).click();
  await dialog().waitFor({ state: 'hidden' });
  await wedops(journey.folder, 'alert', 'raise', '--severity', 'warning', '--title', 'Gallery slow', '--no-wait');
  await visit(page, '/settings/backup');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Make a backup…' }).click();
  const file = join(journey.folder, 'kept.db');
  await (await download).saveAs(file);
  await page.getByText(/written, opened and checked/).waitFor();
  await wedops(journey.folder, 'alert', 'raise', '--severity', 'warning', '--title', 'After the backup', '--no-wait');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a backup…' }).click();
  await (await chooser).setFiles(file);
  await dialog().getByText('Held until released').waitFor();
  await dialog()
    .getByText(/that were done since are not in this backup/)
    .waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'care-restore');
  await dialog()
    .getByLabel(/^Type Bluebell/)
    .fill('Bluebell & Co (sample)');
  await dialog().getByRole('button', { name: 'Restore and start again' }).click();
  await page.getByText(/^Restored from a backup: \d+ deliver/).waitFor({ timeout: 60_000 });
  await picture(page, 'care-restored');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Look at them and release them' }).click();
  await page.getByRole('grid', { name: 'Held deliveries' }).getByRole('row').nth(1).waitFor();
  const { rows } = await wedops<{ rows: { title: string }[] }>(
    journey.folder,
    'alert',
    'list',
    '--filter',
    'open',
  ).then((found) => (Array.isArray(found) ? { rows: found } : found));
  expect(rows.map(({ title }) => title)).not.toContain('After the backup');

  // What was open in the backup rests, in words, until somebody takes or releases it.
  const band = page.getByRole('status').filter({ hasText: /from the backup of/ });
  await band.getByRole('link', { name: /^Look at/ }).click();
  await page.getByRole('grid', { name: 'Alerts' }).getByText('Gallery slow').click();
  await page.keyboard.press('Enter');
  const detail = page.getByRole('complementary', { name: 'Alert detail' });
  const releaseOne = detail.getByRole('button', { name: 'Release', exact: true });
  await releaseOne.waitFor();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [width, height] of [
      [1024, 640],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, `care-resting-${scheme}-${width}`);
    }
  }
  await band.getByRole('button', { name: 'Release it' }).click();
  await band.waitFor({ state: 'detached' });
  await releaseOne.waitFor({ state: 'detached' });
});

test('sealed backups show their recovery code once; it opens one, and a slip of the pen is told from a wrong code', async () => {
  page = await journey.open();
  await visit(page, '/settings/backup');
  await page.getByRole('button', { name: 'Change…' }).click();
  const second = join(journey.folder, 'drive');
  await mkdir(second);
  await dialog().getByLabel('Second folder').fill(second);
  await dialog().getByLabel('Seal them with a passphrase').check();
  await dialog().getByLabel('Passphrase', { exact: true }).fill('four quiet barns');
  await dialog().getByLabel('The same again').fill('four quiet barns');
  await dialog().getByRole('button', { name: 'Save' }).click();
  const code = (await dialog().getByTestId('recovery-code').textContent()) ?? '';
  expect(code).toMatch(/^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
  expect(await seriousFindings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog().getByLabel('I have written it down').check();
  await dialog().getByRole('button', { name: 'Done' }).click();
  await dialog().waitFor({ state: 'hidden' });

  await page.getByRole('button', { name: 'Back up now' }).click();
  await page.getByText(/written, read back and checked/).waitFor();
  await page.getByRole('button', { name: 'Try a restore now' }).click();
  await page.getByText('The record is unbroken').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await picture(page, 'care-drill');

  const [name = ''] = await readdir(second);
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a backup…' }).click();
  await (await chooser).setFiles(join(second, name));
  await dialog()
    .getByLabel('Its passphrase or recovery code')
    .fill(`${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`);
  await dialog().getByRole('button', { name: 'Open it' }).click();
  await page.getByText(/This recovery code has a typing error/).waitFor();
  await dialog().getByLabel('Its passphrase or recovery code').fill(code.toLowerCase());
  await dialog().getByRole('button', { name: 'Open it' }).click();
  await dialog().getByText('Organisations in it').waitFor();
});

test('the bundle for whoever helps is read before it is saved', async () => {
  await visit(page, '/settings/diagnostics');
  await page.getByRole('button', { name: 'View systems.json' }).click();
  const text = (await page.getByRole('region', { name: 'systems.json' }).textContent()) ?? '';
  expect(text).toContain('"system"');
  expect(text).not.toContain('Bluebell');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the bundle…' }).click();
  expect((await download).suggestedFilename()).toMatch(/^ops-console-diagnostics-.*\.zip$/);
  expect(await seriousFindings(page)).toEqual([]);
});

test('an administrator names a proxy, sees what it means for a host, and adds the company’s certificate', async () => {
  await visit(page, '/settings/network');
  await page.getByRole('button', { name: 'Change proxy…' }).click();
  await dialog().getByRole('radio', { name: 'Through this proxy' }).check();
  await dialog().getByRole('textbox', { name: 'Address' }).fill('http://127.0.0.1:9');
  await dialog().getByRole('textbox', { name: 'Without the proxy' }).fill('inside.example');
  expect(await seriousFindings(page)).toEqual([]);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByText('Through proxy 127.0.0.1:9').waitFor();

  await page.getByRole('button', { name: 'Try', exact: true }).click();
  await page.getByText('Proxy: 127.0.0.1:9 cannot be reached (ECONNREFUSED)').waitFor();
  await picture(page, 'network');

  await page.getByRole('button', { name: 'Add certificates…' }).click();
  await dialog().getByRole('textbox', { name: 'Certificates of authorities, as text' }).fill(companyTls.ca);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByText('CN=Oak Hall traffic check, O=Oak Hall Ltd').waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  // The command line sees the same, and the screen what the command line sets.
  const told = await wedops(journey.folder, 'network', 'set', '--proxy', 'none', '--no-ca');
  expect(told).toMatchObject({ proxy: 'none', through: null, certificates: [] });
  await visit(page, '/settings/diagnostics');
  await visit(page, '/settings/network');
  await page.getByText('None: straight').waitFor();
});
