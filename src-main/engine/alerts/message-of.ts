import { incidentKey } from '../../../src-shared/domain/alert/incident-key.ts';
import type { AlertFactsMessage, AlertMessageKind } from '../../../src-shared/domain/alert/message.ts';
import type { RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { WeekendFacts } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { AlertRow } from '../../store/repositories/alerts.ts';
import type { Calendar } from '../weekend/weekend.ts';
import { contextOf, linksOf, reasonsOf, recoveryTemplates, referenceOf, venuesOf } from './facts.ts';
import type { PersonQuiet } from './quiet.ts';

/** What every step on an alert works with; read before its transaction, except the row. */
export interface Scene {
  readonly calendar: Calendar;
  readonly config: RoutingConfig;
  readonly moment: WeekendFacts;
  /** Of the person at this machine. */
  readonly quiet: PersonQuiet;
}

export const consoleLink = (alertId: string) => `wedsync-ops://alerts/${alertId}`;

/** The facts of one alert as every channel receives them. */
export function messageOf(
  alert: AlertRow,
  kind: AlertMessageKind,
  { calendar, moment }: Scene,
  dueAt: Instant,
): AlertFactsMessage {
  const context = contextOf(alert);
  const recovery = recoveryTemplates.find((template) => template.id === alert.template);
  return {
    kind,
    alertId: alert.id,
    reference: referenceOf(alert),
    dedupKey: incidentKey(alert.id, alert.round_at),
    closes: [],
    organisation: calendar.organisation,
    zone: calendar.zone,
    severity: alert.severity,
    reportedSeverity: alert.reported_severity,
    state: alert.state,
    title: alert.title,
    detail: alert.detail,
    source: alert.source,
    startedAt: Instant.parse(alert.raised_at),
    dueAt,
    step: alert.step,
    weddingDay: moment.weddingDay.active,
    saturday: moment.saturdayProtection,
    peakHours: moment.peakHours,
    season: moment.season,
    weddingsToday: context.weddingsToday,
    venues: venuesOf(alert),
    nextCeremonies: context.nextCeremonies.filter((ceremony) => ceremony.at >= moment.at),
    reasons: reasonsOf(alert),
    nextStep: recovery?.steps[0]?.text ?? null,
    links: linksOf(alert),
    consoleLink: consoleLink(alert.id),
    owner:
      alert.owner_name === null
        ? null
        : {
            name: alert.owner_name,
            note: alert.owner_note,
            until: alert.until === null ? null : Instant.parse(alert.until),
          },
  };
}
