import { describe, expect, test } from 'vitest';
import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import type { HealthRow } from '../../store/repositories/health.ts';
import { healthView, type SystemFacts } from './view.ts';

const now = Date.parse('2026-07-18T12:00:00Z');
const MIN = 60_000;
const view: ConnectionView = {
  system: 'xero',
  name: 'Xero',
  category: 'accounting',
  mode: 'on',
  state: 'connected',
  problem: null,
  account: 'Bluebell Ltd',
  settings: {},
  secretsPresent: [],
  fields: [],
  auth: 'oauth2',
  tokenExpiresAt: null,
  breaker: 'closed',
};
const row = (change: Partial<HealthRow> = {}): HealthRow => ({
  organisation_id: 'o',
  system: 'xero',
  checked_at: now - MIN,
  next_check_at: now + 4 * MIN,
  latency_ms: 120,
  state: 'healthy',
  checks: '[]',
  failing_since: null,
  told_at: null,
  ...change,
});
const facts = (change: Partial<SystemFacts> = {}): SystemFacts => ({
  now,
  view,
  row: row(),
  attempts: [],
  usedThisMinute: 0,
  usedToday: 0,
  usedLastHour: 0,
  limits: { concurrency: 1 },
  waiting: 0,
  weekendEndsAt: Date.parse('2026-07-19T22:00:00Z'),
  ...change,
});
const failure = (code: string) => JSON.stringify({ kind: 'retryable', code, message: 'No answer', scope: 'job' });
const attempt = (agoMs: number, code: string | null, ms = 100) => ({
  jobId: 'j',
  startedAt: now - agoMs,
  ms,
  failure: code === null ? null : failure(code),
});

describe('the state of a system', () => {
  test.each<[string, Partial<SystemFacts>, string]>([
    ['as the last check found it', {}, 'healthy'],
    ['unknown when nobody ever asked', { row: null }, 'unknown'],
    ['unknown when the answer is older than two rounds', { row: row({ checked_at: now - 11 * MIN }) }, 'unknown'],
    ['off, whatever the check said', { view: { ...view, mode: 'off' } }, 'off'],
    ['paused', { view: { ...view, mode: 'paused' } }, 'paused'],
    ['not connected', { view: { ...view, state: 'not_connected' } }, 'not_connected'],
    ['down while a person is needed', { view: { ...view, state: 'needs_attention', problem: 'Reconnect.' } }, 'down'],
    ['down while its circuit is open', { view: { ...view, breaker: 'open' } }, 'down'],
    ['degraded at once by a delivery that got no answer', { attempts: [attempt(1_000, 'timeout')] }, 'degraded'],
    [
      'healthy again at once by a delivery that arrived',
      { row: row({ state: 'down' }), attempts: [attempt(1_000, null)] },
      'healthy',
    ],
    ['not touched by a delivery before the check', { attempts: [attempt(5 * MIN, 'timeout')] }, 'healthy'],
    ['not touched by a refusal for good', { attempts: [attempt(1_000, 'rejected')] }, 'healthy'],
  ])('is %s', (_name, change, state) => {
    expect(healthView(facts(change)).state).toBe(state);
  });

  test('carries success rate, 95th percentile and quota with when it runs out', () => {
    const attempts = Array.from({ length: 100 }, (_, index) =>
      attempt(5 * MIN + index, index < 4 ? 'timeout' : null, index + 1),
    );
    const line = healthView(
      facts({
        attempts,
        limits: { concurrency: 1, perMinute: 60, perDay: 5_000 },
        usedThisMinute: 9,
        usedToday: 4_900,
        usedLastHour: 50,
      }),
    );
    expect([line.successRate, line.p95Ms]).toEqual([0.96, 95]);
    expect(line.quotas).toEqual([
      { per: 'minute', used: 9, limit: 60, runsOutAt: null },
      { per: 'day', used: 4_900, limit: 5_000, runsOutAt: '2026-07-18T14:00:00.000Z' },
    ]);
  });

  test('tells a sign-in that was lost, or a key that is refused, from a system that is down', () => {
    const lost = (change: Partial<SystemFacts>) => healthView(facts(change)).notAccepted;
    const checks = (code: string) =>
      JSON.stringify([{ id: 'a', label: 'Read', neededFor: [], failure: JSON.parse(failure(code)) }]);
    const parked = { ...view, state: 'needs_attention', problem: 'Not accepted' } as const;
    expect(lost({ row: row({ state: 'down', checks: checks('auth') }) })).toBe('sign-in');
    expect(lost({ view: parked, attempts: [attempt(1_000, 'auth')] })).toBe('sign-in');
    expect(lost({ view: { ...parked, auth: 'api-key' }, attempts: [attempt(1_000, 'auth')] })).toBe('key');
    expect(lost({ row: row({ state: 'down', checks: checks('timeout') }) })).toBeNull();
    expect(lost({ attempts: [attempt(1_000, null), attempt(2_000, 'auth')] })).toBeNull();
  });

  test('says when a sign-in ends before the weekend does (X11)', () => {
    const ends = (at: string) => healthView(facts({ view: { ...view, tokenExpiresAt: at } })).expiresBeforeWeekendEnds;
    expect(ends('2026-07-19T21:59:00Z')).toBe(true);
    expect(ends('2026-07-19T22:01:00Z')).toBe(false);
  });
});

test('what the other side counts itself is shown as a quota of the day', () => {
  const quota = { used: 3, perDay: 8 };
  const checks = JSON.stringify([{ id: 'model', label: 'Model', neededFor: [], failure: null, quota }]);
  expect(healthView(facts({ row: row({ checks }) })).quotas).toEqual([
    { per: 'day', used: 3, limit: 8, runsOutAt: null },
  ]);
});
