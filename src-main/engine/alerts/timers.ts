import { flapping } from '../../../src-shared/domain/alert/damping.ts';
import { longestAckUntil } from '../../../src-shared/domain/alert/life.ts';
import { escalationDue } from '../../../src-shared/domain/alert/route.ts';
import { raised } from '../../../src-shared/domain/alert/severity.ts';
import { silencedBy } from '../../../src-shared/domain/alert/silence.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Tx } from '../../ports/store.ts';
import { countedAfterSetBack } from '../../store/repositories/alert-set-back.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import { setBackMender } from '../set-back.ts';
import { close, escalateTo, fireAgain } from './actions.ts';
import { sendBundle } from './bundles.ts';
import { factsOf } from './facts.ts';
import { silencedWords } from './ingest.ts';
import type { Scene } from './message-of.ts';
import { engineActor } from './parts.ts';
import { silencesOf } from './routing.ts';
import { entry } from './send.ts';
import type { Stage } from './stage.ts';
import { coverStuck, release } from './tell.ts';

const LOOK_EVERY_MS = 1_000;
/** Between two looks: of many alerts at once not each needs a look of its own. */
const LOOK_AT_MOST_EVERY_MS = 100;
const FLAP_WINDOW_MS = 600_000;

/** Work that is due at set moments besides alerts: heartbeat, pre-flight, reports. Returns when it next wants to be asked. */
export type Duty = (organisationId: string, at: Instant) => Promise<Instant | null>;

/**
 * Everything that happens because time passed. `tick` does all that is due now, whatever was missed while the machine
 * slept (R32); the loop asks again at the next due moment, and once a second for clocks that jump (R33).
 */
export function createTimers(stage: Stage, duties: readonly Duty[]) {
  const { parts } = stage;
  const { store, runtime } = parts;
  let poke: AbortController | null = null;
  let nextDue: number | null = 0;
  /** By organisation. */
  const menders = new Map<string, () => Promise<boolean>>();

  function mendSetBack(organisationId: string): Promise<boolean> {
    const mend = () => store.batch(countedAfterSetBack(organisationId, runtime.clock.now()));
    const mender = menders.get(organisationId) ?? setBackMender(runtime.clock, mend);
    menders.set(organisationId, mender);
    return mender();
  }

  /** Does everything due in one organisation; returns the next due moment. */
  async function tick(organisationId: string): Promise<Instant | null> {
    await mendSetBack(organisationId);
    const at = runtime.clock.now();
    const scene = await stage.scene(organisationId, at);
    const touched = new Set<string>(await shortenAcks(organisationId, scene));

    for (const found of await rows.dueAlerts(store.read, organisationId, at)) {
      const changed = await store.transaction(async (tx) => {
        // Read again: somebody may have acted since.
        const alert = await rows.getAlert(tx, organisationId, found.id);
        return alert ? dueOf(tx, alert, scene) : false;
      });
      if (changed) touched.add(found.id);
    }
    const lateSince = at - scene.config.failoverAfterMs;
    // Wedding-day mode may have begun since a message was held, by hand or by a calendar: then nothing is held.
    const quiet = !scene.moment.weddingDay.active && !scene.moment.saturdayProtection;
    const heldUntil = quiet ? at : Number.MAX_SAFE_INTEGER;
    for (const alertId of await rows.alertsOfLateDeliveries(store.read, organisationId, heldUntil, lateSince)) {
      await store.transaction(async (tx) => {
        const alert = await rows.getAlert(tx, organisationId, alertId);
        if (!alert) return;
        for (const row of await rows.deliveriesOf(tx, organisationId, alertId)) {
          if (row.state === 'quiet' && row.due_at <= heldUntil) await release(parts, tx, alert, row, scene);
        }
        await coverLate(tx, alert, scene);
      });
      touched.add(alertId);
    }
    for (const bundle of await rows.unsentBundles(store.read, organisationId)) {
      if (bundle.due_at > at) continue;
      await store.transaction(async (tx) => {
        for (const alertId of await sendBundle(parts, tx, bundle, scene)) {
          const alert = await rows.getAlert(tx, organisationId, alertId);
          if (alert) await coverStuck(parts, tx, alert, scene);
        }
      });
    }

    const ids = [...touched];
    if (ids.length > 0) parts.publish({ topic: 'alerts', organisationId, ids });

    const wanted = await Promise.all(duties.map((duty) => duty(organisationId, at)));
    const next = await rows.nextAlertDue(store.read, organisationId, at, scene.config.failoverAfterMs);
    const moments = [next, ...wanted].filter((value) => value !== null);
    return moments.length === 0 ? null : Instant.parse(Math.max(0, Math.min(...moments)));
  }

  /** Wedding-day mode began, or is to begin earlier than was known: what nobody chose lasts half an hour of it (A11). */
  async function shortenAcks(organisationId: string, { moment }: Scene): Promise<readonly string[]> {
    const until = longestAckUntil(moment.at, moment.weddingDay);
    if (!Number.isFinite(until)) return [];
    const found = await rows.acknowledgedBeyond(store.read, organisationId, until);
    if (found.length === 0) return [];
    return store.transaction(async (tx) => {
      const still = await rows.acknowledgedBeyond(tx, organisationId, until);
      for (const alert of still) {
        await rows.updateAlert(tx, organisationId, alert.id, { until });
        const text = `Wedding-day mode: the acknowledgement of ${alert.owner_name ?? 'somebody'} runs out at ${formatInstant(isoOf(Instant.parse(until)), moment.zone)}.`;
        await entry(tx, alert, moment.at, 'note', text);
      }
      return still.map(({ id }) => id);
    });
  }

  /** Failover of what is late; deliveries that cannot be covered are marked, so they are not looked at every second. */
  async function coverLate(tx: Tx, alert: rows.AlertRow, scene: Scene): Promise<void> {
    await coverStuck(parts, tx, alert, scene);
    if (alert.state === 'firing' || alert.state === 'escalated') return;
    for (const row of await rows.deliveriesOf(tx, alert.organisation_id, alert.id)) {
      if (row.state === 'waiting' && row.covered === 0)
        await rows.updateDelivery(tx, alert.organisation_id, row.id, { covered: 1 });
    }
  }

  /** One alert with something due; true when it changed. */
  async function dueOf(tx: Tx, alert: rows.AlertRow, scene: Scene): Promise<boolean> {
    const at = scene.moment.at;
    const { organisation_id: organisationId } = alert;
    if (alert.flapping === 1) {
      const changes = await rows.changesOf(tx, organisationId, alert.id, at - FLAP_WINDOW_MS);
      if (
        !flapping(
          changes.map((change) => Instant.parse(change)),
          at,
          true,
        ).now
      ) {
        await rows.updateAlert(tx, organisationId, alert.id, { flapping: 0, flap_last: null });
        const calm = { ...alert, flapping: 0, flap_last: null };
        if (alert.flap_last === 'resolved')
          await close(stage, tx, calm, scene, 'Calm for ten minutes after flapping', engineActor);
        else
          await rows.appendTimeline(tx, {
            organisation_id: organisationId,
            alert_id: alert.id,
            at,
            kind: 'flapping_ended',
            actor: 'console',
            channel: 'engine',
            text: 'No longer flapping; it is still there.',
          });
        return true;
      }
    }
    if (alert.silenced_until !== null && alert.silenced_until <= at) {
      const still = silencedBy(
        await silencesOf(tx, organisationId, at),
        factsOf(alert),
        alert.severity,
        at,
        scene.calendar.zone,
      );
      const change = { silence_id: still?.silence.id ?? null, silenced_until: still?.until ?? null };
      await rows.updateAlert(tx, organisationId, alert.id, change);
      if (!still && (alert.state === 'firing' || alert.state === 'escalated')) {
        await fireAgain(stage, tx, { ...alert, ...change }, scene, 'note', 'The silence ended and it is still there.');
      }
      return true;
    }
    if (alert.until !== null && alert.until <= at) {
      const acknowledged = alert.state === 'acknowledged';
      const who = alert.owner_name ?? 'Somebody';
      const text = acknowledged
        ? `${who} had it; the acknowledgement ran out and it is still there.`
        : `The snooze by ${who} ended and it is still there.`;
      await fireAgain(stage, tx, alert, scene, acknowledged ? 'ack_ended' : 'snooze_ended', text);
      return true;
    }
    if (
      alert.next_step_at !== null &&
      alert.next_step_at <= at &&
      (alert.state === 'firing' || alert.state === 'escalated')
    ) {
      // A silence or maintenance window may have begun since the alert was told.
      const facts = factsOf(alert);
      const severity = raised(facts.severity, scene.moment.weddingDay.active);
      const silences = await silencesOf(tx, organisationId, at);
      const hidden = silencedBy(silences, facts, severity, at, scene.calendar.zone);
      if (hidden) {
        const change = { silence_id: hidden.silence.id, silenced_until: hidden.until, next_step_at: null };
        await rows.updateAlert(tx, organisationId, alert.id, change);
        await entry(tx, alert, at, 'silenced', silencedWords(hidden.silence));
        return true;
      }
      let step = alert.step + 1;
      let due = Instant.parse(alert.next_step_at);
      // What was missed collapses into the step that is due now.
      for (;;) {
        const following = escalationDue(facts, step + 1, due, scene.calendar.at(due), scene.config);
        if (following === null || following > at) break;
        step++;
        due = following;
      }
      await escalateTo(stage, tx, alert, step, scene, due, engineActor);
      return true;
    }
    return false;
  }

  return {
    tick,

    /** Looks at everything due now: after sleep, or when a deadline may have come closer. */
    wake(): void {
      nextDue = 0;
      poke?.abort();
    },

    /** Runs until the signal aborts. A failing organisation is logged and harms no other. */
    async run(signal: AbortSignal): Promise<void> {
      signal.addEventListener('abort', () => poke?.abort(), { once: true });
      let lookedAt = Number.NEGATIVE_INFINITY;
      const noteSetBack = setBackMender(runtime.clock, async () => {
        nextDue = 0;
      });
      while (!signal.aborted) {
        await noteSetBack();
        const now = runtime.clock.now();
        const sinceLook = runtime.clock.monotonicMs() - lookedAt;
        if (nextDue !== null && nextDue <= now && sinceLook >= LOOK_AT_MOST_EVERY_MS) {
          nextDue = null;
          lookedAt = runtime.clock.monotonicMs();
          const next = await tickAll();
          // `wake` may have been called meanwhile.
          nextDue = nextDue === null ? next : nextDue;
        }
        if (signal.aborted) return;
        const wait =
          nextDue === null
            ? LOOK_EVERY_MS
            : Math.min(
                LOOK_EVERY_MS,
                Math.max(
                  0,
                  nextDue - runtime.clock.now(),
                  lookedAt + LOOK_AT_MOST_EVERY_MS - runtime.clock.monotonicMs(),
                ),
              );
        poke = new AbortController();
        if (wait > 0) await runtime.clock.sleep(wait, poke.signal);
      }
    },
  };

  /** Side by side: one with a thousand alerts due makes no other wait (X5). */
  async function tickAll(): Promise<number | null> {
    const here = (await listOrganisations(store.read)).filter(({ id }) => parts.sendsHere?.(id) !== false);
    const next = await Promise.all(
      here.map(({ id }) =>
        tick(id).catch((thrown: unknown) => {
          runtime.log.error('alerts.tick-failed', { organisation: id, error: String(thrown) });
          // Not at once, so that a lasting defect does not spin.
          return runtime.clock.now() + 5_000;
        }),
      ),
    );
    const moments = next.filter((at) => at !== null);
    return moments.length === 0 ? null : Math.min(...moments);
  }
}
export type Timers = ReturnType<typeof createTimers>;
