import {
  type AlertMessage,
  SEND_ALERT,
  SEND_ALERT_VERSION,
  type SendAlert,
} from '../../../src-shared/domain/alert/message.ts';
import type { Destination } from '../../../src-shared/domain/alert/routing-config.ts';
import { type Instant, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { getConnection } from '../../store/repositories/connections.ts';
import { deliveryKey } from '../outbox/enqueue.ts';
import type { Scene } from './message-of.ts';
import type { Actor, AlertParts } from './parts.ts';

const ALERT_LIFE_MS = 24 * 3_600_000;

/** A line of the timeline; written in the transaction of what it tells. */
export function entry(
  tx: Tx,
  alert: Pick<rows.AlertRow, 'organisation_id' | 'id'>,
  at: Instant,
  kind: Parameters<typeof rows.appendTimeline>[1]['kind'],
  text: string,
  actor: Pick<Actor, 'name' | 'channel'> = { name: 'console', channel: 'engine' },
): Promise<void> {
  return rows.appendTimeline(tx, {
    organisation_id: alert.organisation_id,
    alert_id: alert.id,
    at,
    kind,
    actor: actor.name,
    channel: actor.channel,
    text,
  });
}

export const orderKeyOf = (organisationId: string, channel: string, object: string) =>
  `${organisationId}:${channel}:alert:${object}`;

/** Puts one message into the outbox; `id` null: there is no way out through this channel, and why. */
export async function send(
  parts: AlertParts,
  tx: Tx,
  scene: Pick<Scene, 'calendar' | 'moment'>,
  destination: Destination,
  message: AlertMessage,
  how: { readonly object: string; readonly revision: string; readonly priority: number; readonly supersedes: boolean },
): Promise<{ readonly id: string; readonly problem: null } | { readonly id: null; readonly problem: string }> {
  const organisationId = scene.calendar.organisation.id;
  const { channel } = destination;
  if (!(await getConnection(tx, organisationId, channel))) return { id: null, problem: 'not connected.' };
  const payload = { message, to: { id: destination.id, name: destination.name, address: destination.address } };
  const job = await parts.enqueue(tx, {
    organisationId,
    system: channel,
    action: SEND_ALERT,
    deliveryClass: 'never-miss',
    priority: how.priority,
    payload: payload satisfies SendAlert,
    payloadVersion: SEND_ALERT_VERSION,
    idempotencyKey: deliveryKey(organisationId, channel, 'alert', how.object, how.revision),
    orderKey: orderKeyOf(organisationId, channel, how.object),
    expiresAt: later(scene.moment.at, ALERT_LIFE_MS),
    supersedes: how.supersedes,
  });
  return job.state === 'cancelled' ? { id: null, problem: 'switched off.' } : { id: job.id, problem: null };
}
