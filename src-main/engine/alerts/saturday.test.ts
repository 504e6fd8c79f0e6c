import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SendAlert } from '../../../src-shared/domain/alert/message.ts';
import { defaultRouting, ON_CALL, type RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { putOpsSetting } from '../../store/repositories/weddings.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { Notice } from '../engine.ts';
import { createEvents } from '../events.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { readWeddingsCsv } from '../weekend/read-table.ts';
import { createWeekend, type Weekend } from '../weekend/weekend.ts';
import { type Actor, type Alerts, createAlerts } from './index.ts';
import { createProbes } from './probes.ts';

const org = 'bluebell';
const sam: Actor = { personId: 'sam', name: 'Sam Okafor', channel: 'slack', correlationId: 'c' };
const atTheDesk: Actor = { ...sam, channel: 'window' };
const pagerduty: Actor = { personId: null, name: 'Sam Okafor', channel: 'pagerduty', correlationId: 'c' };
const datadog: Actor = { personId: null, name: 'datadog', channel: 'webhook', correlationId: 'c' };

const place = (id: string, channel: RoutingConfig['failover'][number], personId: string | null = null) => {
  return { id, channel, name: id, address: id, personId };
};
const routing: RoutingConfig = {
  ...defaultRouting,
  destinations: [
    place('#wedding-ops', 'slack'),
    place('desk', 'email'),
    place('management', 'email'),
    place('service', 'pagerduty'),
    place('status page', 'webhook'),
    place('Ellis', 'sms', 'ellis'),
  ],
  usual: { slack: ['#wedding-ops'], email: ['desk'], pagerduty: ['service'], webhook: ['status page'], sms: [ON_CALL] },
  management: ['management'],
  rota: { people: ['ellis'], startsOn: '2026-01-05', handoverAt: '09:00', shiftDays: 7, overrides: [] },
};

/** 23 weddings on one Saturday: the first at 10:30, at The Barn at 14:00. */
const calendar = [
  'date,time,venue,region,reference,couple',
  '2026-11-21,14:00,The Barn,Surrey,WS-BARN,Zebedee & Quill',
  ...Array.from({ length: 22 }, (_, index) => {
    const time = `${10 + Math.floor(index / 3)}:30`;
    return `2026-11-21,${time},Venue ${index},Kent,WS-${index},Zebedee & Quill`;
  }),
  '',
].join('\n');

const everybody = [
  'email desk',
  'email management',
  'pagerduty service',
  'slack #wedding-ops',
  'sms Ellis',
  'webhook status page',
];

let folder: string;
let store: Store;
const runtime = testRuntime('2026-11-20T11:00:00Z');
let outbox: Outbox;
let weekend: Weekend;
let alerts: Alerts;
const sent: { system: string; to: string; message: SendAlert['message'] }[] = [];
const shown: Notice[] = [];
const removed: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saturday-'));
  store = await openStore({ folder, runtime });
  const events = createEvents();
  outbox = createOutbox({
    store,
    runtime,
    events,
    deliverer: {
      limits: () => ({ concurrency: 8 }),
      idempotency: () => 'none',
      async deliver(job) {
        const { message, to } = SendAlert.parse(job.payload);
        sent.push({ system: job.system, to: to.id, message });
        return { vendorId: 'v' };
      },
      find: async () => null,
    },
  });
  const audit = async () => undefined;
  weekend = createWeekend({ store, runtime, audit, publish: events.publish });
  alerts = createAlerts({
    store,
    runtime,
    audit,
    publish: events.publish,
    weekend,
    enqueue: outbox.enqueue,
    notices: { show: (notice) => void shown.push(notice), remove: (key) => void removed.push(key) },
    probes: createProbes({
      store,
      clock: runtime.clock,
      dataFolder: folder,
      weekend,
      health: async () => [],
      clockAhead: () => 20,
      notifications: () => true,
      staysAwake: null,
    }),
    planned: true,
    ping: async () => undefined,
  });
  for (const system of alerts.systems) outbox.onSettled({ system, action: alerts.action }, alerts.onSettled);
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute();
    for (const system of alerts.systems) {
      const row = { id: `${org}/${system}`, organisation_id: org, system, created_at: 0, updated_at: 0 };
      await tx.insertInto('connection').values(row).execute();
    }
  });
  await alerts.routing.save(org, routing, atTheDesk);
  await weekend.importWeddings(org, readWeddingsCsv(calendar, { zone: 'Europe/London' }));
  await outbox.start();
});
afterAll(async () => {
  const done = outbox.stop();
  await runtime.clock.advance(20_000);
  await done;
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 8_000;
  while (performance.now() < deadline) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('It never came to that');
}

/** The clock on the wall stands there, and what is due is done. */
async function comes(instant: string): Promise<void> {
  runtime.clock.jump(Date.parse(instant) - runtime.clock.now());
  await alerts.tick(org);
}
const get = (id: string) => alerts.views.get(org, id);
const settled = (id: string) => until(async () => (await get(id)).deliveries.every(({ state }) => state !== 'waiting'));
const told = (kind: string) =>
  sent
    .filter(({ message }) => message.kind === kind)
    .map(({ system, to }) => `${system} ${to}`)
    .sort();

test('a wedding weekend: pre-flight, an alert nobody takes, one press in Slack, its report, Monday’s, and a quiet Tuesday', async () => {
  const heartbeat = JSON.stringify({ url: 'https://watch.example/beat' });
  const backup = JSON.stringify({ at: runtime.clock.now(), bytes: 1 });
  await store.transaction(async (tx) => {
    await putOpsSetting(tx, org, 'heartbeat', heartbeat, runtime.clock.now());
    await putOpsSetting(tx, org, 'last-backup', backup, runtime.clock.now());
  });
  await alerts.tick(org);

  // Friday: the sheet is green, and the mode begins at 18:00.
  await comes('2026-11-20T12:00:00Z');
  await until(async () => (await alerts.desk.lastSheet(org)) !== null);
  await comes('2026-11-20T17:30:00Z');
  await until(async () => (await alerts.desk.lastSheet(org))?.at === Date.parse('2026-11-20T17:30:00Z'));
  const sheet = await alerts.desk.lastSheet(org);
  expect(sheet?.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(sheet).toMatchObject({ ok: true, by: 'console' });
  expect(told('test')).toHaveLength(10);
  const mode = async () => (await weekend.result(org, runtime.clock.now())).weddingDay.active;
  await comes('2026-11-20T17:59:59Z');
  expect(await mode()).toBe(false);
  await comes('2026-11-20T18:00:00Z');
  expect(await mode()).toBe(true);

  // Saturday 13:50.
  await comes('2026-11-21T13:50:00Z');
  expect((await alerts.weekendView(org, false)).answer).toMatchObject({
    value: 'safe',
    sentence: 'Safe. Nothing needs you; 23 weddings today.',
  });
  const report = { source: 'datadog', severity: 'warning', title: 'AI gallery slow', venues: ['The Barn'] };
  const { alertId: id } = await alerts.raise(org, report, datadog);
  await settled(id);
  expect(await get(id)).toMatchObject({
    severity: 'critical',
    reportedSeverity: 'warning',
    weddingsToday: 23,
    weddingsAffected: 1,
    venues: [{ name: 'The Barn', region: 'Surrey' }],
    nextCeremonies: [{ at: '2026-11-21T14:00:00.000Z', venue: 'The Barn', region: 'Surrey', reference: 'WS-BARN' }],
    peakHours: true,
    next: { what: 'escalates', at: '2026-11-21T13:52:30.000Z' },
  });
  expect(told('firing')).toEqual(everybody);
  expect(sent.find(({ message }) => message.kind === 'firing')?.message).toMatchObject({
    weddingsToday: 23,
    peakHours: true,
    saturday: true,
    weddingDay: true,
  });
  const notice = {
    key: `alert:${id}`,
    title: 'Critical: AI gallery slow',
    body: '23 weddings today · A-1001',
    urgent: true,
  };
  expect(shown).toEqual([expect.objectContaining(notice)]);

  // Nobody acts for two and a half minutes.
  await comes('2026-11-21T13:52:29.999Z');
  expect((await get(id)).state).toBe('firing');
  await comes('2026-11-21T13:52:30Z');
  expect(await get(id)).toMatchObject({ state: 'escalated', step: 1 });
  await settled(id);
  // On a Saturday the others hear of it as well.
  expect(told('escalated')).toEqual(everybody);
  expect(shown).toHaveLength(2);

  // One press in Slack, which arrives twice; PagerDuty answers with an echo.
  await comes('2026-11-21T13:53:00Z');
  await alerts.acknowledge(org, id, { note: '', forMs: null }, sam);
  await alerts.acknowledge(org, id, { note: '', forMs: null }, sam);
  await settled(id);
  await alerts.acknowledge(org, id, { note: '', forMs: null }, pagerduty);
  await settled(id);
  const { timeline, owner } = await get(id);
  expect(owner).toBe('Sam Okafor');
  expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toMatchObject([
    { at: '2026-11-21T13:53:00.000Z', actor: 'Sam Okafor', channel: 'slack' },
  ]);
  // Slack's own message is edited, so that it shows who has it.
  expect(told('acknowledged')).toEqual(['pagerduty service', 'slack #wedding-ops', 'webhook status page']);

  // The steps are done, and it is over.
  const steps = (await get(id)).recovery?.steps ?? [];
  expect(steps.length).toBeGreaterThan(1);
  await comes('2026-11-21T14:01:00Z');
  for (const step of steps) await alerts.tickStep(org, id, step.id, atTheDesk);
  await comes('2026-11-21T14:04:00Z');
  await alerts.resolve(org, id, 'Provider recovered', atTheDesk);
  await settled(id);
  expect(told('escalated')).toHaveLength(6);
  expect(told('resolved')).toEqual(everybody.filter((each) => each !== 'sms Ellis'));
  expect(new Set(removed)).toEqual(new Set([`alert:${id}`]));
  const { text } = await alerts.views.report(org, [id]);
  expect(text).toContain('A-1001 AI gallery slow');
  expect(text).toContain('critical (raised from warning: wedding day)');
  expect(text).toContain('by Sam Okafor, after 3 min');
  expect(text).toContain('after 14 min');
  expect(text).toContain('Escalated to step 1');
  expect(text).toContain('Provider recovered');
  for (const step of steps) expect(text).toContain(`- [x] ${step.text}`);

  // Monday 07:00: to the desk and the management, once.
  await comes('2026-11-23T06:59:59Z');
  expect(told('notice')).toEqual([]);
  await comes('2026-11-23T07:00:00Z');
  await until(() => told('notice').length === 2);
  await comes('2026-11-23T07:00:30Z');
  expect(told('notice')).toEqual(['email desk', 'email management']);
  const monday = sent.find(({ message }) => message.kind === 'notice')?.message;
  expect(monday).toMatchObject({ subject: 'Weekend report 2026-11-20: 1 alerts, 0 open' });
  expect(JSON.stringify(monday)).toContain('23 weddings; 1 alerts (0 emergency, 1 critical');
  expect(JSON.stringify(monday)).toContain('resolved after 14 min');

  // Tuesday: an info is for Slack alone.
  await comes('2026-11-24T13:50:00Z');
  sent.length = 0;
  await settled((await alerts.raise(org, { ...report, severity: 'info', key: 'tuesday' }, datadog)).alertId);
  await comes('2026-11-24T14:50:00Z');
  expect(told('firing')).toEqual(['slack #wedding-ops']);
  expect(sent).toHaveLength(1);
  expect(JSON.stringify(sent)).not.toMatch(/Zebedee|Quill/);
});
