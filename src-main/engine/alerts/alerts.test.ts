import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SendAlert } from '../../../src-shared/domain/alert/message.ts';
import { defaultRouting, type RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import { Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../store/open.ts';
import { testIds, testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import type { Notice } from '../engine.ts';
import { createEvents } from '../events.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { readWeddingsCsv } from '../weekend/read-table.ts';
import { createWeekend, type Weekend } from '../weekend/weekend.ts';
import { type Actor, type Alerts, createAlerts } from './index.ts';

const SATURDAY = '2026-11-21T13:50:00Z';
const TUESDAY = '2026-11-24T13:50:00Z';
const MIN = 60_000;
const alex: Actor = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c' };
const viaSlack: Actor = { ...alex, personId: 'sam', name: 'Sam Okafor', channel: 'slack' };
const pagerduty: Actor = { personId: null, name: 'pagerduty', channel: 'pagerduty', correlationId: 'c' };
const datadog: Actor = { personId: null, name: 'datadog', channel: 'webhook', correlationId: 'c' };

const place = (id: string, channel: RoutingConfig['failover'][number], personId: string | null = null) => ({
  id,
  channel,
  name: id,
  address: id,
  personId,
});
const routing: RoutingConfig = {
  ...defaultRouting,
  destinations: [
    place('ops', 'slack'),
    place('desk', 'email'),
    place('boss', 'email'),
    place('pd', 'pagerduty'),
    place('hook', 'webhook'),
    place('ellis', 'sms', 'ellis'),
  ],
  usual: { slack: ['ops'], email: ['desk'], pagerduty: ['pd'], webhook: ['hook'], sms: ['on-call'] },
  management: ['boss'],
  rota: { people: ['ellis'], startsOn: '2026-01-05', handoverAt: '09:00', shiftDays: 7, overrides: [] },
};

const kentToBoss = { id: 'kent', regions: ['Kent'], venues: [], destinations: ['boss'], instead: true };

let store: Store;
let runtime: ReturnType<typeof testRuntime>;
let outbox: Outbox;
let weekend: Weekend;
let alerts: Alerts;
let sent: { system: string; message: SendAlert['message']; to: string }[];
let notices: Notice[];
let noticesRemoved: string[];
let audited: AuditInput[];
let answer: (job: OutboxJob) => Promise<{ vendorId: string }>;
let org = '';
let count = 0;

beforeAll(async () => {
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'alerts-')), runtime: testRuntime() });
});
afterAll(() => store.close());

async function begin(at: string): Promise<void> {
  org = `org-${++count}`;
  runtime = { ...testRuntime(at), ids: testIds(org) };
  sent = [];
  notices = [];
  noticesRemoved = [];
  audited = [];
  answer = async () => ({ vendorId: 'v' });
  const events = createEvents();
  outbox = createOutbox({
    store,
    runtime,
    events,
    deliverer: {
      limits: () => ({ concurrency: 8 }),
      idempotency: () => 'none',
      deliver(job) {
        const { message, to } = SendAlert.parse(job.payload);
        // Left over from a test before: its organisation is another one.
        if (job.organisationId !== org) return Promise.resolve({ vendorId: 'v' });
        sent.push({ system: job.system, message, to: to.id });
        return answer(job);
      },
      find: async () => null,
    },
  });
  const audit = async (_tx: unknown, input: AuditInput) => void audited.push(input);
  weekend = createWeekend({ store, runtime, audit, publish: events.publish });
  alerts = createAlerts({
    store,
    runtime,
    audit,
    publish: events.publish,
    weekend,
    enqueue: outbox.enqueue,
    notices: { show: (notice) => void notices.push(notice), remove: (key) => void noticesRemoved.push(key) },
    probes: [],
    planned: false,
    ping: null,
  });
  for (const system of alerts.systems) outbox.onSettled({ system, action: alerts.action }, alerts.onSettled);
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute();
    for (const system of alerts.systems) {
      const row = { id: `${org}/${system}`, organisation_id: org, system, created_at: 0, updated_at: 0 };
      await tx.insertInto('connection').values(row).execute();
    }
  });
  await alerts.routing.save(org, routing, alex);
  await weekend.importWeddings(
    org,
    readWeddingsCsv(
      'date,time,venue,region,reference,couple\n2026-11-21,14:00,The Barn,Surrey,WS-1,Zebedee & Quill\n2026-11-21,15:00,Hall Farm,Kent,WS-2,Quill & Zebedee\n2026-11-24,10:00,Nowhere,Kent,WS-3,X\n',
      { zone: 'Europe/London' },
    ),
  );
  await outbox.start();
}
beforeEach(() => begin(SATURDAY));
afterEach(async () => {
  const done = outbox.stop();
  await runtime.clock.advance(20_000);
  await done;
});

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 4_000;
  while (performance.now() < deadline) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('It never came to that');
}
const raise = async (over: object = {}, actor = datadog) =>
  (
    await alerts.raise(
      org,
      { source: 'datadog', severity: 'warning', title: 'AI gallery slow', venues: ['The Barn'], ...over },
      actor,
    )
  ).alertId;
const get = (id: string) => alerts.views.get(org, id);
const kinds = async (id: string) => (await get(id)).timeline.map((each) => each.kind);
const settled = (id: string) => until(async () => (await get(id)).deliveries.every((each) => each.state !== 'waiting'));
const systemsOf = (kind: string) =>
  sent
    .filter((each) => each.message.kind === kind)
    .map((each) => each.system)
    .sort();
async function pass(ms: number): Promise<void> {
  await runtime.clock.advance(ms);
  await alerts.tick(org);
}

describe('telling', () => {
  test('a Saturday warning is enriched, raised one step and told on every channel, management included', async () => {
    const id = await raise();
    await settled(id);
    const alert = await get(id);
    expect(alert).toMatchObject({
      reference: 'A-1001',
      severity: 'critical',
      reportedSeverity: 'warning',
      weddingsToday: 2,
      weddingsAffected: 1,
      peakHours: true,
    });
    expect(alert.venues).toEqual([{ name: 'The Barn', region: 'Surrey' }]);
    expect(alert.nextCeremonies).toEqual([
      { at: '2026-11-21T14:00:00.000Z', venue: 'The Barn', region: 'Surrey', reference: 'WS-1' },
    ]);
    expect(sent.map((each) => each.to).sort()).toEqual(['boss', 'desk', 'ellis', 'hook', 'ops', 'pd']);
    expect(alert.toldMs).not.toBeNull();
    expect(alert.recovery?.id).toBe('ai-gallery-down');
    expect(audited.filter((each) => each.action === 'alert.raised')).toHaveLength(1);
  });

  test('a Saturday info reaches SMS and PagerDuty, a Tuesday one only Slack', async () => {
    await settled(await raise({ severity: 'info' }));
    expect(sent.map((each) => each.system)).toEqual(expect.arrayContaining(['sms', 'pagerduty']));
    await outbox.stop();
    await begin('2026-11-25T13:50:00Z');
    await settled(await raise({ severity: 'info' }));
    expect(sent.map((each) => each.system)).toEqual(['slack']);
  });

  test('what was previewed is what happens, over every step', async () => {
    const preview = await alerts.preview(org, { severity: 'warning', venue: 'The Barn', source: 'datadog', at: null });
    const id = await raise();
    await settled(id);
    await pass(150_000);
    await pass(150_000);
    await settled(id);
    const happened = (await get(id)).deliveries
      .map((each) => [each.step, each.channel, each.recipient].join(' '))
      .sort();
    expect(happened).toEqual(preview.steps.map((each) => [each.step, each.channel, each.recipient].join(' ')).sort());
    expect(new Set(preview.steps.map((each) => each.afterSeconds))).toEqual(new Set([0, 150, 300]));
  });

  test('fifty reports of one key at once are one alert', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, () => raise({ key: 'pay-hook' })));
    expect(new Set(ids).size).toBe(1);
    expect((await get(ids[0] ?? '')).count).toBe(50);
    await settled(ids[0] ?? '');
    expect(systemsOf('firing').filter((system) => system === 'slack')).toHaveLength(1);
  });

  test('no message ever holds a couple', async () => {
    const id = await raise({ title: 'Payment webhook silent', venues: [] });
    await settled(id);
    await alerts.acknowledge(org, id, { note: '', forMs: null }, alex);
    await alerts.resolve(org, id, '', alex);
    await settled(id);
    expect(JSON.stringify(sent)).toContain('WS-1');
    expect(JSON.stringify(sent)).not.toMatch(/Zebedee|Quill/);
  });

  test('an alert without severity is refused with the reason', async () => {
    await expect(alerts.raise(org, { source: 'x', title: 't' }, datadog)).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

describe('reports nobody would send', () => {
  test('200 kB of detail, markup and control characters: cut and marked, told on every channel, nothing lost', async () => {
    const id = await raise({
      title: 'Chat <!channel> <script>\u0000\u202E\r\nBcc: all@example.org',
      detail: `<img src=x>\u0007${'x'.repeat(200_000)}`,
    });
    await settled(id);
    const alert = await get(id);
    expect(alert.title).toBe('Chat <!channel> <script> Bcc: all@example.org');
    expect(alert.detail).toMatch(/^<img src=x> x+…$/);
    expect(alert.detail.length).toBe(4_000);
    expect(alert.deliveries.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'accepted'));
  });

  test('a venue nobody knows is kept by its name, without a region, and routed as if none were named', async () => {
    const id = await raise({ venues: ['Castle Nowhere'] });
    await settled(id);
    const { venues, weddingsAffected, weddingsToday, deliveries } = await get(id);
    expect(venues).toEqual([{ name: 'Castle Nowhere', region: '' }]);
    expect({ weddingsAffected, weddingsToday }).toEqual({ weddingsAffected: 0, weddingsToday: 2 });
    expect(deliveries).toHaveLength(6);
  });

  test('a source whose clock is ten minutes off is said so on the timeline, and believed for nothing', async () => {
    const observed = async (minutes: number) => {
      const observedAt = later(runtime.clock.now(), minutes * MIN);
      const alert = await get(await raise({ key: `k${minutes}`, observedAt }));
      expect(alert.raisedAt).toBe('2026-11-21T13:50:00.000Z');
      return alert.timeline.flatMap(({ text }) => (text.includes("source's clock") ? [text] : []));
    };
    expect(await observed(-10)).toEqual(["The source's clock is 10 min behind; this console's time is used."]);
    expect(await observed(10)).toEqual(["The source's clock is 10 min ahead; this console's time is used."]);
    expect(await observed(-4)).toEqual([]);
  });
});

test('the preview is what the engine then does, whatever the severity, the venue and the moment', async () => {
  const random = testRuntime().random;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  await alerts.routing.save(org, { ...routing, stormLimit: null, regionRoutes: [kentToBoss] }, alex);
  for (let round = 0; round < 80; round += 1) {
    runtime.clock.jump(Math.floor(random.next() * 53 * 60 * MIN));
    const severity = pick(['info', 'warning', 'critical', 'emergency'] as const);
    const venue = pick(['The Barn', 'Hall Farm', undefined]);
    const preview = await alerts.preview(org, { severity, venue, source: 'datadog', at: null });
    const id = await raise({ key: `p${round}`, severity, venues: venue === undefined ? [] : [venue] });
    const { deliveries, severity: inForce } = await get(id);
    const told = deliveries.map(({ channel, recipient, rule }) => `${channel} ${recipient}: ${rule}`).sort();
    const wanted = preview.steps.filter(({ step }) => step === 0);
    expect(told).toEqual(wanted.map(({ channel, recipient, rule }) => `${channel} ${recipient}: ${rule}`).sort());
    expect(inForce).toBe(preview.severity);
    await alerts.resolve(org, id, '', alex);
  }
});

describe('escalation', () => {
  test('fires at 2½ minutes in peak hours, and not a moment before', async () => {
    const id = await raise();
    await settled(id);
    await pass(149_999);
    expect((await get(id)).state).toBe('firing');
    await pass(1);
    expect(await get(id)).toMatchObject({ state: 'escalated', step: 1 });
    expect(audited.some((each) => each.action === 'alert.escalated')).toBe(true);
  });

  test('after an hour of sleep all missed steps are one, told as late', async () => {
    const id = await raise();
    await settled(id);
    runtime.clock.jump(60 * MIN);
    await alerts.tick(org);
    expect(await get(id)).toMatchObject({ state: 'escalated', step: 2 });
    expect((await get(id)).timeline.filter((each) => each.kind === 'escalated')).toHaveLength(1);
    await until(() => systemsOf('escalated').length > 0);
    const late = sent.find((each) => each.message.kind === 'escalated');
    expect(late?.message).toMatchObject({ dueAt: Date.parse(SATURDAY) + 5 * MIN });
  });

  test('a clock set back fires nothing again', async () => {
    const id = await raise();
    await pass(150_000);
    runtime.clock.jump(-150_000);
    await alerts.tick(org);
    expect((await get(id)).step).toBe(1);
  });

  test('somebody having it stops it', async () => {
    const id = await raise();
    await alerts.acknowledge(org, id, { note: 'on it', forMs: null }, alex);
    await pass(20 * MIN);
    expect(await get(id)).toMatchObject({ state: 'acknowledged', owner: 'Alex Morgan', step: 0 });
  });
});

describe('acknowledging', () => {
  test('in Slack: one entry, and each other side is told once; their echoes change nothing (A6)', async () => {
    const id = await raise();
    await settled(id);
    await alerts.acknowledge(org, id, { note: '', forMs: null }, viaSlack);
    await alerts.acknowledge(org, id, { note: '', forMs: null }, viaSlack);
    await alerts.acknowledge(org, id, { note: '', forMs: null }, pagerduty);
    await settled(id);
    expect((await kinds(id)).filter((kind) => kind === 'acknowledged')).toHaveLength(1);
    expect(systemsOf('acknowledged')).toEqual(['pagerduty', 'slack', 'webhook']);
  });

  test.each(['window', 'tray', 'notification', 'cli', 'slack', 'pagerduty'])(
    'from %s: one timeline entry',
    async (channel) => {
      const id = await raise();
      await settled(id);
      await alerts.acknowledge(
        org,
        id,
        { note: '', forMs: null },
        channel === 'pagerduty' ? pagerduty : { ...alex, channel },
      );
      await settled(id);
      expect((await kinds(id)).filter((kind) => kind === 'acknowledged')).toHaveLength(1);
      expect(systemsOf('acknowledged')).toEqual(
        channel === 'pagerduty' ? ['slack', 'webhook'] : ['pagerduty', 'slack', 'webhook'],
      );
    },
  );

  test('runs out after 30 minutes on a wedding day and says who had it (A11)', async () => {
    const id = await raise();
    await alerts.acknowledge(org, id, { note: '', forMs: null }, alex);
    await settled(id);
    await pass(30 * MIN - 1);
    expect((await get(id)).state).toBe('acknowledged');
    await pass(1);
    expect(await get(id)).toMatchObject({ state: 'firing', owner: null });
    expect((await get(id)).timeline.find((each) => each.kind === 'ack_ended')?.text).toContain('Alex Morgan');
    await settled(id);
    expect(systemsOf('fires_again')).toContain('sms');
  });

  test('a resolved alert cannot be acknowledged', async () => {
    const id = await raise();
    await alerts.resolve(org, id, '', alex);
    await expect(alerts.acknowledge(org, id, { note: '', forMs: null }, alex)).rejects.toMatchObject({
      code: 'REFUSED',
    });
  });

  test('undone, escalation goes on from where it stood: neither from the start nor a step back', async () => {
    const id = await raise();
    await settled(id);
    await pass(MIN);
    await alerts.snooze(org, id, later(runtime.clock.now(), 60 * MIN), '', alex);
    await pass(MIN);
    await alerts.unacknowledge(org, id, alex);
    expect(await get(id)).toMatchObject({ state: 'firing', owner: null, next: { what: 'escalates' } });
    await pass(MIN / 2 - 1);
    expect((await get(id)).state).toBe('firing');
    await pass(1);
    expect(await get(id)).toMatchObject({ state: 'escalated', step: 1 });

    await alerts.acknowledge(org, id, { note: '', forMs: null }, alex);
    // The second step falls due meanwhile, so it is told at once.
    await pass(10 * MIN);
    await alerts.unacknowledge(org, id, alex);
    expect(await get(id)).toMatchObject({ state: 'escalated', step: 1 });
    await pass(0);
    expect(await get(id)).toMatchObject({ state: 'escalated', step: 2 });
  });

  test('a snooze ends and it fires again; an emergency sleeps 15 minutes at most', async () => {
    const id = await raise({ severity: 'critical' });
    const in16 = later(runtime.clock.now(), 16 * MIN);
    await expect(alerts.snooze(org, id, in16, '', alex)).rejects.toMatchObject({ code: 'REFUSED' });
    await alerts.snooze(org, id, later(runtime.clock.now(), 15 * MIN), '', alex);
    await pass(15 * MIN);
    expect(await kinds(id)).toContain('snooze_ended');
  });
});

describe('channels that do not accept', () => {
  test('Slack silent for five seconds: PagerDuty starts in its place, once, and Slack keeps trying (A14)', async () => {
    await outbox.stop();
    await begin('2026-11-25T13:50:00Z');
    answer = async (job) => {
      if (job.system === 'slack') throw new RetryableError('timeout', 'no answer');
      return { vendorId: 'v' };
    };
    const id = await raise({ severity: 'info' });
    await until(() => sent.some((each) => each.system === 'slack'));
    await pass(4_999);
    expect(sent.map((each) => each.system)).not.toContain('pagerduty');
    await pass(1);
    await until(() => sent.some((each) => each.system === 'pagerduty'));
    await pass(1_000);
    expect((await kinds(id)).filter((kind) => kind === 'failover')).toHaveLength(1);
    answer = async () => ({ vendorId: 'late' });
    await runtime.clock.advance(60_000);
    await settled(id);
    expect((await get(id)).deliveries.find((each) => each.channel === 'slack')?.state).toBe('accepted');
  });

  test('a refused sign-in fails over at once', async () => {
    await outbox.stop();
    await begin('2026-11-25T13:50:00Z');
    answer = async (job) => {
      if (job.system === 'slack') throw new NeedsAttentionError('auth', 'token revoked', { scope: 'connection' });
      return { vendorId: 'v' };
    };
    await raise({ severity: 'info' });
    await until(() => sent.some((each) => each.system === 'pagerduty'));
  });

  test('a channel that is not connected is named, and the next one takes it', async () => {
    await outbox.stop();
    await begin('2026-11-25T13:50:00Z');
    await store.transaction((tx) => tx.deleteFrom('connection').where('id', '=', `${org}/slack`).execute());
    const id = await raise({ severity: 'info' });
    await settled(id);
    expect((await get(id)).deliveries.map((each) => [each.channel, each.state])).toEqual([
      ['slack', 'not_connected'],
      ['pagerduty', 'accepted'],
    ]);
  });

  test('news that it is over overtakes what has not left', async () => {
    answer = async (job) => {
      if (job.system === 'sms') throw new RetryableError('busy', 'try later');
      return { vendorId: 'v' };
    };
    const id = await raise();
    await until(async () => (await get(id)).deliveries.filter((each) => each.state === 'accepted').length >= 5);
    await alerts.resolve(org, id, '', alex);
    await settled(id);
    expect((await get(id)).deliveries.find((each) => each.channel === 'sms')?.state).toBe('superseded');
    expect(systemsOf('resolved')).toEqual(['email', 'email', 'pagerduty', 'slack', 'webhook']);
  });
});

describe('when nothing accepts (FT-51, R19)', () => {
  const own = async () => (await alerts.views.list(org, 'open', 'no channel accepts', 10)).rows;

  test('there is one alert of its own at this computer, and what waits drains in order on return', async () => {
    answer = async () => {
      throw new RetryableError('vendor-down', 'answered 503');
    };
    const info = await raise({ key: 'a', severity: 'info', title: 'Chat slow' });
    const worst = await raise({ key: 'b', severity: 'emergency', title: 'Payments silent' });
    for (let seconds = 0; seconds < 12; seconds += 1) await pass(1_000);
    await until(async () => (await own()).length === 1);
    const [dead] = await own();
    expect(dead).toMatchObject({ count: 1, state: 'firing' });
    const { timeline, deliveries, next } = await get(dead?.id ?? '');
    expect({ deliveries, next }).toEqual({ deliveries: [], next: null });
    expect(timeline.at(-1)?.text).toContain('at this computer only');
    expect(notices).toContainEqual(expect.objectContaining({ key: `alert:${dead?.id}`, urgent: true }));
    expect((await get(worst)).deliveries.some(({ state }) => state === 'accepted')).toBe(false);

    sent = [];
    answer = async () => ({ vendorId: 'v' });
    for (let minutes = 0; minutes < 12; minutes += 1) await pass(MIN);
    await settled(worst);
    await settled(info);
    const slack = sent
      .filter(({ system }) => system === 'slack')
      .flatMap(({ message }) => ('severity' in message ? [message.severity] : []));
    expect(slack[0]).toBe('emergency');
    await until(async () => (await own()).length === 0);
    expect(noticesRemoved).toContain(`alert:${dead?.id}`);
  });

  test('refused by every channel at once, it is said at once; a person taking it and giving it back sends nothing', async () => {
    answer = async () => {
      throw new NeedsAttentionError('auth', 'Not our token', { scope: 'connection' });
    };
    await raise({ severity: 'emergency' });
    await until(async () => (await own()).length === 1);
    const [dead] = await own();
    await alerts.acknowledge(org, dead?.id ?? '', { note: '', forMs: null }, alex);
    await alerts.unacknowledge(org, dead?.id ?? '', alex);
    expect(await get(dead?.id ?? '')).toMatchObject({ state: 'firing', next: null, deliveries: [] });
  });
});

describe('quiet hours of a person (U41)', () => {
  const titles = () => notices.map(({ title }) => title);

  test('hold notifications at night and nothing else; when they end one says what was held', async () => {
    await outbox.stop();
    await begin('2026-11-25T23:30:00Z');
    const held = await raise({ severity: 'critical' });
    const over = await raise({ severity: 'critical', key: 'over' });
    await settled(held);
    expect(sent.map(({ system }) => system)).toContain('pagerduty');
    await alerts.resolve(org, over, '', alex);
    await pass(30 * MIN);
    expect((await get(held)).state).toBe('escalated');
    expect(titles()).toEqual([]);
    runtime.clock.jump(7 * 60 * MIN);
    await alerts.quietEnds(org, runtime.clock.now());
    expect(notices.find(({ key }) => key === `quiet:${org}`)).toMatchObject({
      title: 'While quiet: 2 alerts',
      body: '1 over by now, 1 open.',
    });
    await raise({ key: 'morning', severity: 'critical' });
    await until(() => titles().includes('Critical: AI gallery slow'));
  });

  test('can be switched off by each person for themselves, audited; a wedding night is never quiet', async () => {
    await outbox.stop();
    await begin('2026-11-25T23:30:00Z');
    await store.transaction((tx) =>
      tx
        .insertInto('person')
        .values({ organisation_id: org, id: 'alex', name: 'Alex', roles: '["ops"]', current: 1 })
        .execute(),
    );
    await alerts.quiet.set(org, null, alex);
    expect(await alerts.quiet.of(org, 'alex')).toBeNull();
    expect(await alerts.quiet.of(org, 'sam')).toEqual({ from: '22:00', to: '07:00' });
    expect(audited.map(({ object }) => object)).toContain('setting:quiet-hours:alex');
    await raise({ severity: 'critical' });
    await until(() => titles().length === 1);
    await outbox.stop();
    await begin('2026-11-21T23:30:00Z');
    await raise({ severity: 'critical' });
    await until(() => titles().length === 1);
  });
});

describe('storms, silences and flapping', () => {
  test('of many at once Slack gets some singly, the rest as one message, and that is changed as its members change', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 12; index++)
      ids.push(await raise({ key: `k${index}`, severity: 'info', title: `T${index}` }));
    const emergency = await raise({ key: 'worst', severity: 'emergency' });
    await settled(emergency);
    const inSlack = (kind: string) => sent.filter(({ system, message }) => system === 'slack' && message.kind === kind);
    expect(inSlack('firing')).toHaveLength(9);
    await pass(1_000);
    const bundles = () => inSlack('bundle').flatMap(({ message }) => (message.kind === 'bundle' ? [message] : []));
    await until(() => bundles().length === 1);
    expect(bundles()[0]).toMatchObject({ total: 4, state: 'firing' });
    expect(bundles()[0]?.members.map(({ title }) => title)).toEqual(['T8', 'T9', 'T10', 'T11']);
    const ninth = ids[8] ?? '';
    const slackOf = async (id: string) => (await get(id)).deliveries.find(({ channel }) => channel === 'slack');
    await until(async () => (await slackOf(ninth))?.state === 'accepted');
    // By SMS and PagerDuty the bundle of the minute is still to come; e-mail's went with Slack's.
    await until(async () => (await get(ninth)).toldMs !== null);

    await alerts.acknowledge(org, ninth, { note: '', forMs: null }, alex);
    await until(() => bundles().length === 2);
    expect(bundles()[1]?.members.find(({ title }) => title === 'T8')).toMatchObject({
      state: 'acknowledged',
      owner: 'Alex Morgan',
    });
    expect(inSlack('acknowledged')).toEqual([]);
    for (const id of ids.slice(8)) await alerts.resolve(org, id, '', alex);
    await until(() => bundles().at(-1)?.state === 'resolved');
  });

  test('a bundle nobody else joined goes as the alert it is; one that is over meanwhile does not go', async () => {
    for (let index = 0; index < 8; index++) await raise({ key: `k${index}`, severity: 'info' });
    const lonely = await raise({ key: 'last', title: 'Alone' });
    await pass(1_000);
    await until(async () =>
      sent.some(({ system, message }) => system === 'slack' && 'title' in message && message.title === 'Alone'),
    );
    await settled(lonely);
    const { raisedAt, deliveries } = await get(lonely);
    const inItsTurn = deliveries.find(({ channel }) => channel === 'slack');
    expect(inItsTurn?.state).toBe('accepted');
    // The wait for others is not its sending: neither failover nor the score card may count it.
    expect(Date.parse(inItsTurn?.startedAt ?? '') - Date.parse(raisedAt)).toBeGreaterThanOrEqual(1_000);
    const over = await raise({ key: 'over', title: 'Over' });
    await alerts.resolve(org, over, '', alex);
    await pass(1_000);
    expect((await get(over)).deliveries.find(({ channel }) => channel === 'slack')?.state).toBe('superseded');
  });

  test('beyond ten a minute SMS and PagerDuty get one bundle, every member recorded, emergencies single (A15)', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 25; index++) ids.push(await raise({ key: `k${index}`, severity: 'info' }));
    const emergency = await raise({ key: 'worst', severity: 'emergency' });
    await settled(emergency);
    await until(() => sent.filter((each) => each.system === 'sms').length === 11);
    await pass(MIN);
    await until(() => ['pagerduty', 'sms'].every((each) => systemsOf('bundle').includes(each)));
    const bundle = sent.find((each) => each.message.kind === 'bundle' && each.system === 'sms')?.message;
    expect(bundle).toMatchObject({ total: 15, counts: { warning: 15 } });
    const stands = async (channel: string) =>
      (await get(ids[24] ?? '')).deliveries.find((each) => each.channel === channel);
    // The bundle's acceptance stands for every member of it.
    await until(
      async () => (await stands('sms'))?.state === 'accepted' && (await stands('pagerduty'))?.state === 'accepted',
    );
    expect(
      (await get(ids[24] ?? '')).timeline.filter(({ text }) => text.startsWith('sms, in a bundle of 15')),
    ).toHaveLength(1);
    expect(sent.filter((each) => each.system === 'sms' && each.message.kind !== 'bundle')).toHaveLength(11);
  });

  test('a bundle taken in PagerDuty takes its members, each by itself and once; PagerDuty is not told again (A6, A15)', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 13; index++) ids.push(await raise({ key: `k${index}`, severity: 'info' }));
    await pass(MIN);
    const told = () => sent.filter(({ system, message }) => system === 'pagerduty' && message.kind === 'bundle');
    await until(() => told().length === 1);
    const message = told()[0]?.message;
    const bundleId = message?.kind === 'bundle' ? message.bundleId : '';
    const members = ids.slice(10);
    await alerts.resolve(org, members[0] ?? '', '', alex);
    const priya = { ...pagerduty, name: 'Priya Shah' };
    expect(await alerts.takeBundle(org, bundleId, 'acknowledged', priya)).toBe(2);
    expect(await alerts.takeBundle(org, bundleId, 'resolved', priya)).toBe(0);
    await pass(1_000);
    const after = await Promise.all(members.map(get));
    expect(after.map(({ state }) => state)).toEqual(['resolved', 'acknowledged', 'acknowledged']);
    for (const { timeline } of after.slice(1)) {
      expect(timeline.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(1);
      expect(timeline.find(({ kind }) => kind === 'acknowledged')?.text).toContain('Priya Shah');
    }
    // The ten told singly are nobody's business there.
    expect((await get(ids[0] ?? '')).state).not.toBe('acknowledged');
    expect(told()).toHaveLength(1);
    await alerts.resolve(org, members[1] ?? '', '', alex);
    expect((await get(members[2] ?? '')).state).toBe('acknowledged');
  });

  test('a silence hides, is counted in the register, and what is still there is told at its end (A12)', async () => {
    const silence = {
      kind: 'silence' as const,
      matcher: { source: 'datadog' },
      startsAt: runtime.clock.now(),
      endsAt: later(runtime.clock.now(), 30 * MIN),
      recurring: null,
      includeEmergencies: false,
      reason: 'Upgrade',
    };
    await alerts.silences.add(org, silence, alex);
    const id = await raise({ severity: 'info' });
    const passes = await raise({ key: 'e', severity: 'critical' });
    await settled(passes);
    expect(sent.every((each) => each.message.kind === 'firing' && each.message.alertId === passes)).toBe(true);
    expect((await alerts.silences.register(org)).map((each) => each.hides)).toEqual([1]);
    expect((await get(id)).needsMe).toBe(false);
    await pass(30 * MIN);
    await until(() => sent.some((each) => each.message.kind === 'fires_again' && each.message.alertId === id));
  });

  test('a silence over a firing alert stops its escalation; ended early, it is told again', async () => {
    const id = await raise();
    const until2 = later(runtime.clock.now(), 60 * MIN);
    const added = await alerts.silences.add(
      org,
      {
        kind: 'silence',
        matcher: { source: 'datadog' },
        startsAt: runtime.clock.now(),
        endsAt: until2,
        recurring: null,
        includeEmergencies: false,
        reason: 'r',
      },
      alex,
    );
    await pass(20 * MIN);
    expect(await get(id)).toMatchObject({ step: 0, silenced: true });
    await alerts.silences.end(org, added.id, 'done', alex);
    await alerts.tick(org);
    expect(await get(id)).toMatchObject({ silenced: false, state: 'firing' });
  });

  test('a source that comes and goes stays one row and falls silent until it is calm', async () => {
    let id = '';
    for (let round = 0; round < 6; round++) {
      id = await raise({ key: 'flap' });
      await runtime.clock.advance(10_000);
      await alerts.resolveKey(org, 'flap', datadog);
      await runtime.clock.advance(10_000);
    }
    expect(await get(id)).toMatchObject({ flapping: true, count: 6 });
    const told = sent.filter((each) => each.system === 'slack').length;
    await raise({ key: 'flap' });
    await alerts.resolveKey(org, 'flap', datadog);
    expect((await alerts.views.list(org, 'open', '', 500)).rows).toHaveLength(1);
    await alerts.acknowledge(org, id, { note: '', forMs: null }, alex);
    await pass(11 * MIN);
    expect((await get(id)).state).toBe('resolved');
    expect(told).toBeLessThan(8);
  });
});

describe('the desk', () => {
  test('a channel test answers with what the provider said (A8)', async () => {
    expect(await alerts.testChannel(org, 'slack', alex)).toMatchObject({ delivered: true, error: null });
    answer = async () => {
      throw new NeedsAttentionError('auth', 'token revoked', { scope: 'connection' });
    };
    expect(await alerts.testChannel(org, 'pagerduty', alex)).toMatchObject({
      delivered: false,
      error: 'token revoked',
    });
  });

  test('the pre-flight sheet tests every channel for real, is stored and audited (A17)', async () => {
    const sheet = await alerts.desk.preflight(org, alex);
    expect(sheet.checks.filter((check) => check.check.startsWith('Channel')).every((check) => check.ok)).toBe(true);
    expect(systemsOf('test')).toEqual(['email', 'pagerduty', 'slack', 'sms', 'webhook']);
    expect(sheet.checks.find((check) => check.check === 'Heartbeat')?.ok).toBe(false);
    expect((await alerts.desk.lastSheet(org))?.at).toBe(Instant.parse(Date.parse(SATURDAY)));
    expect(audited.some((each) => each.action === 'preflight.run')).toBe(true);
  });

  test('the incident report tells people, times and ticked steps (A19)', async () => {
    const id = await raise();
    await alerts.acknowledge(org, id, { note: '', forMs: null }, alex);
    await alerts.tickStep(org, id, 'status', alex);
    await alerts.tickStep(org, id, 'status', alex);
    await runtime.clock.advance(9 * MIN);
    await alerts.resolve(org, id, 'Provider recovered', alex);
    const { text } = await alerts.views.report(org, [id]);
    expect(text).toContain('by Alex Morgan, after 0 min');
    expect(text).toContain('after 9 min');
    expect(text).toContain('- [x] Check the AI provider');
    expect((await kinds(id)).filter((kind) => kind === 'recovery_step')).toHaveLength(1);
    expect((await alerts.desk.weekendReport(org)).text).toContain('2 weddings; 1 alerts');
  });

  test('four weeks in figures: a day, how fast told, how fast taken', async () => {
    const first = await raise({ severity: 'info' });
    await settled(first);
    await pass(MIN);
    await alerts.acknowledge(org, first, { note: '', forMs: null }, alex);
    await raise({ key: 'second', severity: 'critical' });
    const { days, acknowledged } = await alerts.figures(org);
    expect(days).toHaveLength(28);
    expect(days.at(-1)).toMatchObject({ date: '2026-11-21', weddingDay: true, info: 0, warning: 1, emergency: 1 });
    expect(days.at(-1)?.toldP95Ms).not.toBeNull();
    expect(days.at(-4)).toMatchObject({ date: '2026-11-18', weddingDay: false, warning: 0, toldP95Ms: null });
    expect(acknowledged).toMatchObject({ count: 1, medianMs: MIN, p90Ms: MIN });
    expect(acknowledged.buckets.map(({ count: many }) => many)).toEqual([0, 1, 0, 0, 0, 0]);
  });

  test('the screen answers whether today is safe', async () => {
    expect((await alerts.weekendView(org, true)).answer.value).toBe('safe');
    await raise();
    const view = await alerts.weekendView(org, true);
    expect(view.answer.value).toBe('not_safe');
    expect(view.ceremonies.map((each) => [each.venue, each.couple, each.alerts.length])).toEqual([
      ['The Barn', 'Zebedee & Quill', 1],
      ['Hall Farm', 'Quill & Zebedee', 0],
    ]);
    expect((await alerts.weekendView(org, false)).ceremonies.every((each) => each.couple === null)).toBe(true);
  });

  test('the mode is switched by hand with reason and end, audited, and routes accordingly', async () => {
    await expect(
      weekend.switchMode(org, { mode: 'off', reason: ' ', endsAt: later(runtime.clock.now(), MIN) }, alex),
    ).rejects.toMatchObject({ code: 'REFUSED' });
    const result = await weekend.switchMode(
      org,
      { mode: 'off', reason: 'Snow', endsAt: later(runtime.clock.now(), 60 * MIN) },
      alex,
    );
    expect(result.weddingDay).toMatchObject({ active: false, reason: 'manual' });
    expect((await get(await raise())).severity).toBe('warning');
    expect(audited.some((each) => each.action === 'wedding-mode.switched' && each.reason === 'Snow')).toBe(true);
  });

  test('the same calendar twice changes nothing; a newer one updates', async () => {
    const csv = (time: string) =>
      readWeddingsCsv(
        `date,time,venue,region,reference,couple\n2026-11-21,${time},The Barn,Surrey,WS-1,Zebedee & Quill\n`,
        { zone: 'Europe/London' },
      );
    expect(await weekend.importWeddings(org, csv('14:00'))).toMatchObject({ imported: 0, duplicates: 1 });
    expect(await weekend.importWeddings(org, csv('14:30'))).toMatchObject({ imported: 1, duplicates: 0 });
    expect((await weekend.result(org, runtime.clock.now())).weddings[0]?.startsAt).toBe('2026-11-21T14:30:00.000Z');
  });
});

test('a Tuesday with a wedding is a wedding day', async () => {
  await outbox.stop();
  await begin(TUESDAY);
  expect((await weekend.result(org, runtime.clock.now())).weddingDay.reason).toBe('confirmed_wedding');
});

describe('the running timers', () => {
  test('escalate at the due moment, start the next step by themselves, and end when stopped', async () => {
    alerts.start();
    const id = await raise();
    await settled(id);
    await until(() => runtime.clock.sleepers > 0);
    await runtime.clock.advance(149_000);
    expect((await get(id)).state).toBe('firing');
    await runtime.clock.advance(1_250);
    await until(async () => (await get(id)).state === 'escalated');
    const at = (await get(id)).timeline.find((each) => each.kind === 'escalated')?.at ?? '';
    expect(Date.parse(at) - Date.parse(SATURDAY)).toBeLessThanOrEqual(150_250);
    const stopped = alerts.stop();
    await runtime.clock.advance(1_000);
    await stopped;
  });

  test('two hundred alerts in a burst are each routed and queued in milliseconds', async () => {
    const before = performance.now();
    for (let index = 0; index < 200; index++) await raise({ key: `b${index}`, severity: 'warning' });
    expect((performance.now() - before) / 200).toBeLessThan(50);
  });
});
