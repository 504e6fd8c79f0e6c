import { slugOf } from '../../../src-shared/domain/kpi/dimensions.ts';
import { type InputName, inputLabels } from '../../../src-shared/domain/kpi/kpi.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import * as rows from '../../store/repositories/kpis.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { refused } from '../problem.ts';
import { exposition } from './exposition.ts';
import { hourMs, localCalendar } from './local-calendar.ts';
import { pointsFor } from './metric-points.ts';
import { createPush, type MonitoringSystem, monitoringSystems, type PushParts, type PushResult } from './push.ts';
import { type Recomputed, recompute } from './recompute.ts';
import { kpiView } from './view.ts';
import { type AlertPort, watchThresholds } from './watch.ts';

export { type MonitoringSystem, monitoringSystems, type PushResult } from './push.ts';

export interface KpiParts extends Omit<PushParts, 'lost'> {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly alerts: AlertPort;
  readonly valueSettings: (organisationId: string) => Promise<ValueSettings>;
  /** False in a command: its life is too short for planned work. */
  readonly planned: boolean;
  /** False while the disk has little room: what is planned then is not spooled (R41); counts go with the next push. */
  readonly roomToSpool?: () => boolean;
}

/** Figures a person or a source may hand in; everything else is computed from the console's own tables. */
export const handedIn = ['satisfaction_points', 'satisfaction_answers', 'capacity_per_hour', 'latency_ms'] as const;
export type HandedIn = (typeof handedIn)[number];

/** Monitoring is told once a minute; practice less often, so that its deliveries stay readable. */
const pushEveryMs = 60_000;
const practiceEvery = 15;

const engineActor = { personId: null, name: 'KPIs', channel: 'engine', correlationId: '' } as const;

/** KPIs of every organisation: computed, judged, told to monitoring, and served to the screen. */
/** UTC; `YYYY-MM`. */
const monthIn = (at: number) => new Date(at).toISOString().slice(0, 7);

export function createKpis(parts: KpiParts) {
  const { store, runtime, events, alerts } = parts;
  const push = createPush({
    ...parts,
    lost(organisationId, system, points, why) {
      const report = {
        source: 'KPIs',
        key: `telemetry-lost:${system}`,
        severity: 'warning',
        title: `${system}: monitoring points were lost`,
        detail: `${points} points did not arrive and will not be sent again. ${why}`,
      };
      alerts
        .raise(organisationId, report, engineActor)
        .catch((thrown: unknown) => runtime.log.error('kpis.alert-failed', { error: String(thrown) }));
    },
  });
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const computing = new Map<string, Promise<Recomputed>>();
  let again = () => undefined as undefined;

  /** One at a time for each organisation; a call during a run waits for the next one, which sees everything. */
  function compute(organisationId: string): Promise<Recomputed> {
    const before = computing.get(organisationId) ?? Promise.resolve();
    const work = before
      .catch(() => undefined)
      .then(async () => {
        const result = await recompute(parts, organisationId);
        if (result.outcome === 'done') {
          await watchThresholds(parts, organisationId);
          events.publish({ topic: 'kpis', organisationId, ids: [] });
        }
        return result;
      });
    computing.set(organisationId, work);
    return work;
  }

  async function tick(beat: number): Promise<void> {
    for (const { id, practice } of await listOrganisations(store.read)) {
      try {
        await compute(id);
        if (practice === 1 && beat % practiceEvery !== 0) continue;
        if (parts.roomToSpool?.() === false) continue;
        const connected = await Promise.all(monitoringSystems.map((system) => connectionIsOn(id, system)));
        // Queued, not waited for: the outbox sends, and one slow system holds up nothing here.
        await Promise.all(
          monitoringSystems.filter((_system, i) => connected[i]).map((system) => push.queue(id, system)),
        );
      } catch (thrown) {
        runtime.log.error('kpis.tick-failed', { organisation: id, error: String(thrown) });
      }
    }
  }

  async function connectionIsOn(organisationId: string, system: MonitoringSystem): Promise<boolean> {
    const row = await rows.connectionMode(store.read, organisationId, system);
    return row === 'on' || row === 'paused';
  }

  return {
    compute,
    push: async (organisationId: string, systems: readonly MonitoringSystem[]): Promise<PushResult[]> => {
      await compute(organisationId);
      return push.push(organisationId, systems);
    },
    /** Queues what a system has not been told, without waiting for it. */
    queue: push.queue,
    onSettled: push.onSettled,

    /** The screen of one month (`contract/kpis.ts`). Where nobody computes in the background, it is done first. */
    async view(organisationId: string, period: string | undefined) {
      if (!parts.planned) await compute(organisationId);
      return kpiView(parts, organisationId, period);
    },

    /** A figure no table of ours holds, with where it comes from. The same name and hour again replaces it. */
    async handIn(
      organisationId: string,
      figure: { readonly name: HandedIn; readonly at: number; readonly value: string; readonly source: string },
      actor: { readonly id: string; readonly channel: string; readonly correlationId: string },
    ): Promise<void> {
      const value = decimal(figure.value);
      if (value.lt(0)) throw refused({ happened: `${inputLabels[figure.name as InputName]} cannot be negative.` });
      const now = runtime.clock.now();
      const month = monthIn(figure.at);
      // Somewhere the next month has begun already.
      if (month > monthIn(now + 14 * hourMs)) {
        throw refused({
          happened: `${formatPeriod(month)} has not begun.`,
          means: 'Nothing was entered: a figure is known of a month that runs or is over.',
          remedy: 'Enter it for this month or an earlier one.',
        });
      }
      // Of a month that is still running: known from now on. What stands at noon of today keeps its place, so that it is
      // the same figure when it is entered again; a latency is of an hour, and that one has to be there.
      const calendar = localCalendar(await parts.zoneOf(organisationId));
      const todays = figure.name !== 'latency_ms' && figure.at < calendar.endOfDay(calendar.dayOf(now));
      const known = todays ? figure.at : Math.min(figure.at, now);
      const at = known - (known % hourMs);
      await store.transaction(async (tx, after) => {
        await rows.putInput(tx, {
          organisation_id: organisationId,
          name: figure.name,
          at,
          value: value.toFixed(),
          source: figure.source.slice(0, 200),
          recorded_at: now,
        });
        await rows.markDirty(tx, organisationId, 'input', [at]);
        await parts.audit(tx, {
          organisationId,
          actor: actor.id,
          channel: actor.channel,
          correlationId: actor.correlationId,
          action: 'kpi.figure-entered',
          object: `kpi-input:${figure.name}`,
          after: { at, value: value.toFixed(), source: figure.source.slice(0, 200) },
        });
        after(() => again());
      });
    },

    /** The metrics page (SEC-26): slugs and numbers only. */
    async metricsText(): Promise<string> {
      const at = runtime.clock.now();
      const organisations = await listOrganisations(store.read);
      return exposition(
        await Promise.all(
          organisations.map(async ({ id }) => ({
            org: slugOf(id),
            points: await pointsFor(store.read, id, null, at, await parts.zoneOf(id)),
          })),
        ),
      );
    },

    start(): void {
      if (!parts.planned) return;
      const changed = events.subscribe(({ topic }) => {
        if (topic === 'imports' || topic === 'lines' || topic === 'weddings' || topic === 'crm') again();
      });
      stop.signal.addEventListener('abort', changed);
      running = (async () => {
        let beat = 0;
        while (!stop.signal.aborted) {
          // The first round only computes: whoever just started the console has nothing new to tell.
          if (beat === 0)
            for (const { id } of await listOrganisations(store.read)) await compute(id).catch(() => undefined);
          beat++;
          const due = runtime.clock.monotonicMs() + pushEveryMs;
          while (!stop.signal.aborted && runtime.clock.monotonicMs() < due) {
            const nap = new AbortController();
            const end = () => nap.abort();
            stop.signal.addEventListener('abort', end, { once: true });
            let woken = false;
            again = () => {
              woken = true;
              nap.abort();
              return undefined;
            };
            await runtime.clock.sleep(due - runtime.clock.monotonicMs(), nap.signal);
            stop.signal.removeEventListener('abort', end);
            if (!woken || stop.signal.aborted) break;
            // Changes come in bursts; what they say together is computed once.
            await runtime.clock.sleep(250, stop.signal);
            for (const { id } of await listOrganisations(store.read)) await compute(id).catch(() => undefined);
          }
          if (!stop.signal.aborted) await tick(beat);
        }
      })();
    },
    async stop(): Promise<void> {
      stop.abort();
      await running;
      await Promise.allSettled(computing.values());
    },
  };
}
export type Kpis = ReturnType<typeof createKpis>;
