import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../testing/open-store.ts';
import { testIds, testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { createWeekend } from '../weekend/weekend.ts';
import { type Actor, type Alerts, createAlerts } from './index.ts';

const alex: Actor = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c' };
const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'heartbeat-')), runtime: testRuntime() });
afterAll(() => store.close());

let org = '';
let count = 0;
let runtime: ReturnType<typeof testRuntime>;
let alerts: Alerts;
let called: { url: string; at: number }[];
let audited: AuditInput[];
let broken: string | null;

async function begin(at: string): Promise<void> {
  org = `org-${++count}`;
  runtime = { ...testRuntime(at), ids: testIds(org) };
  called = [];
  audited = [];
  broken = null;
  const audit = async (_tx: unknown, input: AuditInput) => void audited.push(input);
  const publish = () => undefined;
  await store.transaction((tx) =>
    tx.insertInto('organisation').values({ id: org, name: 'Bluebell', created_at: 0 }).execute(),
  );
  alerts = createAlerts({
    store,
    runtime,
    audit,
    publish,
    weekend: createWeekend({ store, runtime, audit, publish }),
    enqueue: () => Promise.reject(new Error('nothing is sent here')),
    notices: null,
    probes: [],
    planned: true,
    async ping(_organisationId, url) {
      called.push({ url, at: runtime.clock.now() });
      if (broken !== null) throw new Error(broken);
    },
  });
}
beforeEach(() => begin('2026-11-24T13:00:00Z'));

/** Seconds between calls while the timers run, every `step` seconds. */
async function gaps(seconds: number, step = 1): Promise<number[]> {
  called = [];
  for (let passed = 0; passed < seconds; passed += step) {
    await runtime.clock.advance(step * 1_000);
    await alerts.tick(org);
  }
  return called.slice(1).map(({ at }, index) => (at - (called[index]?.at ?? 0)) / 1_000);
}
const warnings = async () =>
  (await alerts.views.list(org, 'open', 'heartbeat', 50)).rows.map(({ title, count: times }) => `${title} ×${times}`);

test('an address is set with one call at once, told without its secret part, and audited so', async () => {
  const state = await alerts.desk.heartbeat.set(org, ' https://hc.example/ping/s3cret ', alex);
  expect(state).toMatchObject({ host: 'hc.example', everySeconds: 60, problem: null });
  expect(called.map(({ url }) => url)).toEqual(['https://hc.example/ping/s3cret']);
  expect(audited.map(({ object, after }) => ({ object, after }))).toEqual([
    { object: 'setting:heartbeat', after: { host: 'hc.example' } },
  ]);
  expect(JSON.stringify([state, audited])).not.toContain('s3cret');
});

test('it is called every 60 s, every 30 s in wedding-day mode (R4), and no more once it is taken away', async () => {
  await alerts.desk.heartbeat.set(org, 'https://hc.example/x', alex);
  expect(await gaps(200)).toEqual([60, 60]);
  await begin('2026-11-21T13:00:00Z');
  await alerts.desk.heartbeat.set(org, 'https://hc.example/x', alex);
  expect((await alerts.desk.heartbeat.state(org)).everySeconds).toBe(30);
  expect(await gaps(100)).toEqual([30, 30]);
  await alerts.desk.heartbeat.set(org, null, alex);
  expect(await gaps(100)).toEqual([]);
  expect(await alerts.desk.heartbeat.state(org)).toMatchObject({ host: null });
});

test('addresses that are not https, or carry a password, are refused', async () => {
  for (const bad of ['hc.example', 'http://hc.example/x', 'https://a:b@hc.example/x', 'ftp://hc.example'])
    await expect(alerts.desk.heartbeat.set(org, bad, alex), bad).rejects.toThrow('not taken');
  expect(called).toEqual([]);
});

test('down for hours it is one warning after three misses, ended by the first answer (FT-92)', async () => {
  await alerts.desk.heartbeat.set(org, 'https://hc.example/x', alex);
  broken = 'answered 503';
  await gaps(125);
  expect(await warnings()).toEqual([]);
  expect(await alerts.desk.heartbeat.state(org)).toMatchObject({ problem: 'answered 503' });
  await gaps(60);
  await expect.poll(warnings).toEqual(['The heartbeat does not arrive ×1']);
  // Between two calls the timers have nothing to do.
  await gaps(3_000, 10);
  await expect.poll(warnings).toEqual(['The heartbeat does not arrive ×1']);
  broken = null;
  await gaps(60);
  await expect.poll(warnings).toEqual([]);
  expect((await alerts.views.list(org, 'resolved', 'heartbeat', 5)).rows).toHaveLength(1);
});
