import {
  inForceUntil,
  type Matcher,
  matches,
  REMIND_BEFORE_MS,
  Silence,
  silenceProblem,
} from '../../../src-shared/domain/alert/silence.ts';
import { type Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { notFound, refused } from '../problem.ts';
import { actorName } from '../weekend/weekend.ts';
import { factsOf } from './facts.ts';
import type { LessTold } from './less-told.ts';
import type { Actor } from './parts.ts';
import { silencesOf } from './routing.ts';
import type { Stage } from './stage.ts';
import type { Duty } from './timers.ts';

const SEVEN_DAYS_MS = 7 * 86_400_000;

/** Silences and maintenance windows with their register (A12). */
export function createSilences(stage: Stage, lessTold: Pick<LessTold, 'silenced'>) {
  const { parts } = stage;
  const { store, runtime, audit, publish } = parts;

  /** What a matcher hides now and hid in the last seven days: the live preview, and the register's count. */
  async function reach(organisationId: string, matcher: Matcher, includeEmergencies: boolean) {
    const hit = (row: rows.AlertRow) =>
      (includeEmergencies || row.severity !== 'emergency') && matches(matcher, factsOf(row), row.severity);
    const now = runtime.clock.now();
    const [open, week] = await Promise.all([
      rows.openAlerts(store.read, organisationId),
      rows.alertsBetween(store.read, organisationId, now - SEVEN_DAYS_MS, now + 1),
    ]);
    return { open: open.filter(hit), lastSevenDays: week.filter(hit).length };
  }

  return {
    reach,

    async register(organisationId: string) {
      const now = runtime.clock.now();
      const live = await silencesOf(store.read, organisationId, now);
      const hidden = await rows.hiddenBySilence(store.read, organisationId);
      return live.map((silence) => ({ silence, hides: hidden.get(silence.id) ?? 0 }));
    },

    /** Adds one; alerts it means that are firing now are told no further while it lasts. */
    async add(organisationId: string, wanted: Omit<Silence, 'id' | 'author'>, actor: Actor): Promise<Silence> {
      const silence = Silence.parse({ ...wanted, id: runtime.ids.next(), author: actor.name });
      const scene = await stage.scene(organisationId);
      const { zone } = scene.calendar;
      const over = silence.endsAt <= runtime.clock.now() ? 'The end is over already.' : null;
      const problem = silenceProblem(silence) ?? over;
      if (problem !== null)
        throw refused({ happened: problem, means: 'Nothing was silenced.', remedy: 'Choose another end.' });
      await store.transaction(async (tx, after) => {
        await rows.insertSilence(tx, {
          organisation_id: organisationId,
          id: silence.id,
          kind: silence.kind,
          matcher: JSON.stringify(silence.matcher),
          starts_at: silence.startsAt,
          ends_at: silence.endsAt,
          recurring: silence.recurring === null ? null : JSON.stringify(silence.recurring),
          include_emergencies: silence.includeEmergencies ? 1 : 0,
          author: silence.author,
          reason: silence.reason,
        });
        const { author: _, reason, ...shown } = silence;
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'silence.added',
          object: `silence:${silence.id}`,
          after: { ...shown, endsAt: isoOf(silence.endsAt) },
          reason,
          correlationId: actor.correlationId,
        });
        await lessTold.silenced(tx, scene, silence);
        const now = runtime.clock.now();
        // A window that begins later, or recurs at other hours, is met by the timers when it comes.
        if (inForceUntil(silence, now, zone) !== null) {
          for (const alert of await rows.openAlerts(tx, organisationId)) {
            if (alert.severity === 'emergency' && !silence.includeEmergencies) continue;
            if (!matches(silence.matcher, factsOf(alert), alert.severity)) continue;
            // Looked at again by the timers at once: they know recurring windows and longer silences.
            await rows.updateAlert(tx, organisationId, alert.id, {
              silence_id: silence.id,
              silenced_until: now,
              next_step_at: null,
            });
          }
        }
        after(() => publish({ topic: 'alerts', organisationId, ids: [] }));
      });
      return silence;
    },

    /** Ends one now; what it hid and is still there is told. */
    async end(organisationId: string, silenceId: string, reason: string, actor: Actor): Promise<void> {
      await store.transaction(async (tx, after) => {
        const row = await rows.getSilence(tx, organisationId, silenceId);
        if (!row) throw notFound({ happened: 'There is no such silence.' });
        const now = runtime.clock.now();
        await rows.updateSilence(tx, organisationId, silenceId, { ends_at: Math.min(row.ends_at, now) });
        for (const alert of await rows.openAlerts(tx, organisationId)) {
          if (alert.silence_id === silenceId)
            await rows.updateAlert(tx, organisationId, alert.id, { silenced_until: now });
        }
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'silence.ended',
          object: `silence:${silenceId}`,
          reason,
          correlationId: actor.correlationId,
        });
        after(() => publish({ topic: 'alerts', organisationId, ids: [] }));
      });
    },

    /** Fifteen minutes before a silence ends, this machine says so once. */
    remind: (async (organisationId: string, at: Instant) => {
      let next: number | null = null;
      for (const row of await rows.liveSilences(store.read, organisationId, at)) {
        if (row.reminded === 1 || row.kind !== 'silence') continue;
        const due = row.ends_at - REMIND_BEFORE_MS;
        if (due > at) {
          next = next === null ? due : Math.min(next, due);
          continue;
        }
        await store.transaction((tx) => rows.updateSilence(tx, organisationId, row.id, { reminded: 1 }));
        parts.notices?.show({
          key: `silence:${row.id}`,
          title: 'A silence ends in 15 minutes',
          body: `${row.reason} (${row.author})`,
          urgent: false,
          address: '/alerts',
        });
        publish({ topic: 'alerts', organisationId, ids: [] });
      }
      return next as Instant | null;
    }) satisfies Duty,
  };
}
export type Silences = ReturnType<typeof createSilences>;
