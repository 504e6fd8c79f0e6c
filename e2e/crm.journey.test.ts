import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { wedopsProgram } from '../src-main/testing/wedops-program.ts';
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
  const run = spawnSync(process.execPath, [wedopsProgram, ...words, '--data', journey.folder, '--json', '--quiet'], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(run.stdout);
}
const detail = () => page.getByRole('complementary', { name: 'Push detail' });
const row = (text: string, crm: string): Locator =>
  page.getByRole('grid', { name: 'CRM pushes' }).getByRole('row').filter({ hasText: text }).filter({ hasText: crm });
const field = (name: string) => detail().getByRole('row').filter({ hasText: name }).first();
const writes = async () => {
  const ask = () => fetch(`${journey.sandboxUrl}/_received?system=tave`);
  const received = (await (await ask().catch(ask)).json()) as { method: string; path: string }[];
  return received.filter(({ method, path }) => method !== 'GET' && !path.includes('/rest-hook')).length;
};
const misbehave = (fault: string, value: string) =>
  fetch(`${journey.sandboxUrl}/_misbehave`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ system: 'tave', fault, value }),
  });

const press = (body: object) =>
  fetch(`${journey.sandboxUrl}/_press?system=tave`, { method: 'POST', body: JSON.stringify(body) });

interface Contact {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly modified: string;
  readonly customFields: readonly { fieldId: string; value: string | null }[];
}
/** A vendor's whole studio, asked at the vendor's own API: our record by field name, and everybody else's as it stands. */
async function studio(vendorId: string) {
  const once = async (path: string) => {
    const headers = { 'x-api-key': `practice-tave-${vendorId}`, accept: 'application/json' };
    const reply = await fetch(`${journey.sandboxUrl}/workspace.vsco.co/api/v2${path}`, { headers });
    return (await reply.json()) as { items: unknown[] };
  };
  // A connection kept open is closed by the other side while a command blocks this process.
  const ask = (path: string) => once(path).catch(() => once(path));
  const fields = (await ask('/custom-field?canApplyTo=contact')).items as { id: string; name: string }[];
  const contacts = (await ask('/address-book')).items as Contact[];
  const [own] = contacts.filter(({ kind }) => kind === 'company');
  const nameOf = (id: string) => fields.find((one) => one.id === id)?.name ?? id;
  return {
    own: Object.fromEntries((own?.customFields ?? []).map(({ fieldId, value }) => [nameOf(fieldId), value])),
    others: contacts.filter(({ id }) => id !== own?.id),
  };
}
interface Preview {
  readonly vendorId: string;
  readonly crm: string;
  readonly state: string;
  readonly fields: readonly { key: string; next: string }[];
}
const fieldName: Readonly<Record<string, string>> = {
  ai_requests: 'WedSync AI requests',
  minutes_saved: 'WedSync AI minutes saved',
  cost_savings_gbp: 'WedSync AI cost savings GBP',
  revenue_impact_gbp: 'WedSync AI revenue impact GBP',
  clients_retained: 'WedSync AI clients kept',
  efficiency_gain_pct: 'WedSync AI efficiency gain %',
  peak_share: 'WedSync AI weekend share',
  peak_season_readiness: 'WedSync AI season readiness %',
  period: 'WedSync AI period',
};
/** What an approved preview leaves in the studio: its fields, our reference, and nothing more. */
const expected = (preview: Preview | undefined) => ({
  ...Object.fromEntries((preview?.fields ?? []).map(({ key, next }) => [fieldName[key] ?? key, next])),
  'WedSync AI push ref': expect.stringMatching(/^psh_/) as unknown,
});
const ofTave = (previews: readonly Preview[]) => previews.filter(({ crm }) => crm === 'tave');
let approved: Preview[] = [];

describe('from AI usage to the vendor’s own CRM', () => {
  test('by command: the studios hold the approved preview field by field, nothing else changed, and a repeat writes nothing', async () => {
    await press({ key: 'practice-tave-lens-and-light', kind: 'person', name: 'A client of their own' });
    const { others } = await studio('lens-and-light');
    expect(others).toHaveLength(1);
    expect(wedops('import', 'usage', 'resources/practice/usage/usage-2026-09.csv')).toMatchObject({ rejected: [] });
    const previews = ofTave(wedops('crm', 'preview', '--period', '2026-09') as Preview[]);
    expect(previews.length).toBeGreaterThan(3);
    expect(await writes()).toBe(0);
    expect(wedops('crm', 'send', '--period', '2026-09')).toMatchObject({ sent: 0 });
    expect(wedops('crm', 'approve', '--all', '--period', '2026-09')).toMatchObject({ refused: [] });
    const sent = wedops('crm', 'send', '--period', '2026-09') as { sent: number; delivered: number };
    expect(sent.delivered).toBe(sent.sent);
    for (const preview of previews) expect((await studio(preview.vendorId)).own).toEqual(expected(preview));
    expect((await studio('lens-and-light')).others).toEqual(others);
    const count = await writes();
    expect(wedops('import', 'usage', 'resources/practice/usage/usage-2026-09.csv')).toMatchObject({ imported: 0 });
    expect(wedops('crm', 'preview', '--period', '2026-09')).toHaveLength(sent.sent);
    expect(wedops('crm', 'approve', '--all', '--period', '2026-09')).toEqual({ done: [], refused: [] });
    expect(wedops('crm', 'send', '--period', '2026-09')).toMatchObject({ sent: 0 });
    expect(await writes()).toBe(count);
  }, 240_000);

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
    const before = await writes();
    await visit(page, '/crm?period=2026-10');
    await page.getByRole('button', { name: 'Prepare October 2026' }).click();
    await row('Lens & Light', 'Táve').waitFor();
    await page
      .getByRole('heading', { level: 1, name: /12 pushes wait for you: 12 change something, 0 conflicts/ })
      .waitFor();
    await row('Lens & Light', 'Táve').click();
    expect(await field('AI requests').textContent()).toContain('25');
    expect(await field('Cost saving (estimate)').textContent()).toContain('24 × £2.50');
    await detail().getByRole('button', { name: 'Add a note to the vendor…' }).click();
    await page.getByRole('textbox', { name: 'Note' }).fill('Thank you for a good month.');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await detail().getByText('Note to the vendor: Thank you for a good month.').waitFor();
    await picture(page, 'crm-2-preview');
    expect(await seriousFindings(page)).toEqual([]);
    approved = (wedops('crm', 'preview', '--period', '2026-10') as Preview[]).filter(({ crm }) => crm === 'tave');
    expect(await writes()).toBe(before);
  });

  test('approved by key, it is sent and read back equal, field by field', async () => {
    await page.getByRole('grid', { name: 'CRM pushes' }).focus();
    await page.keyboard.press('a');
    await detail().getByText('Read back: equal').waitFor();
    expect(await field('Cost saving (estimate)').textContent()).toMatch(/£60\.00.*£60\.00.*£60\.00/);
    await page.getByRole('button', { name: 'Approve 11 changes' }).click();
    await page.getByRole('heading', { level: 1, name: /All 12 pushes have arrived/ }).waitFor({ timeout: 60_000 });
    await picture(page, 'crm-3-arrived');
    for (const preview of approved) expect((await studio(preview.vendorId)).own).toEqual(expected(preview));
    const { others } = await studio('lens-and-light');
    expect(others.map(({ name }) => name)).toEqual(['A client of their own']);
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

  test('usage is fetched from WedSync behind its cursor; the figures’ settings stand beside their formulas; a vendor has a history', async () => {
    await visit(page, '/crm?period=2026-10');
    await page.getByRole('button', { name: 'Fetch usage' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('60 records imported').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    expect(wedops('crm', 'usage', 'fetch')).toMatchObject({ imported: 0, imports: [] });
    await visit(page, '/crm/figures');
    await page.getByRole('textbox', { name: 'What that time is worth, in pounds' }).fill('three');
    await page.getByText('A decimal number of zero or more').waitFor();
    await page.getByRole('textbox', { name: 'What that time is worth, in pounds' }).fill('3.00');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await picture(page, 'crm-7-figures');
    expect(await seriousFindings(page)).toEqual([]);
    await visit(page, '/crm/vendors');
    await page.getByRole('row').filter({ hasText: 'Lens & Light' }).getByRole('button', { name: 'History…' }).click();
    await page.getByRole('dialog').getByRole('row').filter({ hasText: 'October 2026' }).waitFor();
    await picture(page, 'crm-8-history');
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  test('a new client in a vendor’s studio: it calls, and an automatic vendor’s figures are there well within three minutes (V7)', async () => {
    expect(wedops('crm', 'watch', 'castle-mead', '--crm', 'tave')).toMatchObject({
      mappings: [expect.objectContaining({ crm: 'tave', watchesClients: true })],
    });
    expect(wedops('import', 'usage', 'resources/practice/usage/usage-2026-11.csv')).toMatchObject({ duplicates: 0 });
    wedops('crm', 'automatic', 'castle-mead', '--crm', 'tave', '--ceiling', '1000', '--reason', 'They asked for it');
    expect((await studio('castle-mead')).own['WedSync AI period']).toBe('2026-10');
    await press({ key: 'practice-tave-castle-mead', kind: 'person', name: 'A new client' });
    // A studio counts our own looks as well.
    const shown = async () => (await studio('castle-mead')).own['WedSync AI period'];
    await expect.poll(shown, { timeout: 60_000, interval: 2_500 }).toBe('2026-11');
    await visit(page, '/crm?period=2026-11');
    await row('Castle Mead', 'Táve').click();
    await detail().getByText('Read back: equal').waitFor();
    await picture(page, 'crm-6-new-client');
  }, 120_000);

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
