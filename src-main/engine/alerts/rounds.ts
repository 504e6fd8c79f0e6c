import { incidentKey } from '../../../src-shared/domain/alert/incident-key.ts';
import type { AlertFactsMessage } from '../../../src-shared/domain/alert/message.ts';
import type { Destination } from '../../../src-shared/domain/alert/routing-config.ts';
import type { Tx } from '../../ports/store.ts';
import * as rows from '../../store/repositories/alerts.ts';

/** Closed with one message at most: each is a call. */
const MOST_CLOSED = 10;
/** States of a message that never left, nor will. */
const never = new Set<rows.AlertDeliveryRow['state']>(['superseded', 'quiet', 'bundled', 'not_connected']);

/** When the round begins that this moment starts: later than the one before, wherever the clock stands. */
export const nextRound = ({ round_at: before }: Pick<rows.AlertRow, 'round_at'>, at: number): number =>
  Math.max(at, (before ?? 0) + 1);

/** The message as one place is to get it: what earlier rounds left open there is closed with it. */
export async function closingEarlier(
  tx: Tx,
  alert: rows.AlertRow,
  { channel, id }: Pick<Destination, 'channel' | 'id'>,
  message: AlertFactsMessage,
): Promise<AlertFactsMessage> {
  const keyed = channel === 'pagerduty' && alert.round_at !== null;
  return keyed ? { ...message, closes: await roundsLeftOpen(tx, alert, id) } : message;
}

/** What was accepted there closed all before it. */
async function roundsLeftOpen(tx: Tx, alert: rows.AlertRow, destinationId: string): Promise<string[]> {
  const open = new Set<number | null>();
  for (const row of await rows.deliveriesOf(tx, alert.organisation_id, alert.id)) {
    if (row.destination_id !== destinationId || row.bundle_id !== null || never.has(row.state)) continue;
    const accepted = row.state === 'accepted' || row.state === 'arrived';
    if (accepted) open.clear();
    if (!accepted || row.kind !== 'resolved') open.add(row.round_at);
  }
  open.delete(alert.round_at);
  return [...open].slice(-MOST_CLOSED).map((roundAt) => incidentKey(alert.id, roundAt));
}
