import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import { type AlertRow, getAlert } from '../../store/repositories/alerts.ts';
import { notFound } from '../problem.ts';
import { actorName } from '../weekend/weekend.ts';
import { isLocal, referenceOf } from './facts.ts';
import type { Scene } from './message-of.ts';
import type { Actor, InnerParts } from './parts.ts';
import { isQuiet, type Quiet } from './quiet.ts';
import type { Routing } from './routing.ts';

/** What every part of the alert capability stands on. */
export function createStage(parts: InnerParts, routing: Routing, quiet: Quiet) {
  const { store, runtime, weekend } = parts;
  /** Monotonic time of the commit that raised an alert (R2); empty after a restart. */
  const committedAt = new Map<string, number>();

  return {
    parts,
    routing,
    committedAt,

    /** The calendar, the settings and the moment of now. */
    async scene(organisationId: string, at: Instant = runtime.clock.now()): Promise<Scene> {
      const [calendar, config, hours] = await Promise.all([
        weekend.calendar(organisationId),
        routing.config(organisationId),
        quiet.here(organisationId),
      ]);
      return { calendar, config, moment: calendar.at(at), quiet: hours };
    },

    /** One change of one alert: the row is read, changed and recorded in one transaction, then screens are told. */
    async change<T>(
      organisationId: string,
      alertId: string,
      work: (tx: Tx, alert: AlertRow, scene: Scene) => Promise<T>,
      /** A person waits for the answer, in a storm as well; what the console does by itself does not mind. */
      { personId }: Pick<Actor, 'personId'>,
      /** Runs first in the same transaction; what it throws undoes everything. */
      beside?: (tx: Tx) => Promise<void>,
    ): Promise<T> {
      const scene = await this.scene(organisationId);
      return store.transaction(
        async (tx, after) => {
          await beside?.(tx);
          const alert = await getAlert(tx, organisationId, alertId);
          if (!alert) throw notFound({ happened: 'There is no such alert.' });
          const done = await work(tx, alert, scene);
          after(() => parts.publish({ topic: 'alerts', organisationId, ids: [alert.id] }));
          return done;
        },
        { ahead: personId !== null },
      );
    },

    record(tx: Tx, alert: AlertRow, action: string, actor: Actor, more: { reason?: string; after?: unknown } = {}) {
      return parts.audit(tx, {
        organisationId: alert.organisation_id,
        actor: actorName(actor),
        channel: actor.channel,
        action,
        object: `alert:${referenceOf(alert)}`,
        correlationId: actor.correlationId,
        ...more,
      });
    },

    /** A native notification (U36, U37): severity, title, weddings, reference; never a name. */
    notify(alert: AlertRow, scene: Scene, weddingsToday: number): void {
      if (isQuiet(scene.quiet, scene.moment)) {
        quiet.hold(alert.organisation_id, alert.id);
        return;
      }
      const urgent =
        alert.severity === 'emergency' ||
        isLocal(alert) ||
        (alert.severity === 'critical' && scene.moment.weddingDay.active);
      parts.notices?.show({
        key: `alert:${alert.id}`,
        title: `${alert.severity.charAt(0).toUpperCase()}${alert.severity.slice(1)}: ${alert.title}`,
        body: `${weddingsToday} ${weddingsToday === 1 ? 'wedding' : 'weddings'} today · ${referenceOf(alert)}`,
        urgent,
        address: `/alerts?alert=${referenceOf(alert)}`,
        alert: { organisationId: alert.organisation_id, id: alert.id },
      });
    },
  };
}
export type Stage = ReturnType<typeof createStage>;
