import { z } from 'zod';
import { meaningOf } from '../../adapters/kit/alert-buttons.ts';
import type { SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import { type Body, grafanaAlertKey, type Headers, intuitEventKey, xeroEventKey } from './senders.ts';

/** The newest known state of something a sender tells about: an older one never overwrites it. */
export interface Mark {
  readonly object: string;
  /** Milliseconds UTC as the sender says. */
  readonly at: number;
  /** Breaks a tie: a later state of the same moment. */
  readonly rank: number;
}

/** What one event means to the console. `eventId` has its effect once (R27). */
export type Happening = { readonly eventId: string; readonly mark: Mark | null } & (
  | { readonly kind: 'alert'; readonly report: Readonly<Record<string, unknown>> }
  | { readonly kind: 'alert-over'; readonly key: string }
  | {
      readonly kind: 'state';
      readonly about: 'alert' | 'bundle';
      readonly alertId: string;
      readonly state: 'acknowledged' | 'resolved';
      readonly by: string;
    }
  | {
      readonly kind: 'press';
      readonly about: 'alert' | 'bundle';
      readonly alertId: string;
      readonly action: 'acknowledge' | 'snooze';
      readonly user: string;
    }
  | { readonly kind: 'arrival'; readonly messageId: string; readonly arrived: boolean; readonly detail: string }
  | { readonly kind: 'document'; readonly vendorId: string; readonly change: 'update' | 'delete'; readonly at: number }
  | { readonly kind: 'new-client'; readonly system: 'tave' | 'honeybook'; readonly vendorRef: string }
  | { readonly kind: 'nothing'; readonly why: string }
);

interface Stored {
  readonly dedupeKey: string;
  readonly body: Body;
  readonly headers: Headers;
  readonly receivedAt: number;
}

const text = z.union([z.string(), z.number()]).transform(String).catch('');
const severities: Readonly<Record<string, string>> = {
  p1: 'critical',
  p2: 'critical',
  p3: 'warning',
  p4: 'info',
  p5: 'info',
};
const staleAfterMs = 15 * 60_000;
const oldestIncidentMs = 72 * 3_600_000;

/** What a stored request says happened. Pure; throws nothing: what cannot be understood is `nothing`, with the reason. */
export function happeningsOf(source: SignedSource, stored: Stored): Happening[] {
  switch (source) {
    case 'datadog':
      return datadog(stored);
    case 'grafana':
      return grafana(stored);
    case 'pagerduty':
      return pagerduty(stored);
    case 'slack':
      return slack(stored);
    case 'twilio':
      return twilio(stored);
    case 'xero':
      return xero(stored);
    case 'intuit':
      return intuit(stored);
    case 'standard-webhooks':
    case 'generic-hmac':
      return generic(source, stored);
    case 'tave':
    case 'honeybook':
      return crm(source, stored);
  }
}

const nothing = (eventId: string, why: string): Happening[] => [{ kind: 'nothing', eventId, mark: null, why }];

const Datadog = z.object({
  id: text,
  title: text,
  body: text,
  transition: text,
  alert_transition: text,
  cycle: text,
  alert_cycle_key: text,
  monitor: text,
  alert_id: text,
  scope: text,
  tags: text,
  priority: text,
  updated_ms: text,
  last_updated: text,
  link: text,
});

function datadog({ dedupeKey, body, receivedAt }: Stored): Happening[] {
  const parsed = Datadog.safeParse(body.json);
  if (!parsed.success) {
    const report = {
      source: 'datadog',
      severity: 'warning',
      key: 'datadog:unreadable',
      title: 'A Datadog webhook could not be read',
      detail:
        'The monitor message probably holds a quotation mark that breaks the template. The request is kept under Deliveries, Inbound.',
    };
    return [{ kind: 'alert', eventId: dedupeKey, mark: null, report }];
  }
  const event = parsed.data;
  const updated = Number(event.updated_ms || event.last_updated);
  // The token is static: a recorded request could be sent again for ever.
  if (Number.isFinite(updated) && updated > 0 && Math.abs(receivedAt - updated) > staleAfterMs) {
    return nothing(dedupeKey, `older than 15 minutes when it came (${new Date(updated).toISOString()})`);
  }
  const at = updated > 0 ? updated : receivedAt;
  const transition = (event.transition || event.alert_transition).toLowerCase();
  const monitor = event.cycle || event.alert_cycle_key || event.monitor || event.alert_id || event.title;
  const key = `datadog:${monitor}`.slice(0, 255);
  const over = transition.startsWith('recovered');
  const mark = { object: key, at, rank: over ? 1 : 0 };
  if (over) return [{ kind: 'alert-over', eventId: dedupeKey, mark, key }];
  const soft = transition.startsWith('warn') || transition.startsWith('re-warn') || transition.includes('no data');
  const venues = [...`${event.tags},${event.scope}`.matchAll(/venue:([\w -]+)/g)].map((found) =>
    (found[1] ?? '').replaceAll(/[-_]/g, ' '),
  );
  const report = {
    source: 'datadog',
    key,
    severity: severities[event.priority.toLowerCase()] ?? (soft ? 'warning' : 'critical'),
    title: event.title || 'Datadog alert',
    detail: event.body.replaceAll('%%%', '').trim(),
    venues: [...new Set(venues)],
    links: event.link === '' ? [] : [{ label: 'Datadog', url: event.link }],
  };
  return [{ kind: 'alert', eventId: dedupeKey, mark, report }];
}

const Labels = z.record(z.string(), text).catch({});
const GrafanaAlert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels,
  startsAt: text,
  endsAt: text,
  fingerprint: z.string().min(1),
  generatorURL: text,
  dashboardURL: text,
});

function grafana({ dedupeKey, body, receivedAt }: Stored): Happening[] {
  const list = z.object({ alerts: z.array(z.unknown()).min(1).max(1_000) }).safeParse(body.json);
  if (!list.success) return nothing(dedupeKey, 'no alerts in it: the contact point has a template of its own');
  return list.data.alerts.flatMap((each, index): Happening[] => {
    const eventId = grafanaAlertKey(each) ?? `${dedupeKey}#${index}`;
    const parsed = GrafanaAlert.safeParse(each);
    if (!parsed.success) return nothing(eventId, 'an alert without status or fingerprint');
    const { status, labels, annotations, startsAt, fingerprint, generatorURL, dashboardURL } = parsed.data;
    const key = `grafana:${fingerprint}`.slice(0, 255);
    const started = Date.parse(startsAt);
    const mark = {
      object: key,
      at: Number.isFinite(started) ? started : receivedAt,
      rank: status === 'resolved' ? 1 : 0,
    };
    if (status === 'resolved') return [{ kind: 'alert-over', eventId, mark, key }];
    const severity = ['info', 'warning', 'critical', 'emergency'].find((one) => one === labels.severity?.toLowerCase());
    const report = {
      source: 'grafana',
      key,
      severity: severity ?? 'warning',
      title: annotations.summary || labels.alertname || 'Grafana alert',
      detail: annotations.description ?? '',
      venues: labels.venue ? [labels.venue] : [],
      links: [dashboardURL, generatorURL].filter((url) => url !== '').map((url) => ({ label: 'Grafana', url })),
      observedAt: Number.isFinite(started) && started > 0 ? started : null,
    };
    return [{ kind: 'alert', eventId, mark, report }];
  });
}

const PagerDuty = z.object({
  event: z.object({
    id: text,
    event_type: text,
    occurred_at: text,
    agent: z.object({ summary: text }).nullable().catch(null),
    data: z.looseObject({ incident_key: text }).catch({ incident_key: '' }),
  }),
});
const ourKey = /^wedsync:(alert|bundle):(.+)$/;

function pagerduty({ dedupeKey, body, receivedAt }: Stored): Happening[] {
  const parsed = PagerDuty.safeParse(body.json);
  if (!parsed.success) return nothing(dedupeKey, 'not an event of version 3');
  const { event } = parsed.data;
  const at = Date.parse(event.occurred_at);
  if (Number.isFinite(at) && receivedAt - at > oldestIncidentMs) return nothing(dedupeKey, 'older than 72 hours');
  const [, kind, alertId] = ourKey.exec(event.data.incident_key) ?? [];
  const state = { 'incident.acknowledged': 'acknowledged', 'incident.resolved': 'resolved' } as const;
  const next = event.event_type in state ? state[event.event_type as keyof typeof state] : undefined;
  if (next === undefined)
    return nothing(dedupeKey, `${event.event_type || 'an event without a type'} means nothing here`);
  if (alertId === undefined) return nothing(dedupeKey, 'about an incident that is not of this console');
  const mark = {
    object: `incident:${alertId}`,
    at: Number.isFinite(at) ? at : receivedAt,
    rank: next === 'resolved' ? 1 : 0,
  };
  const about = kind === 'bundle' ? 'bundle' : 'alert';
  const by = event.agent?.summary || 'PagerDuty';
  return [{ kind: 'state', eventId: dedupeKey, mark, about, alertId, state: next, by }];
}

const SlackPress = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(64) }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(200).optional() })).min(1),
});

function slack({ dedupeKey, body }: Stored): Happening[] {
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

function twilio({ dedupeKey, body }: Stored): Happening[] {
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

const XeroEvent = z.object({ resourceId: z.string().min(1), eventType: text, eventCategory: text, eventDateUtc: text });

function xero({ dedupeKey, body }: Stored): Happening[] {
  const list = z.object({ events: z.array(z.unknown()).max(5_000) }).safeParse(body.json);
  if (!list.success) return nothing(dedupeKey, 'no list of events');
  if (list.data.events.length === 0) return nothing(dedupeKey, 'intent to receive, answered');
  return list.data.events.flatMap((each, index): Happening[] => {
    const eventId = xeroEventKey(each) ?? `${dedupeKey}#${index}`;
    const parsed = XeroEvent.safeParse(each);
    if (!parsed.success) return nothing(eventId, 'an event without a resource');
    const { resourceId, eventType, eventCategory, eventDateUtc } = parsed.data;
    if (eventCategory !== 'INVOICE' && eventCategory !== 'CREDITNOTE')
      return nothing(eventId, `about a ${eventCategory.toLowerCase()}`);
    if (eventType !== 'UPDATE') return nothing(eventId, 'made, not changed');
    // Xero writes UTC without saying so.
    const at = Date.parse(/Z|[+-]\d\d:\d\d$/.test(eventDateUtc) ? eventDateUtc : `${eventDateUtc}Z`);
    return [
      {
        kind: 'document',
        eventId,
        mark: null,
        vendorId: resourceId,
        change: 'update',
        at: Number.isFinite(at) ? at : 0,
      },
    ];
  });
}

const CloudEvent = z.object({ type: text, time: text, intuitentityid: text });
const OldIntuit = z.object({
  eventNotifications: z.array(
    z.object({
      realmId: text,
      dataChangeEvent: z.object({
        entities: z.array(z.object({ id: text, name: text, operation: text, lastUpdated: text })),
      }),
    }),
  ),
});

function intuit({ dedupeKey, body }: Stored): Happening[] {
  const old = OldIntuit.safeParse(body.json);
  if (old.success) {
    return old.data.eventNotifications.flatMap(({ realmId, dataChangeEvent }) =>
      dataChangeEvent.entities.flatMap(({ id, name, operation, lastUpdated }) =>
        quickBooks(`${realmId}|${name}|${id}|${operation}|${lastUpdated}`, name, operation, id, lastUpdated),
      ),
    );
  }
  if (!Array.isArray(body.json)) return nothing(dedupeKey, 'neither CloudEvents nor the older notifications');
  return body.json.flatMap((each: unknown, index): Happening[] => {
    const eventId = intuitEventKey(each) ?? `${dedupeKey}#${index}`;
    const parsed = CloudEvent.safeParse(each);
    if (!parsed.success) return nothing(eventId, 'not a CloudEvent');
    const [, entity = '', operation = ''] = /^qbo\.(\w+)\.(\w+)\.v\d+$/.exec(parsed.data.type) ?? [];
    return quickBooks(eventId, entity, operation, parsed.data.intuitentityid, parsed.data.time);
  });
}

const posted = ['bill', 'purchase', 'vendorcredit'];

function quickBooks(eventId: string, entity: string, operation: string, vendorId: string, time: string): Happening[] {
  if (!posted.includes(entity.toLowerCase()))
    return nothing(eventId, `about a ${entity.toLowerCase() || 'thing without a name'}`);
  const change = /^(?:update|merge)/i.test(operation)
    ? 'update'
    : /^(?:delete|void)/i.test(operation)
      ? 'delete'
      : null;
  if (change === null) return nothing(eventId, 'made, not changed');
  const at = Date.parse(time);
  return [{ kind: 'document', eventId, mark: null, vendorId, change, at: Number.isFinite(at) ? at : 0 }];
}

const Said = z.object({
  type: text,
  timestamp: text,
  status: text,
  severity: text,
  title: text,
  key: text,
  data: z.looseObject({}).optional().catch(undefined),
});

/** Ours to define: an alert's report, or `{type: "alert.acknowledged" | "alert.resolved" | "alert.raised", data}`. */
function generic(source: 'standard-webhooks' | 'generic-hmac', { dedupeKey, body, receivedAt }: Stored): Happening[] {
  const parsed = Said.safeParse(body.json);
  if (!parsed.success) return nothing(dedupeKey, 'no object');
  const { type, timestamp, data } = parsed.data;
  const alertId = text.parse(data?.alertId);
  const time = Date.parse(timestamp);
  const at = Number.isFinite(time) ? time : receivedAt;
  if ((type === 'alert.acknowledged' || type === 'alert.resolved') && alertId !== '') {
    const state = type === 'alert.resolved' ? 'resolved' : 'acknowledged';
    const mark = { object: `alert:${alertId}`, at, rank: state === 'resolved' ? 1 : 0 };
    return [
      {
        kind: 'state',
        about: 'alert',
        eventId: dedupeKey,
        mark,
        alertId,
        state,
        by: text.parse(data?.by) || 'another system',
      },
    ];
  }
  if (type !== '' && type !== 'alert.raised' && type !== 'alert.resolved')
    return nothing(dedupeKey, `${type.slice(0, 80)} means nothing here`);
  const report = (data && (type !== '' || !('title' in (body.json as object))) ? data : body.json) as Record<
    string,
    unknown
  >;
  const over = type === 'alert.resolved' || text.parse(report.status) === 'resolved';
  const own = text.parse(report.key) || text.parse(report.title).toLowerCase();
  if (own === '') return nothing(dedupeKey, 'neither key nor title');
  const key = `${source}:${own}`.slice(0, 255);
  const mark = { object: key, at, rank: over ? 1 : 0 };
  if (over) return [{ kind: 'alert-over', eventId: dedupeKey, mark, key }];
  const { title, detail, severity, venues, venue, links } = report;
  const listed = Array.isArray(venues) ? venues : venue === undefined ? [] : [venue];
  return [
    {
      kind: 'alert',
      eventId: dedupeKey,
      mark,
      report: {
        source: text.parse(report.source) || source,
        key,
        severity: severity ?? 'warning',
        title,
        detail: text.parse(detail ?? ''),
        venues: listed.map((each) => text.parse(each)),
        ...(Array.isArray(links) ? { links } : {}),
      },
    },
  ];
}

function crm(system: 'tave' | 'honeybook', { dedupeKey, body, headers }: Stored): Happening[] {
  const json = z.looseObject({}).catch({}).parse(body.json);
  const query = new URLSearchParams(headers[':query'] ?? '');
  const vendorRef = query.get('vendor') || text.parse(json.vendor ?? json.vendor_id ?? json.vendorId ?? '');
  // Táve's hooks are one event each and their body is not documented: the address names it.
  const event = (query.get('event') ?? text.parse(json.event ?? json.zap ?? '')).toLowerCase();
  if (!/client|contact|project|job|lead|booked/.test(event))
    return nothing(dedupeKey, `${event.slice(0, 80) || 'no event named'}: no new client`);
  if (vendorRef === '')
    return nothing(dedupeKey, 'it does not say which vendor: add ?vendor=… to the address given to the CRM');
  return [{ kind: 'new-client', eventId: dedupeKey, mark: null, system, vendorRef }];
}
