import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { endAll, organisationId, peek, startAgent, startSandboxProcess } from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { place, removeAll } from '../rig/places.ts';
import { sendEvent } from '../rig/webhook.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

/** `FAULT_LOAD_SECONDS=1800` is the whole run. */
const seconds = Number(process.env.FAULT_LOAD_SECONDS ?? 12);
/** Ten times the load model of a Saturday: what each does once in so many ms. */
const tenfold = { senders: 6, webhookMs: 60, alertMs: 300, screens: 11, screenMs: 1_000, metricsMs: 2_000 };
const p95 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;

test(
  'FT-94 ten times the load of a Saturday: nothing acknowledged is lost, answers stay quick, memory stays small',
  async () => {
    const data = join(place('load'), 'data');
    const agent = await startAgent(data, ['--practice', '--empty', '--practice-speed', '60']);
    const client = await agent.client();
    const end = performance.now() + seconds * 1_000;
    const statuses = new Map<number, number>();
    const acknowledged: string[] = [];
    const times = { accepted: [] as number[], refused: [] as number[], screen: [] as number[] };
    let metricsTold = 0;
    const raised: string[] = [];

    /** Does it at an even pace, whatever it takes; one that is late does not come twice. */
    async function evenly(everyMs: number, work: (turn: number) => Promise<void>): Promise<void> {
      for (let turn = 0; performance.now() < end; turn += 1) {
        const began = performance.now();
        await work(turn);
        await wait(Math.max(0, everyMs - (performance.now() - began)));
      }
    }
    async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
      const began = performance.now();
      const answer = await work();
      into.push(performance.now() - began);
      return answer;
    }
    const senders = Array.from({ length: tenfold.senders }, (_, sender) =>
      evenly(tenfold.webhookMs, async (turn) => {
        const id = `load-${sender}-${turn}`;
        const began = performance.now();
        const status = await sendEvent(agent.ready.webhookUrl, id);
        times[status < 300 ? 'accepted' : 'refused'].push(performance.now() - began);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 202 || status === 200) acknowledged.push(id);
      }),
    );
    const alerts = evenly(tenfold.alertMs, async (turn) => {
      const title = `load alert ${turn}`;
      const severity = (['info', 'warning', 'critical', 'emergency'] as const)[turn % 4] ?? 'info';
      await client.alerts.raise({
        ...{ organisationId, severity, title, detail: '', venues: [], key: title, source: 'load' },
      });
      raised.push(title);
    });
    const screens = Array.from({ length: tenfold.screens }, (_, screen) =>
      evenly(tenfold.screenMs, async (turn) => {
        const ask = [
          () => client.alerts.list({ organisationId }),
          () => client.deliveries.tabs({ organisationId }),
          () => client.deliveries.list({ organisationId, tab: 'done' }),
        ][(screen + turn) % 3];
        await timed(times.screen, async () => ask?.());
      }),
    );
    const metrics = evenly(tenfold.metricsMs, async () => {
      metricsTold += (await client.kpis.push({ organisationId })).filter(({ ok }) => ok).length;
    });
    await Promise.all([...senders, alerts, ...screens, metrics]);

    // What is critical has reached somebody. The rest goes by Slack alone, which takes one message a second: it goes on later.
    const untold = () =>
      peek(data, (db) =>
        db
          .prepare(
            `SELECT title FROM alert a WHERE source = 'load' AND severity IN ('critical', 'emergency') AND NOT EXISTS (
             SELECT 1 FROM alert_delivery d JOIN outbox_job j ON j.id = d.job_id
              WHERE d.alert_id = a.id AND j.state = 'delivered')`,
          )
          .pluck()
          .all(),
      );
    await expect.poll(untold, { timeout: 20_000, interval: 200 }).toEqual([]);
    const toldMs = peek(data, (db) =>
      db
        .prepare("SELECT told_ms FROM alert WHERE source = 'load' AND severity = 'emergency' AND told_ms IS NOT NULL")
        .pluck()
        .all(),
    ) as number[];
    const held = peek(data, (db) => db.prepare("SELECT count(*) FROM alert WHERE source = 'load'").pluck().get());
    const memoryMb = memoryMbOf(agent.child.pid);
    expect(await agent.stop()).toBe(0);

    expect(held).toBe(raised.length);
    expect(raised.length).toBeGreaterThan(seconds);
    // Beyond what a source may send it is told to wait, and nothing else is said.
    expect([...statuses.keys()].filter((status) => ![200, 202, 429].includes(status))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(statuses.get(429)).toBeGreaterThan(0);
    // Most are refused, which takes no time: what was stored first is judged alone.
    expect(p95(times.accepted)).toBeLessThan(500);
    expect(p95(times.refused)).toBeLessThan(500);
    expect(p95(times.screen)).toBeLessThan(500);
    expect(toldMs.length).toBeGreaterThan(0);
    expect(Math.max(...toldMs)).toBeLessThan(15_000);
    expect(metricsTold).toBeGreaterThan(0);
    expect(memoryMb).toBeLessThan(600);
    expect(broken({ data, acknowledged })).toEqual([]);
  },
  (seconds + 120) * 1_000,
);

/** `FAULT_STORM_SECONDS=300` is the whole: ten thousand alerts in five minutes. */
const stormSeconds = Number(process.env.FAULT_STORM_SECONDS ?? 15);
const storm = { everyMs: 30, emergencyEvery: 200, calmMs: 150_000 } as const;

test(
  'FT-93 a storm of alerts: each is told or in a bundle, emergencies singly; the screens answer, PagerDuty is not flooded',
  async () => {
    const vendor = await startSandboxProcess(join(place('storm-vendors'), 'data'));
    const data = join(place('storm-of-alerts'), 'data');
    const agent = await startAgent(data, ['--practice', '--empty', '--sandbox', vendor.url]);
    const client = await agent.client();
    const alerts = Math.ceil((stormSeconds * 1_000) / storm.everyMs);
    const memory: number[] = [];
    const screens: number[] = [];
    let over = false;
    const person = (async () => {
      while (!over) {
        const began = performance.now();
        await client.alerts.list({ organisationId, filter: 'needs_me', limit: 200 });
        await client.weekend.view({ organisationId });
        screens.push((performance.now() - began) / 2);
        memory.push(memoryMbOf(agent.child.pid));
        await wait(500);
      }
    })();
    const began = performance.now();
    const raising: Promise<unknown>[] = [];
    for (let index = 0; index < alerts; index += 1) {
      await wait(Math.max(0, began + index * storm.everyMs - performance.now()));
      const title = `storm ${index}`;
      const severity = index % storm.emergencyEvery === 0 ? 'emergency' : 'warning';
      raising.push(
        client.alerts.raise({
          ...{ organisationId, severity, title, detail: '', venues: [], key: title, source: 'storm' },
        }),
      );
    }
    await Promise.all(raising);
    over = true;
    await person;

    const count = (sql: string) => () => peek(data, (db) => db.prepare(sql).pluck().get());
    const told = `alert_delivery d LEFT JOIN alert_bundle b ON b.organisation_id = d.organisation_id AND b.id = d.bundle_id
      JOIN outbox_job j ON j.id = coalesce(d.job_id, b.job_id) WHERE d.alert_id = a.id AND j.state = 'delivered'`;
    const untold = count(`SELECT count(*) FROM alert a WHERE source = 'storm' AND NOT EXISTS (SELECT 1 FROM ${told})`);
    await expect.poll(untold, { timeout: storm.calmMs, interval: 1_000 }).toBe(0);
    const emergencies = `alert a WHERE source = 'storm' AND severity = 'emergency'`;
    const notSingly = count(`SELECT count(*) FROM ${emergencies}
      AND NOT EXISTS (SELECT 1 FROM ${told} AND d.channel = 'pagerduty' AND d.bundle_id IS NULL)`);
    await expect.poll(notSingly, { timeout: 60_000, interval: 1_000 }).toBe(0);
    const reply = await fetch(`${vendor.url}/_received?system=pagerduty`);
    const calls = ((await reply.json()) as { at: string; path: string }[])
      .filter(({ path }) => path.includes('enqueue'))
      .map(({ at }) => Date.parse(at));
    expect(await agent.stop()).toBe(0);

    expect(count("SELECT count(*) FROM alert WHERE source = 'storm'")()).toBe(alerts);
    expect(calls.length).toBeGreaterThanOrEqual(Math.ceil(alerts / storm.emergencyEvery));
    expect(mostAMinute(calls)).toBeLessThan(100);
    expect(p95(screens)).toBeLessThan(1_000);
    const third = Math.ceil(memory.length / 3);
    expect(Math.max(...memory.slice(-third))).toBeLessThan(Math.max(...memory.slice(0, third)) + 150);
    expect(broken({ data })).toEqual([]);
  },
  stormSeconds * 1_000 + 2 * storm.calmMs,
);

function memoryMbOf(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

/** The most within any minute. */
function mostAMinute(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((from) => sorted.filter((at) => at >= from && at < from + 60_000).length));
}

test('a bundle of what somebody has meanwhile goes to nobody, and nothing is missing then', async () => {
  const data = join(place('bundle-of-nothing'), 'data');
  const agent = await startAgent(data, ['--practice', '--empty', '--practice-speed', '20']);
  const client = await agent.client();
  for (let index = 0; index < 14; index += 1) {
    const title = `all at once ${index}`;
    await client.alerts.raise({ organisationId, severity: 'critical', title, key: title, source: 'load' });
  }
  const { rows } = await client.alerts.list({ organisationId, filter: 'needs_me', limit: 50 });
  await client.alerts.acknowledgeMany({ organisationId, alertIds: rows.map(({ id }) => id) });
  const overtaken = () =>
    peek(data, (db) =>
      db.prepare("SELECT count(*) FROM alert_delivery WHERE state = 'superseded' AND job_id IS NULL").pluck().get(),
    );
  await expect.poll(overtaken, { timeout: 90_000, interval: 200 }).toBeGreaterThan(0);
  expect(await agent.stop()).toBe(0);
  expect(broken({ data })).toEqual([]);
}, 120_000);
