import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { wedops } from './command.ts';
import { findingsInEveryLook, type Journey, picture, seriousFindings, startJourney, visit } from './journey-kit.ts';

let journey: Journey;
let page: Page;

const head =
  'Date,Supplier,Invoice number,Document type,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
const invoice = (day: string, number: string, net = 100) =>
  `${day},Example Cloud UK Ltd,${number},invoice,Compute,GBP,${net}.00,${net / 5}.00,${net * 1.2}.00,GB,GB713024681`;
/** July breaks the circuit, August is refused for good, September and October come in doubt, one of November is held. */
const costs = [
  head,
  ...Array.from({ length: 8 }, (_, index) => invoice(`2026-07-${10 + index}`, `JUL-${index + 1}`, 100 + 5 * index)),
  invoice('2026-08-31', 'AUG-1', 400),
  invoice('2026-09-30', 'SEP-1', 200),
  invoice('2026-10-31', 'OCT-1', 300),
  invoice('2026-11-02', 'NOV-1', 150),
  '',
].join('\n');

beforeAll(async () => {
  // What waits minutes between two tries waits a second.
  journey = await startJourney('--practice-speed', '600');
  page = await journey.open();
  const file = join(journey.folder, 'costs.csv');
  await writeFile(file, costs);
  await wedops(journey.folder, 'import', 'costs', file);
  await wedops(
    journey.folder,
    'supplier',
    'set',
    'Example Cloud UK Ltd',
    '--country',
    'GB',
    '--vat-number',
    'GB713024681',
  );
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(page, 'systems-failed');
});
afterAll(() => journey?.end());

const dialog = () => page.getByRole('dialog');
const panel = (name: string | RegExp) => page.getByRole('complementary', { name });
const rows = (grid: string): Locator => page.getByRole('grid', { name: grid }).getByRole('row');
const misbehave = (fault: Readonly<Record<string, unknown>>) =>
  fetch(`${journey.sandboxUrl}/_misbehave`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
/**
 * Makes and approves the batch of a month by command, as two people, and begins to send it; `fault` strikes from then on,
 * since preparing asks the ledger too.
 */
async function post(period: string, fault?: Readonly<Record<string, unknown>>): Promise<string> {
  const { batchId } = await wedops<{ batchId: string }>(
    journey.folder,
    ...['export', 'prepare', '--period', period, '--to', 'xero'],
  );
  await wedops(journey.folder, 'export', 'approve', batchId);
  if (fault) await misbehave(fault);
  await wedops(journey.folder, 'export', 'send', batchId, '--no-wait');
  return batchId;
}

/** Nothing is left of what was sent, in doubt or not: the next fault must strike what it is meant for. */
async function everythingArrived(): Promise<void> {
  expect(await wedops(journey.folder, 'queue', 'drain', '--timeout', '150')).toEqual([]);
}

describe('a system from its connection to its worst day', () => {
  test('it is connected through its sign-in page, and a person says which books are meant', async () => {
    await visit(page, '/settings/systems/xero');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('main').getByText('Not connected', { exact: true }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    const opening = page.context().waitForEvent('page');
    await page.getByRole('button', { name: 'Sign in to Xero…' }).click();
    const consent = await opening;
    await consent.getByRole('link', { name: 'Allow access' }).click();
    await consent.getByText('You can close this page').waitFor();
    await consent.close();
    await page.getByRole('radio', { name: 'Bluebell & Co (sample)' }).click();
    await page.getByRole('main').getByText('Connected', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^Confirm/ }).click();
    await picture(page, 'systems-1-connected');
  });

  test('its page says what it needs, what breaks without it, and what it may use', async () => {
    await visit(page, '/systems?system=xero');
    await panel('Xero').getByRole('button', { name: 'Check now' }).click();
    await panel('Xero')
      .getByText(/^Checked: /)
      .waitFor();
    await panel('Xero')
      .getByRole('region', { name: 'What it needs' })
      .getByText(/^Needed for: /)
      .first()
      .waitFor();
    await panel('Xero')
      .getByText(/of 5,000 a day/)
      .waitFor();
    await panel('Xero').getByRole('button', { name: 'Help' }).click();
    await dialog().getByRole('heading', { name: 'Xero', level: 2 }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'systems-2-help');
    await page.keyboard.press('Escape');
  });

  test('when it stops answering its circuit opens, the queue waits, and both say until when', async () => {
    await post('2026-07', { system: 'xero', status: 503, path: 'Invoices', times: 5 });
    await visit(page, '/systems?system=xero');
    await panel('Xero')
      .getByRole('region', { name: 'Circuit' })
      .getByText('Open: resting')
      .first()
      .waitFor({ timeout: 60_000 });
    await panel('Xero').getByText('Down', { exact: true }).waitFor();
    await page.getByRole('heading', { level: 1, name: /Xero not working/ }).waitFor();
    await picture(page, 'systems-3-broken');
    expect(await seriousFindings(page)).toEqual([]);
    await visit(page, '/deliveries?tab=waiting&system=xero');
    await rows('Waiting deliveries')
      .getByText(/Xero rests until \d\d:\d\d:\d\d/)
      .first()
      .waitFor();
  });

  test('all that waits is held and released again, with count and estimate first', async () => {
    await page.getByRole('button', { name: 'Hold all…' }).click();
    await dialog().getByText('Takes about').waitFor();
    await dialog().getByLabel('Reason').fill('Xero is down');
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'systems-4-bulk');
    await dialog()
      .getByRole('button', { name: /^Hold \d+ deliver/ })
      .click();
    await dialog().waitFor({ state: 'hidden' });
    await visit(page, '/deliveries?tab=held&system=xero');
    await page.getByRole('button', { name: 'Release all…' }).click();
    await dialog()
      .getByRole('button', { name: /^Release \d+ deliver/ })
      .click();
    await dialog().waitFor({ state: 'hidden' });
    await page.getByText('No delivery matches this filter.').waitFor();
  });

  test('the circuit tries one, closes, and everything has arrived once', async () => {
    await visit(page, '/systems?system=xero');
    const circuit = panel('Xero').getByRole('region', { name: 'Circuit' });
    await circuit.getByText('Closed').first().waitFor({ timeout: 120_000 });
    await visit(page, '/deliveries?tab=waiting&system=xero');
    await everythingArrived();
    await page.getByText('No delivery matches this filter.').waitFor();
    await visit(page, '/systems?system=xero');
    expect(await circuit.getByRole('list').textContent()).toMatch(/Half open.*Open/);
    await picture(page, 'systems-5-closed');
  });

  test('what was refused for good is a dead letter; with its cause gone it is replayed', async () => {
    await post('2026-08', {
      system: 'xero',
      status: 400,
      method: 'PUT',
      path: 'Invoices',
      times: 1,
      body: { Message: 'Practice refusal' },
    });
    await visit(page, '/deliveries?tab=dead');
    await rows('Dead deliveries').nth(1).click();
    const letter = panel(/^Delivery/);
    await letter.getByText('Dead', { exact: true }).waitFor();
    await letter
      .getByRole('region', { name: 'Attempts' })
      .last()
      .getByText(/rejected/)
      .waitFor();
    await letter.getByRole('region', { name: 'Request, secrets masked' }).locator('pre').waitFor();
    expect(await letter.textContent()).not.toMatch(/Bearer (?!•|\*)/);
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'systems-6-dead');
    await page.keyboard.press('y');
    await letter.getByText('Accepted', { exact: true }).first().waitFor();
    await everythingArrived();
  });

  test('a bill that was held is gone on with from its batch, once what it was held for is put right', async () => {
    await visit(page, '/systems?system=xero');
    await page.keyboard.press('o');
    await dialog().getByLabel('Reason').fill('The account is being renamed');
    await dialog().getByRole('button', { name: 'Pause (keep queuing)' }).click();
    await panel('Xero').getByText('Paused', { exact: true }).first().waitFor();
    const batchId = await post('2026-11');
    await visit(page, '/deliveries?tab=waiting&system=xero');
    await rows('Waiting deliveries').nth(1).click();
    await panel(/^Delivery/)
      .getByRole('button', { name: 'Hold…' })
      .click();
    await dialog().getByLabel('Reason').fill('The account is being renamed');
    await dialog().getByRole('button', { name: 'Hold it' }).click();
    await dialog().waitFor({ state: 'detached' });
    await visit(page, '/systems?system=xero');
    await panel('Xero').getByRole('button', { name: 'Switch on…' }).click();
    await dialog().getByRole('button', { name: 'Switch on' }).click();
    await dialog().waitFor({ state: 'detached' });
    const again = page.getByRole('button', { name: 'Try again now' });
    const findings = await findingsInEveryLook(page, 'systems-held', async () => {
      await visit(page, `/exports/batches/${batchId}`);
      if (!(await again.isVisible())) await rows('Documents of this batch').nth(1).click();
      await again.scrollIntoViewIfNeeded();
    });
    expect(findings).toEqual([]);
    await again.click();
    await rows('Documents of this batch').getByText('Verified').first().waitFor();
    await everythingArrived();
  });

  test('whose answer was lost twice is in doubt: never tried again by itself, but looked up when a person says so', async () => {
    const doubt = await inDoubt('2026-09');
    expect(await doubt.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'systems-7-doubt');
    await doubt.getByRole('button', { name: 'Check in Xero' }).click();
    await doubt.getByText('Accepted', { exact: true }).first().waitFor();
    await doubt.getByRole('region', { name: 'Attempts' }).last().getByText('Looked up').first().waitFor();
    await everythingArrived();
  });

  test('or a person has looked there and decides', async () => {
    const doubt = await inDoubt('2026-10');
    await doubt.getByRole('button', { name: 'Decide…' }).click();
    await dialog().getByRole('radio', { name: 'It does not exist there' }).check();
    await dialog().getByLabel('Reason').fill('Looked in Xero: no such bill');
    expect(await seriousFindings(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Record the decision' }).click();
    await doubt.getByText('Accepted', { exact: true }).first().waitFor();
  });

  test('signed out, the weekend screen says so and leads to where it is connected again', async () => {
    await misbehave({ system: 'xero', status: 401, times: 1_000 });
    await visit(page, '/systems?system=xero');
    await panel('Xero').getByRole('button', { name: 'Check now' }).click();
    await panel('Xero').getByText('Signed out', { exact: true }).waitFor();
    const reconnect = page.getByRole('link', { name: 'Xero Signed out: reconnect' });
    const findings = await findingsInEveryLook(page, 'systems-signed-out', async () => {
      await visit(page, '/weekend');
      await reconnect.scrollIntoViewIfNeeded();
    });
    expect(findings).toEqual([]);
    await reconnect.click();
    await page.waitForURL(/#\/settings\/systems\/xero/);
    await page.getByText('Xero', { exact: true }).first().waitFor();
    await picture(page, 'systems-signed-out-settings');
  });
});

/** A bill whose answer was lost when it was sent and when, after searching, it was sent once more; its panel. */
async function inDoubt(period: string): Promise<Locator> {
  await post(period, { system: 'xero', fault: 'reset-before', method: 'PUT', path: 'Invoices', times: 2 });
  await visit(page, '/deliveries?tab=in_doubt');
  await rows('In doubt deliveries').nth(1).click();
  const doubt = panel(/^Delivery/);
  await doubt.getByText('It may exist on the other side.').waitFor();
  await doubt.getByRole('button', { name: 'Check in Xero' }).waitFor();
  return doubt;
}

describe('steering', () => {
  test('a paused system keeps queuing, says so, and sends when it is on again', async () => {
    await visit(page, '/systems?system=slack');
    await page.keyboard.press('o');
    await dialog().getByLabel('Reason').fill('Changing the channel');
    await dialog().getByRole('button', { name: 'Pause (keep queuing)' }).click();
    await panel('Slack').getByText('Paused', { exact: true }).first().waitFor();
    await wedops(
      journey.folder,
      ...['alert', 'raise', '--severity', 'warning', '--title', 'Gallery slow', '--no-wait'],
    );
    await visit(page, '/deliveries?tab=waiting&system=slack');
    await rows('Waiting deliveries').getByText('Held: Slack is paused').first().waitFor();
    await picture(page, 'systems-8-paused');
    await visit(page, '/systems?system=slack');
    await panel('Slack').getByRole('button', { name: 'Switch on…' }).click();
    await dialog().getByRole('button', { name: 'Switch on' }).click();
    await visit(page, '/deliveries?tab=done&system=slack');
    await rows('Done deliveries').getByText('Accepted').first().waitFor();
  });

  test('a sender is set up with its secret; what is not authentic is counted with its reason, what is comes in', async () => {
    await visit(page, '/systems?tab=senders&sender=standard-webhooks');
    const sender = panel('Standard Webhooks');
    const secret = Buffer.from('a secret of this journey').toString('base64');
    await sender.getByLabel('New secret').fill(`whsec_${secret}`);
    await sender.getByRole('button', { name: 'Save the sender' }).click();
    await sender.getByText('Two secrets are valid').waitFor();
    const address = await sender.locator('code').first().textContent();
    const send = (key: string) => signed(String(address), key);
    expect(await send(Buffer.from('somebody else').toString('base64'))).toBe(401);
    expect(await send(secret)).toBe(200);
    await sender.getByRole('list', { name: 'Last events' }).getByRole('listitem').first().waitFor({ timeout: 30_000 });
    await sender.getByText(/The signature does not fit/).waitFor();
    await sender.getByRole('button', { name: 'Forget the old secret' }).click();
    await sender.getByText('Two secrets are valid').waitFor({ state: 'hidden' });
    expect(await page.content()).not.toContain(secret);
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'systems-9-sender');
  });
});

/** Posts one event as Standard Webhooks signs it; answers with the status. */
async function signed(address: string, key: string): Promise<number> {
  const [id, at] = [`msg_${key.length}`, String(Math.floor(Date.now() / 1_000))];
  const body = JSON.stringify({ title: 'Journey', severity: 'info', key: 'journey' });
  const mark = createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${at}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': at,
    'webhook-signature': `v1,${mark}`,
  };
  return (await fetch(address, { method: 'POST', headers, body })).status;
}
