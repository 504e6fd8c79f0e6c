import { restsUntil } from '../../../src-shared/domain/alert/alert.ts';
import { escalationDue } from '../../../src-shared/domain/alert/route.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { notFound } from '../problem.ts';
import { factsOf, isLocal } from './facts.ts';
import type { Actor } from './parts.ts';
import { entry } from './send.ts';
import type { Stage } from './stage.ts';

const isoOrNull = (at: number | null) => (at === null ? null : isoOf(Instant.parse(at)));

/**
 * Alerts that were open in a restored backup (BAK-07, X12): what they are about may be long over, so none of them sends
 * by itself until somebody takes or releases it, or its source reports it again.
 */
export function createResting(stage: Stage) {
  const { store, runtime } = stage.parts;

  async function releaseOne(tx: Tx, organisationId: string, alertId: string, actor: Actor): Promise<boolean> {
    const alert = await rows.getAlert(tx, organisationId, alertId);
    if (!alert)
      throw notFound({ happened: `There is no alert ${alertId}.`, remedy: 'Choose one from the list of alerts.' });
    if (alert.from_backup === null || alert.state === 'resolved') return false;
    const { moment, config } = await stage.scene(organisationId);
    const escalates = alert.next_step_at !== null && !isLocal(alert);
    await rows.updateAlert(tx, organisationId, alert.id, {
      from_backup: null,
      // From now, not from then: who releases it has as long as for a new one.
      next_step_at: escalates ? escalationDue(factsOf(alert), alert.step + 1, moment.at, moment, config) : null,
    });
    await entry(tx, alert, moment.at, 'note', `Released by ${actor.name}: it goes on from now.`, actor);
    await stage.record(tx, alert, 'alert.released', actor);
    return true;
  }

  return {
    /** After a restore, before anything is raised: every open alert rests. `backupAt`: the newest entry of the backup. */
    async rest(tx: Tx, organisationId: string, backupAt: number): Promise<void> {
      const { calendar } = await stage.scene(organisationId);
      const made = formatInstant(isoOf(Instant.parse(backupAt)), calendar.zone);
      await rows.restOpenAlerts(tx, organisationId, {
        backupAt,
        at: runtime.clock.now(),
        text: `From the backup of ${made}. ${restsUntil}`,
        problem: 'Held since the restore',
      });
    },

    async resting(organisationId: string): Promise<{ count: number; backupAt: string | null }> {
      const { count, backupAt } = await rows.countResting(store.read, organisationId);
      return { count, backupAt: isoOrNull(backupAt) };
    },

    /** These alerts, or all that rest, go on from now as if they had just been told. Returns how many did. */
    async release(organisationId: string, alertIds: readonly string[] | 'all', actor: Actor): Promise<number> {
      return store.transaction(async (tx, after) => {
        const wanted =
          alertIds === 'all' ? (await rows.restingAlerts(tx, organisationId)).map(({ id }) => id) : alertIds;
        const released: string[] = [];
        for (const id of wanted) if (await releaseOne(tx, organisationId, id, actor)) released.push(id);
        if (released.length > 0) after(() => stage.parts.publish({ topic: 'alerts', organisationId, ids: released }));
        return released.length;
      });
    },
  };
}
