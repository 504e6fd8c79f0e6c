import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type MetricBatch, PUSH_METRICS, pointsPerJob } from '../src-main/adapters/kit/metrics.ts';
import { adapters } from '../src-main/adapters/registry.ts';
import { aBatch, manyPoints } from '../src-main/adapters/testing/metric-samples.ts';
import { createEvents } from '../src-main/engine/events.ts';
import { createKpis } from '../src-main/engine/kpis/index.ts';
import { createOutbox } from '../src-main/engine/outbox/outbox.ts';
import { createHttp } from '../src-main/platform/http.ts';
import { createPracticeHttp } from '../src-main/platform/practice-http.ts';
import { createRedactor } from '../src-main/platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import { practiceSamples } from '../src-main/practice-samples.ts';
import { openStore } from '../src-main/store/open.ts';
import { testLog } from '../src-main/testing/runtime.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { ValueSettings } from '../src-shared/domain/value/settings.ts';
import { type BenchRow, benchRow } from './row.ts';

const points = 100_000;
const perMinute = 60;
const systems = ['datadog', 'newrelic', 'grafana'] as const;
const yearRecords = 500_000;
const runs = 15;
const hourMs = 3_600_000;

/** Telemetry's way out, and what a new hour of data costs beside a year of history. */
export async function kpisBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const system of systems) {
    const cpuSeconds = await sendAll(system);
    rows.push(
      benchRow(
        `${system}: 100,000 points a minute, queued, encoded, sent, settled`,
        (cpuSeconds / perMinute) * 100,
        '% of a core',
        15,
        {
          atMost: 1,
        },
      ),
    );
  }
  rows.push(
    benchRow(
      `a new hour of data beside ${yearRecords.toLocaleString('en-GB')} records, median`,
      await newHour(),
      'ms',
      200,
      { atMost: 1 },
    ),
  );
  return rows;
}

async function opened(name: string, connections: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() };
  const store = await openStore({ folder, runtime, version: '0.0.0' });
  await store.batch([
    { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('bluebell', 'Bluebell', 1)", params: [] },
    ...connections.map((system) => ({
      sql: 'INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES (?, ?, ?, 1, 1)',
      params: [`bluebell/${system}`, 'bluebell', system],
    })),
  ]);
  const events = createEvents();
  return {
    runtime,
    store,
    events,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Processor time of this whole process, threads included; the one that takes the points is another process. */
async function sendAll(system: (typeof systems)[number]): Promise<number> {
  const adapter = adapters.find(({ manifest }) => manifest.id === system);
  const action = adapter?.actions[PUSH_METRICS];
  if (!adapter || !action) throw new Error(`There is no ${system}`);
  const sink = spawn(process.execPath, [fileURLToPath(new URL('./metrics-sink.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: sink.stdout }), 'line')) as [string];
  const { runtime, store, events, close } = await opened('kpis', [system]);
  const http = createHttp({ clock: systemClock, redactor: createRedactor() });
  const practice = createPracticeHttp({ http, sandboxUrl: line });
  const { settings = {}, secrets = {} } = practiceSamples[system] ?? {};
  const parsed = adapter.settings.schema.parse(settings);
  const outbox = createOutbox({
    store,
    runtime,
    events,
    deliverer: {
      limits: () => ({ concurrency: adapter.limits.concurrency }),
      idempotency: () => action.idempotency,
      deliver(job, signal) {
        const stamp = { idempotencyKey: job.idempotencyKey, at: systemClock.now(), attempt: 1 };
        const ctx = {
          organisationId: 'bluebell',
          settings: parsed,
          secrets,
          account: null,
          http: practice,
          signal,
          ...runtime,
        };
        return action.deliver(action.plan(action.payload.parse(job.payload), parsed, stamp), stamp, ctx);
      },
      find: async () => null,
    },
  });
  let settled = 0;
  let failed = 0;
  let wake = () => undefined as undefined;
  outbox.onSettled({ system }, async (_tx, job) => {
    if (job.state === 'delivered') settled++;
    else if (job.state !== 'sending') failed++;
    wake();
  });
  await outbox.start();
  const jobs = Math.ceil(points / pointsPerJob);
  const all = manyPoints(points, Date.now());
  const before = process.cpuUsage();
  for (let part = 0; part < jobs; part++) {
    const batch: MetricBatch = aBatch(Date.now(), all.slice(part * pointsPerJob, (part + 1) * pointsPerJob));
    await store.transaction((tx) =>
      outbox.enqueue(tx, {
        organisationId: 'bluebell',
        system,
        action: PUSH_METRICS,
        deliveryClass: 'telemetry',
        priority: 7,
        payload: JSON.parse(JSON.stringify(batch)),
        payloadVersion: 1,
        idempotencyKey: `bench:${part}`,
        expiresAt: Instant.parse(Date.now() + hourMs),
      }),
    );
  }
  while (settled < jobs) {
    if (failed > 0) throw new Error(`${system} did not take what it was sent`);
    await new Promise<void>((resolve) => {
      wake = () => void resolve();
      if (settled >= jobs) resolve();
    });
  }
  const { user, system: kernel } = process.cpuUsage(before);
  await outbox.stop();
  await http.close();
  await close();
  sink.kill();
  return (user + kernel) / 1e6;
}

/** A year of usage in, computed; then one hour more each time. */
async function newHour(): Promise<number> {
  const { runtime, store, events, close } = await opened('hours', []);
  const now = Math.floor(Date.now() / hourMs) * hourMs;
  const from = now - 364 * 24 * hourMs;
  await store.batch([
    {
      sql: `INSERT INTO import_batch (organisation_id, id, kind, format, file_name, file_bytes, state, actor, started_at)
        VALUES ('bluebell', 'i1', 'usage', 'csv', 'u.csv', 1, 'done', 'x', 1)`,
      params: [],
    },
    {
      sql: "INSERT INTO vendor (organisation_id, id, name, email, state, created_at, updated_at) VALUES ('bluebell', 'v1', 'V', '', 'confirmed', 1, 1)",
      params: [],
    },
    {
      sql: `INSERT INTO wedding (organisation_id, key, series, sequence, status, date, last_date, venue, region, reference, updated_at)
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
        SELECT 'bluebell', 'k' || i, 'k' || i, 0, 'confirmed', date(? / 1000 + (i % 364) * 86400, 'unixepoch'),
          date(? / 1000 + (i % 364) * 86400, 'unixepoch'), 'Venue ' || (i % 200), 'Region ' || (i % 12), 'R' || i, 1 FROM n`,
      params: [from, from],
    },
  ]);
  let serial = 0;
  const use = async (count: number, start: number, span: number, weddings: { first: number; of: number }) => {
    for (let done = 0; done < count; done += 50_000) {
      const part = Math.min(50_000, count - done);
      await store.batch([
        {
          sql: `INSERT INTO usage_record (organisation_id, key, content, import_id, vendor_id, day, feature, at, success, in_window, seconds, client, wedding)
            WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
            SELECT 'bluebell', CAST('k' || (? + i) AS BLOB), x'00', 'i1', 'v1', date((? + ? * (? + i) / ?) / 1000, 'unixepoch'),
              'gallery', CAST(? + ? * (? + i) / ? AS INTEGER), i % 50 <> 0, 0, 0, '', 'R' || (? + i % ?) FROM n`,
          params: [part, serial, start, span, done, count, start, span, done, count, weddings.first, weddings.of],
        },
      ]);
      serial += part;
    }
  };
  const kpis = createKpis({
    store,
    runtime,
    events,
    enqueue: () => Promise.reject(new Error('Nothing is sent here')),
    cancel: () => Promise.reject(new Error('Nothing is sent here')),
    zoneOf: async () => 'Europe/London',
    valueSettings: async () => ValueSettings.parse({}),
    audit: (async () => undefined) as never,
    alerts: { raise: async () => undefined, resolveKey: async () => undefined },
    planned: false,
  });
  await use(yearRecords, from, 363 * 24 * hourMs, { first: 0, of: 2_000 });
  await kpis.compute('bluebell');
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    // Vendors work on the weddings of these days.
    await use(200, now - 23 * hourMs + run * hourMs, hourMs - 1, { first: 350, of: 14 });
    const began = performance.now();
    await kpis.compute('bluebell');
    times.push(performance.now() - began);
  }
  await kpis.stop();
  await close();
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}
