import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOwnerRecord } from '../../src-main/platform/owner-lock.ts';
import type { AlertView } from '../../src-shared/contract/alerts.ts';
import { TOKEN_HEADER } from '../../src-shared/contract/host-bridge.ts';
import { wedops } from '../command.ts';
import { type Desktop, isBuilt, startDesktop, until } from './desktop.ts';

interface State {
  trays: { labels: string[] }[];
  notifications: { title: string; body: string; shown: boolean; actions?: { text: string }[] }[];
}

if (!isBuilt()) throw new Error('Run "npm run build" first: the journey runs what was built');

let folder: string;
let desktop: Desktop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-acknowledge-'));
  desktop = startDesktop(folder, ['--empty', '--practice']);
  await until(
    () => desktop.evaluate<string>('document.body.innerText').catch(() => ''),
    (text) => text.includes('Bluebell & Co (sample)'),
  );
  await neverQuiet();
});
afterAll(async () => {
  desktop.kill();
  await rm(folder, { recursive: true, force: true });
});

/** This runs at night as well, when a person's notifications are held unless a wedding day is on. */
async function neverQuiet(): Promise<void> {
  const owner = await readOwnerRecord(folder);
  const answered = await fetch(`${owner?.url}/rpc/alerts/setQuietHours`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [TOKEN_HEADER]: owner?.token ?? '' },
    body: JSON.stringify({ json: { organisationId: 'bluebell', hours: null } }),
  });
  expect(answered.status).toBe(200);
}
const state = () => desktop.ask<State>('state');
const raise = (title: string) =>
  wedops<AlertView>(folder, 'alert', 'raise', '--severity', 'emergency', '--title', title, '--no-wait');
const show = (reference: string) => wedops<AlertView>(folder, 'alert', 'show', reference);
/** Who took it, and what the other sides were told of it. */
async function taken(reference: string) {
  await until(
    () => show(reference),
    ({ state: now, deliveries }) => now === 'acknowledged' && deliveries.every((each) => each.state !== 'waiting'),
  );
  const { timeline, deliveries } = await show(reference);
  return {
    entries: timeline.flatMap(({ kind, actor, channel }) =>
      kind === 'acknowledged' ? [`${actor} by ${channel}`] : [],
    ),
    told: deliveries.flatMap(({ kind, channel }) => (kind === 'acknowledged' ? [channel] : [])).sort(),
  };
}

test('from the tray: one entry, one message for each other side', async () => {
  const { reference } = await raise('Payment webhook silent');
  const [tray] = (
    await until(state, ({ trays }) => trays[0]?.labels.some((label) => label.startsWith(reference)) === true)
  ).trays;
  expect(tray?.labels).toContain(`${reference} Emergency · Payment webhook silent`);
  await desktop.ask('trayMenu', `Acknowledge ${reference}`);
  expect(await taken(reference)).toEqual({ entries: ['Alex Morgan by tray'], told: ['pagerduty', 'slack', 'webhook'] });
  await until(state, ({ trays }) => trays[0]?.labels.every((label) => !label.startsWith(reference)) === true);
});

test('from the notification: the same, and it says who has it; pressed again nothing more happens', async () => {
  const { reference } = await raise('AI gallery down');
  const mine = (all: State['notifications']) => all.findIndex(({ body }) => body.includes(reference));
  const { notifications } = await until(state, (now) => mine(now.notifications) >= 0);
  const at = mine(notifications);
  expect(notifications[at]).toMatchObject({ shown: true, actions: [{ text: 'Acknowledge' }] });
  expect(notifications[at]?.title).toBe('Emergency: AI gallery down');
  await desktop.ask('pressNotification', at);
  await desktop.ask('pressNotification', at);
  expect(await taken(reference)).toEqual({
    entries: ['Alex Morgan by notification'],
    told: ['pagerduty', 'slack', 'webhook'],
  });
  await until(state, (now) =>
    now.notifications.some(({ title, shown }) => shown && title === 'Acknowledged by Alex Morgan'),
  );
  expect((await state()).notifications[at]?.shown).toBe(false);
});
