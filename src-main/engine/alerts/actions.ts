import { flapping } from '../../../src-shared/domain/alert/damping.ts';
import { incidentKey } from '../../../src-shared/domain/alert/incident-key.ts';
import { type AlertEvent, acknowledgedUntil, move, snoozeProblem } from '../../../src-shared/domain/alert/life.ts';
import { escalationDue } from '../../../src-shared/domain/alert/route.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { refused } from '../problem.ts';
import { contextOf, factsOf, isLocal, recoveryTemplates, referenceOf } from './facts.ts';
import { begin } from './ingest.ts';
import type { Scene } from './message-of.ts';
import type { Actor } from './parts.ts';
import { nextRound } from './rounds.ts';
import { entry } from './send.ts';
import type { Stage } from './stage.ts';
import { tellOutcome, tellTrouble, tellWithdrawn } from './tell.ts';

/** As people of the organisation read it: timelines are shown and printed as they are. */
const wall = (at: Instant, { calendar }: Scene) => formatInstant(isoOf(at), calendar.zone);

/** What people and providers do with an alert (A6). Each is one transaction: state, timeline, audit, messages. */
export function createActions(stage: Stage) {
  /** Refused for people; an outside side that is late is simply too late. */
  function allowed(alert: rows.AlertRow, event: AlertEvent, actor: Actor) {
    const next = move(alert.state, event);
    if (!next && actor.personId !== null) {
      throw refused({
        happened: `${referenceOf(alert)} is ${alert.state}, so this cannot be done now.`,
        means: 'Nothing was changed.',
        remedy:
          alert.state === 'resolved'
            ? 'If it still happens, it will fire again by itself.'
            : 'Look at its present state first.',
      });
    }
    return next;
  }

  return {
    /** Somebody has it, until it runs out (A11). A side that merely echoes what we told it changes nothing. */
    acknowledge: (
      organisationId: string,
      alertId: string,
      /** `key`: of the incident it was done at elsewhere; of a round that is over it comes too late. */
      more: { note: string; forMs: number | null; bundleId?: string; key?: string | null },
      actor: Actor,
      beside?: (tx: Tx) => Promise<void>,
    ) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          const owner = actor.personId ?? `${actor.channel}:${actor.name}`;
          const late = more.key && more.key !== incidentKey(alert.id, alert.round_at);
          const echo = alert.state === 'acknowledged' && (actor.personId === null || alert.owner === owner);
          if (late) {
            const words = `${actor.name} acknowledged it before it fired again; it needs somebody anew.`;
            await entry(tx, alert, scene.moment.at, 'note', words, actor);
            return;
          }
          if (echo || !allowed(alert, 'acknowledge', actor)) return;
          const at = scene.moment.at;
          const until = acknowledgedUntil(at, scene.moment.weddingDay, more.forMs);
          const change = {
            state: 'acknowledged' as const,
            owner,
            owner_name: actor.name,
            owner_note: more.note.slice(0, 500),
            until,
            until_chosen: more.forMs === null ? 0 : 1,
            next_step_at: null,
            from_backup: null,
          };
          const note = change.owner_note === '' ? '' : ` "${change.owner_note}"`;
          const took =
            alert.state === 'acknowledged' ? `Taken over from ${alert.owner_name ?? 'somebody'}` : 'Acknowledged';
          await Promise.all([
            rows.updateAlert(tx, organisationId, alert.id, change),
            entry(tx, alert, at, 'acknowledged', `${took} by ${actor.name} until ${wall(until, scene)}.${note}`, actor),
            stage.record(tx, alert, 'alert.acknowledged', actor, { reason: change.owner_note }),
          ]);
          await tellOutcome(stage.parts, tx, { ...alert, ...change }, 'acknowledged', scene, actor, more.bundleId);
          stage.parts.store.after(tx, () => stage.parts.notices?.remove(`alert:${alert.id}`));
        },
        actor,
        beside,
      ),

    unacknowledge: (organisationId: string, alertId: string, actor: Actor) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          if (!allowed(alert, 'unacknowledge', actor)) return;
          const at = scene.moment.at;
          // Escalation goes on from where it stood, as if nobody had taken it: what fell due meanwhile is due now.
          const since = Instant.parse(alert.step_at);
          const due = isLocal(alert)
            ? null
            : escalationDue(factsOf(alert), alert.step + 1, since, scene.calendar.at(since), scene.config);
          const change = {
            state: alert.step === 0 ? ('firing' as const) : ('escalated' as const),
            owner: null,
            owner_name: null,
            owner_note: '',
            until: null,
            next_step_at: due === null ? null : Math.max(due, at),
            from_backup: null,
            round_at: nextRound(alert, at),
          };
          await rows.updateAlert(tx, organisationId, alert.id, change);
          await entry(tx, alert, at, 'unacknowledged', `${actor.name} gave it back.`, actor);
          await stage.record(tx, alert, 'alert.unacknowledged', actor);
          const given = { ...alert, ...change };
          await tellOutcome(stage.parts, tx, given, 'unacknowledged', scene, actor);
          const told = { ...given, version: alert.version + 1 };
          if (alert.silence_id === null && !isLocal(alert) && !(await tellWithdrawn(stage.parts, tx, told, scene)))
            await begin(stage, tx, told, scene, 'firing');
        },
        actor,
      ),

    snooze: (
      organisationId: string,
      alertId: string,
      until: Instant,
      { note, bundleId }: { note: string; bundleId?: string },
      actor: Actor,
      beside?: (tx: Tx) => Promise<void>,
    ) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          const at = scene.moment.at;
          const problem = snoozeProblem(at, until, alert.severity, scene.moment.weddingDay.active);
          if (problem !== null)
            throw refused({ happened: problem, means: 'The alert stays as it is.', remedy: 'Choose another end.' });
          if (!allowed(alert, 'snooze', actor)) return;
          const change = {
            state: 'snoozed' as const,
            until,
            next_step_at: null,
            from_backup: null,
            owner: actor.personId ?? actor.channel,
            owner_name: actor.name,
            owner_note: note.slice(0, 500),
          };
          await rows.updateAlert(tx, organisationId, alert.id, change);
          await entry(
            tx,
            alert,
            at,
            'snoozed',
            `Snoozed by ${actor.name} until ${wall(until, scene)}.${note === '' ? '' : ` "${change.owner_note}"`}`,
            actor,
          );
          await stage.record(tx, alert, 'alert.snoozed', actor, { reason: note, after: { until: isoOf(until) } });
          await tellOutcome(stage.parts, tx, { ...alert, ...change }, 'snoozed', scene, actor, bundleId);
        },
        actor,
        beside,
      ),

    /** It is over. A source that flaps is kept open until it is calm; a person always resolves. */
    resolve: (
      organisationId: string,
      alertId: string,
      note: string,
      actor: Actor,
      beside?: (tx: Tx) => Promise<void>,
    ) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          if (alert.state === 'resolved' && actor.personId === null) return;
          if (!allowed(alert, 'resolve', actor)) return;
          const at = scene.moment.at;
          if (actor.personId === null) {
            const changes = await rows.changesOf(tx, organisationId, alert.id, at - 600_000);
            const flap = flapping([...changes.map((change) => Instant.parse(change)), at], at, alert.flapping === 1);
            if (flap.now) {
              await rows.updateAlert(tx, organisationId, alert.id, { flapping: 1, flap_last: 'resolved' });
              await entry(tx, alert, at, 'resolved', 'Over for now, but flapping: kept open until it is calm.', actor);
              return;
            }
          }
          await close(stage, tx, alert, scene, note, actor);
        },
        actor,
        beside,
      ),

    /** The next step now, instead of at its time. */
    escalate: (organisationId: string, alertId: string, actor: Actor) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          if (!allowed(alert, 'escalate', actor)) return;
          if (alert.step >= scene.config.escalation.length) {
            throw refused({
              happened: 'Every escalation step has been told already.',
              remedy: 'Call the people by phone.',
            });
          }
          await escalateTo(stage, tx, alert, alert.step + 1, scene, scene.moment.at, actor);
        },
        actor,
      ),

    note: (organisationId: string, alertId: string, text: string, actor: Actor) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          await entry(tx, alert, scene.moment.at, 'note', text.slice(0, 2000), actor);
          await stage.record(tx, alert, 'alert.noted', actor);
        },
        actor,
      ),

    /** Ticks one recovery step; ticking it twice changes nothing (A7). */
    tickStep: (organisationId: string, alertId: string, stepId: string, actor: Actor) =>
      stage.change(
        organisationId,
        alertId,
        async (tx, alert, scene) => {
          const step = recoveryTemplates
            .find((each) => each.id === alert.template)
            ?.steps.find((each) => each.id === stepId);
          if (!step)
            throw refused({ happened: 'This alert has no such recovery step.', remedy: 'Open the alert again.' });
          const at = scene.moment.at;
          const added = await rows.tickRecovery(tx, {
            organisation_id: organisationId,
            alert_id: alert.id,
            step_id: stepId,
            done_by: actor.name,
            done_at: at,
          });
          if (!added) return;
          await entry(tx, alert, at, 'recovery_step', `Done: ${step.text}.`, actor);
          await stage.record(tx, alert, 'alert.recovery-step', actor, { after: { step: stepId } });
        },
        actor,
      ),

    /** A click or reply from somebody we do not know: nothing happens, and it is shown. */
    refuseStranger: (
      organisationId: string,
      alertId: string,
      text: string,
      actor: Actor,
      beside?: (tx: Tx) => Promise<void>,
    ) =>
      stage.change(
        organisationId,
        alertId,
        (tx, alert, scene) => entry(tx, alert, scene.moment.at, 'refused', text.slice(0, 300), actor),
        actor,
        beside,
      ),
  };
}

export type Actions = ReturnType<typeof createActions>;

/** Ends an alert and tells every side that knows of it. */
export async function close(
  stage: Stage,
  tx: Tx,
  alert: rows.AlertRow,
  scene: Scene,
  note: string,
  actor: Actor,
): Promise<void> {
  const at = scene.moment.at;
  const change = {
    state: 'resolved' as const,
    resolved_at: at,
    until: null,
    next_step_at: null,
    silence_id: null,
    silenced_until: null,
    flapping: 0,
    flap_last: null,
    from_backup: null,
    owner_name: actor.personId === null ? alert.owner_name : actor.name,
    owner_note: note.slice(0, 500) || alert.owner_note,
  };
  await rows.updateAlert(tx, alert.organisation_id, alert.id, change);
  await entry(
    tx,
    alert,
    at,
    'resolved',
    `Resolved by ${actor.name}.${note === '' ? '' : ` "${note.slice(0, 500)}"`}`,
    actor,
  );
  await stage.record(tx, alert, 'alert.resolved', actor, { reason: note });
  await tellOutcome(stage.parts, tx, { ...alert, ...change }, 'resolved', scene, actor);
  stage.parts.store.after(tx, () => stage.parts.notices?.remove(`alert:${alert.id}`));
}

/** Tells one escalation step; earlier steps that were missed collapse into it (R32). */
export async function escalateTo(
  stage: Stage,
  tx: Tx,
  alert: rows.AlertRow,
  step: number,
  scene: Scene,
  dueAt: Instant,
  actor: Actor,
): Promise<void> {
  const at = scene.moment.at;
  const change = {
    state: 'escalated' as const,
    step,
    step_at: at,
    next_step_at: escalationDue(factsOf(alert), step + 1, at, scene.moment, scene.config),
    from_backup: null,
  };
  const late = at - dueAt > 60_000 ? `, ${Math.round((at - dueAt) / 60_000)} min late` : '';
  await Promise.all([
    rows.updateAlert(tx, alert.organisation_id, alert.id, change),
    entry(tx, alert, at, 'escalated', `Escalated to step ${step}${late}.`, actor),
    stage.record(tx, alert, 'alert.escalated', actor, { after: { step } }),
  ]);
  await tellTrouble(stage.parts, tx, { ...alert, ...change }, 'escalated', scene, dueAt);
  stage.parts.store.after(tx, () => stage.notify({ ...alert, ...change }, scene, contextOf(alert).weddingsToday));
}

/** An acknowledgement, snooze or silence ended and the trouble is still there: it fires again. */
export async function fireAgain(
  stage: Stage,
  tx: Tx,
  alert: rows.AlertRow,
  scene: Scene,
  kind: 'ack_ended' | 'snooze_ended' | 'note',
  text: string,
): Promise<void> {
  await entry(tx, alert, scene.moment.at, kind, text);
  const cleared = { owner: null, owner_name: null, owner_note: '' };
  await rows.updateAlert(tx, alert.organisation_id, alert.id, cleared);
  await begin(stage, tx, { ...alert, ...cleared }, scene, 'fires_again');
}
