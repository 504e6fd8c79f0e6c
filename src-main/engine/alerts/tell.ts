import { failover } from '../../../src-shared/domain/alert/life.ts';
import type { AlertFactsMessage } from '../../../src-shared/domain/alert/message.ts';
import { heldUntil, type RouteTarget, routeStep, usualPlaces } from '../../../src-shared/domain/alert/route.ts';
import { priorityOf } from '../../../src-shared/domain/alert/severity.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { runStatement, supersedeJobs } from '../../store/repositories/outbox-statements.ts';
import { bundleToJoin, isParked, refreshBundle } from './bundles.ts';
import { factsOf } from './facts.ts';
import { messageOf, type Scene } from './message-of.ts';
import type { Actor, AlertParts, InnerParts } from './parts.ts';
import { closingEarlier } from './rounds.ts';
import { entry, orderKeyOf, send } from './send.ts';

const ACKNOWLEDGEMENT_PRIORITY = 2;
/** Messages that tell of trouble; the others tell what became of it. */
export const isTrouble = (kind: string): boolean => kind === 'firing' || kind === 'fires_again' || kind === 'escalated';

/**
 * Whether it was told since the alert fired, fired again or escalated, each of which tells all of the route anew. Where the
 * clock was set back since, what was told after that counts too.
 */
const inThisRound = (row: rows.AlertDeliveryRow, alert: rows.AlertRow, at: Instant): boolean =>
  row.started_at >= Math.min(alert.step_at, at);

/** Tells trouble along the route of one step: bundles in a storm, waits in quiet hours, everything else into the outbox. */
export async function tellTrouble(
  parts: InnerParts,
  tx: Tx,
  alert: rows.AlertRow,
  kind: 'firing' | 'fires_again' | 'escalated',
  scene: Scene,
  dueAt: Instant,
): Promise<void> {
  const { config, moment } = scene;
  if (kind !== 'firing') await rows.supersedeQuiet(tx, alert.organisation_id, alert.id, moment.at);
  const found = routeStep(factsOf(alert), alert.step, moment, config);
  const told = found.targets.map((target) => `${target.channel} ${target.destination.name}`).join(', ');
  const severity = found.severity;
  const current = { ...alert, severity, reasons: JSON.stringify(found.reasons), version: alert.version + 1 };
  const message = messageOf(current, kind, scene, dueAt);
  // Side by side: whoever comes next waits for this transaction, and each way to the database thread and back is a wait.
  await Promise.all([
    ...found.gaps.map((gap) => entry(tx, alert, moment.at, 'not_told', `${gap}.`)),
    found.targets.length === 0
      ? entry(tx, alert, moment.at, 'not_told', 'No channel has anyone to tell. Name destinations in Settings.')
      : entry(tx, alert, moment.at, 'routed', `${found.reasons.join(' → ')}. Telling ${told}.`),
    rows.updateAlert(tx, alert.organisation_id, alert.id, {
      severity,
      reasons: current.reasons,
      version: current.version,
    }),
    ...found.targets.map((target) => tellOne(parts, tx, current, message, target, scene)),
  ]);
  await coverStuck(parts, tx, current, scene);
}

/** Tells every place that knows of the trouble what became of it; who has it, but for the side that said so (A6: once each). */
export async function tellOutcome(
  parts: AlertParts,
  tx: Tx,
  alert: rows.AlertRow,
  kind: 'acknowledged' | 'unacknowledged' | 'snoozed' | 'resolved',
  scene: Scene,
  from: Actor,
  /** The bundle as a whole was taken there, so that side knows. */
  knownBundle: string | null = null,
): Promise<void> {
  const over = kind === 'resolved';
  const sides = new Set(['slack', 'pagerduty', 'webhook', ...(over ? ['email'] : [])]);
  const version = alert.version + 1;
  await rows.updateAlert(tx, alert.organisation_id, alert.id, { version });
  const current = { ...alert, version };
  const message = messageOf(current, kind, scene, scene.moment.at);
  const places = new Map<string, rows.AlertDeliveryRow>();
  const bundles = new Map<string, rows.AlertDeliveryRow['channel']>();
  const deliveries = await rows.deliveriesOf(tx, alert.organisation_id, alert.id);
  // A text or mail that has not left yet would come after the news that it is over (R10).
  const known = over ? null : onlyPlaceOf(from.channel, deliveries);
  const late = deliveries.filter(
    (row) =>
      (row.state === 'waiting' || row.state === 'held') &&
      row.bundle_id === null &&
      (!sides.has(row.channel) || row.destination_id === known),
  );
  await Promise.all(late.map((row) => withdraw(tx, alert, row, scene.moment.at)));
  for (const row of deliveries) {
    if (row.destination_id === known && row.bundle_id === null) continue;
    if (row.bundle_id !== null) bundles.set(row.bundle_id, row.channel);
    else if (['waiting', 'accepted', 'arrived', 'held', 'failed'].includes(row.state) && sides.has(row.channel))
      places.set(row.destination_id, row);
  }
  await Promise.all([
    ...[...places.values()].map(async ({ channel, destination_id: id }) => {
      const destination = scene.config.destinations.find((each) => each.id === id);
      const target = destination && { channel, destination, rule: 'Was told before' };
      if (target) await tellOne(parts, tx, current, message, target, scene);
    }),
    ...[...bundles].map(async ([bundleId, channel]) => {
      if (bundleId !== knownBundle) await refreshBundle(parts, tx, bundleId, channel, scene);
    }),
  ]);
}

/**
 * The one place that knows, since it said so. Which of several it was nobody knows: each is told, and whoever said it hears it again.
 * A Slack message is edited even when the click was made there: it must show who has it. An end is told there as well: who ends
 * one incident of PagerDuty may not know of one that was opened since, and a source that calls in is no target of webhooks.
 */
function onlyPlaceOf(channel: string, deliveries: readonly rows.AlertDeliveryRow[]): string | null {
  if (channel === 'slack') return null;
  const [place, another] = new Set(deliveries.flatMap((row) => (row.channel === channel ? row.destination_id : [])));
  return another === undefined ? (place ?? null) : null;
}

/**
 * Who was not told because somebody had it meanwhile is told after all: that was given back. False: nobody was told at all,
 * since a silence hid it then.
 */
export async function tellWithdrawn(parts: InnerParts, tx: Tx, alert: rows.AlertRow, scene: Scene): Promise<boolean> {
  const told = await rows.deliveriesOf(tx, alert.organisation_id, alert.id);
  if (!told.some((row) => isTrouble(row.kind) && inThisRound(row, alert, scene.moment.at))) return false;
  const last = new Map(told.map((row) => [row.destination_id, row]));
  const message = messageOf(alert, alert.step === 0 ? 'firing' : 'escalated', scene, scene.moment.at);
  for (const { channel, destination_id: id, kind, rule, state, bundle_id: bundle } of last.values()) {
    const destination = scene.config.destinations.find((each) => each.id === id);
    // Whoever knew of it was told just now that it was given back, but for whom PagerDuty called for a bundle.
    const untold = state === 'superseded' || (channel === 'pagerduty' && bundle !== null && state === 'accepted');
    if (untold && destination && isTrouble(kind))
      await tellOne(parts, tx, alert, message, { channel, destination, rule }, scene);
  }
  await coverStuck(parts, tx, alert, scene);
  return true;
}

/** Stops a message that has not left; one that is being sent goes on. */
export async function withdraw(tx: Tx, alert: rows.AlertRow, row: rows.AlertDeliveryRow, at: Instant): Promise<void> {
  const { organisation_id: organisationId } = alert;
  const failure = { kind: 'permanent', code: 'superseded', scope: 'job', message: 'Somebody has it' };
  const orderKey = orderKeyOf(organisationId, row.channel, `${alert.id}:${row.destination_id}`);
  const stopped = await runStatement(
    tx,
    supersedeJobs(`${organisationId}/${row.channel}`, orderKey, '', at, JSON.stringify(failure)),
  );
  if (stopped.length === 0) return;
  await rows.updateDelivery(tx, organisationId, row.id, { state: 'superseded', settled_at: at });
  await entry(tx, alert, at, 'superseded', `${row.channel} to ${row.destination_name}: not needed any more.`);
}

async function tellOne(
  parts: AlertParts,
  tx: Tx,
  alert: rows.AlertRow,
  message: AlertFactsMessage,
  target: RouteTarget,
  scene: Scene,
): Promise<void> {
  const { channel, destination, rule } = target;
  const at = scene.moment.at;
  const organisationId = alert.organisation_id;
  const base = {
    organisation_id: organisationId,
    id: parts.runtime.ids.next(),
    alert_id: alert.id,
    kind: message.kind,
    step: alert.step,
    channel,
    destination_id: destination.id,
    destination_name: destination.name,
    rule,
    job_id: null,
    bundle_id: null,
    started_at: at,
    due_at: message.dueAt,
    settled_at: null,
    problem: null,
    round_at: alert.round_at,
  };
  if (isTrouble(message.kind)) {
    const held = heldUntil(channel, alert.severity, scene.moment, scene.config);
    if (held !== null) {
      await rows.insertDelivery(tx, { ...base, state: 'quiet', due_at: held });
      await entry(tx, alert, at, 'held', `Quiet hours hold ${channel} to ${destination.name}.`);
      return;
    }
    const bundleId = await bundleToJoin(parts, tx, alert, destination, scene);
    if (bundleId !== null) {
      const why = channel === 'sms' || channel === 'pagerduty' ? 'Storm' : 'Many at once';
      await Promise.all([
        rows.insertDelivery(tx, { ...base, state: 'bundled', bundle_id: bundleId }),
        entry(tx, alert, at, 'bundled', `${why}: goes to ${destination.name} by ${channel} together with others.`),
      ]);
      return;
    }
  }
  const job = await send(parts, tx, scene, destination, await closingEarlier(tx, alert, destination, message), {
    object: `${alert.id}:${destination.id}`,
    revision: `r${alert.version}`,
    priority: isTrouble(message.kind) ? priorityOf(alert.severity) : ACKNOWLEDGEMENT_PRIORITY,
    // The newest state is told: what has not left before it would come after an outage as a row of old news (R10).
    supersedes: alert.version > 1,
  });
  await rows.insertDelivery(tx, {
    ...base,
    ...(job.id === null
      ? { state: 'not_connected', settled_at: at, problem: job.problem }
      : { state: 'waiting', job_id: job.id }),
  });
  if (job.id === null) await entry(tx, alert, at, 'not_told', `${channel} to ${destination.name}: ${job.problem}`);
}

/** Releases a message that quiet hours held, as the alert stands now. */
export async function release(
  parts: AlertParts,
  tx: Tx,
  alert: rows.AlertRow,
  delivery: rows.AlertDeliveryRow,
  scene: Scene,
): Promise<void> {
  const destination = scene.config.destinations.find((each) => each.id === delivery.destination_id);
  // What a silence hides is told at its end.
  const needed = (alert.state === 'firing' || alert.state === 'escalated') && alert.silence_id === null;
  const over = !needed || !destination;
  if (over) {
    await rows.updateDelivery(tx, alert.organisation_id, delivery.id, {
      state: 'superseded',
      settled_at: scene.moment.at,
    });
    await entry(
      tx,
      alert,
      scene.moment.at,
      'superseded',
      `${delivery.channel} to ${delivery.destination_name}: no longer needed.`,
    );
    return;
  }
  const kind = delivery.kind === 'escalated' ? 'escalated' : 'firing';
  const message = await closingEarlier(tx, alert, destination, messageOf(alert, kind, scene, scene.moment.at));
  const job = await send(parts, tx, scene, destination, message, {
    object: `${alert.id}:${destination.id}`,
    revision: `q${delivery.id}`,
    priority: priorityOf(alert.severity),
    supersedes: true,
  });
  await rows.updateDelivery(
    tx,
    alert.organisation_id,
    delivery.id,
    job.id === null
      ? { state: 'not_connected', problem: job.problem, settled_at: scene.moment.at }
      : { state: 'waiting', job_id: job.id, started_at: scene.moment.at, round_at: alert.round_at },
  );
}

const isOnItsWay = (state: rows.AlertDeliveryRow['state']) => state === 'waiting' || state === 'bundled';

/**
 * Starts the next channel in place of one that does not accept (A14): at once when it is stuck, else after the time set.
 * Returns true when every channel is stuck and none is left.
 */
export async function coverStuck(parts: InnerParts, tx: Tx, alert: rows.AlertRow, scene: Scene): Promise<boolean> {
  const at = scene.moment.at;
  const organisationId = alert.organisation_id;
  if ((alert.state !== 'firing' && alert.state !== 'escalated') || alert.from_backup !== null) return false;
  for (;;) {
    const all = await rows.deliveriesOf(tx, organisationId, alert.id);
    // That somebody gave it back is trouble too: whoever does not hear of it believes that it is taken.
    const deliveries = all.filter(
      (row) =>
        (isTrouble(row.kind) || row.kind === 'unacknowledged') &&
        row.state !== 'superseded' &&
        inThisRound(row, alert, at),
    );
    // Nothing is to be started any more in place of the others.
    for (const row of all)
      if (row.state === 'waiting' && row.covered === 0 && !deliveries.includes(row))
        await rows.updateDelivery(tx, organisationId, row.id, { covered: 1 });
    const parked = new Set<string>();
    const waiting = new Set(deliveries.filter(({ state }) => isOnItsWay(state)).map((row) => row.channel));
    await Promise.all(
      [...waiting].map(async (channel) => {
        if (await isParked(tx, organisationId, channel)) parked.add(channel);
      }),
    );
    const tries = deliveries.map((row) => ({
      channel: row.channel,
      startedAt: Instant.parse(row.started_at),
      // What waits for others of its bundle is on time, unless it is known that the bundle cannot leave.
      accepted:
        ['accepted', 'arrived', 'quiet'].includes(row.state) || (row.state === 'bundled' && !parked.has(row.channel)),
      stuck: ['held', 'failed', 'not_connected'].includes(row.state) || parked.has(row.channel),
      covered: row.covered === 1,
    }));
    const ladder = scene.config.failover.filter(
      (channel) => usualPlaces(channel, scene.moment, scene.config).length > 0,
    );
    const decision = failover(tries, at, ladder, scene.config.failoverAfterMs);
    if (decision.because === null) return false;
    const late = deliveries.find(
      (row, index) =>
        row.covered === 0 &&
        !tries[index]?.accepted &&
        (tries[index]?.stuck || at - row.started_at >= scene.config.failoverAfterMs),
    );
    if (late) await rows.updateDelivery(tx, organisationId, late.id, { covered: 1 });
    if (decision.next === null) {
      if (decision.exhausted) {
        await entry(tx, alert, at, 'not_told', 'No channel accepts this alert; it waits and is tried again.');
        parts.store.after(tx, () => parts.channelsDead(organisationId));
      }
      if (decision.exhausted || !late) return decision.exhausted;
      continue;
    }
    await entry(
      tx,
      alert,
      at,
      'failover',
      `${decision.because} has not accepted; ${decision.next} starts in its place.`,
    );
    const message = messageOf(alert, alert.state === 'escalated' ? 'escalated' : 'firing', scene, at);
    for (const destination of usualPlaces(decision.next, scene.moment, scene.config)) {
      const target = { channel: decision.next, destination, rule: `Failover: ${decision.because} has not accepted` };
      await tellOne(parts, tx, alert, message, target, scene);
    }
  }
}
