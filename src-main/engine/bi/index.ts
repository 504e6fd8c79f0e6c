import type { BiRun } from '../../../src-shared/contract/kpis.ts';
import { toFailure } from '../../../src-shared/domain/failure.ts';
import { datasets } from '../../../src-shared/domain/kpi/datasets.ts';
import { slugOf } from '../../../src-shared/domain/kpi/dimensions.ts';
import type { GateResult } from '../../../src-shared/domain/kpi/quality.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import { type DatasetLoad, LOAD_DATASET } from '../../adapters/kit/bi.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/bi.ts';
import { getConnection } from '../../store/repositories/connections.ts';
import { connectionMode, listSyncs } from '../../store/repositories/kpis.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { getJob } from '../../store/repositories/outbox.ts';
import type { Events } from '../events.ts';
import type { Kpis } from '../kpis/index.ts';
import { blockedBy } from '../kpis/push.ts';
import { deliveryKey } from '../outbox/enqueue.ts';
import { type Prepared, type PrepareParts, prepareDataset, preparedOf } from './prepare.ts';
import { createSettling, later, type SettleParts, warehouseId } from './settle.ts';

export interface BiResult {
  readonly system: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly rows: number;
  readonly error: string | null;
}

export interface BiParts extends PrepareParts, Omit<SettleParts, 'store' | 'events'> {
  readonly events: Pick<Events, 'publish' | 'subscribe'>;
  readonly kpis: Pick<Kpis, 'compute'>;
  /** The adapters with a `bi` part. */
  readonly adapters: readonly AnyAdapter[];
  /** Settings of a connection, as the adapter reads them. */
  readonly settingsOf: (organisationId: string, system: string) => Promise<unknown>;
  /** False in a command: its life is too short for planned work. */
  readonly planned: boolean;
  /** False while the disk has little room (R41). */
  readonly roomToSpool?: () => boolean;
}

const notConnected = 'Not connected';
/** A person waits this long for what the systems say; whatever is late goes on without them. */
const patienceMs = 120_000;
const planEveryMs = 60_000;
/** Runs remembered, and their rows kept for deliveries that are still under way. */
const keptRuns = 10;

/** Executive KPIs to the warehouse and to the BI systems, side by side (K3, K4). */
export function createBi(parts: BiParts) {
  const { store, runtime, events, adapters } = parts;
  const settling = createSettling(parts);
  const systems = adapters.map(({ manifest }) => manifest.id);
  /** When each system's last run began, by organisation and system: one under way is not begun again. */
  const begun = new Map<string, number>();
  const inTurn = new Map<string, Promise<unknown>>();
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();

  /** One run at a time for each organisation: two would read the same rows and tell the same systems. */
  function oneByOne<T>(organisationId: string, work: () => Promise<T>): Promise<T> {
    const next = (inTurn.get(organisationId) ?? Promise.resolve()).catch(() => undefined).then(work);
    inTurn.set(organisationId, next);
    return next;
  }

  /** Judges everything, queues what passed, and answers with the run. Waits for nobody outside. */
  async function begin(organisationId: string, wanted: readonly string[]): Promise<rows.BiRunRow> {
    const startedAt = runtime.clock.now();
    for (const system of wanted) begun.set(`${organisationId}/${system}`, startedAt);
    await parts.kpis.compute(organisationId);
    const prepared: Prepared[] = [];
    for (const dataset of datasets) {
      const { gate: _gate, ...one } = await prepareDataset(parts, organisationId, dataset, true);
      prepared.push(one);
      events.publish({ topic: 'kpis', organisationId, ids: [dataset] });
    }
    const sources = new Map(
      await Promise.all(wanted.map(async (system) => [system, await sourceOf(organisationId, system)] as const)),
    );
    const run: rows.BiRunRow = {
      organisation_id: organisationId,
      id: runtime.ids.next(),
      started_at: startedAt,
      datasets: JSON.stringify(prepared),
    };
    const files = prepared.flatMap(({ file }) => (file === null ? [] : [file]));
    const nothing = nothingToSend(prepared);
    const org = slugOf(organisationId);
    const forgotten = await store.transaction(async (tx) => {
      await rows.insertRun(tx, run);
      const viaWarehouse = wanted.filter((system) => sources.get(system)?.from === 'warehouse');
      const loads = viaWarehouse.length > 0 || wanted.includes(warehouseId);
      const reachable = loads && (await isConnected(tx, organisationId, warehouseId));
      if (wanted.includes(warehouseId) && (nothing !== null || !reachable))
        await settling.fail(tx, run, warehouseId, nothing ?? 'Not connected');
      for (const system of wanted.filter((one) => one !== warehouseId)) {
        const source = sources.get(system);
        if (source === undefined || source.from === null) {
          const why = source?.why ?? notConnected;
          await (why === notConnected ? settling.skip : settling.fail)(tx, run, system, why);
        } else if (nothing !== null) await settling.fail(tx, run, system, nothing);
        else if (source.from === 'files') await settling.tell(tx, run, system, files, org, null);
        else if (reachable) await wait(tx, run, system);
        else await settling.fail(tx, run, system, 'The warehouse is not connected');
      }
      if (reachable && nothing === null)
        for (const dataset of files) await load(tx, run, { org, run: run.id, dataset });
      return rows.forgetRuns(tx, organisationId, keptRuns);
    });
    for (const file of forgotten.flatMap(preparedOf).flatMap(({ file }) => (file === null ? [] : [file.file])))
      if (!(await rows.isNamed(store.read, file))) await parts.datasets.remove(file);
    return run;
  }

  const wait = (tx: Tx, run: rows.BiRunRow, system: string) =>
    rows.putPart(tx, {
      organisation_id: run.organisation_id,
      run_id: run.id,
      system,
      dataset: '',
      state: 'waiting',
      job_id: null,
      rows: 0,
      changed: 0,
      detail: '',
      ended_at: null,
    });

  async function load(tx: Tx, run: rows.BiRunRow, payload: DatasetLoad): Promise<void> {
    const { dataset } = payload.dataset;
    const { id } = await parts.enqueue(tx, {
      organisationId: run.organisation_id,
      system: warehouseId,
      action: LOAD_DATASET,
      deliveryClass: 'keyed-upsert',
      priority: 6,
      payload,
      payloadVersion: 1,
      idempotencyKey: deliveryKey(run.organisation_id, warehouseId, dataset, run.id, payload.dataset.batchId),
      orderKey: dataset,
      supersedes: true,
      expiresAt: later(run.started_at),
    });
    await rows.putPart(tx, {
      organisation_id: run.organisation_id,
      run_id: run.id,
      system: warehouseId,
      dataset,
      state: 'queued',
      job_id: id,
      rows: 0,
      changed: 0,
      detail: '',
      ended_at: null,
    });
  }

  /** Where a system reads its rows, or why it can be told nothing. */
  async function sourceOf(
    organisationId: string,
    system: string,
  ): Promise<{ readonly from: 'warehouse' | 'files' } | { readonly from: null; readonly why: string }> {
    if (!(await isConnected(store.read, organisationId, system))) return { from: null, why: notConnected };
    const adapter = adapters.find(({ manifest }) => manifest.id === system);
    if (!adapter?.bi) return { from: null, why: 'This version does not know this system' };
    try {
      return { from: adapter.bi.source(await parts.settingsOf(organisationId, system)) };
    } catch (thrown) {
      // Settings that do not hold stop this system and no other (K4).
      return { from: null, why: toFailure(thrown).message };
    }
  }

  /** What one system of a run came to; null: nothing yet. */
  async function resultOf(
    run: rows.BiRunRow,
    system: string,
    late: boolean,
  ): Promise<Omit<BiResult, 'system' | 'ms'> | null> {
    const all = await rows.listParts(store.read, run.organisation_id, run.id);
    const own = all.filter((part) => part.system === system);
    const waiting = own.some(({ state }) => state === 'waiting');
    const watched = waiting ? all.filter((part) => part.system === warehouseId) : own;
    if (!waiting && own.every(({ state }) => state === 'delivered' || state === 'failed')) {
      const error = own
        .map(({ detail }) => detail)
        .filter((detail) => detail !== '')
        .join('; ');
      return {
        ok: error === '' && own.every(({ state }) => state === 'delivered'),
        rows: own.reduce((sum, part) => sum + part.rows, 0),
        error: error === '' ? null : error,
      };
    }
    const connection = await getConnection(store.read, run.organisation_id, waiting ? warehouseId : system);
    const blocked = connection === null ? null : blockedBy(connection, runtime.clock.now());
    const failures = await Promise.all(
      watched.map(async ({ job_id: id }) =>
        id === null ? null : (await getJob(store.read, run.organisation_id, id))?.lastFailure,
      ),
    );
    const reason = failures.find((failure) => failure != null)?.message ?? blocked ?? (late ? 'No answer yet' : null);
    if (reason === null) return null;
    return { ok: false, rows: 0, error: `${waiting ? 'Warehouse: ' : ''}${reason} (kept, and sent when it answers)` };
  }

  /** Waits until each has had an outcome, or patience ends; one that hangs is told apart, not waited for by the others. */
  async function outcomes(run: rows.BiRunRow, wanted: readonly string[], startedMs: number): Promise<BiResult[]> {
    const found = new Map<string, BiResult>();
    const ended = new AbortController();
    let wake = () => undefined as undefined;
    const unsubscribe = events.subscribe(({ organisationId }) => {
      if (organisationId === run.organisation_id) wake();
    });
    let late = false;
    const patience = runtime.clock.sleep(patienceMs, ended.signal).then(() => {
      late = true;
      wake();
    });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = () => void resolve();
        });
        for (const system of wanted.filter((one) => !found.has(one))) {
          const result = await resultOf(run, system, late);
          if (result) found.set(system, { system, ms: Math.round(runtime.clock.monotonicMs() - startedMs), ...result });
        }
        if (found.size === wanted.length) return wanted.flatMap((system) => found.get(system) ?? []);
        await changed;
      }
    } finally {
      ended.abort();
      unsubscribe();
      await patience;
    }
  }

  async function due(organisationId: string): Promise<string[]> {
    const now = runtime.clock.now();
    const last = new Map((await listSyncs(store.read, organisationId)).map(({ system, at }) => [system, at]));
    const found: string[] = [];
    for (const { manifest, bi } of adapters) {
      const mode = await connectionMode(store.read, organisationId, manifest.id);
      if (mode !== 'on' || !bi) continue;
      const settings = await parts.settingsOf(organisationId, manifest.id).catch(() => null);
      const latest = Math.max(last.get(manifest.id) ?? 0, begun.get(`${organisationId}/${manifest.id}`) ?? 0);
      if (settings !== null && now - latest >= bi.everyMs(settings)) found.push(manifest.id);
    }
    return found;
  }

  return {
    systems: [...systems, warehouseId],

    /** Judges and sends now; without names, to every BI system that is connected, or to none with the reason. */
    async sync(organisationId: string, named?: readonly string[]): Promise<BiResult[]> {
      const startedMs = runtime.clock.monotonicMs();
      const connected = [];
      for (const system of systems) if (await isConnected(store.read, organisationId, system)) connected.push(system);
      const wanted = named ?? (connected.length > 0 ? connected : systems);
      const run = await oneByOne(organisationId, () => begin(organisationId, wanted));
      return outcomes(run, wanted, startedMs);
    },

    /** Judges every data set and sends nothing (K3). */
    gate: (organisationId: string): Promise<(GateResult & { readonly dataset: string; readonly points: number })[]> =>
      oneByOne(organisationId, async () => {
        await parts.kpis.compute(organisationId);
        const found = [];
        for (const dataset of datasets) {
          const { gate, points } = await prepareDataset(parts, organisationId, dataset, false);
          found.push({ dataset, points, ...gate });
        }
        events.publish({ topic: 'kpis', organisationId, ids: [...datasets] });
        return found;
      }),

    /** The newest run, as far as it has come; null: none yet. */
    async run(organisationId: string): Promise<BiRun | null> {
      const run = await rows.newestRun(store.read, organisationId);
      if (!run) return null;
      const all = await rows.listParts(store.read, organisationId, run.id);
      return {
        id: run.id,
        startedAt: isoOf(Instant.parse(run.started_at)),
        datasets: preparedOf(run).map(({ dataset, findings, reason, file }) => {
          const load = all.find((part) => part.system === warehouseId && part.dataset === dataset);
          return { dataset, rows: file?.rows ?? 0, findings, reason, warehouse: load?.state ?? null };
        }),
        systems: all
          .filter(({ system }) => system !== warehouseId)
          .map(({ system, state, rows: count, detail }) => ({ system, state, rows: count, detail })),
      };
    },

    loaded: settling.loaded,
    told: settling.told,

    start(): void {
      if (!parts.planned) return;
      running = (async () => {
        while (!stop.signal.aborted) {
          await runtime.clock.sleep(planEveryMs, stop.signal);
          if (stop.signal.aborted) return;
          if (parts.roomToSpool?.() === false) continue;
          for (const { id } of await listOrganisations(store.read)) {
            try {
              const wanted = await due(id);
              // Queued, not waited for: the outbox sends, and tells the screen.
              if (wanted.length > 0) await oneByOne(id, () => begin(id, wanted));
            } catch (thrown) {
              runtime.log.error('bi.run-failed', { organisation: id, error: String(thrown) });
            }
          }
        }
      })();
    },
    async stop(): Promise<void> {
      stop.abort();
      await running;
      await Promise.allSettled(inTurn.values());
    },
  };
}
export type Bi = ReturnType<typeof createBi>;

async function isConnected(
  db: Parameters<typeof connectionMode>[0],
  organisationId: string,
  system: string,
): Promise<boolean> {
  const mode = await connectionMode(db, organisationId, system);
  return mode === 'on' || mode === 'paused';
}

/** Why there is nothing to send at all; null: there is something. */
function nothingToSend(prepared: readonly Prepared[]): string | null {
  if (prepared.some(({ file }) => file !== null)) return null;
  const held = prepared.filter(({ findings }) => findings > 0);
  if (held.length === 0) return 'There are no KPIs yet: they come with the first usage and cost import';
  return `gate: ${held.map(({ dataset, reason }) => `${dataset.replace('_', ' ')} held back, ${reason}`).join('; ')}`;
}
