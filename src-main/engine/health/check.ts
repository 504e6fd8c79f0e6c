import { z } from 'zod';
import { Failure, toFailure } from '../../../src-shared/domain/failure.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter, HealthCheck } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { type HealthRow, healthOf, saveHealth } from '../../store/repositories/health.ts';
import type { Contexts } from '../connections/contexts.ts';

export const cachedMs = 5 * 60_000;
const jitterShare = 0.2;
/** What fails is looked at more often, so that its end is noticed and the time until its alert is kept. */
const failingEveryMs = 60_000;
const longestMs = 30_000;

export const Checks = z.array(
  z.object({
    id: z.string(),
    label: z.string(),
    neededFor: z.array(z.string()),
    failure: Failure.nullable(),
    quota: z.object({ used: z.number(), perDay: z.number() }).optional(),
  }),
);

/** Asks one system how it is and keeps the answer; a failure is a result, not an error. */
export async function checkSystem(
  deps: {
    readonly store: Store;
    readonly runtime: Runtime;
    readonly contexts: Pick<Contexts, 'contextOf'>;
    readonly redactor: Pick<Redactor, 'redact'>;
  },
  organisationId: string,
  adapter: AnyAdapter,
): Promise<HealthRow> {
  const { store, runtime, contexts, redactor } = deps;
  const system = adapter.manifest.id;
  const from = runtime.clock.monotonicMs();
  let checks: readonly HealthCheck[];
  try {
    const ctx = await contexts.contextOf(organisationId, system, AbortSignal.timeout(longestMs));
    checks = await adapter.checkHealth(ctx);
  } catch (thrown) {
    const neededFor = Object.keys(adapter.actions);
    checks = [{ id: 'connection', label: 'Connection', neededFor, failure: toFailure(thrown) }];
  }
  const clean = checks.map((check) => ({
    ...check,
    failure: check.failure && { ...check.failure, message: redactor.redact(check.failure.message) },
  }));
  const before = await healthOf(store.read, organisationId, system);
  const at = runtime.clock.now();
  const state = stateOf(clean);
  const row: HealthRow = {
    organisation_id: organisationId,
    system,
    checked_at: at,
    next_check_at: nextAt(at, state, runtime.random.next()),
    latency_ms: Math.round(runtime.clock.monotonicMs() - from),
    state,
    checks: JSON.stringify(clean),
    failing_since: state === 'healthy' ? null : (before?.failing_since ?? at),
    told_at: before?.told_at ?? null,
  };
  await store.transaction((tx) => saveHealth(tx, row));
  return row;
}

function nextAt(at: Instant, state: HealthRow['state'], random: number): number {
  const every = state === 'healthy' ? cachedMs : failingEveryMs;
  return Math.round(at + every * (1 + jitterShare * (2 * random - 1)));
}

/** Without the first permission nothing works; without another, some of it does. */
function stateOf(checks: readonly HealthCheck[]): HealthRow['state'] {
  const failing = checks.filter(({ failure }) => failure !== null);
  if (failing.length === 0) return 'healthy';
  return checks[0]?.failure != null || failing.length === checks.length ? 'down' : 'degraded';
}
