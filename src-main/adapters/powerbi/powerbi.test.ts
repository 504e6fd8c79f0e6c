import { expect, onTestFinished, test } from 'vitest';
import type { Receipt } from '../../../src-shared/domain/delivery/job.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { type TestClock, testClock } from '../../testing/runtime.ts';
import { SYNC_KPIS } from '../kit/bi.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench, timePasses } from '../testing/bench.ts';
import { aSync, biRows } from '../testing/bi-samples.ts';
import { powerbi } from './index.ts';
import { powerbiSandbox, practicePowerBi, type StoredRefresh, type StoredRows } from './sandbox.ts';

const { clientSecret, ...settings } = practicePowerBi;
const { payload, datasets } = aSync();
const options = { systems: [powerbiSandbox], settings, secrets: { clientSecret }, datasets };
adapterSuite(powerbi, { ...options, samples: { [SYNC_KPIS]: { payload } }, faultPath: '/refreshes' });

const hourMs = 3_600_000;

async function bench(given: typeof options = options) {
  const opened = await openBench(powerbi, given);
  onTestFinished(() => opened.close());
  const action = powerbi.actions[SYNC_KPIS];
  /** The sandbox and the adapter see the same time: waiting moves both. */
  const clock: TestClock = {
    ...testClock(0),
    now: () => opened.clock.now(),
    monotonicMs: () => opened.clock.monotonicMs(),
    sleep: async (ms) => opened.clock.advance(ms),
  };
  const deliver = async (change: object = {}, attempt = 1, sync: unknown = payload, earlier: Receipt[] = []) => {
    const parsed = powerbi.settings.schema.parse({ ...settings, ...change });
    const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt };
    if (!action) throw new Error('no action');
    const plan = action.plan(action.payload.parse(sync), parsed, stamp);
    const context = opened.context({ clock, settings: parsed, earlier: async () => earlier });
    return action.deliver(plan, stamp, context);
  };
  const calls = (method: string) => opened.sandbox.received('powerbi').filter((one) => one.method === method);
  const refreshes = () =>
    opened.sandbox.documents('powerbi', `refreshes ${settings.modelId}`).all() as unknown as StoredRefresh[];
  return { opened, clock, deliver, calls, refreshes };
}

test('shared capacity gets the simple form, and the refresh is followed to its end', async () => {
  const { deliver, calls, refreshes } = await bench();
  const receipt = await deliver();
  expect(receipt).toMatchObject({ vendorId: refreshes()[0]?.requestId, document: { rows: 3 } });
  const [post] = calls('POST').filter(({ path }) => path.endsWith('/refreshes'));
  expect(post?.body).toEqual({ notifyOption: 'NoNotification' });
});

test('premium capacity gets the enhanced form without notifyOption, and is asked by the id it named', async () => {
  const { opened, deliver, calls } = await bench();
  opened.sandbox.misbehave({ system: 'powerbi', fault: 'premium', times: 0 });
  const { vendorId } = await deliver({ capacity: 'premium' });
  const [post] = calls('POST').filter(({ path }) => path.endsWith('/refreshes'));
  expect(post?.body).toMatchObject({ type: 'Full' });
  expect(post?.body).not.toHaveProperty('notifyOption');
  expect(calls('GET').some(({ path }) => path.endsWith(`/refreshes/${vendorId}`))).toBe(true);
});

test.each(['shared', 'premium'])('%s: a refresh that is accepted and fails is no success', async (capacity) => {
  const { opened, deliver } = await bench();
  if (capacity === 'premium') opened.sandbox.misbehave({ system: 'powerbi', fault: 'premium', times: 0 });
  opened.sandbox.misbehave({
    system: 'powerbi',
    fault: 'refresh-fails',
    value: 'ModelRefreshFailed_CredentialsNotSpecified',
  });
  await expect(deliver({ capacity })).rejects.toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining('CredentialsNotSpecified'),
  });
  opened.sandbox.misbehave({ system: 'powerbi', fault: 'refresh-fails' });
  await expect(deliver({ capacity })).rejects.toMatchObject({ code: 'vendor-down' });
});

test('the ninth refresh of 24 hours waits for the first to leave the day; health shows the count', async () => {
  const { opened, clock, deliver, refreshes } = await bench();
  for (let i = 0; i < 8; i++) {
    await deliver();
    await opened.clock.advance(hourMs);
  }
  const first = Date.parse(refreshes()[0]?.startTime ?? '');
  // A console started anew knows it as well: Power BI's own history is asked.
  await expect(deliver()).rejects.toMatchObject({
    code: 'rate-limited',
    detail: { retryAfterMs: first + 24 * hourMs - clock.now() + 1_000 },
  });
  expect(refreshes()).toHaveLength(8);
  expect((await powerbi.checkHealth(opened.context({ clock }))).at(1)).toMatchObject({ quota: { used: 8, perDay: 8 } });
  await opened.clock.advance(first + 24 * hourMs + 1_000 - clock.now());
  await deliver();
  expect(refreshes()).toHaveLength(9);
});

test('rows that are there already spend no refresh, and other rows do', async () => {
  const { deliver, refreshes } = await bench();
  const receipt = await deliver();
  expect(await deliver({}, 1, payload, [receipt])).toMatchObject({ note: expect.stringContaining('none of them') });
  expect(refreshes()).toHaveLength(1);
  await deliver({}, 1, aSync({ operations: biRows(4) }).payload, [receipt]);
  expect(refreshes()).toHaveLength(2);
});

test('a lost answer starts no second refresh: the one under way is taken up', async () => {
  const { opened, deliver, refreshes } = await bench();
  opened.sandbox.misbehave({ system: 'powerbi', fault: 'reset-after', method: 'POST', path: '/refreshes' });
  await expect(deliver()).rejects.toMatchObject({ kind: 'retryable' });
  await deliver({}, 2);
  expect(refreshes()).toHaveLength(1);
});

test('a refresh begun before the rows came is waited for, and another follows', async () => {
  const { opened, deliver, refreshes } = await bench();
  await deliver();
  const [one] = refreshes();
  opened.sandbox
    .documents('powerbi', `refreshes ${settings.modelId}`)
    .put(one?.requestId ?? '', { ...one, refreshType: 'Scheduled', looks: 6 });
  await deliver();
  expect(refreshes()).toHaveLength(2);
  expect(Date.parse(refreshes()[1]?.startTime ?? '')).toBeGreaterThan(Date.parse(one?.startTime ?? ''));
});

test('a start without its zone is UTC, whatever the zone of this computer', async () => {
  const { opened, clock } = await bench();
  const startTime = new Date(clock.now() - 23 * hourMs).toISOString().replace('Z', '');
  const value = [{ requestId: settings.tenantId, refreshType: 'Scheduled', startTime, status: 'Completed' }];
  opened.sandbox.misbehave({ system: 'powerbi', path: '/refreshes', status: 200, body: { value } });
  const here = process.env.TZ;
  process.env.TZ = 'Pacific/Auckland';
  onTestFinished(() => {
    if (here === undefined) delete process.env.TZ;
    else process.env.TZ = here;
  });
  expect((await powerbi.checkHealth(opened.context({ clock }))).at(1)).toMatchObject({ quota: { used: 1 } });
});

test('a refresh nobody ends is left after 35 minutes, and comes back later', async () => {
  const { opened, deliver } = await bench();
  opened.sandbox.misbehave({ system: 'powerbi', fault: 'premium', times: 0 });
  opened.sandbox.misbehave({ system: 'powerbi', method: 'GET', path: '/refreshes/', status: 202, body: {}, times: 0 });
  await expect(timePasses(opened.clock, deliver({ capacity: 'premium' }), 60_000)).rejects.toMatchObject({
    code: 'timeout',
    detail: { retryAfterMs: 300_000 },
  });
});

test('push fills a table anew each time, at most 10,000 rows a request, into one model however often', async () => {
  const { payload: many, datasets: files } = aSync({ operations: biRows(10_500), finance: biRows(2) }, null);
  const { opened, deliver, calls } = await bench({ ...options, datasets: files });
  const push = { mode: 'push', modelId: '' };
  const { vendorId, note } = await deliver(push, 1, many);
  await deliver(push, 1, many);
  expect(note).toContain('31 October 2027');
  expect(opened.sandbox.documents('powerbi', 'models').all()).toHaveLength(2);
  const rows = (table: string) =>
    (opened.sandbox.documents('powerbi', 'rows').get(`${vendorId} ${table}`) as unknown as StoredRows).rows;
  expect(rows('operations')).toHaveLength(10_500);
  expect(rows('finance')).toHaveLength(2);
  expect(rows('finance')[1]).toMatchObject({
    metric: 'ai_requests_total',
    value: 1,
    venue: 'venue-1',
    org: 'bluebell',
  });
  expect(calls('POST').filter(({ path }) => path.endsWith('/operations/rows'))).toHaveLength(4);
});

test('a tenant that makes no push models, and a model that takes none, each say what to choose', async () => {
  const { opened, deliver } = await bench();
  opened.sandbox.misbehave({ system: 'powerbi', fault: 'no-push' });
  await expect(deliver({ mode: 'push', modelId: '' })).rejects.toMatchObject({
    code: 'misconfigured',
    detail: { hint: expect.stringContaining('refresh') },
  });
  await expect(deliver({ mode: 'push' })).rejects.toMatchObject({ code: 'unsupported' });
});

test('wrong tenant, application and secret each have their own words; a token that ended early is replaced once', async () => {
  const { opened, clock, deliver } = await bench();
  const other = { tenantId: settings.modelId };
  await expect(deliver(other)).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('directory') });
  await expect(deliver({ clientId: settings.modelId })).rejects.toMatchObject({ code: 'auth' });
  const wrong = opened.context({ clock, secrets: { clientSecret: 'another-secret-value' } });
  expect((await powerbi.checkHealth(wrong))[0]?.failure).toMatchObject({
    code: 'auth',
    message: expect.stringContaining('secret is wrong'),
  });
  await deliver();
  const tokens = opened.sandbox.documents('powerbi', 'tokens');
  for (const [token] of tokens.entries()) tokens.remove(token);
  expect((await powerbi.checkHealth(opened.context({ clock }))).map(({ failure }) => failure)).toEqual([null, null]);
});
