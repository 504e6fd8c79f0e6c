import { z } from 'zod';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { slugOf } from '../../../src-shared/domain/kpi/dimensions.ts';
import { Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import { MetricBatch, PUSH_METRICS, pointsPerJob } from '../../adapters/kit/metrics.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { type ConnectionRow, getConnection } from '../../store/repositories/connections.ts';
import * as counted from '../../store/repositories/kpi-counters.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { findJob } from '../../store/repositories/outbox.ts';
import type { Events } from '../events.ts';
import { deliveryKey, type Enqueue, type Enqueued } from '../outbox/enqueue.ts';
import { pointsFor } from './metric-points.ts';
import { acknowledge, cellKey, droppedBy, giveBack, pointsIn, returnedBy, shift, whyDropped } from './sent-counts.ts';

export const monitoringSystems = ['datadog', 'newrelic', 'grafana'] as const;
export type MonitoringSystem = (typeof monitoringSystems)[number];

export interface PushResult {
  readonly system: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly points: number;
  readonly error: string | null;
}

export interface PushParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly events: Pick<Events, 'publish' | 'subscribe'>;
  readonly enqueue: (tx: Tx, job: Enqueue) => Promise<Enqueued>;
  readonly cancel: (tx: Tx, organisationId: string, jobId: string) => Promise<OutboxJob>;
  readonly zoneOf: (organisationId: string) => Promise<string>;
  /** Points were lost for good: too old for the spool, refused, or given up on. */
  readonly lost: (organisationId: string, system: string, points: number, why: string) => void;
  /** Most bytes of unsent points kept for one destination. */
  readonly spoolBytes?: number;
}

const keepMs = 7 * 86_400_000;
const spoolLimit = 500 * 1024 * 1024;
const patienceMs = 25_000;
/** Sizes are added up only when this many wait; below it the limit is out of reach. */
const worthAdding = 100;

/** Telemetry on its way out: spooled, counted once, told side by side (K4). */
export function createPush(parts: PushParts) {
  const { store, runtime, events } = parts;
  const limit = parts.spoolBytes ?? spoolLimit;

  /** By destination: when it was told last, so that what two counts grew in never overlaps. */
  const told = new Map<string, number>();

  /** By destination: what is being queued for it. The next one counts from there, or both would tell the same growth. */
  const turns = new Map<string, Promise<unknown>>();

  /** Queues what one destination has not been told; answers with the keys of the jobs. */
  function queue(organisationId: string, system: MonitoringSystem): Promise<{ keys: string[]; points: number }> {
    const destination = `${organisationId}/${system}`;
    const before = turns.get(destination) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(() => queueNow(organisationId, system));
    turns.set(destination, own);
    return own;
  }

  async function queueNow(
    organisationId: string,
    system: MonitoringSystem,
  ): Promise<{ keys: string[]; points: number }> {
    // Read once: a second that ends between two readings would give a time that another push has at Datadog already, and
    // the last one there wins.
    const now = runtime.clock.now();
    const at = now - (now % 1_000);
    const destination = `${organisationId}/${system}`;
    const before = told.get(destination) ?? (await counted.lastSpooledAt(store.read, organisationId, system));
    const zone = await parts.zoneOf(organisationId);
    const points = await pointsFor(store.read, organisationId, { system, before }, at, zone);
    const org = slugOf(organisationId);
    const keys = await store.transaction(async (tx) => {
      const keys: string[] = [];
      const known = new Map(
        (await counted.listCountersSent(tx, organisationId, system)).map((row) => [cellKey(row), row]),
      );
      for (let from = 0, part = 0; from < points.length; from += pointsPerJob, part++) {
        const batch: MetricBatch = { org, instance: `console-${org}`, points: points.slice(from, from + pointsPerJob) };
        const key = deliveryKey(organisationId, system, 'metrics', String(at), String(part));
        const { added } = await parts.enqueue(tx, {
          organisationId,
          system,
          action: PUSH_METRICS,
          deliveryClass: 'telemetry',
          priority: 7,
          payload: z.json().parse(JSON.parse(JSON.stringify(MetricBatch.parse(batch)))),
          payloadVersion: 1,
          idempotencyKey: key,
          // Samples of one series must arrive in order there.
          ...(system === 'grafana' ? { orderKey: `metrics-${part}` } : {}),
          expiresAt: later(Instant.parse(at), keepMs),
        });
        keys.push(key);
        if (added) await shift(tx, organisationId, system, batch.points, 1, known);
      }
      return keys;
    });
    told.set(destination, at);
    await trim(organisationId, system);
    return { keys, points: points.length };
  }

  /** Beyond the limit the oldest go; what they counted goes on with the next push, their levels are lost and said so. */
  async function trim(organisationId: string, system: string): Promise<void> {
    if ((await counted.countSpooled(store.read, organisationId, system)) < worthAdding) return;
    const waiting = await counted.spooledJobs(store.read, organisationId, system);
    let over = waiting.reduce((sum, job) => sum + Number(job.bytes), 0) - limit;
    for (const job of waiting) {
      if (over <= 0) return;
      await store.transaction((tx) => parts.cancel(tx, organisationId, job.id));
      over -= Number(job.bytes);
    }
  }

  async function pushOne(organisationId: string, system: MonitoringSystem): Promise<PushResult> {
    const startedMs = runtime.clock.monotonicMs();
    const done = (result: Omit<PushResult, 'system' | 'ms'>): PushResult => ({
      system,
      ms: Math.round(runtime.clock.monotonicMs() - startedMs),
      ...result,
    });
    const connection = await getConnection(store.read, organisationId, system);
    if (!connection || connection.mode === 'off') return done({ ok: false, points: 0, error: 'Not connected' });
    const { keys, points } = await queue(organisationId, system);
    if (points === 0) return done({ ok: true, points: 0, error: null });
    const blocked = blockedBy(connection, runtime.clock.now());
    if (blocked !== null) return done({ ok: false, points: 0, error: `${blocked} (kept, and sent when it answers)` });
    const jobs = await settled(organisationId, system, keys);
    const dropped = jobs.reduce((sum, job) => sum + droppedBy(job), 0);
    const failed = jobs.find((job) => job.state !== 'delivered');
    if (!failed) {
      const error = dropped === 0 ? null : `${dropped} points were dropped there: ${whyDropped(jobs)}`;
      return done({ ok: dropped === 0, points: points - dropped, error });
    }
    const sent = jobs.filter((job) => job.state === 'delivered').reduce((sum, job) => sum + pointsIn(job).length, 0);
    const reason =
      failed.lastFailure?.message ?? (connection.mode === 'paused' ? 'The system is paused' : 'No answer yet');
    const kept = failed.state === 'failed' || failed.state === 'cancelled' ? '' : ' (kept, and sent when it answers)';
    return done({ ok: false, points: sent, error: `${reason}${kept}` });
  }

  /** Waits until each job has had an outcome, or patience ends. */
  async function settled(organisationId: string, system: string, keys: readonly string[]): Promise<OutboxJob[]> {
    const stop = new AbortController();
    let wake = () => undefined as undefined;
    const unsubscribe = events.subscribe((change) => {
      if (change.topic === 'deliveries' && change.organisationId === organisationId) wake();
    });
    let late = false;
    const patience = runtime.clock.sleep(patienceMs, stop.signal).then(() => {
      late = true;
      wake();
    });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = () => void resolve();
        });
        const jobs = await Promise.all(
          keys.map((key) => findJob(store.read, organisationId, `${organisationId}/${system}`, PUSH_METRICS, key)),
        );
        const there = jobs.filter((job) => job !== null);
        // A job that failed once waits for its next try: that is an outcome to report, not one to wait for.
        if (late || there.every((job) => job.settledAt !== null || job.state === 'held' || job.lastFailure !== null)) {
          return there;
        }
        await changed;
      }
    } finally {
      stop.abort();
      unsubscribe();
      await patience;
    }
  }

  return {
    queue,

    /** All of them at once; one that fails delays no other (K4). */
    push(organisationId: string, systems: readonly MonitoringSystem[]): Promise<PushResult[]> {
      return Promise.all(
        systems.map((system) =>
          pushOne(organisationId, system).catch((thrown: unknown) => ({
            system,
            ok: false,
            ms: 0,
            points: 0,
            error: thrown instanceof Error ? thrown.message : String(thrown),
          })),
        ),
      );
    },

    /** For the outbox: in the transaction that stores what became of a push. */
    async onSettled(tx: Tx, job: OutboxJob): Promise<void> {
      const { organisationId, system } = job;
      const points = pointsIn(job);
      const given = job.state === 'failed' || job.state === 'cancelled';
      if (given && (await counted.addReturned(tx, organisationId, job.id))) {
        await shift(tx, organisationId, system, points, -1);
        const levels = points.filter((point) => point.type === 'gauge').length;
        const why = job.lastFailure?.message ?? 'the spool was full';
        if (levels > 0) store.after(tx, () => parts.lost(organisationId, system, levels, why));
      } else if (!given && (await counted.takeReturned(tx, organisationId, job.id))) {
        await shift(tx, organisationId, system, points, 1);
      }
      if (job.state === 'delivered') {
        const late = returnedBy(job, points);
        await acknowledge(
          tx,
          job,
          points.filter((point) => !late.includes(point)),
        );
        await giveBack(tx, job, late);
      }
      if (job.state === 'sending') return;
      const dropped = droppedBy(job);
      const ok = job.state === 'delivered' && dropped === 0;
      const at = runtime.clock.now();
      await rows.putSync(tx, {
        organisation_id: organisationId,
        system,
        at,
        ok: ok ? 1 : 0,
        ms: Math.max(0, at - job.createdAt),
        points: job.state === 'delivered' ? points.length - dropped : 0,
        detail: ok
          ? ''
          : dropped > 0
            ? `${dropped} points dropped: ${whyDropped([job])}`
            : (job.lastFailure?.message ?? job.state),
        lost_points: given ? points.length : dropped,
      });
      store.after(tx, () => {
        events.publish({ topic: 'kpis', organisationId, ids: [system] });
        if (dropped > 0) parts.lost(organisationId, system, dropped, whyDropped([job]));
      });
    },
  };
}
export type Push = ReturnType<typeof createPush>;

/** Why nothing is being sent to a connection now; null: it is. */
export function blockedBy(connection: ConnectionRow, now: number): string | null {
  if (connection.mode === 'paused') return 'The system is paused';
  if (connection.parked_code !== null) return connection.parked_message ?? 'The connection needs a person';
  if (connection.not_before !== null && connection.not_before > now) return 'The system asked us to wait';
  const breaker = Breaker.safeParse(JSON.parse(connection.breaker ?? 'null'));
  return breaker.success && breaker.data.state === 'open' ? 'The system has stopped answering' : null;
}
const Breaker = z.object({ state: z.string() });
