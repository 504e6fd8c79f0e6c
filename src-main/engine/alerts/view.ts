import type { AlertSummary, AlertView } from '../../../src-shared/contract/alerts.ts';
import { TimelineKind } from '../../../src-shared/domain/alert/alert.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant, formatTime } from '../../../src-shared/format/time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { notFound } from '../problem.ts';
import { contextOf, linksOf, reasonsOf, recoveryTemplates, referenceOf, venuesOf } from './facts.ts';
import type { Stage } from './stage.ts';

const iso = (at: number) => isoOf(Instant.parse(at));
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));

const SEEN_HOURS = 24;

/** Rows of the store in the shapes of the contract. */
export function createViews(stage: Stage) {
  const { store, runtime } = stage.parts;

  async function get(organisationId: string, alertId: string): Promise<AlertView> {
    const row = await rows.getAlert(store.read, organisationId, alertId);
    if (!row)
      throw notFound({ happened: `There is no alert ${alertId}.`, remedy: 'Choose one from the list of alerts.' });
    const [timeline, deliveries, done, seen] = await Promise.all([
      rows.timelineOf(store.read, organisationId, row.id),
      rows.deliveriesOf(store.read, organisationId, row.id),
      rows.recoveryOf(store.read, organisationId, row.id),
      rows.occurrencesOf(store.read, organisationId, row.dedup_key, runtime.clock.now(), SEEN_HOURS),
    ]);
    const context = contextOf(row);
    const template = recoveryTemplates.find((each) => each.id === row.template);
    return {
      ...summaryOf(row),
      detail: row.detail,
      links: linksOf(row),
      ownerNote: row.owner_note,
      reasons: reasonsOf(row),
      season: context.season,
      peakHours: context.peakHours,
      nextCeremonies: context.nextCeremonies.map((each) => ({ ...each, at: iso(each.at) })),
      toldMs: row.told_ms,
      seen: seen.map(({ hour, count }) => ({ hour: iso(hour), count })),
      timeline: timeline.map((each) => ({
        at: iso(each.at),
        kind: TimelineKind.parse(each.kind),
        actor: each.actor,
        channel: each.channel,
        text: each.text,
      })),
      deliveries: deliveries.map((each) => ({
        id: each.id,
        jobId: each.job_id,
        kind: each.kind,
        step: each.step,
        channel: each.channel,
        recipient: each.destination_name,
        rule: each.rule,
        state: each.state,
        bundled: each.bundle_id !== null,
        startedAt: iso(each.started_at),
        settledAt: isoOrNull(each.settled_at),
        problem: each.problem,
      })),
      recovery: template
        ? {
            id: template.id,
            title: template.title,
            steps: template.steps.map((step) => {
              const ticked = done.find((each) => each.step_id === step.id);
              return { ...step, doneBy: ticked?.done_by ?? null, doneAt: isoOrNull(ticked?.done_at ?? null) };
            }),
          }
        : null,
    };
  }

  return {
    get,

    /** Worst first. Only what is shown is read, so that ten thousand open alerts cost little more than ten. */
    async list(organisationId: string, filter: rows.AlertFilterName, text: string, limit: number) {
      const now = runtime.clock.now();
      const since = now - 86_400_000;
      const wanted = text.trim().toLowerCase();
      const shown = async () => {
        if (wanted === '')
          return { page: await rows.firstAlerts(store.read, organisationId, filter, since, limit), of: null };
        const among = await rows.searchedAlerts(store.read, organisationId, filter, since);
        const ids = among.flatMap((row) => (wordsOf(row).includes(wanted) ? [row.id] : []));
        return { page: await rows.alertsById(store.read, organisationId, ids.slice(0, limit)), of: ids.length };
      };
      const [counts, [worst], lastResolvedAt, { page, of }, { calendar }] = await Promise.all([
        rows.countAlerts(store.read, organisationId, since),
        rows.firstAlerts(store.read, organisationId, 'needs_me', since, 1),
        rows.lastResolved(store.read, organisationId, since),
        shown(),
        stage.scene(organisationId),
      ]);
      return {
        rows: page.map(summaryOf),
        total: of ?? counts[filter],
        counts,
        worst: worst ? summaryOf(worst) : null,
        answer: answerOf(counts.needs_me, worst ? summaryOf(worst) : null, now, calendar.zone),
        lastResolvedAt: isoOrNull(lastResolvedAt),
      };
    },

    /** Text of an incident from its timelines (A19): people, times, steps, weddings touched. */
    async report(organisationId: string, alertIds: readonly string[]): Promise<{ title: string; text: string }> {
      const { calendar } = await stage.scene(organisationId);
      const views = await Promise.all(alertIds.map((id) => get(organisationId, id)));
      const [first] = views;
      const title =
        first && views.length === 1
          ? `Incident report ${first.reference}: ${first.title}`
          : `Incident report: ${views.length} alerts`;
      return { title, text: [`# ${title}`, ...views.flatMap((view) => reportOf(view, calendar.zone))].join('\n') };
    },
  };
}
export type Views = ReturnType<typeof createViews>;

function reportOf(view: AlertView, zone: string): string[] {
  const when = (at: string) => formatInstant(at, zone, 'seconds');
  const minutes = (from: string, to: string) => `${Math.round((Date.parse(to) - Date.parse(from)) / 60_000)} min`;
  const acknowledged = view.timeline.find((each) => each.kind === 'acknowledged');
  const people = new Set(view.timeline.filter((each) => each.channel !== 'engine').map((each) => each.actor));
  const raisedFrom =
    view.severity === view.reportedSeverity ? '' : ` (raised from ${view.reportedSeverity}: wedding day)`;
  return [
    '',
    `## ${view.reference} ${view.title}`,
    '',
    `- Severity: ${view.severity}${raisedFrom}`,
    `- Raised: ${when(view.raisedAt)} by ${view.source}`,
    `- Acknowledged: ${acknowledged ? `${when(acknowledged.at)} by ${acknowledged.actor}, after ${minutes(view.raisedAt, acknowledged.at)}` : 'never'}`,
    `- Resolved: ${view.resolvedAt === null ? 'still open' : `${when(view.resolvedAt)}, after ${minutes(view.raisedAt, view.resolvedAt)}`}`,
    `- Weddings that day: ${view.weddingsToday}; at the venues affected: ${view.weddingsAffected}`,
    `- Venues: ${view.venues.map((venue) => (venue.region === '' ? venue.name : `${venue.name} (${venue.region})`)).join(', ') || 'none named'}`,
    `- People: ${[...people].join(', ') || 'nobody'}`,
    '',
    '### Timeline',
    '',
    ...view.timeline.map((each) => `- ${when(each.at)} ${each.kind.replace('_', ' ')}: ${each.text}`),
    ...(view.recovery === null
      ? []
      : [
          '',
          `### Recovery: ${view.recovery.title}`,
          '',
          ...view.recovery.steps.map(
            (step) =>
              `- [${step.doneAt === null ? ' ' : 'x'}] ${step.text}${step.doneAt === null ? '' : ` (${step.doneBy}, ${when(step.doneAt)})`}`,
          ),
        ]),
  ];
}

function answerOf(needing: number, worst: AlertSummary | null, now: number, zone: string): string {
  if (!worst) return 'Nothing needs you.';
  const alerts = needing === 1 ? '1 needs you' : `${needing} need you`;
  const minutes = Math.floor((now - Date.parse(worst.raisedAt)) / 60_000);
  const next =
    worst.next?.what === 'escalates' ? `, next escalation ${formatTime(worst.next.at, zone, 'seconds')}` : '';
  return `${alerts}: ${worst.reference} ${worst.severity}, unacknowledged for ${minutes} min${next}.`;
}

const needsSomebody = (row: rows.AlertRow) =>
  (row.state === 'firing' || row.state === 'escalated') && row.silence_id === null;

/** What a search looks at. */
function wordsOf(row: Pick<rows.AlertRow, 'number' | 'title' | 'source' | 'venues'>): string {
  const venues = venuesOf(row).flatMap((venue) => [venue.name, venue.region]);
  return [row.title, row.source, referenceOf(row), ...venues].join(' ').toLowerCase();
}

export function summaryOf(row: rows.AlertRow): AlertSummary {
  const context = contextOf(row);
  return {
    id: row.id,
    reference: referenceOf(row),
    severity: row.severity,
    reportedSeverity: row.reported_severity,
    title: row.title,
    source: row.source,
    state: row.state,
    step: row.step,
    raisedAt: iso(row.raised_at),
    lastSeenAt: iso(row.last_seen_at),
    resolvedAt: isoOrNull(row.resolved_at),
    count: row.count,
    weddingsToday: context.weddingsToday,
    weddingsAffected: context.weddingsAffected,
    venues: venuesOf(row),
    groupKey: row.group_key,
    owner: row.owner_name,
    next: nextOf(row),
    silenced: row.silence_id !== null,
    flapping: row.flapping === 1,
    needsMe: needsSomebody(row),
    fromBackup: isoOrNull(row.from_backup),
  };
}

function nextOf(row: rows.AlertRow): AlertSummary['next'] {
  if (row.state === 'resolved' || row.from_backup !== null) return null;
  if (row.silenced_until !== null) return { what: 'silence_ends', at: iso(row.silenced_until) };
  if (row.until !== null) return { what: row.state === 'snoozed' ? 'wakes' : 'fires_again', at: iso(row.until) };
  return row.next_step_at === null ? null : { what: 'escalates', at: iso(row.next_step_at) };
}
