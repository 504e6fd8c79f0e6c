import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testRandom } from '../../testing/runtime.ts';
import { wedopsProgram } from '../../testing/wedops-program.ts';

/** `LOAD_SECONDS=600` is the ten minutes of the proof; every run is killed five times. */
const seconds = Number(process.env.LOAD_SECONDS ?? 20);
const KILLS = 5;
/** Ten times a busy Saturday: six senders at the peak season's limit. */
const PER_SENDER_PER_MINUTE = 960;
const LANES = 4;
const movedClock = new URL('../../testing/moved-clock.ts', import.meta.url).href;
/** A Tuesday of the peak season, whose limit is ten times the usual one. */
const movedBy = Date.parse('2027-07-13T10:00:00Z') - Date.now();
const now = () => Date.now() + movedBy;

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-kill-receiving-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function agent(port: number): Promise<{ child: ChildProcess; url: string }> {
  const words = ['agent', '--practice', '--empty', '--data', join(folder, 'data'), '--port', String(port)];
  const child = spawn(process.execPath, ['--import', movedClock, wedopsProgram, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, MOVED_CLOCK_MS: String(movedBy) },
  });
  children.push(child);
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The agent ended with ${String(code)} before it was ready`);
    }),
  ])) as [string];
  return { child, url: (JSON.parse(line) as { url: string }).url };
}

/** One event: the same bytes at every try, signed anew where the signature holds the time. */
interface Sender {
  readonly source: string;
  /** Each of its events is one more sighting of the lane's alert; otherwise it means nothing to the console. */
  readonly alerts: boolean;
  event(lane: number, id: string, at: number): object;
  headers(body: string, id: string): Record<string, string>;
}

const secret = (source: string) => `practice-${source}-secret`;
const hmac = (source: string, text: string, encoding: 'hex' | 'base64' = 'hex') =>
  createHmac('sha256', secret(source)).update(text).digest(encoding);
const unix = () => String(Math.floor(now() / 1_000));
const title = (source: string, lane: number) => `Load of ${source}, lane ${lane}`;
const iso = (at: number) => new Date(at).toISOString();
const said = (source: string) => (lane: number, id: string, at: number) => ({
  ...{ id, timestamp: iso(at), key: `lane-${lane}`, title: title(source, lane), severity: 'info' },
});

const senders: readonly Sender[] = [
  {
    source: 'generic-hmac',
    alerts: true,
    event: said('generic-hmac'),
    headers(body) {
      const ts = unix();
      return { 'x-timestamp': ts, 'x-signature-256': `sha256=${hmac('generic-hmac', `${ts}.${body}`)}` };
    },
  },
  {
    source: 'standard-webhooks',
    alerts: true,
    event: said('standard-webhooks'),
    headers(body, id) {
      const ts = unix();
      const signature = hmac('standard-webhooks', `${id}.${ts}.${body}`, 'base64');
      return { 'webhook-id': id, 'webhook-timestamp': ts, 'webhook-signature': `v1,${signature}` };
    },
  },
  {
    source: 'datadog',
    alerts: true,
    event: (lane, id, at) => ({
      ...{ id, transition: 'Triggered', cycle: `lane-${lane}`, title: title('datadog', lane) },
      ...{ body: 'load', priority: 'P4', updated_ms: String(at) },
    }),
    headers: () => ({ 'x-wedsync-token': secret('datadog') }),
  },
  {
    source: 'grafana',
    alerts: true,
    event: (lane, id, at) => ({
      status: 'firing',
      note: id,
      alerts: [
        {
          ...{ status: 'firing', fingerprint: `lane-${lane}`, startsAt: iso(at) },
          labels: { severity: 'info', alertname: title('grafana', lane) },
        },
      ],
    }),
    headers(body) {
      const ts = unix();
      return {
        'x-grafana-alerting-timestamp': ts,
        'x-grafana-alerting-signature': hmac('grafana', `${ts}:${body}`),
      };
    },
  },
  {
    source: 'pagerduty',
    alerts: false,
    event: (_lane, id, at) => ({ event: { id, event_type: 'incident.annotated', occurred_at: iso(at), data: {} } }),
    headers: (body, id) => ({ 'x-webhook-id': id, 'x-pagerduty-signature': `v1=${hmac('pagerduty', body)}` }),
  },
  {
    source: 'xero',
    alerts: false,
    event: (_lane, id, at) => ({
      events: [
        {
          ...{ tenantId: 't', resourceId: id, eventCategory: 'INVOICE', eventType: 'UPDATE' },
          eventDateUtc: iso(at).slice(0, 23),
        },
      ],
    }),
    headers: (body) => ({ 'x-xero-signature': hmac('xero', body, 'base64') }),
  },
];

interface Told {
  /** Events answered 2xx, by lane of the sender. */
  readonly taken: Map<string, number>;
  readonly statuses: Map<number, number>;
  again: number;
}

/** Sends on time and one after the other, each until it is taken, as a sender does that never gives up. */
async function lane(
  url: () => string,
  sender: Sender,
  index: number,
  goesOn: () => boolean,
  told: Told,
): Promise<void> {
  const everyMs = (60_000 * LANES) / PER_SENDER_PER_MINUTE;
  let due = performance.now() + (index * everyMs) / LANES;
  let at = now();
  while (goesOn()) {
    await wait(Math.max(0, due - performance.now()));
    due += everyMs;
    at = Math.max(at + 1, now());
    const id = randomUUID();
    const body = JSON.stringify(sender.event(index, id, at));
    for (let attempt = 0; ; attempt++) {
      const status = await fetch(`${url()}/webhooks/bluebell/${sender.source}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...sender.headers(body, id) },
        signal: AbortSignal.timeout(5_000),
      }).then(
        (reply) => reply.status,
        () => 0,
      );
      told.statuses.set(status, (told.statuses.get(status) ?? 0) + 1);
      if (status >= 200 && status < 300) break;
      if (status !== 0 && status !== 429 && status !== 503) throw new Error(`${sender.source} was answered ${status}`);
      if (attempt === 0) told.again += 1;
      await wait(100);
    }
    const name = `${sender.source} ${index}`;
    told.taken.set(name, (told.taken.get(name) ?? 0) + 1);
  }
}

test(
  `${seconds} s of ten times a busy Saturday, the owner killed ${KILLS} times: what was taken is there once, with one effect (W6, R27)`,
  async () => {
    const random = testRandom(20261122);
    let { child, url } = await agent(0);
    const port = Number(new URL(url).port);
    const told: Told = { taken: new Map(), statuses: new Map(), again: 0 };
    const from = performance.now();
    let kills = 0;
    const goesOn = () => kills < KILLS || performance.now() < from + seconds * 1_000;
    const takenSoFar = () => [...told.taken.values()].reduce((sum, count) => sum + count, 0);
    const load = Promise.all(
      senders.flatMap((sender) =>
        Array.from({ length: LANES }, (_, index) => lane(() => url, sender, index, goesOn, told)),
      ),
    );
    load.catch(() => undefined);
    for (; kills < KILLS; kills++) {
      // One in each fifth of the time, at any moment of it, and never before some more were taken.
      const moment = from + ((kills + 0.2 + random.next() * 0.5) / KILLS) * seconds * 1_000;
      const before = takenSoFar();
      await wait(Math.max(0, moment - performance.now()));
      while (takenSoFar() < before + 30) await wait(20);
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      ({ child, url } = await agent(port));
    }
    await load;

    const db = new Database(join(folder, 'data', 'console.db'), { readonly: true });
    const one = (text: string, ...values: unknown[]) =>
      Number(
        db
          .prepare(text)
          .pluck()
          .get(...values),
      );
    await expect
      .poll(() => one("SELECT count(*) FROM inbound_event WHERE state = 'stored'"), { timeout: 90_000, interval: 250 })
      .toBe(0);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;

    const taken = takenSoFar();
    process.stderr.write(
      `kill-receiving: ${taken} events taken, ${told.again} of them at a later try, answers ${JSON.stringify([...told.statuses])}\n`,
    );
    expect(taken).toBeGreaterThan(KILLS * 30);
    // The kills met requests in the air.
    expect(told.again).toBeGreaterThan(KILLS);
    expect(one('SELECT count(*) FROM inbound_event')).toBe(taken);
    expect(one('SELECT count(*) FROM (SELECT DISTINCT source, dedupe_key FROM inbound_event)')).toBe(taken);
    expect(one("SELECT count(*) FROM inbound_event WHERE state = 'failed'")).toBe(0);
    const sightings = new Map(
      (db.prepare('SELECT title, count FROM alert').all() as { title: string; count: number }[]).map((row) => [
        row.title,
        row.count,
      ]),
    );
    for (const { source, alerts } of senders) {
      for (let index = 0; index < LANES; index++) {
        const count = told.taken.get(`${source} ${index}`);
        expect([source, index, sightings.get(title(source, index)) ?? 0]).toEqual([source, index, alerts ? count : 0]);
      }
    }
    expect(db.prepare('SELECT title, count(*) AS alerts FROM alert GROUP BY title HAVING alerts > 1').all()).toEqual(
      [],
    );
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  },
  (seconds + 180) * 1_000,
);
