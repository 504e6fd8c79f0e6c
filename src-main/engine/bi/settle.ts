import { z } from 'zod';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { BiOutcome, type BiSync, type DatasetFile, DatasetLoad, SYNC_KPIS } from '../../adapters/kit/bi.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/bi.ts';
import { connectionMode, putSync } from '../../store/repositories/kpis.ts';
import type { Events } from '../events.ts';
import { deliveryKey, type Enqueue, type Enqueued } from '../outbox/enqueue.ts';
import { preparedOf } from './prepare.ts';

export const warehouseId = 'warehouse';

export interface SettleParts {
  readonly store: Pick<Store, 'after'>;
  readonly runtime: Runtime;
  readonly events: Pick<Events, 'publish'>;
  readonly enqueue: (tx: Tx, job: Enqueue) => Promise<Enqueued>;
}

const OfRun = z.looseObject({ run: z.string() });
const final = (job: OutboxJob) => job.state === 'delivered' || job.state === 'failed' || job.state === 'cancelled';
const superseded = (job: OutboxJob) => job.lastFailure?.code === 'superseded';
const dayMs = 86_400_000;

/** What becomes of a run, step by step, in the transactions that settle its jobs: a crash in between loses no step. */
export function createSettling({ store, runtime, events, enqueue }: SettleParts) {
  /** Tells one system. Its part is `failed` where the connection went meanwhile. */
  async function tell(
    tx: Tx,
    run: rows.BiRunRow,
    system: string,
    files: readonly DatasetFile[],
    org: string,
    changed: number | null,
  ): Promise<void> {
    const part = { organisation_id: run.organisation_id, run_id: run.id, system, dataset: '', rows: 0, changed: 0 };
    const mode = await connectionMode(tx, run.organisation_id, system);
    if (mode === null || mode === 'off') return skip(tx, run, system, 'Not connected');
    const payload: BiSync = { org, run: run.id, at: run.started_at, changed, datasets: [...files] };
    const { id } = await enqueue(tx, {
      organisationId: run.organisation_id,
      system,
      action: SYNC_KPIS,
      deliveryClass: 'keyed-upsert',
      priority: 6,
      payload,
      payloadVersion: 1,
      idempotencyKey: deliveryKey(run.organisation_id, system, 'kpis', run.id, '1'),
      orderKey: 'kpis',
      supersedes: true,
      expiresAt: later(run.started_at),
    });
    await rows.putPart(tx, { ...part, state: 'queued', job_id: id, detail: '', ended_at: null });
  }

  async function note(
    tx: Tx,
    run: rows.BiRunRow,
    system: string,
    ok: boolean,
    loaded: number,
    detail: string,
  ): Promise<void> {
    const at = runtime.clock.now();
    await putSync(tx, {
      organisation_id: run.organisation_id,
      system,
      at,
      ok: ok ? 1 : 0,
      ms: Math.max(0, at - run.started_at),
      points: loaded,
      detail: detail.slice(0, 500),
    });
    store.after(tx, () => events.publish({ topic: 'kpis', organisationId: run.organisation_id, ids: [system] }));
  }

  /** Left out of this run, and no news of it: nothing is behind that nobody has connected. */
  const skip = (tx: Tx, run: rows.BiRunRow, system: string, detail: string) =>
    rows.putPart(tx, {
      organisation_id: run.organisation_id,
      run_id: run.id,
      system,
      dataset: '',
      state: 'failed',
      job_id: null,
      rows: 0,
      changed: 0,
      detail,
      ended_at: runtime.clock.now(),
    });

  async function fail(tx: Tx, run: rows.BiRunRow, system: string, detail: string): Promise<void> {
    await skip(tx, run, system, detail);
    await note(tx, run, system, false, 0, detail);
  }

  async function runOf(tx: Tx, job: OutboxJob): Promise<rows.BiRunRow | null> {
    const named = OfRun.safeParse(job.payload);
    return named.success ? rows.getRun(tx, job.organisationId, named.data.run) : null;
  }

  return {
    tell,
    skip,
    fail,

    /** A data set reached the warehouse, or did not. The last one lets those that wait for it go. */
    async loaded(tx: Tx, job: OutboxJob): Promise<void> {
      const run = await runOf(tx, job);
      const load = DatasetLoad.safeParse(job.payload);
      if (!run || !load.success || job.state === 'sending') return;
      const outcome = BiOutcome.safeParse(job.receipt?.document).data;
      const message = job.lastFailure?.message ?? job.state;
      await rows.putPart(tx, {
        organisation_id: job.organisationId,
        run_id: run.id,
        system: warehouseId,
        dataset: load.data.dataset.dataset,
        state: job.state === 'delivered' ? 'delivered' : final(job) ? 'failed' : 'queued',
        job_id: job.id,
        rows: job.state === 'delivered' ? load.data.dataset.rows : 0,
        changed: (outcome?.changed ?? 0) + (outcome?.removed ?? 0),
        detail: job.state === 'delivered' ? '' : message,
        ended_at: final(job) ? runtime.clock.now() : null,
      });
      const parts = await rows.listParts(tx, job.organisationId, run.id);
      const loads = parts.filter(({ system }) => system === warehouseId);
      const waiting = parts.filter(({ state }) => state === 'waiting');
      if (loads.some(({ state }) => state === 'queued')) {
        // Kept and tried again: those behind it are told so, and go when it has worked.
        if (job.lastFailure === null || final(job)) return;
        for (const { system } of [{ system: warehouseId }, ...waiting])
          await note(tx, run, system, false, 0, `Warehouse: ${message} (kept, and loaded when it answers)`);
        return;
      }
      const arrived = loads.filter(({ state }) => state === 'delivered');
      const failed = loads.filter(({ state }) => state === 'failed');
      if (!superseded(job)) {
        const total = arrived.reduce((sum, { rows: each }) => sum + each, 0);
        await note(
          tx,
          run,
          warehouseId,
          failed.length === 0,
          total,
          failed.map(({ dataset, detail }) => `${dataset}: ${detail}`).join('; '),
        );
      }
      const prepared = preparedOf(run);
      const files = prepared.flatMap(({ file, dataset }) =>
        file !== null && arrived.some((one) => one.dataset === dataset) ? [file] : [],
      );
      const changed = arrived.reduce((sum, one) => sum + one.changed, 0);
      for (const { system } of waiting) {
        if (files.length > 0) await tell(tx, run, system, files, load.data.org, changed);
        else if (superseded(job)) await skip(tx, run, system, message);
        else await fail(tx, run, system, `Warehouse: ${message}`);
      }
    },

    /** A BI system took its rows, or was told of them, or did not. */
    async told(tx: Tx, job: OutboxJob): Promise<void> {
      const run = await runOf(tx, job);
      if (!run || job.state === 'sending') return;
      const outcome = BiOutcome.safeParse(job.receipt?.document).data;
      const parts = await rows.listParts(tx, job.organisationId, run.id);
      const problems = [
        ...preparedOf(run)
          .filter(({ findings }) => findings > 0)
          .map(({ dataset, reason }) => `gate: ${dataset.replace('_', ' ')} held back, ${reason}`),
        ...parts
          .filter(({ system, state }) => system === warehouseId && state === 'failed')
          .map(({ dataset, detail }) => `warehouse: ${dataset.replace('_', ' ')} not loaded, ${detail}`),
        ...(outcome?.warning === undefined ? [] : [outcome.warning]),
      ];
      const delivered = job.state === 'delivered';
      const kept = final(job) ? '' : ' (kept, and sent when it answers)';
      const detail = delivered ? problems.join('; ') : `${job.lastFailure?.message ?? job.state}${kept}`;
      const loaded = delivered ? (outcome?.rows ?? 0) : 0;
      await rows.putPart(tx, {
        organisation_id: job.organisationId,
        run_id: run.id,
        system: job.system,
        dataset: '',
        state: delivered ? 'delivered' : final(job) ? 'failed' : 'queued',
        job_id: job.id,
        rows: loaded,
        changed: 0,
        detail,
        ended_at: final(job) ? runtime.clock.now() : null,
      });
      if (!superseded(job)) await note(tx, run, job.system, delivered && problems.length === 0, loaded, detail);
    },
  };
}
export type Settling = ReturnType<typeof createSettling>;

/** Rows of yesterday help nobody: a new run brings new ones. */
export const later = (at: number) => Instant.parse(at + dayMs);
