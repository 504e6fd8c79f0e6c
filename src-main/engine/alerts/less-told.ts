import { meansNearlyAll, type Silence } from '../../../src-shared/domain/alert/silence.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Tx } from '../../ports/store.ts';
import type { Weekend } from '../weekend/weekend.ts';
import type { Scene } from './message-of.ts';
import { sendNotice } from './notice.ts';
import type { Actor } from './parts.ts';
import type { Stage } from './stage.ts';

/** Whoever makes the console tell less on a wedding day is told of to the others, at once and whatever is silenced (FT-84). */
export function createLessTold({ parts, scene: sceneOf }: Pick<Stage, 'parts' | 'scene'>) {
  async function tell(tx: Tx, scene: Scene, subject: string, lines: readonly string[], address: string): Promise<void> {
    await sendNotice(parts, tx, scene, {
      id: `less-told-${parts.runtime.ids.next()}`,
      subject,
      text: lines.join('\n'),
      dueAt: scene.moment.at,
      consoleLink: `wedsync-ops://${address}`,
      by: ['slack', 'email'],
    });
  }
  const when = (at: Instant, { calendar }: Scene) => formatInstant(isoOf(at), calendar.zone);

  return {
    /** `weekend.switchMode`, told where it ends the wedding-day mode before its time. */
    async switchMode(organisationId: string, wanted: Parameters<Weekend['switchMode']>[1], actor: Actor) {
      const scene = await sceneOf(organisationId);
      const ends = wanted.mode === 'off' && scene.moment.weddingDay.active;
      return parts.weekend.switchMode(organisationId, wanted, actor, async (tx) => {
        if (!ends) return;
        await tell(
          tx,
          scene,
          `Wedding-day mode is off until ${when(wanted.endsAt, scene)}`,
          [
            `${actor.name} switched wedding-day mode off by hand until ${when(wanted.endsAt, scene)}.`,
            `Reason: ${wanted.reason.trim()}`,
            'Until then alerts are not raised one step and go by the rules of any other day.',
            'It can be switched on again under This weekend.',
          ],
          'weekend',
        );
      });
    },

    /** In the transaction that keeps a silence. */
    async silenced(tx: Tx, scene: Scene, silence: Silence): Promise<void> {
      const onWeddingDay = [scene.moment.at, silence.startsAt, Instant.parse(silence.endsAt - 1)].some(
        (at) => scene.calendar.at(at).weddingDay.active,
      );
      if (!onWeddingDay || !meansNearlyAll(silence.matcher)) return;
      await tell(
        tx,
        scene,
        `Alerts are silenced until ${when(silence.endsAt, scene)}`,
        [
          `${silence.author} silenced nearly all alerts from ${when(silence.startsAt, scene)} until ${when(silence.endsAt, scene)}.`,
          `Reason: ${silence.reason}`,
          silence.includeEmergencies ? 'Emergencies are silenced too.' : 'Emergencies still come through.',
          'It can be ended under Alerts, Silences.',
        ],
        'alerts',
      );
    },
  };
}
export type LessTold = ReturnType<typeof createLessTold>;
