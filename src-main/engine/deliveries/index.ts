import { z } from 'zod';
import type { DeliveryFilter, DeliveryView, SystemWait } from '../../../src-shared/contract/deliveries.ts';
import { Failure } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor } from '../../ports/secrets.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { getConnection, listConnections } from '../../store/repositories/connections.ts';
import * as rows from '../../store/repositories/deliveries.ts';
import { countOfInbound } from '../../store/repositories/inbound-list.ts';
import { countJobs, listAttempts } from '../../store/repositories/outbox.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { settingsInForce } from '../connections/adapter-facts.ts';
import { accountOf } from '../connections/contexts.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { OutboxRefusal } from '../outbox/operator.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { notFound, ProblemError, refused } from '../problem.ts';
import { type BulkKind, createBulk, instants } from './bulk.ts';
import { masked } from './masked.ts';
import { subjectsOf } from './subject.ts';
import { deliveryView, mayChange, mayDo } from './view.ts';

export interface DeliveriesParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly outbox: Outbox;
  readonly registry: readonly AnyAdapter[];
  readonly redactor: Pick<Redactor, 'redact'>;
  readonly organisations: Pick<Organisations, 'requireRole' | 'get'>;
  readonly audit: AppendAudit;
}

export type Deliveries = ReturnType<typeof createDeliveries>;

const pageSize = 200;
const dayMs = 86_400_000;
type Waits = z.infer<typeof SystemWait>[];
type Change = (tx: Tx, row: rows.DeliveryRow) => Promise<unknown>;

/** What moved, moves and is stuck: lists over millions of rows, and what a person may do with each. */
export function createDeliveries(parts: DeliveriesParts) {
  const { store, runtime, outbox, registry, redactor, organisations, audit } = parts;

  type Subjects = Awaited<ReturnType<typeof subjectsOf>>;
  const shown = (row: rows.DeliveryRow, subjects: Subjects) =>
    deliveryView(row, subjects.get(row.id) ?? null, (text) => redactor.redact(text));
  const one = async (row: rows.DeliveryRow) => shown(row, await subjectsOf(store.read, row.organisationId, [row]));

  async function needed(organisationId: string, id: string): Promise<rows.DeliveryRow> {
    const row = await rows.getDelivery(store.read, organisationId, id);
    if (!row) throw notFound({ happened: 'There is no such delivery.' });
    return row;
  }

  /** A class is a property of actions, and an action belongs to systems: both become the pairs that an index answers. */
  function rowFilter({ deliveryClass, ...filter }: DeliveryFilter): rows.RowFilter {
    const wanted = { ...filter, ...instants(filter) };
    if (deliveryClass === undefined && (filter.action === undefined || filter.system !== undefined)) return wanted;
    const pairs = registry.flatMap(({ manifest, actions }) =>
      Object.entries(actions).flatMap(([action, { deliveryClass: own }]) =>
        deliveryClass === undefined || own === deliveryClass ? [{ system: manifest.id, action }] : [],
      ),
    );
    return { ...wanted, pairs };
  }

  /** One audited change by one person. */
  async function change(
    organisationId: string,
    id: string,
    by: Asker,
    entry: { readonly action: string; readonly reason?: string },
    work: Change,
  ): Promise<DeliveryView> {
    const person = await organisations.requireRole(organisationId, by.personId, mayChange);
    const row = await needed(organisationId, id);
    try {
      await store.transaction(async (tx) => {
        await work(tx, row);
        await audit(tx, {
          organisationId,
          actor: `person:${person.id}`,
          channel: by.channel,
          object: `delivery:${id}`,
          correlationId: by.correlationId,
          ...entry,
        });
      });
    } catch (thrown) {
      if (thrown instanceof OutboxRefusal) throw new ProblemError(thrown.code, { happened: `${thrown.message}.` });
      throw thrown;
    }
    return one(await needed(organisationId, id));
  }

  /** A new row with a new key, linked to the old: settings are read when it is sent. */
  async function replayPresent(tx: Tx, row: rows.DeliveryRow): Promise<string> {
    if (!mayDo(row).includes('replay')) {
      throw new OutboxRefusal(
        'REFUSED',
        row.inDoubt ? 'Its outcome is unknown: decide that first' : `This delivery is ${row.state}`,
      );
    }
    const { id } = await outbox.enqueue(tx, {
      organisationId: row.organisationId,
      system: row.system,
      action: row.action,
      deliveryClass: row.deliveryClass,
      priority: row.priority,
      payload: row.payload,
      payloadVersion: row.payloadVersion,
      idempotencyKey: `replay:${runtime.ids.next()}`,
      ...(row.orderKey === null ? {} : { orderKey: row.orderKey }),
      replayOf: row.id,
    });
    return id;
  }

  const workOf = (kind: BulkKind): Change => {
    switch (kind) {
      case 'retry':
      case 'release':
        return (tx, { organisationId, id }) => outbox.tryAgain(tx, organisationId, id);
      case 'replay_as_sent':
        return (tx, { organisationId, id }) => outbox.sendAgain(tx, organisationId, id);
      case 'replay_present':
        return replayPresent;
      case 'hold':
        return (tx, { organisationId, id }) => outbox.hold(tx, organisationId, id);
      case 'discard':
        return (tx, { organisationId, id }) => outbox.cancel(tx, organisationId, id);
      case 'check':
        return (tx, { organisationId, id }) => outbox.lookAgain(tx, organisationId, id);
    }
  };

  const bulk = createBulk(parts, workOf);

  /** As it would leave now; nothing is sent, and a secret cannot be in it. */
  async function requestOf(job: rows.DeliveryRow) {
    const adapter = registry.find(({ manifest }) => manifest.id === job.system);
    const action = adapter?.actions[job.action];
    if (!adapter || !action) return { request: null, requestProblem: 'This version does not know the action.' };
    try {
      const row = await getConnection(store.read, job.organisationId, job.system);
      const settings = settingsInForce(adapter, JSON.parse(row?.settings ?? '{}'), row?.settings_version ?? 1);
      const stamp = { idempotencyKey: job.idempotencyKey, at: runtime.clock.now(), attempt: Math.max(1, job.attempts) };
      const { summary, target, fields, body } = action.plan(action.payload.parse(job.payload), settings, stamp);
      const text = redactor.redact(JSON.stringify(masked(body), null, 2) ?? '');
      return { request: { summary, target, fields: [...fields], body: text.slice(0, 65_536) }, requestProblem: null };
    } catch (thrown) {
      const why = thrown instanceof Error ? redactor.redact(thrown.message).slice(0, 300) : 'It cannot be read.';
      return { request: null, requestProblem: why };
    }
  }

  return {
    async list(organisationId: string, filter: DeliveryFilter, after: string | null) {
      await organisations.get(organisationId);
      const wanted = rowFilter(filter);
      const before = after === null ? null : z.coerce.number().int().catch(0).parse(after);
      const [page, total] = await Promise.all([
        rows.pageOfJobs(store.read, organisationId, wanted, before, pageSize),
        rows.countOfJobs(store.read, organisationId, wanted),
      ]);
      const last = page.at(-1);
      const subjects = await subjectsOf(store.read, organisationId, page);
      return {
        rows: page.map((row) => shown(row, subjects)),
        next: page.length === pageSize && last ? String(last.seq) : null,
        total: Math.min(total, rows.countedAtMost),
        more: total > rows.countedAtMost,
      };
    },

    /** Systems whose due work does not start now: switched by hand, stopped by a refusal, asked to wait, resting. */
    async waits(organisationId: string): Promise<Waits> {
      await organisations.get(organisationId);
      const now = runtime.clock.now();
      const until = (at: number) => isoOf(Instant.parse(at));
      return (await listConnections(store.read, organisationId)).flatMap((row): Waits => {
        const { id, system, mode, parked_code: parked, not_before: notBefore } = row;
        if (mode === 'paused') return [{ system, why: 'paused', until: null }];
        if (parked !== null) return [{ system, why: 'parked', until: null }];
        if (notBefore !== null && notBefore > now) return [{ system, why: 'limit', until: until(notBefore) }];
        const held = outbox.heldBack(id);
        return held ? [{ system, why: held.why, until: until(held.until) }] : [];
      });
    },

    async tabs(organisationId: string) {
      await organisations.get(organisationId);
      const now = runtime.clock.now();
      const count = (filter: rows.RowFilter) => rows.countOfJobs(store.read, organisationId, filter);
      const connections = await listConnections(store.read, organisationId);
      const [waiting, retrying, inDoubt, dead, held, done24h, inbound24h, jobs, attempts] = await Promise.all([
        count({ tab: 'waiting' }),
        count({ tab: 'retrying' }),
        count({ tab: 'in_doubt' }),
        count({ tab: 'dead' }),
        count({ tab: 'held' }),
        count({ tab: 'done', from: now - dayMs }),
        countOfInbound(store.read, organisationId, { from: now - dayMs }),
        countJobs(store.read, organisationId),
        Promise.all(connections.map(({ id }) => rows.newestAttempts(store.read, id, now - dayMs, 1_000))),
      ]);
      const results = attempts.flat();
      return {
        waiting,
        retrying,
        inDoubt,
        dead,
        held,
        inbound24h,
        done24h,
        successToday:
          results.length === 0 ? null : results.filter(({ failure }) => failure === null).length / results.length,
        slowestTodayMs: results.length === 0 ? null : Math.max(...results.map(({ ms }) => ms)),
        oldestWaitingMs: jobs.oldestWaitingAt === null ? null : Math.max(0, now - jobs.oldestWaitingAt),
      };
    },

    async detail(organisationId: string, id: string) {
      const job = await needed(organisationId, id);
      const [view, attempts, row, request] = await Promise.all([
        one(job),
        listAttempts(store.read, organisationId, id),
        getConnection(store.read, organisationId, job.system),
        requestOf(job),
      ]);
      return {
        ...view,
        account: row === null ? null : (accountOf(row)?.name ?? null),
        orderKey: job.orderKey,
        expiresAt: job.expiresAt === null ? null : isoOf(job.expiresAt),
        ...request,
        receipt: job.receipt && { vendorId: job.receipt.vendorId, note: job.receipt.note ?? null },
        history: attempts.map((attempt) => {
          const failure = attempt.failure === null ? null : Failure.parse(JSON.parse(attempt.failure));
          return {
            number: attempt.number,
            stage: attempt.stage,
            startedAt: isoOf(Instant.parse(attempt.started_at)),
            ms: attempt.ended_at - attempt.started_at,
            ok: failure === null,
            code: failure?.code ?? null,
            answer: failure ? redactor.redact(failure.message) : attempt.note && redactor.redact(attempt.note),
            receipt: attempt.receipt,
          };
        }),
        doubt: job.inDoubt
          ? redactor.redact(job.lastFailure?.hint ?? job.lastFailure?.message ?? 'Its outcome is unknown.')
          : null,
      };
    },

    retry: (organisationId: string, id: string, by: Asker) =>
      change(organisationId, id, by, { action: 'delivery.retried' }, workOf('retry')),
    release: (organisationId: string, id: string, by: Asker) =>
      change(organisationId, id, by, { action: 'delivery.released' }, workOf('release')),
    hold: (organisationId: string, id: string, reason: string, by: Asker) =>
      change(organisationId, id, by, { action: 'delivery.held', reason }, workOf('hold')),
    discard: (organisationId: string, id: string, reason: string, by: Asker) =>
      change(organisationId, id, by, { action: 'delivery.discarded', reason }, workOf('discard')),
    check: (organisationId: string, id: string, by: Asker) =>
      change(organisationId, id, by, { action: 'delivery.checked' }, workOf('check')),

    async replay(organisationId: string, id: string, how: 'as_sent' | 'present', by: Asker): Promise<DeliveryView> {
      if (how === 'as_sent') {
        return change(organisationId, id, by, { action: 'delivery.replayed' }, workOf('replay_as_sent'));
      }
      let made = id;
      await change(organisationId, id, by, { action: 'delivery.replayed-present' }, async (tx, row) => {
        made = await replayPresent(tx, row);
      });
      return one(await needed(organisationId, made));
    },

    decide(
      organisationId: string,
      id: string,
      answer: { readonly exists: boolean; readonly vendorId: string | null; readonly reason: string },
      by: Asker,
    ): Promise<DeliveryView> {
      const { exists, vendorId, reason } = answer;
      const entry = { action: exists ? 'delivery.decided-exists' : 'delivery.decided-absent', reason };
      return change(organisationId, id, by, entry, (tx) =>
        outbox.decide(
          tx,
          organisationId,
          id,
          exists ? { exists, receipt: { vendorId, note: 'A person found it on the other side' } } : { exists },
        ),
      );
    },

    bulkEstimate: (organisationId: string, chosen: BulkChosen, kind: BulkKind) =>
      bulk.estimate(organisationId, resolved(chosen), kind),
    bulk: (organisationId: string, chosen: BulkChosen, kind: BulkKind, reason: string, by: Asker) =>
      bulk.run(organisationId, resolved(chosen), kind, reason, by),

    async depth(organisationId: string, hours: number) {
      await organisations.get(organisationId);
      const from = runtime.clock.now() - hours * 3_600_000;
      const [samples, connections] = await Promise.all([
        rows.samplesSince(store.read, organisationId, from),
        listConnections(store.read, organisationId),
      ]);
      const breakers = await Promise.all(
        connections.map(async ({ id, system }) =>
          openTimes(system, await rows.breakerChanges(store.read, id, 500), from),
        ),
      );
      return {
        points: samples.map((sample) => ({
          at: isoOf(Instant.parse(sample.at)),
          waiting: sample.waiting,
          oldestMs: sample.oldest_ms,
          dead: sample.dead,
          held: sample.held,
          inDoubt: sample.in_doubt,
        })),
        breakers: breakers.flat(),
      };
    },

    /** Once a minute: how deep the queue is and how old its oldest row. */
    async sample(organisationId: string): Promise<void> {
      const now = runtime.clock.now();
      const counts = await countJobs(store.read, organisationId);
      await store.transaction(async (tx) => {
        await rows.insertSample(tx, {
          organisation_id: organisationId,
          at: now - (now % 60_000),
          waiting: counts.waiting,
          oldest_ms: counts.oldestWaitingAt === null ? 0 : Math.max(0, now - counts.oldestWaitingAt),
          dead: counts.dead,
          held: counts.held,
          in_doubt: counts.inDoubt,
        });
        await rows.pruneSamples(tx, now - 8 * dayMs);
      });
    },
  };

  function resolved(chosen: BulkChosen) {
    if ('ids' in chosen) return chosen;
    if (Object.values(chosen.filter).every((value) => value === undefined)) {
      throw refused({ happened: 'That would be every delivery there ever was.', remedy: 'Narrow the filter first.' });
    }
    return { filter: rowFilter(chosen.filter) };
  }
}

type BulkChosen = { readonly ids: readonly string[] } | { readonly filter: DeliveryFilter };

/** When the circuit of a system was open, from its changes (newest first). */
function openTimes(system: string, changes: Awaited<ReturnType<typeof rows.breakerChanges>>, from: number) {
  const times: { system: string; openFrom: string; openTo: string | null }[] = [];
  let end: number | null = null;
  for (const { at, state } of changes) {
    if (state === 'closed') end = at;
    else {
      if (state === 'open' && (end === null || end >= from)) {
        const last = times.at(-1);
        const openFrom = isoOf(Instant.parse(at));
        // Half-open and open again between two closings are one stretch.
        if (last && last.openTo === (end === null ? null : isoOf(Instant.parse(end)))) last.openFrom = openFrom;
        else times.push({ system, openFrom, openTo: end === null ? null : isoOf(Instant.parse(end)) });
      }
    }
  }
  return times;
}
