import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import type { Connections } from '../connections/connections.ts';
import { createWeekend } from '../weekend/weekend.ts';
import { createHealth } from './index.ts';

const organisationId = 'org';
const MIN = 60_000;
let store: Store;
afterEach(() => store.close());

/** One system, asked for real, whose answer a test chooses; what is told about it is noted. */
async function desk(at: string) {
  const runtime = testRuntime(at);
  store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'health-')), runtime });
  const told: string[] = [];
  const state = { works: true, asked: 0 };
  const published: string[] = [];
  const adapter = {
    manifest: { id: 'xero', name: 'Xero', category: 'accounting', auth: 'oauth2', hosts: [], helpPage: 'xero' },
    limits: { concurrency: 1 },
    actions: { 'post-bill': { label: 'Post', deliveryClass: 'never-twice' } },
    async checkHealth() {
      state.asked += 1;
      const failure = state.works ? null : new NeedsAttentionError('forbidden', 'May not read').toFailure();
      return [{ id: 'read', label: 'Read bills', neededFor: ['post-bill'], failure }];
    },
  } as unknown as AnyAdapter;
  const view: ConnectionView = {
    ...{ system: 'xero', name: 'Xero', category: 'accounting', mode: 'on', state: 'connected', problem: null },
    ...{ account: null, settings: {}, secretsPresent: [], fields: [], auth: 'oauth2', tokenExpiresAt: null },
    breaker: 'closed',
  };
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: organisationId, name: 'O', created_at: 0 }).execute();
    const row = { id: 'org/xero', organisation_id: organisationId, system: 'xero', created_at: 0, updated_at: 0 };
    await tx.insertInto('connection').values(row).execute();
  });
  const health = createHealth({
    store,
    runtime,
    registry: [adapter],
    connections: {
      get: async () => view,
      list: async () => [view],
      recovered: async () => undefined,
      contexts: { contextOf: async () => ({}) },
    } as unknown as Connections,
    organisations: { get: async () => ({}) as never, requireRole: async () => ({}) as never },
    weekend: createWeekend({ store, runtime, audit: async () => undefined as never, publish: () => undefined }),
    alerts: {
      raise: async (_organisation, report) => {
        told.push(`${(report as { severity: string }).severity}: ${(report as { title: string }).title}`);
        return undefined as never;
      },
      resolveKey: async (_organisation, key) => void told.push(`over: ${key}`),
      testChannel: async () => undefined as never,
    },
    readRecord: async () => [],
    redactor: { redact: (text) => text },
    events: { publish: ({ topic }) => void published.push(topic) },
    lineOf: () => null,
    sample: async () => undefined,
  });
  /** Time passes as it does for the loop: a look every ten seconds. */
  const pass = async (ms: number) => {
    for (let spent = 0; spent < ms; spent += 10_000) {
      await runtime.clock.advance(10_000);
      await health.tick();
    }
  };
  const attempt = (failure: string | null) =>
    store.transaction((tx) =>
      tx
        .insertInto('outbox_attempt')
        .values({
          ...{ organisation_id: organisationId, connection_id: 'org/xero', job_id: 'j', number: 1, stage: 'send' },
          ...{ started_at: runtime.clock.now(), ended_at: runtime.clock.now(), failure, receipt: null, note: null },
        })
        .execute(),
    );
  return { runtime, health, told, state, pass, attempt, published };
}
const timeout = JSON.stringify({ kind: 'retryable', code: 'timeout', message: 'No answer', scope: 'job' });

test('a look at a system is no change of its connection, so that no open line is closed for it', async () => {
  const { published, pass } = await desk('2026-11-10T12:00:00Z');
  await pass(15 * MIN);
  expect(new Set(published)).toEqual(new Set(['health']));
});

describe('a system that stays bad (X3)', () => {
  test('is told about after 15 minutes on an ordinary day, once, and so is its end', async () => {
    const { told, state, pass } = await desk('2026-11-24T13:00:00Z');
    await pass(MIN);
    state.works = false;
    await pass(20 * MIN);
    expect(told).toEqual(['critical: Xero is down for 15 min']);
    state.works = true;
    await pass(3 * MIN);
    expect(told).toEqual(['critical: Xero is down for 15 min', 'over: console:system:xero']);
  });

  test.each([
    ['after 2 minutes in wedding-day mode', '2026-11-20T20:00:00Z', 4],
    ['at the first missed look in peak hours (T4)', '2026-11-21T13:00:00Z', 1],
  ])('is told about %s', async (_name, at, withinMin) => {
    const { told, state, pass, attempt } = await desk(at);
    await pass(MIN);
    state.works = false;
    // What a delivery meets starts the clock; the next round would be up to six minutes away.
    await attempt(timeout);
    await pass(withinMin * MIN);
    expect(told).toHaveLength(1);
    await pass(30 * MIN);
    expect(told).toHaveLength(1);
  });

  test('is told again each hour it stays so: an alert that somebody ended by mistake comes back', async () => {
    const { told, state, pass } = await desk('2026-11-24T13:00:00Z');
    await pass(MIN);
    state.works = false;
    await pass(20 * MIN);
    expect(told).toHaveLength(1);
    await pass(66 * MIN);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^critical: Xero is down for/);
  });

  test('is not told about when it comes back in time', async () => {
    const { told, state, pass, attempt } = await desk('2026-11-24T13:00:00Z');
    await pass(MIN);
    state.works = false;
    await attempt(timeout);
    await pass(13 * MIN);
    state.works = true;
    await pass(30 * MIN);
    expect(told).toEqual([]);
  });
});

test('is asked every 5 min ± 20 %, by hand at most every 10 s, and reads unknown when nobody asked for two rounds (R23)', async () => {
  const { health, state, runtime, pass } = await desk('2026-11-24T13:00:00Z');
  await pass(60 * MIN);
  expect(state.asked).toBeGreaterThanOrEqual(10);
  expect(state.asked).toBeLessThanOrEqual(16);
  const before = state.asked;
  await runtime.clock.advance(10_000);
  expect(await health.checkNow(organisationId, 'xero')).toMatchObject({ asked: true, after: { state: 'healthy' } });
  const again = await health.checkNow(organisationId, 'xero');
  expect(again).toMatchObject({ asked: false });
  expect(again.waitMs).toBeGreaterThan(9_000);
  expect(state.asked).toBe(before + 1);
  await runtime.clock.advance(10_000);
  expect((await health.checkNow(organisationId, 'xero')).asked).toBe(true);
  await runtime.clock.advance(11 * MIN);
  expect((await health.one(organisationId, 'xero')).state).toBe('unknown');
});

test('a test of a system without messages asks who we are, says what failed, and comes at most every 30 s', async () => {
  const { health, state, runtime } = await desk('2026-11-24T13:00:00Z');
  const actor = { personId: 'alex', name: 'Alex', channel: 'cli', correlationId: 'c' };
  expect(await health.sendTest(organisationId, 'xero', actor)).toMatchObject({ delivered: true, error: null });
  await expect(health.sendTest(organisationId, 'xero', actor)).rejects.toMatchObject({ code: 'REFUSED' });
  state.works = false;
  await runtime.clock.advance(30_000);
  const failed = await health.sendTest(organisationId, 'xero', actor);
  expect(failed).toMatchObject({ delivered: false });
  expect(failed.error).toContain('Read bills');
});
