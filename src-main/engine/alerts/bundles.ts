import type { Channel } from '../../../src-shared/domain/alert/alert.ts';
import {
  bundleMs,
  bundleState,
  CROWD_WINDOW_MS,
  crowded,
  stormDecision,
} from '../../../src-shared/domain/alert/damping.ts';
import { bundleIncidentKey } from '../../../src-shared/domain/alert/incident-key.ts';
import type { AlertMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Destination } from '../../../src-shared/domain/alert/routing-config.ts';
import { priorityOf, type Severity } from '../../../src-shared/domain/alert/severity.ts';
import { Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { getConnection } from '../../store/repositories/connections.ts';
import { contextOf, needsSomebody, referenceOf } from './facts.ts';
import { messageOf, type Scene } from './message-of.ts';
import { type AlertParts, engineActor } from './parts.ts';
import { closingEarlier } from './rounds.ts';
import { send } from './send.ts';

const by = { actor: engineActor.name, channel: engineActor.channel };
/** Told by name in one message; the rest is counted. */
const NAMED = 40;

/**
 * The bundle this message joins instead of going singly, or null (A15, R14): by SMS and PagerDuty beyond so many a minute, by
 * Slack and e-mail where more come than their provider, or a person, takes at a time. Emergencies always go singly.
 */
export async function bundleToJoin(
  parts: AlertParts,
  tx: Tx,
  alert: rows.AlertRow,
  destination: Destination,
  scene: Scene,
): Promise<string | null> {
  const { channel, id } = destination;
  const at = scene.moment.at;
  const organisationId = alert.organisation_id;
  if (channel === 'sms' || channel === 'pagerduty') {
    const recent = await rows.toldSingly(tx, organisationId, id, at - 60_000);
    const told = recent.map((each) => ({ alertId: each.alertId, at: Instant.parse(each.at) }));
    const about = { alertId: alert.id, severity: alert.severity };
    if (stormDecision(about, told, at, scene.config.stormLimit) === 'single') return null;
  } else {
    const recent = await rows.messagesSince(tx, organisationId, id, at - CROWD_WINDOW_MS);
    if (!crowded(channel, alert.severity, recent)) return null;
  }
  const open = await rows.openBundle(tx, organisationId, id);
  if (open) return open.id;
  const bundleId = parts.runtime.ids.next();
  await rows.insertBundle(tx, {
    organisation_id: organisationId,
    id: bundleId,
    channel,
    destination_id: id,
    started_at: at,
    due_at: later(at, bundleMs(channel)),
    sent_at: null,
    job_id: null,
  });
  return bundleId;
}

/**
 * Sends a bundle that is due: counts, the worst by name, a reference (R14). Returns the alerts it did not leave for as one, or
 * for which it waits at a channel that takes nothing: another has to start in its place.
 */
export async function sendBundle(
  parts: AlertParts,
  tx: Tx,
  bundle: rows.AlertBundleRow,
  scene: Scene,
): Promise<readonly string[]> {
  const organisationId = bundle.organisation_id;
  const destination = scene.config.destinations.find((each) => each.id === bundle.destination_id);
  const at = scene.moment.at;
  const stands = await standsOf(tx, organisationId, bundle.id);
  const members = await rows.bundledAlerts(tx, organisationId, bundle.id);
  let jobId: string | null = null;
  if (destination && stands.total === 1) {
    await sendAlone(parts, tx, bundle, destination, scene);
  } else if (stands.needing === 0) {
    // Nobody is rung for what somebody has.
    await rows.settleBundled(tx, organisationId, bundle.id, { state: 'superseded', problem: null, settled_at: at });
    const text = `${bundle.channel}, in a bundle: nobody was needed for any of it any more.`;
    await rows.appendToBundled(tx, organisationId, bundle.id, { at, kind: 'superseded', text, ...by });
  } else {
    const how = { object: `bundle:${bundle.id}`, revision: 'r1', priority: 1, supersedes: false };
    const sent = destination
      ? await send(parts, tx, scene, destination, await bundleMessage(tx, bundle, stands, scene), how)
      : { id: null, problem: 'not in the settings any more.' };
    jobId = sent.id;
    if (sent.id === null)
      await rows.settleBundled(tx, organisationId, bundle.id, {
        state: 'not_connected',
        problem: sent.problem,
        settled_at: at,
      });
    else await rows.startBundled(tx, organisationId, bundle.id, at);
  }
  await rows.updateBundle(tx, organisationId, bundle.id, { sent_at: at, job_id: jobId });
  return jobId === null || (await isParked(tx, organisationId, bundle.channel)) ? members : [];
}

/** Whether it is known that nothing leaves by this channel now. */
export async function isParked(tx: Tx, organisationId: string, channel: Channel): Promise<boolean> {
  const connection = await getConnection(tx, organisationId, channel);
  return !connection || connection.parked_code !== null || connection.mode !== 'on';
}

/** A bundle in numbers: what it counts, and how it stands as a whole. */
async function standsOf(tx: Tx, organisationId: string, bundleId: string) {
  const found = await rows.bundleCounts(tx, organisationId, bundleId);
  const counts: Record<Severity, number> = { info: 0, warning: 0, critical: 0, emergency: 0 };
  for (const { severity, count } of found) counts[severity] += count;
  return {
    counts,
    total: found.reduce((sum, { count }) => sum + count, 0),
    needing: found.reduce((sum, { state, count }) => sum + (needsSomebody(state) ? count : 0), 0),
    state: bundleState(found.map(({ state }) => state)),
  };
}
type Stands = Awaited<ReturnType<typeof standsOf>>;

/** Nobody joined it: it goes as what it is, with everything that belongs to it. */
async function sendAlone(
  parts: AlertParts,
  tx: Tx,
  bundle: rows.AlertBundleRow,
  destination: Destination,
  scene: Scene,
): Promise<void> {
  const delivery = await rows.firstBundled(tx, bundle.organisation_id, bundle.id);
  const alert = delivery && (await rows.getAlert(tx, bundle.organisation_id, delivery.alert_id));
  if (!alert) return;
  const over = alert.state !== 'firing' && alert.state !== 'escalated';
  const kind = delivery.kind === 'escalated' ? 'escalated' : 'firing';
  const message = messageOf(alert, kind, scene, Instant.parse(bundle.due_at));
  const sent = over
    ? null
    : await send(parts, tx, scene, destination, await closingEarlier(tx, alert, destination, message), {
        object: `${alert.id}:${destination.id}`,
        revision: `b${bundle.id}`,
        priority: priorityOf(alert.severity),
        supersedes: true,
      });
  const settled = { settled_at: scene.moment.at };
  await rows.updateDelivery(tx, alert.organisation_id, delivery.id, {
    bundle_id: null,
    ...(sent === null
      ? { state: 'superseded', ...settled }
      : sent.id === null
        ? { state: 'not_connected', problem: sent.problem, ...settled }
        : // It starts now: the minute it waited for others is the storm rule's, and starts no failover.
          { state: 'waiting', job_id: sent.id, started_at: scene.moment.at, round_at: alert.round_at }),
  });
}

/**
 * One member of a bundle changed: Slack's message is edited; elsewhere the bundle as a whole is acknowledged or resolved
 * once nobody is needed for it, or nothing of it is left.
 */
export async function refreshBundle(
  parts: AlertParts,
  tx: Tx,
  bundleId: string,
  channel: Channel,
  scene: Scene,
): Promise<void> {
  const organisationId = scene.calendar.organisation.id;
  const bundle = await rows.getBundle(tx, organisationId, bundleId);
  const destination = scene.config.destinations.find((each) => each.id === bundle?.destination_id);
  // Not sent yet: it will say how its members stand then; or never, as nobody was needed. A text is never taken back.
  if (!bundle || bundle.job_id === null || !destination || channel === 'sms') return;
  // Elsewhere only the whole counts: a mail when nothing of it is left, PagerDuty when nobody is needed for it.
  const waitsFor = channel === 'slack' ? null : channel === 'email' ? 'open' : 'needing';
  if (waitsFor !== null && (await rows.bundleHas(tx, organisationId, bundleId, waitsFor))) return;
  const stands = await standsOf(tx, organisationId, bundleId);
  const message = await bundleMessage(tx, bundle, stands, scene);
  await send(parts, tx, scene, destination, message, {
    object: `bundle:${bundleId}`,
    // Where only the whole counts, it is told once.
    revision: channel === 'slack' ? `u${parts.runtime.ids.next()}` : message.state,
    priority: 2,
    supersedes: true,
  });
}

/** What became of a bundle's message, for every member of it, however many; returns their ids. */
export async function settleBundle(
  tx: Tx,
  bundle: rows.AlertBundleRow,
  settled: { readonly state: rows.AlertDeliveryRow['state']; readonly problem: string | null },
  at: Instant,
  standing?: readonly 'accepted'[],
): Promise<readonly string[]> {
  const { organisation_id: organisationId, id, channel } = bundle;
  const members = await rows.bundledAlerts(tx, organisationId, id);
  const changed = await rows.settleBundled(tx, organisationId, id, { ...settled, settled_at: at }, standing);
  if (changed === 0) return [];
  const told = settled.state === 'accepted';
  await rows.appendToBundled(tx, organisationId, id, {
    at,
    kind: told ? 'told' : 'not_told',
    ...by,
    text: `${channel}, in a bundle of ${members.length}: ${told ? 'accepted' : (settled.problem ?? settled.state)}.`,
  });
  return members;
}

async function bundleMessage(tx: Tx, bundle: rows.AlertBundleRow, stands: Stands, scene: Scene) {
  const worst = await rows.bundleMembers(tx, bundle.organisation_id, bundle.id, NAMED);
  const named = worst.map((row) => ({
    reference: referenceOf(row),
    severity: row.severity,
    title: row.title,
    state: row.state,
    owner: row.owner_name,
  }));
  return {
    kind: 'bundle',
    bundleId: bundle.id,
    reference: `B-${bundle.id.slice(-6).toUpperCase()}`,
    dedupKey: bundleIncidentKey(bundle.id),
    organisation: scene.calendar.organisation,
    zone: scene.calendar.zone,
    weddingsToday: Math.max(...worst.map((row) => contextOf(row).weddingsToday)),
    from: Instant.parse(bundle.started_at),
    dueAt: Instant.parse(bundle.due_at),
    ...stands,
    top: named.slice(0, 5).map(({ reference, severity, title }) => ({ reference, severity, title })),
    members: named,
    consoleLink: 'wedsync-ops://alerts',
  } satisfies AlertMessage;
}
