import type { z } from 'zod';
import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import type { SystemCheck, SystemHealth } from '../../../src-shared/contract/systems.ts';
import { Failure } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { Limits } from '../../adapters/kit/adapter.ts';
import type { AttemptFigures } from '../../store/repositories/deliveries.ts';
import type { HealthRow } from '../../store/repositories/health.ts';
import { Checks, cachedMs } from './check.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const iso = (at: number) => isoOf(Instant.parse(at));

/** Everything the state of a system is judged from. */
export interface SystemFacts {
  readonly now: number;
  readonly view: ConnectionView;
  readonly row: HealthRow | null;
  /** Of the last 24 h, newest first. */
  readonly attempts: readonly AttemptFigures[];
  readonly usedThisMinute: number;
  readonly usedToday: number;
  readonly usedLastHour: number;
  readonly limits: Limits;
  readonly waiting: number;
  /** End of the wedding weekend in force or coming next, ms UTC. */
  readonly weekendEndsAt: number | null;
}

export function checksOf(row: HealthRow | null): z.infer<typeof SystemCheck>[] {
  return (row === null ? [] : Checks.parse(JSON.parse(row.checks))).map(({ id, label, neededFor, failure }) => ({
    id,
    label,
    ok: failure === null,
    neededFor: [...neededFor],
    problem: failure?.message ?? null,
    remedy: failure?.hint ?? null,
  }));
}

/** One line of the Systems screen. */
export function healthView(facts: SystemFacts): SystemHealth {
  const { now, view, row, attempts, waiting, weekendEndsAt } = facts;
  const state = stateOf(facts);
  const fails = attempts.filter(({ failure }) => failure !== null).length;
  const failing = state === 'down' || state === 'degraded';
  const expires = view.tokenExpiresAt === null ? null : Date.parse(view.tokenExpiresAt);
  return {
    system: view.system,
    name: view.name,
    category: view.category,
    mode: view.mode,
    state,
    problem: failing ? problemOf(facts) : view.problem,
    notAccepted: failing && isRefused(facts) ? (view.auth === 'oauth2' ? 'sign-in' : 'key') : null,
    checkedAt: row === null ? null : iso(row.checked_at),
    nextCheckAt: row === null ? null : iso(row.next_check_at),
    latencyMs: row?.latency_ms ?? null,
    successRate: attempts.length === 0 ? null : (attempts.length - fails) / attempts.length,
    p95Ms: percentile(attempts.map(({ ms }) => ms)),
    attempts: attempts.length,
    breaker: view.breaker,
    quotas: quotasOf(facts),
    account: view.account,
    tokenExpiresAt: view.tokenExpiresAt,
    expiresBeforeWeekendEnds:
      expires !== null && weekendEndsAt !== null && expires > now - dayMs && expires < weekendEndsAt,
    waiting,
    failingSince: failing && row !== null && row.failing_since !== null ? iso(row.failing_since) : null,
  };
}

/** A refusal for good, or being told to wait, is a sign of life. */
export function isTrouble(failure: string | null): boolean {
  if (failure === null) return false;
  const parsed = Failure.safeParse(JSON.parse(failure));
  return (
    parsed.success &&
    ['network', 'proxy', 'timeout', 'vendor-down', 'auth', 'forbidden', 'quota', 'misconfigured'].includes(
      parsed.data.code,
    )
  );
}

/** The last check, corrected at once by what deliveries met since (R23). */
function stateOf({ now, view, row, attempts }: SystemFacts): SystemHealth['state'] {
  if (view.mode === 'off') return 'off';
  if (view.state === 'not_connected') return 'not_connected';
  if (view.mode === 'paused') return 'paused';
  if (view.state === 'needs_attention' || view.breaker === 'open') return 'down';
  const [newest] = attempts;
  const newer =
    newest !== undefined && newest.startedAt >= (row?.checked_at ?? 0) && now - newest.startedAt <= 2 * cachedMs;
  if (newer) {
    if (isTrouble(newest.failure)) return row?.state === 'down' ? 'down' : 'degraded';
    if (row === null || row.state === 'down') return 'healthy';
  }
  if (row === null || now - row.checked_at > 2 * cachedMs) return 'unknown';
  return row.state;
}

function problemOf({ view, row, attempts }: SystemFacts): string {
  if (view.problem !== null) return view.problem;
  const check = checksOf(row).find(({ ok }) => !ok);
  if (check) return `${check.label}: ${check.problem ?? 'failing'}`;
  const failure = attempts.find((attempt) => isTrouble(attempt.failure))?.failure;
  if (failure) return Failure.parse(JSON.parse(failure)).message;
  return view.breaker === 'open' ? 'It stopped answering; it is tried again now and then.' : 'It is failing.';
}

/** By the last check or the newest delivery, whichever is still to be believed when the system is failing. */
function isRefused({ row, attempts: [newest] }: SystemFacts): boolean {
  const checks = row === null ? [] : Checks.parse(JSON.parse(row.checks));
  if (checks.some(({ failure }) => failure?.code === 'auth')) return true;
  const failure = newest?.failure == null ? null : Failure.safeParse(JSON.parse(newest.failure));
  return failure?.data?.code === 'auth';
}

function quotasOf({ now, row, limits, usedThisMinute, usedToday, usedLastHour }: SystemFacts): SystemHealth['quotas'] {
  const quotas: SystemHealth['quotas'] = [];
  for (const { quota } of row === null ? [] : Checks.parse(JSON.parse(row.checks)))
    if (quota) quotas.push({ per: 'day', used: quota.used, limit: quota.perDay, runsOutAt: null });
  if (limits.perMinute !== undefined) {
    quotas.push({ per: 'minute', used: usedThisMinute, limit: limits.perMinute, runsOutAt: null });
  }
  if (limits.perDay !== undefined) {
    const left = limits.perDay - usedToday;
    const inMs = usedLastHour === 0 ? Number.POSITIVE_INFINITY : (left / usedLastHour) * 3_600_000;
    const dayEnds = now - (now % dayMs) + dayMs;
    const at = now + Math.max(0, inMs);
    quotas.push({
      per: 'day',
      used: usedToday,
      limit: limits.perDay,
      runsOutAt: at < dayEnds ? iso(Math.round(at)) : null,
    });
  }
  return quotas;
}

export const windows = { minuteMs, dayMs, hourMs: 3_600_000 } as const;

function percentile(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
}
