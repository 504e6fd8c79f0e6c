import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { SendAlert } from '../../src-shared/domain/alert/message.ts';
import { defaultRouting, ON_CALL, type RoutingConfig } from '../../src-shared/domain/alert/routing-config.ts';
import type { OutboxJob } from '../../src-shared/domain/delivery/job.ts';
import { type Actor, type AlertParts, createAlerts } from '../engine/alerts/index.ts';
import type { AuditInput } from '../engine/audit/audit.ts';
import type { Notice } from '../engine/engine.ts';
import { createEvents } from '../engine/events.ts';
import { createOutbox } from '../engine/outbox/outbox.ts';
import { readWeddingsCsv } from '../engine/weekend/read-table.ts';
import { createWeekend, type Weekend } from '../engine/weekend/weekend.ts';
import type { Store } from '../ports/store.ts';
import { openStore } from './open-store.ts';
import { testIds, testRuntime } from './runtime.ts';

export const SATURDAY = '2026-11-21T13:50:00Z';
export const TUESDAY = '2026-11-24T13:50:00Z';
export const MIN = 60_000;
export const alex: Actor = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c' };
export const viaSlack: Actor = { ...alex, personId: 'sam', name: 'Sam Okafor', channel: 'slack' };
export const pagerduty: Actor = { personId: null, name: 'pagerduty', channel: 'pagerduty', correlationId: 'c' };
export const datadog: Actor = { personId: null, name: 'datadog', channel: 'webhook', correlationId: 'c' };

const place = (id: string, channel: RoutingConfig['failover'][number], personId: string | null = null) => {
  return { id, channel, name: id, address: id, personId };
};
/** Every channel, management by e-mail, one person on call. */
export const routing: RoutingConfig = {
  ...defaultRouting,
  destinations: [
    place('ops', 'slack'),
    place('desk', 'email'),
    place('boss', 'email'),
    place('pd', 'pagerduty'),
    place('hook', 'webhook'),
    place('ellis', 'sms', 'ellis'),
  ],
  usual: { slack: ['ops'], email: ['desk'], pagerduty: ['pd'], webhook: ['hook'], sms: [ON_CALL] },
  management: ['boss'],
  rota: { people: ['ellis'], startsOn: '2026-01-05', handoverAt: '09:00', shiftDays: 7, overrides: [] },
};

const fewWeddings = [
  'date,time,venue,region,reference,couple',
  '2026-11-21,14:00,The Barn,Surrey,WS-1,Zebedee & Quill',
  '2026-11-21,15:00,Hall Farm,Kent,WS-2,Quill & Zebedee',
  '2026-11-24,10:00,Nowhere,Kent,WS-3,X',
  '',
].join('\n');

interface Wanted {
  /** CSV; a few weddings when left out. */
  readonly weddings?: string;
  readonly planned?: boolean;
  readonly ping?: AlertParts['ping'];
  readonly probes?: (parts: {
    readonly store: Store;
    readonly folder: string;
    readonly runtime: ReturnType<typeof testRuntime>;
    readonly weekend: Weekend;
  }) => AlertParts['probes'];
}

/**
 * The alert capability over a real store and outbox, for one test file. `begin` gives an organisation of its own, at a
 * moment, with five channels that take what `answer` lets them; the one before it ends.
 */
export function alertDesks() {
  let folder: string;
  let store: Store;
  let count = 0;
  const over = new Set<string>();
  let end: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    store = await openStore({ folder, runtime: testRuntime() });
  });
  afterEach(() => end());
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  return async function begin(
    at: string,
    { weddings = fewWeddings, planned = false, ping = null, probes }: Wanted = {},
  ) {
    await end();
    count += 1;
    const org = `org-${count}`;
    const runtime = { ...testRuntime(at), ids: testIds(org) };
    const events = createEvents();
    const sent: { system: string; message: SendAlert['message']; to: string }[] = [];
    const notices: Notice[] = [];
    const noticesRemoved: string[] = [];
    const audited: AuditInput[] = [];
    const outbox = createOutbox({
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
          return desk.answer(job);
        },
        find: async () => null,
      },
    });
    const audit = async (_tx: unknown, input: AuditInput) => void audited.push(input);
    const weekend = createWeekend({ store, runtime, audit, publish: events.publish });
    const alerts = createAlerts({
      store,
      runtime,
      audit,
      publish: events.publish,
      weekend,
      enqueue: outbox.enqueue,
      notices: { show: (notice) => void notices.push(notice), remove: (key) => void noticesRemoved.push(key) },
      probes: probes?.({ store, folder, runtime, weekend }) ?? [],
      planned,
      ping,
      // What tests before left due would be done in turn with what this one waits for, while its clock runs on.
      sendsHere: (id) => !over.has(id),
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
    await weekend.importWeddings(org, readWeddingsCsv(weddings, { zone: 'Europe/London' }));
    await outbox.start();
    end = async () => {
      end = async () => undefined;
      over.add(org);
      const done = outbox.stop();
      await runtime.clock.advance(20_000);
      await done;
    };

    const get = (id: string) => alerts.views.get(org, id);
    const desk = {
      ...{ org, store, runtime, outbox, weekend, alerts, sent, notices, noticesRemoved, audited, get },
      /** What a channel does with a message. */
      answer: async (_job: OutboxJob): Promise<{ vendorId: string }> => ({ vendorId: 'v' }),

      /** Returns the alert's id. */
      async raise(over: object = {}, actor: Actor = datadog): Promise<string> {
        const report = { source: 'datadog', severity: 'warning', title: 'AI gallery slow', venues: ['The Barn'] };
        return (await alerts.raise(org, { ...report, ...over }, actor)).alertId;
      },
      kinds: async (id: string) => (await get(id)).timeline.map(({ kind }) => kind),
      settled: (id: string) => until(async () => (await get(id)).deliveries.every(({ state }) => state !== 'waiting')),
      /** Where messages of a kind went, by channel. */
      systemsOf: (kind: string) =>
        sent
          .filter(({ message }) => message.kind === kind)
          .map(({ system }) => system)
          .sort(),
      /** Time passes, and what is due is done. */
      async pass(ms: number): Promise<void> {
        await runtime.clock.advance(ms);
        await alerts.tick(org);
      },
      /** The clock on the wall stands there, and what is due is done. */
      async comes(instant: string): Promise<void> {
        runtime.clock.jump(Date.parse(instant) - runtime.clock.now());
        await alerts.tick(org);
      },
    };
    return desk;
  };
}
export type AlertDesk = Awaited<ReturnType<ReturnType<typeof alertDesks>>>;

/** Waits for what works by itself: the outbox and the timers. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 25_000;
  while (performance.now() < deadline) {
    if (await condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('It never came to that');
}
