import { z } from 'zod';
import { severityMeant } from '../../../src-shared/domain/alert/severity.ts';
import { alertKey, type Happening, nothing, type Stored, severityTold, text } from './happening.ts';
import { grafanaAlertKey } from './senders.ts';

/** Older than this when it comes, it may be a recorded request sent again. */
const staleAfterMs = 15 * 60_000;

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

const outOfTime = 'datadog:out-of-time';
const isoAt = (ms: number) => new Date(ms).toISOString();

export function datadog({ dedupeKey, body, receivedAt }: Stored): Happening[] {
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
  const isStale = Number.isFinite(updated) && updated > 0 && Math.abs(receivedAt - updated) > staleAfterMs;
  const at = updated > 0 ? updated : receivedAt;
  const transition = (event.transition || event.alert_transition).toLowerCase();
  const monitor = event.cycle || event.alert_cycle_key || event.monitor || event.alert_id || event.title;
  const key = alertKey('datadog', monitor);
  const over = transition.startsWith('recovered');
  if (isStale && over) return nothing(dedupeKey, `its time is ${isoAt(updated)}, far from when it came`);
  const mark = { object: key, at, rank: over ? 1 : 0 };
  if (over) return [{ kind: 'alert-over', eventId: dedupeKey, mark, key }];
  const soft = transition.startsWith('warn') || transition.startsWith('re-warn') || transition.includes('no data');
  const venues = [...`${event.tags},${event.scope}`.matchAll(/venue:([\w -]+)/g)].map((found) =>
    (found[1] ?? '').replaceAll(/[-_]/g, ' '),
  );
  const report = {
    source: 'datadog',
    key,
    severity: severityMeant(event.priority) ?? (soft ? 'warning' : 'critical'),
    title: event.title || 'Datadog alert',
    detail: event.body.replaceAll('%%%', '').trim(),
    venues: [...new Set(venues)],
    links: event.link === '' ? [] : [{ label: 'Datadog', url: event.link }],
  };
  // The token is static: a recorded request could be sent again for ever, and must not become that alert again. But where this
  // computer's clock is wrong all of them look like that, and nobody may be left without a word.
  if (isStale) {
    const title = 'A Datadog alert came with a time far from this computer’s';
    const detail = `“${report.title}” is of ${isoAt(updated)} and came at ${isoAt(receivedAt)}: late, sent again, or one of both clocks is wrong. Look in Datadog, and at this computer’s clock.`;
    return [{ kind: 'alert', eventId: dedupeKey, mark: null, report: { ...report, key: outOfTime, title, detail } }];
  }
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

export const grafana = (stored: Stored): Happening[] => alertGroup(stored, 'grafana', 'Grafana');

/** The shape Alertmanager gave to Grafana: a group of alerts, each with labels, a fingerprint and a state of its own. */
export function alertGroup({ dedupeKey, body, receivedAt }: Stored, source: string, name: string): Happening[] {
  const list = z.object({ alerts: z.array(z.unknown()).min(1) }).safeParse(body.json);
  if (!list.success) return nothing(dedupeKey, 'no alerts in it: the contact point has a template of its own');
  return list.data.alerts.flatMap((each, index): Happening[] => {
    const eventId = grafanaAlertKey(each) ?? `${dedupeKey}#${index}`;
    const parsed = GrafanaAlert.safeParse(each);
    if (!parsed.success) return nothing(eventId, 'an alert without status or fingerprint');
    const { status, labels, annotations, startsAt, fingerprint, generatorURL, dashboardURL } = parsed.data;
    const key = alertKey(source, fingerprint);
    const started = Date.parse(startsAt);
    const mark = {
      object: key,
      at: Number.isFinite(started) ? started : receivedAt,
      rank: status === 'resolved' ? 1 : 0,
    };
    if (status === 'resolved') return [{ kind: 'alert-over', eventId, mark, key }];
    const report = {
      source,
      key,
      title: annotations.summary || labels.alertname || `${name} alert`,
      ...severityTold(labels.severity ?? '', annotations.description ?? ''),
      venues: labels.venue ? [labels.venue] : [],
      links: [dashboardURL, generatorURL].filter((url) => url !== '').map((url) => ({ label: name, url })),
      observedAt: Number.isFinite(started) && started > 0 ? started : null,
    };
    return [{ kind: 'alert', eventId, mark, report }];
  });
}
