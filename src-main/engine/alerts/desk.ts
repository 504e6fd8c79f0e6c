import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { actorName } from '../weekend/weekend.ts';
import type { ChannelTests } from './channel-test.ts';
import type { Heartbeat } from './heartbeat.ts';
import { sendNotice } from './notice.ts';
import { type Actor, engineActor } from './parts.ts';
import { createPreflight } from './preflight.ts';
import type { Stage } from './stage.ts';
import type { Duty } from './timers.ts';
import { createWeekendReport } from './weekend-report.ts';

const WEEK_MS = 7 * 86_400_000;

/** The desk's own work around a weekend: pre-flight (A17), handover and reports (A19), heartbeat (A10). */
export function createDesk(stage: Stage, tests: ChannelTests, heartbeat: Heartbeat) {
  const { parts } = stage;
  const { store, runtime, audit, publish } = parts;
  const { preflight, lastSheet } = createPreflight(stage, tests, heartbeat);
  const weekendReport = createWeekendReport(stage);

  /** Friday 12:00 and 17:30 the pre-flight, Monday 07:00 the report; each once a weekend, caught up the same day. */
  const planned: Duty = async (organisationId, at) => {
    const { calendar } = await stage.scene(organisationId, at);
    const today = localAt(at, calendar.zone);
    const friday = addDays(today.date, 5 - today.weekday);
    const report = addDays(friday, today.weekday === 1 ? -4 : 3);
    const jobs = [
      { name: 'preflight-noon', due: instantOf(friday, '12:00', calendar.zone), period: friday },
      { name: 'preflight-evening', due: instantOf(friday, '17:30', calendar.zone), period: friday },
      { name: 'weekend-report', due: instantOf(report, '07:00', calendar.zone), period: report },
    ];
    let next: number | null = null;
    for (const { name, due, period } of jobs) {
      if (due > at) {
        next = next === null ? due : Math.min(next, due);
        continue;
      }
      if (at - due > 12 * 3_600_000) continue;
      const claimed = await store.transaction((tx) =>
        rows.claimRun(tx, { organisation_id: organisationId, name, period, at }),
      );
      // Slept over both pre-flights, the later one is enough (R32).
      if (
        !claimed ||
        (name === 'preflight-noon' && jobs.some((job) => job.name === 'preflight-evening' && job.due <= at))
      )
        continue;
      if (name !== 'weekend-report') {
        // Not waited for: it takes as long as the slowest channel, and alerts are due meanwhile.
        preflight(organisationId, engineActor).catch((thrown: unknown) =>
          runtime.log.error('preflight.failed', { organisation: organisationId, error: String(thrown) }),
        );
        continue;
      }
      const { subject, text } = await weekendReport(organisationId);
      const scene = await stage.scene(organisationId, at);
      await store.transaction((tx) =>
        sendNotice(parts, tx, scene, {
          id: `report-${period}`,
          ...{ subject, text, dueAt: due },
          consoleLink: 'wedsync-ops://weekend',
          by: ['email'],
        }),
      );
    }
    return next as Instant | null;
  };

  return {
    preflight,
    weekendReport,
    duties: [planned, heartbeat.duty] as const,

    lastSheet,
    heartbeat: { state: heartbeat.state, set: heartbeat.set },

    /** A note for whoever comes next; shown for a week and in Monday's report. */
    async addHandover(organisationId: string, text: string, actor: Actor): Promise<string> {
      const id = runtime.ids.next();
      await store.transaction(async (tx, after) => {
        await rows.insertHandover(tx, {
          organisation_id: organisationId,
          id,
          at: runtime.clock.now(),
          author: actor.name,
          text,
        });
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'handover.noted',
          object: `handover:${id}`,
          correlationId: actor.correlationId,
        });
        after(() => publish({ topic: 'weddings', organisationId, ids: [] }));
      });
      return id;
    },
    handovers: (organisationId: string) =>
      rows.listHandovers(store.read, organisationId, runtime.clock.now() - WEEK_MS),
  };
}
export type Desk = ReturnType<typeof createDesk>;
