import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answer, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let journey: Journey;
let page: Page;

beforeAll(async () => {
  journey = await startJourney();
  page = await journey.open();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'crm-failed');
});
afterAll(() => journey?.end());

/** A command beside the window: it talks to the same engine. */
function wedops(...words: string[]): unknown {
  const run = spawnSync(
    process.execPath,
    ['src-main/hosts/cli/main.ts', ...words, '--data', journey.folder, '--json', '--quiet'],
    { cwd: root, encoding: 'utf8' },
  );
  return JSON.parse(run.stdout);
}
const detail = () => page.getByRole('complementary', { name: 'Push detail' });
const row = (text: string, crm: string): Locator =>
  page.getByRole('grid', { name: 'CRM pushes' }).getByRole('row').filter({ hasText: text }).filter({ hasText: crm });
const field = (name: string) => detail().getByRole('row').filter({ hasText: name }).first();
const writes = async () => {
  const received = (await (await fetch(`${journey.sandboxUrl}/_received?system=tave`)).json()) as { method: string }[];
  return received.filter(({ method }) => method !== 'GET').length;
};
const misbehave = (fault: string, value: string) =>
  fetch(`${journey.sandboxUrl}/_misbehave`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ system: 'tave', fault, value }),
  });

describe('from AI usage to the vendor’s own CRM', () => {
  test('usage is imported; one vendor is not known and is asked about', async () => {
    await visit(page, '/crm');
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Import usage…' }).click();
    await (await chooser).setFiles(join(root, 'resources/practice/usage/usage-2026-10.csv'));
    const dialog = page.getByRole('dialog');
    await dialog.getByText('192 records imported').waitFor();
    await dialog.getByText('"Bramble Cakes" is not in the vendor directory').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    expect(wedops('import', 'usage', 'resources/practice/usage/usage-2026-10.csv')).toMatchObject({
      imported: 0,
      duplicates: 196,
      rejected: [],
    });
    await visit(page, '/crm/vendors');
    expect(await answer(page).textContent()).toContain('1 vendor is not known yet');
    await picture(page, 'crm-1-vendors');
    await page
      .getByRole('row')
      .filter({ hasText: 'Bramble Cakes' })
      .getByRole('button', { name: 'A new vendor' })
      .click();
    await page.getByRole('heading', { level: 1, name: /all known/ }).waitFor();
  });

  test('preparing shows every push beside what is there, and writes nothing', async () => {
    await visit(page, '/crm?period=2026-10');
    await page.getByRole('button', { name: 'Prepare October 2026' }).click();
    await row('Lens & Light', 'Táve').waitFor();
    await page
      .getByRole('heading', { level: 1, name: /12 pushes wait for you: 12 change something, 0 conflicts/ })
      .waitFor();
    await row('Lens & Light', 'Táve').click();
    expect(await field('AI requests').textContent()).toContain('25');
    expect(await field('Cost saving (estimate)').textContent()).toContain('24 × £2.50');
    await picture(page, 'crm-2-preview');
    expect(await seriousFindings(page)).toEqual([]);
    expect(await writes()).toBe(0);
  });

  test('approved by key, it is sent and read back equal, field by field', async () => {
    await page.getByRole('grid', { name: 'CRM pushes' }).focus();
    await page.keyboard.press('a');
    await detail().getByText('Read back: equal').waitFor();
    expect(await field('Cost saving (estimate)').textContent()).toMatch(/£60\.00.*£60\.00.*£60\.00/);
    await page.getByRole('button', { name: 'Approve 11 changes' }).click();
    await page.getByRole('heading', { level: 1, name: /All 12 pushes have arrived/ }).waitFor({ timeout: 60_000 });
    await picture(page, 'crm-3-arrived');
  });

  test('an edit made in the CRM is never overwritten: a person chooses per field', async () => {
    await misbehave('edit', 'practice-tave-lens-and-light|WedSync AI requests|99');
    const before = await writes();
    await visit(page, '/crm?period=2026-10');
    await row('Lens & Light', 'Táve').click();
    await detail().getByRole('button', { name: 'Read again' }).click();
    await detail().getByText('Edited in the CRM since our last write').waitFor();
    await picture(page, 'crm-4-conflict');
    expect(await seriousFindings(page)).toEqual([]);
    await field('AI requests').getByText('Keep theirs').click();
    await detail().getByText('Read back: equal').waitFor();
    expect(await writes()).toBe(before);
  });

  test('everything again changes nothing', async () => {
    const before = await writes();
    expect(wedops('crm', 'approve', '--all', '--period', '2026-10')).toEqual({ done: [], refused: [] });
    expect(wedops('crm', 'send', '--period', '2026-10')).toMatchObject({ sent: 0 });
    expect(await writes()).toBe(before);
  });

  test('by night, too, and without serious accessibility findings', async () => {
    page = await journey.open({ scheme: 'dark' });
    await visit(page, '/crm?period=2026-10');
    await row('Castle Mead', 'Táve').click();
    await detail().getByText('Read back: equal').waitFor();
    await picture(page, 'crm-5-dark');
    expect(await seriousFindings(page)).toEqual([]);
    await visit(page, '/crm/vendors');
    expect(await seriousFindings(page)).toEqual([]);
    expect(journey.complaints).toEqual([]);
  });
});
