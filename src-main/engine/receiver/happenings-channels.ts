import { z } from 'zod';
import { incidentOf } from '../../../src-shared/domain/alert/incident-key.ts';
import { meaningOf } from '../../adapters/kit/alert-buttons.ts';
import { type Happening, nothing, type Stored, text } from './happening.ts';

const oldestIncidentMs = 72 * 3_600_000;
const PagerDuty = z.object({
  event: z.object({
    id: text,
    event_type: text,
    occurred_at: text,
    agent: z.object({ type: text, summary: text }).nullable().catch(null),
    data: z.looseObject({ incident_key: text }).catch({ incident_key: '' }),
  }),
});

export function pagerduty({ dedupeKey, body, receivedAt }: Stored): Happening[] {
  const parsed = PagerDuty.safeParse(body.json);
  if (!parsed.success) return nothing(dedupeKey, 'not an event of version 3');
  const { event } = parsed.data;
  const at = Date.parse(event.occurred_at);
  if (Number.isFinite(at) && receivedAt - at > oldestIncidentMs) return nothing(dedupeKey, 'older than 72 hours');
  const key = event.data.incident_key;
  const ours = incidentOf(key);
  const state = { 'incident.acknowledged': 'acknowledged', 'incident.resolved': 'resolved' } as const;
  const next = event.event_type in state ? state[event.event_type as keyof typeof state] : undefined;
  if (next === undefined)
    return nothing(dedupeKey, `${event.event_type || 'an event without a type'} means nothing here`);
  if (ours === null) return nothing(dedupeKey, 'about an incident that is not of this console');
  // What our own events did there comes back as done by the integration, and what a setting did there by nobody.
  const { agent } = event;
  if (agent === null || !/^(user|$)/.test(agent.type)) return nothing(dedupeKey, 'not done by a person');
  const { about, id: alertId } = ours;
  const mark = {
    object: `incident:${alertId}`,
    at: Number.isFinite(at) ? at : receivedAt,
    rank: next === 'resolved' ? 1 : 0,
  };
  const by = agent.summary || 'PagerDuty';
  return [{ kind: 'state', eventId: dedupeKey, mark, about, alertId, key, state: next, by }];
}

const SlackPress = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(64) }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(200).optional() })).min(1),
});

export function slack({ dedupeKey, body }: Stored): Happening[] {
  const parsed = SlackPress.safeParse(body.json);
  const first = parsed.data?.actions[0];
  const meaning = first === undefined ? null : meaningOf(first.action_id);
  if (!parsed.success || first?.value === undefined || meaning === null) return nothing(dedupeKey, 'no button of ours');
  return [
    { kind: 'press', eventId: dedupeKey, mark: null, alertId: first.value, ...meaning, user: parsed.data.user.id },
  ];
}

/** Statuses only move forward; the last two of each kind say whether it reached the phone. */
const messageEnds: Readonly<Record<string, boolean>> = {
  delivered: true,
  read: true,
  undelivered: false,
  failed: false,
};

export function twilio({ dedupeKey, body }: Stored): Happening[] {
  const messageId = body.form?.get('MessageSid') ?? '';
  const status = body.form?.get('MessageStatus') ?? '';
  const arrived = messageEnds[status];
  if (messageId === '') return nothing(dedupeKey, 'no message status');
  if (arrived === undefined) return nothing(dedupeKey, `${status || 'no status'}: on its way`);
  const code = body.form?.get('ErrorCode') ?? '';
  const detail = arrived ? '' : `the network said ${status}${code === '' ? '' : ` (error ${code})`}`;
  return [
    {
      kind: 'arrival',
      eventId: dedupeKey,
      mark: { object: `message:${messageId}`, at: 0, rank: 1 },
      messageId,
      arrived,
      detail,
    },
  ];
}
