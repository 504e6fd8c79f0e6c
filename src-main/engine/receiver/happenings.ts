import { z } from 'zod';
import type { SignedSource } from '../../adapters/kit/signature/signed-request.ts';
import { alertKey, type Happening, nothing, type Stored, severityTold, text } from './happening.ts';
import { pagerduty, slack, twilio } from './happenings-channels.ts';
import { intuit, xero } from './happenings-ledgers.ts';
import { alertGroup, datadog, grafana } from './happenings-monitoring.ts';

/** What a stored request says happened. Pure; throws nothing: what cannot be understood is `nothing`, with the reason. */
export function happeningsOf(source: SignedSource, stored: Stored): Happening[] {
  // From a clock that is ahead a thing would be newer than all that comes until it is that late.
  return told(source, stored).map((it) =>
    it.mark === null || it.mark.at <= stored.receivedAt ? it : { ...it, mark: { ...it.mark, at: stored.receivedAt } },
  );
}

function told(source: SignedSource, stored: Stored): Happening[] {
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

const Said = z.object({
  type: text,
  timestamp: text,
  status: text,
  severity: text,
  title: text,
  key: text,
  data: z.looseObject({}).optional().catch(undefined),
});

const AlertGroup = z.looseObject({
  alerts: z.array(z.looseObject({ fingerprint: z.string(), status: z.string() })).min(1),
});

/** What senders call it when a thing is well again. */
const overWords = new Set(['resolved', 'ok', 'recovered', 'closed', 'normal']);

/** Ours to define, or what Alertmanager sends: an alert's report, or `{type: "alert.acknowledged" | "alert.resolved" | "alert.raised", data}`. */
function generic(source: 'standard-webhooks' | 'generic-hmac', stored: Stored): Happening[] {
  const { dedupeKey, body, receivedAt } = stored;
  if (AlertGroup.safeParse(body.json).success) return alertGroup(stored, source, 'Alertmanager');
  const parsed = Said.safeParse(body.json);
  if (!parsed.success) return nothing(dedupeKey, 'no object');
  const { type, timestamp, data } = parsed.data;
  const alertId = text.parse(data?.alertId);
  // Without a zone, what comes in the hour that comes twice would be older than what came before it.
  const time = /(z|[+-]\d\d:?\d\d)$/i.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
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
        key: null,
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
  const over = type === 'alert.resolved' || overWords.has(text.parse(report.status).toLowerCase());
  // Two systems that share the address, or two venues, may say the same of themselves.
  const named = [report.source, report.title, report.venue].map((each) => text.parse(each).toLowerCase());
  const own = text.parse(report.key) || (named[1] && named.filter((each) => each !== '').join(':'));
  if (!own) return nothing(dedupeKey, 'neither key nor title');
  const key = alertKey(source, own);
  const mark = { object: key, at, rank: over ? 1 : 0 };
  if (over) return [{ kind: 'alert-over', eventId: dedupeKey, mark, key }];
  const { venues, venue, links } = report;
  const listed = Array.isArray(venues) ? venues : venue === undefined ? [] : [venue];
  return [
    {
      kind: 'alert',
      eventId: dedupeKey,
      mark,
      report: {
        source: text.parse(report.source) || source,
        key,
        ...severityTold(text.parse(report.severity), text.parse(report.detail)),
        title: text.parse(report.title) || own,
        venues: listed.map((each) => text.parse(each)).filter((each) => each !== ''),
        links: Array.isArray(links) ? links.flatMap(linkOf) : [],
      },
    },
  ];
}

/** As an address alone or with a label; what is neither is left out, the alert is not. */
function linkOf(said: unknown): { label: string; url: string }[] {
  const { label, url } = z
    .object({ label: text, url: text })
    .catch({ label: '', url: text.parse(said) })
    .parse(said);
  return url === '' ? [] : [{ label: label || 'More', url }];
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
