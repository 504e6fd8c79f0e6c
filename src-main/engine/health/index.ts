import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import type { SystemDetail, SystemHealth } from '../../../src-shared/contract/systems.ts';
import { Channel, systemAlertKey } from '../../../src-shared/domain/alert/alert.ts';
import { Failure } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, weekdayOf } from '../../../src-shared/domain/wedding-time/local-time.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { listAudit } from '../../store/repositories/audit.ts';
import { getConnection } from '../../store/repositories/connections.ts';
import { attemptsSince, breakerChanges, newestAttempts, waitingFor } from '../../store/repositories/deliveries.ts';
import { type HealthRow, healthOf, saveHealth } from '../../store/repositories/health.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Audit } from '../audit/audit.ts';
import type { Connections } from '../connections/connections.ts';
import type { Events } from '../events.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { notFound, refused } from '../problem.ts';
import type { Actor, Weekend } from '../weekend/weekend.ts';
import { allSystems } from './all-systems.ts';
import { checkSystem } from './check.ts';
import { createKeychainBack } from './keychain-back.ts';
import { createReopening } from './reopening.ts';
import { checksOf, healthView, isTrouble, windows } from './view.ts';

export interface HealthParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly registry: readonly AnyAdapter[];
  readonly connections: Connections;
  readonly organisations: Pick<Organisations, 'get' | 'requireRole'>;
  readonly weekend: Pick<Weekend, 'calendar'>;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey' | 'testChannel'>;
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly readRecord: Audit['read'];
  readonly events: Pick<Events, 'publish'>;
  /** The line on which this system tells what people did there; null: it has none. */
  readonly lineOf: (organisationId: string, system: string) => SystemDetail['listener'];
  /** At every round, beside the checks: the depth of the queue, the clock. */
  readonly sample: (organisationId: string) => Promise<void>;
}

export type Health = ReturnType<typeof createHealth>;

const tickMs = 10_000;
const spreadMs = 30_000;
const askAgainMs = 10_000;
const testAgainMs = 30_000;
/** A system may fail so long before the console raises an alert about it (X3); in peak hours not at all (T4). */
const patienceMs = { usual: 15 * 60_000, weddingDay: 2 * 60_000, peakHours: 0 } as const;
/** Told anew while it lasts: an open alert counts it, one that somebody ended comes back. */
const tellAgainMs = 3_600_000;
const console: Actor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

/** How every system is: asked now and then, corrected by real results, told about when it stays bad. */
export function createHealth(parts: HealthParts) {
  const { store, runtime, registry, connections, organisations, weekend, alerts, readRecord, events } = parts;
  const { clock } = runtime;
  const askedAt = new Map<string, number>();
  const testedAt = new Map<string, number>();
  const firstAt = new Map<string, number>();
  const stopped = new AbortController();
  const reopening = createReopening({ store, clock, connections });
  const keychainBack = createKeychainBack({ store, clock, contexts: connections.contexts, reopening });
  let running: Promise<void> = Promise.resolve();

  /** Mail and the warehouse speak no https: they go straight, whatever the proxy. */
  async function proxyOf(organisationId: string, { manifest }: AnyAdapter): Promise<string | null> {
    if (manifest.id === 'email' || manifest.id === 'warehouse') return null;
    const world = await connections.contexts.worldOf(organisationId);
    const host = manifest.hosts.find((one) => !one.includes('*')) ?? `${manifest.id}.example.com`;
    return (await world.through?.(host).catch(() => null)) ?? null;
  }

  function adapterOf(system: string): AnyAdapter {
    const adapter = registry.find(({ manifest }) => manifest.id === system);
    if (!adapter) throw notFound({ happened: `There is no system "${system}" in this version.` });
    return adapter;
  }

  /** End of the wedding weekend in force or of the next one: Sunday 23:00 local, or what a bank holiday makes of it. */
  async function weekendEnd(organisationId: string): Promise<number> {
    const calendar = await weekend.calendar(organisationId);
    const { weddingDay, local } = calendar.at(clock.now());
    const toSunday = (7 - weekdayOf(local.date)) % 7;
    const sunday = instantOf(addDays(local.date, toSunday), '23:00', calendar.zone);
    const next = sunday > clock.now() ? sunday : instantOf(addDays(local.date, toSunday + 7), '23:00', calendar.zone);
    return Math.max(weddingDay.endsAt ?? 0, next);
  }

  async function lineOf(organisationId: string, view: ConnectionView, weekendEndsAt: number): Promise<SystemHealth> {
    const now = clock.now();
    const { minuteMs, hourMs, dayMs } = windows;
    const id = `${organisationId}/${view.system}`;
    const { limits } = adapterOf(view.system);
    const [row, attempts, usedThisMinute, usedLastHour, usedToday, waiting] = await Promise.all([
      healthOf(store.read, organisationId, view.system),
      newestAttempts(store.read, id, now - dayMs, 1_000),
      limits.perMinute === undefined ? 0 : attemptsSince(store.read, id, now - minuteMs),
      limits.perDay === undefined ? 0 : attemptsSince(store.read, id, now - hourMs),
      limits.perDay === undefined ? 0 : attemptsSince(store.read, id, now - (now % dayMs)),
      waitingFor(store.read, organisationId, view.system),
    ]);
    return healthView({
      now,
      view,
      row,
      attempts,
      usedThisMinute,
      usedLastHour,
      usedToday,
      limits,
      waiting,
      weekendEndsAt,
    });
  }

  async function one(organisationId: string, system: string): Promise<SystemHealth> {
    adapterOf(system);
    return lineOf(organisationId, await connections.get(organisationId, system), await weekendEnd(organisationId));
  }

  async function list(organisationId: string): Promise<SystemHealth[]> {
    await organisations.get(organisationId);
    const [views, end] = await Promise.all([connections.list(organisationId), weekendEnd(organisationId)]);
    const others = registry
      .filter(({ manifest }) => !allSystems.some(({ id }) => id === manifest.id))
      .map(({ manifest }) => manifest);
    return Promise.all(
      [...allSystems, ...others].map(({ id, name, category }) => {
        const view = views.find(({ system }) => system === id);
        return view ? lineOf(organisationId, view, end) : missing(id, name, category);
      }),
    );
  }

  /** Asks now; anything that changed is told to screens, and to people when it lasts. */
  async function check(organisationId: string, adapter: AnyAdapter, asked = false): Promise<HealthRow> {
    const row = await checkSystem({ ...parts, contexts: connections.contexts }, organisationId, adapter);
    await tell(organisationId, adapter, row);
    if (row.state === 'healthy') await reopening.healthy(organisationId, adapter.manifest.id, asked);
    else reopening.unwell(organisationId, adapter.manifest.id);
    // Not `connections`: nothing about the connection changed, and whoever holds a line open on it would open it anew.
    events.publish({ topic: 'health', organisationId, ids: [adapter.manifest.id] });
    return row;
  }

  async function patienceOf(organisationId: string): Promise<number> {
    const { weddingDay, peakHours } = (await weekend.calendar(organisationId)).at(clock.now());
    return peakHours ? patienceMs.peakHours : weddingDay.active ? patienceMs.weddingDay : patienceMs.usual;
  }

  /** X3: the console's own alert about a system that stays bad, and its end. */
  async function tell(organisationId: string, { manifest }: AnyAdapter, row: HealthRow): Promise<void> {
    const key = systemAlertKey(manifest.id);
    if (row.failing_since === null) {
      if (row.told_at === null) return;
      await alerts.resolveKey(organisationId, key, console);
      await store.transaction((tx) => saveHealth(tx, { ...row, told_at: null }));
      return;
    }
    if (row.told_at !== null && clock.now() - row.told_at < tellAgainMs) return;
    const failingMs = clock.now() - row.failing_since;
    if (failingMs < (await patienceOf(organisationId))) return;
    const check = checksOf(row).find(({ ok }) => !ok);
    const minutes = Math.round(failingMs / 60_000);
    await alerts.raise(
      organisationId,
      {
        source: 'console',
        key,
        severity: 'critical',
        title: `${manifest.name} is ${row.state === 'down' ? 'down' : 'failing in part'}${minutes > 0 ? ` for ${minutes} min` : ''}`,
        detail: check === undefined ? '' : `${check.label}: ${check.problem ?? ''} ${check.remedy ?? ''}`.trim(),
      },
      console,
    );
    await store.transaction((tx) => saveHealth(tx, { ...row, told_at: clock.now() }));
  }

  /** Connected and switched on: what is checked by itself. */
  async function isWatched(organisationId: string, { manifest }: AnyAdapter): Promise<boolean> {
    const row = await getConnection(store.read, organisationId, manifest.id);
    return row?.mode === 'on' && (await connections.get(organisationId, manifest.id)).state !== 'not_connected';
  }

  async function isDue(organisationId: string, { manifest }: AnyAdapter): Promise<boolean> {
    const now = clock.now();
    const key = `${organisationId}/${manifest.id}`;
    // Spread over the first half minute, whatever is due (R23).
    const first = firstAt.get(key) ?? now + runtime.random.next() * spreadMs;
    firstAt.set(key, first);
    if (now < first) return false;
    const row = await healthOf(store.read, organisationId, manifest.id);
    if (row === null || now >= row.next_check_at) return true;
    // A delivery that met trouble where the last look found none: X3's minutes count from now, not from the next round.
    if (row.failing_since !== null) {
      // The look that decides whether to tell comes when the patience ends, not up to a minute later.
      return row.told_at === null && now - row.failing_since >= (await patienceOf(organisationId));
    }
    const [newest] = await newestAttempts(store.read, key, row.checked_at, 1);
    return newest !== undefined && isTrouble(newest.failure);
  }

  /** One round over every organisation; several systems at once, so that one that hangs holds up no other. */
  async function tick(): Promise<void> {
    for (const { id } of await listOrganisations(store.read)) {
      await parts.sample(id);
      const anew = await keychainBack(id);
      await Promise.all(
        registry.map(async (adapter) => {
          const due = anew.has(adapter.manifest.id) || (await isDue(id, adapter));
          if (due && (await isWatched(id, adapter))) await check(id, adapter);
        }),
      );
    }
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await tick().catch((thrown: unknown) =>
        runtime.log.error('health.tick-failed', { error: thrown instanceof Error ? thrown.message : String(thrown) }),
      );
      await clock.sleep(tickMs, stopped.signal);
    }
  }

  /** 0: go ahead. Else how long to wait, ms. */
  function tooSoon(times: Map<string, number>, key: string, everyMs: number): number {
    const now = clock.monotonicMs();
    const waitMs = (times.get(key) ?? Number.NEGATIVE_INFINITY) + everyMs - now;
    if (waitMs <= 0) times.set(key, now);
    return Math.max(0, waitMs);
  }

  async function checkNow(organisationId: string, system: string) {
    const adapter = adapterOf(system);
    const before = await one(organisationId, system);
    if (before.state === 'not_connected' || before.state === 'off')
      return { asked: false, waitMs: 0, before, after: before };
    const waitMs = tooSoon(askedAt, `${organisationId}/${system}`, askAgainMs);
    if (waitMs > 0) return { asked: false, waitMs, before, after: before };
    await check(organisationId, adapter, true);
    return { asked: true, waitMs: 0, before, after: await one(organisationId, system) };
  }

  return {
    list,
    one,
    checkNow,
    tick,

    async checkAll(organisationId: string): Promise<SystemHealth[]> {
      await Promise.all(
        registry.map(async (adapter) => {
          if (await isWatched(organisationId, adapter)) await checkNow(organisationId, adapter.manifest.id);
        }),
      );
      return list(organisationId);
    },

    async detail(organisationId: string, system: string): Promise<SystemDetail> {
      const adapter = adapterOf(system);
      const id = `${organisationId}/${system}`;
      const view = await connections.get(organisationId, system);
      const [line, row, attempts, changes] = await Promise.all([
        one(organisationId, system),
        healthOf(store.read, organisationId, system),
        newestAttempts(store.read, id, 0, 20),
        breakerChanges(store.read, id, 100),
      ]);
      const results = attempts.map(({ jobId, startedAt, ms, failure }) => ({
        at: isoOf(Instant.parse(startedAt)),
        ok: failure === null,
        ms,
        deliveryId: jobId,
        failure: failure === null ? null : Failure.parse(JSON.parse(failure)),
      }));
      const last = results.find(({ failure }) => failure !== null);
      return {
        ...line,
        checks: checksOf(row),
        lastResults: results.map(({ failure, ...result }) => ({ ...result, problem: failure?.message ?? null })),
        lastError: last?.failure
          ? { at: last.at, message: last.failure.message, hint: last.failure.hint ?? null }
          : null,
        breakerHistory: changes.map(({ at, state }) => ({ at: isoOf(Instant.parse(at)), state })),
        actions: Object.entries(adapter.actions).map(([action, { label, deliveryClass }]) => ({
          id: action,
          label,
          deliveryClass,
        })),
        hosts: [...adapter.manifest.hosts],
        proxy: await proxyOf(organisationId, adapter),
        secretsPresent: view.secretsPresent,
        testDoes: testOf(adapter),
        listener: parts.lineOf(organisationId, system),
      };
    },

    async sendTest(organisationId: string, system: string, actor: Actor) {
      const adapter = adapterOf(system);
      await organisations.requireRole(organisationId, actor.personId, ['ops', 'admin']);
      const waitMs = tooSoon(testedAt, `${organisationId}/${system}`, testAgainMs);
      if (waitMs > 0) {
        throw refused({
          happened: 'A test was sent a moment ago.',
          remedy: `Try again in ${Math.ceil(waitMs / 1_000)} seconds.`,
        });
      }
      const what = testOf(adapter);
      const channel = Channel.safeParse(system);
      if (channel.success) return { ...(await alerts.testChannel(organisationId, channel.data, actor)), what };
      const row = await check(organisationId, adapter, true);
      const failing = checksOf(row).find(({ ok }) => !ok);
      const error = failing === undefined ? null : `${failing.label}: ${failing.problem ?? 'failing'}`;
      return { delivered: row.state === 'healthy', ms: row.latency_ms, error, what };
    },

    async setMode(organisationId: string, system: string, mode: ConnectionView['mode'], reason: string, by: Asker) {
      await connections.setMode(organisationId, system, mode, reason, by);
      return one(organisationId, system);
    },

    async history(organisationId: string, system: string) {
      adapterOf(system);
      const about = { object: [`connection:${system}`] };
      const { rows } = await listAudit(store.read, organisationId, about, null, 100);
      return (await readRecord(organisationId, rows)).map(({ at, actor, action, reason }) => ({
        at: isoOf(Instant.parse(at)),
        actor,
        action,
        reason,
      }));
    },

    start(): void {
      running = loop();
    },
    async stop(): Promise<void> {
      stopped.abort();
      await running;
    },
  };
}

function testOf({ manifest }: AnyAdapter): string {
  return Channel.safeParse(manifest.id).success
    ? `Sends a message marked TEST to the first usual destination of ${manifest.name}.`
    : `Asks ${manifest.name} who we are and what we may do there; writes nothing.`;
}

function missing(system: string, name: string, category: ConnectionView['category']): SystemHealth {
  return {
    system,
    name,
    category,
    mode: 'off',
    state: 'not_connected',
    problem: null,
    checkedAt: null,
    nextCheckAt: null,
    latencyMs: null,
    successRate: null,
    p95Ms: null,
    attempts: 0,
    breaker: 'closed',
    quotas: [],
    account: null,
    tokenExpiresAt: null,
    expiresBeforeWeekendEnds: false,
    waiting: 0,
    failingSince: null,
    notAccepted: null,
  };
}
