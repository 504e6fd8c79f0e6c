import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { OutboxJob } from '../../../../src-shared/domain/delivery/job.ts';
import { ValueSettings } from '../../../../src-shared/domain/value/settings.ts';
import { MetricBatch } from '../../../adapters/kit/metrics.ts';
import type { Store } from '../../../ports/store.ts';
import { type KpiPointRow, listPoints } from '../../../store/repositories/kpis.ts';
import { openStore } from '../../../testing/open-store.ts';
import { testRuntime } from '../../../testing/runtime.ts';
import { createEvents, type Events } from '../../events.ts';
import { createOutbox, type Outbox } from '../../outbox/outbox.ts';
import { createKpis, type Kpis } from '../index.ts';
import { kpiSeeds } from './october.ts';

export const NOW = '2026-10-31T12:30:00Z';
export const hour = 3_600_000;
let folder: string;
export let store: Store;
export let runtime: ReturnType<typeof testRuntime>;
let events: Events;
export let outbox: Outbox;
export let kpis: Kpis;
/** Alerts that are open. */
export let raised: { key: string; severity: string; title: string }[];
export const sent: { system: string; batch: MetricBatch }[] = [];
/** What every monitoring system answers. */
export const vendor: { answer: (job: OutboxJob) => Promise<{ vendorId: string | null; document?: never }> } = {
  answer: async () => ({ vendorId: null }),
};
export const { use, wed, cost, october } = kpiSeeds(() => store);

/** The KPIs of a small organisation that tells three monitoring systems: made anew for every test of the file. */
export function kpiDesk(): void {
  beforeEach(async () => {
    runtime = testRuntime(NOW);
    folder = mkdtempSync(join(tmpdir(), 'kpis-'));
    store = await openStore({ folder, runtime, version: '1.0.0' });
    await store.batch([
      { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('org', 'Org', 1)", params: [] },
      ...['datadog', 'newrelic', 'grafana'].map((system) => ({
        sql: 'INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES (?, ?, ?, 1, 1)',
        params: [`org/${system}`, 'org', system],
      })),
    ]);
    events = createEvents();
    sent.length = 0;
    raised = [];
    vendor.answer = async () => ({ vendorId: null });
    outbox = createOutbox({
      store,
      runtime,
      events,
      deliverer: {
        limits: () => ({ concurrency: 4 }),
        idempotency: () => 'native-key',
        async deliver(job) {
          sent.push({ system: job.system, batch: MetricBatch.parse(job.payload) });
          return vendor.answer(job);
        },
        find: async () => null,
      },
    });
    kpis = make();
    for (const system of ['datadog', 'newrelic', 'grafana']) outbox.onSettled({ system }, kpis.onSettled);
    await outbox.start();
  });
  afterEach(async () => {
    await kpis.stop();
    await outbox.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });
}

export function make(spoolBytes?: number, change: Partial<Parameters<typeof createKpis>[0]> = {}): Kpis {
  return createKpis({
    store,
    runtime,
    events,
    enqueue: outbox.enqueue,
    cancel: outbox.cancel,
    zoneOf: async () => 'Europe/London',
    valueSettings: async () => ValueSettings.parse({}),
    audit: (async () => undefined) as never,
    alerts: {
      async raise(_org, report) {
        raised.push(report as (typeof raised)[number]);
      },
      async resolveKey(_org, key) {
        raised = raised.filter((one) => one.key !== key);
      },
    },
    planned: false,
    ...(spoolBytes === undefined ? {} : { spoolBytes }),
    ...change,
  });
}

export const read = async (grain: KpiPointRow['grain'], kpi: string, cell = '') =>
  (await listPoints(store.read, 'org', { grain, from: 0, to: Date.parse('2027-01-01'), kpis: [kpi] })).filter(
    ({ venue, region }) => (venue || region) === cell,
  );
