import { z } from 'zod';
import {
  type AlertFactsMessage,
  type AlertMessage,
  PagerDutyAlert,
  SEND_ALERT_VERSION,
} from '../../../../src-shared/domain/alert/message.ts';
import { NeedsAttentionError, PermanentError } from '../../../../src-shared/domain/failure.ts';
import { isoOf } from '../../../../src-shared/domain/time-and-ids.ts';
import type { Json, Stamp } from '../../kit/adapter.ts';
import {
  alertFacts,
  asJson,
  clock,
  counted,
  cut,
  happening,
  isAlert,
  lateMinutes,
  plainLine,
  plainText,
  reasonLine,
  venuesShort,
  weddings,
} from '../../kit/alert-words.ts';
import { keyNamed } from '../../kit/named-keys.ts';
import { enqueue } from '../client.ts';
import { kit } from '../kit.ts';
import { routingKeysOf } from '../settings.ts';

/** PagerDuty's own limits, in characters. */
const most = { summary: 1_024, key: 255, detail: 2_000, text: 255, links: 10, href: 1_000 } as const;

const eventActions = {
  firing: 'trigger',
  fires_again: 'trigger',
  escalated: 'trigger',
  unacknowledged: 'trigger',
  acknowledged: 'acknowledge',
  snoozed: 'acknowledge',
  resolved: 'resolve',
  test: 'trigger',
} as const satisfies Record<AlertFactsMessage['kind'], string>;

/** A bundle is one incident too: taken when nobody is needed for any of it, closed with its last member. */
const bundleActions = { firing: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve' } as const;

const severities = { info: 'info', warning: 'warning', critical: 'critical', emergency: 'critical' } as const;

const Body = z.object({ keyName: z.string(), events: z.array(z.record(z.string(), z.json())).min(1) });

/**
 * Incidents by Events API v2. The dedup key is that of the alert's round, so its trigger, acknowledge and resolve meet in one
 * incident and a repeat changes nothing. While an incident is acknowledged a trigger of its key calls nobody: a new round is a
 * new incident, and the one before is closed with it. A test opens an incident of severity info and closes it at once.
 */
export const sendAlert = kit.action({
  label: 'Tell a PagerDuty service',
  payload: PagerDutyAlert,
  payloadVersion: SEND_ALERT_VERSION,
  deliveryClass: 'never-miss',
  idempotency: 'native-key',
  plan({ message, to }, settings, stamp) {
    const events = eventsOf(message, stamp, settings.consoleAddress);
    const summary = summaryOf(message);
    return {
      summary: cut(summary, 200),
      target: to.name,
      fields: [
        { name: 'Event', next: events.map((event) => String(event.event_action)).join(', then ') || 'none' },
        { name: 'Summary', next: summary },
      ],
      body: asJson({ keyName: to.address, events }),
    };
  },
  async deliver(plan, _stamp, ctx) {
    const parsed = Body.safeParse(plan.body);
    if (!parsed.success) throw new PermanentError('unsupported', 'PagerDuty takes alerts, not notices');
    const { keyName, events } = parsed.data;
    const key = keyNamed(routingKeysOf(ctx.secrets.routingKeys), keyName);
    if (key === null) {
      throw new NeedsAttentionError('misconfigured', `PagerDuty has no integration key called "${keyName}"`, {
        hint: 'Name the key in Settings, PagerDuty, or correct the destination.',
      });
    }
    let vendorId = '';
    for (const event of events) vendorId = await enqueue(ctx, key, event);
    return { vendorId, note: events.map((event) => String(event.event_action)).join(', ') };
  },
});

function eventsOf(
  message: AlertMessage,
  stamp: Stamp,
  consoleAddress: string,
): readonly Readonly<Record<string, Json>>[] {
  if (message.kind === 'notice') return [];
  const key = { dedup_key: cut(message.dedupKey, most.key, '') };
  const action = isAlert(message) ? eventActions[message.kind] : bundleActions[message.state];
  // First, so that a service that groups alerts does not put the new one into an incident that somebody has.
  const closed = (isAlert(message) ? message.closes : []).map((each) => ({
    event_action: 'resolve',
    dedup_key: cut(each, most.key, ''),
  }));
  if (action !== 'trigger') return [...closed, { event_action: action, ...key }];
  const link =
    consoleAddress === ''
      ? null
      : `${consoleAddress.replace(/\/$/, '')}/alerts${isAlert(message) ? `/${encodeURIComponent(message.alertId)}` : ''}`;
  const event = {
    event_action: action,
    ...key,
    client: 'WedSync Ops Console',
    ...(link === null ? {} : { client_url: link }),
    payload: isAlert(message) ? alertPayload(message, stamp) : bundlePayload(message, stamp),
    ...linksOf(message, link),
  };
  const test = isAlert(message) && message.kind === 'test';
  return test ? [event, { event_action: 'resolve', ...key }] : [...closed, event];
}

/** `[SAT] Táve sync stuck · 23 weddings today · The Barn at Wick 15:00` */
function summaryOf(message: AlertMessage): string {
  if (message.kind === 'notice') return plainLine(message.subject);
  if (message.kind === 'bundle') {
    return cut(
      `${counted(message.total, 'alert')} in one minute · ${weddings(message.weddingsToday)} · ${message.reference}`,
      most.summary,
    );
  }
  const day =
    message.kind === 'test' ? '[TEST] ' : message.saturday ? '[SAT] ' : message.weddingDay ? '[WEDDING DAY] ' : '';
  const [next] = message.nextCeremonies;
  const where = next ? `${plainLine(next.venue)} ${clock(next.at, message.zone)}` : venuesShort(message);
  const tail = [weddings(message.weddingsToday), where, message.reference]
    .filter((each) => each !== null)
    .map((each) => cut(each, 200))
    .join(' · ');
  return `${day}${cut(plainLine(message.title), most.summary - day.length - tail.length - 3)} · ${tail}`;
}

/** Who sent it, read back by `listener.ts` of a console that sends as well (R52). */
const sender = ({ sentBy }: Stamp) =>
  sentBy === undefined
    ? {}
    : { sent_by: cut(plainLine(sentBy.name), most.text), sender: `${sentBy.seatId}/${sentBy.startId}` };

function alertPayload(message: AlertFactsMessage, stamp: Stamp): Readonly<Record<string, Json>> {
  const late = lateMinutes(message, stamp.at);
  const detail = plainText(message.detail);
  const details: Record<string, string | number> = {};
  for (const { name, value } of alertFacts(message))
    details[name.toLowerCase().replaceAll(' ', '_')] = cut(value, most.detail);
  return {
    summary: summaryOf(message),
    source: cut(plainLine(message.source) || 'wedsync', most.text),
    severity: message.kind === 'test' ? 'info' : severities[message.severity],
    timestamp: isoOf(message.startedAt),
    group: cut(venuesShort(message) ?? 'no venue named', most.text),
    class: message.kind,
    custom_details: {
      ...details,
      weddings_today: message.weddingsToday,
      alert_id: message.alertId,
      state: happening(message),
      why_told: cut(reasonLine(message), most.detail),
      ...(detail === '' ? {} : { detail: cut(detail, most.detail) }),
      ...(late > 0 ? { late: `LATE ${late} min` } : {}),
      open: message.consoleLink,
      ...sender(stamp),
    },
  };
}

function bundlePayload(
  message: Extract<AlertMessage, { kind: 'bundle' }>,
  stamp: Stamp,
): Readonly<Record<string, Json>> {
  const late = lateMinutes(message, stamp.at);
  const worst = (['emergency', 'critical', 'warning', 'info'] as const).find(
    (severity) => message.counts[severity] > 0,
  );
  return {
    summary: summaryOf(message),
    source: 'wedsync',
    severity: severities[worst ?? 'info'],
    timestamp: isoOf(message.from),
    class: 'bundle',
    custom_details: {
      ...message.counts,
      worst_first: message.top.map(
        ({ reference, severity, title }) => `${severity} ${reference}: ${cut(plainLine(title), 200)}`,
      ),
      reference: message.reference,
      ...(late > 0 ? { late: `LATE ${late} min` } : {}),
      open: message.consoleLink,
      ...sender(stamp),
    },
  };
}

/** Ours first; those of the report only when they lead to https. */
function linksOf(message: AlertMessage, own: string | null): { links?: { href: string; text: string }[] } {
  const theirs = isAlert(message) ? message.links : [];
  const links = [
    ...(own === null ? [] : [{ href: own, text: 'Open in the console' }]),
    ...theirs.flatMap(({ url, label }) => {
      const good = URL.canParse(url) && new URL(url).protocol === 'https:' && url.length <= most.href;
      return good ? [{ href: new URL(url).href, text: cut(plainLine(label) || 'Link', most.text) }] : [];
    }),
  ].slice(0, most.links);
  return links.length === 0 ? {} : { links };
}
