import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { bySeverity, rankOf } from '../../../src-shared/domain/alert/severity.ts';
import { Instant, type IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { localAt, startOfDay } from '../../../src-shared/domain/wedding-time/local-time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import type { WeddingRow } from '../../store/repositories/weddings.ts';
import { daysOf } from '../weekend/wedding.ts';
import { weddingOf } from '../weekend/weekend.ts';
import { resultFrom } from '../weekend/weekend-at.ts';
import type { Desk } from './desk.ts';
import { referenceOf, venuesOf } from './facts.ts';
import type { Silences } from './silences.ts';
import type { Stage } from './stage.ts';

/** A ceremony counts as on now for this long. */
const CEREMONY_MS = 4 * 3_600_000;

/** The *This Weekend* screen: is this weekend safe, and what needs me now? */
export async function weekendView(
  stage: Stage,
  desk: Desk,
  silences: Silences,
  organisationId: string,
  mayReadNames: boolean,
): Promise<WeekendView> {
  const { parts } = stage;
  const { store, weekend } = parts;
  const { moment, calendar } = await stage.scene(organisationId);
  const today = moment.local.date;
  const shown = [...new Set([today, ...moment.weekendDates])].sort();
  const found = (await weekend.weddingsBetween(organisationId, shown[0] ?? today, shown.at(-1) ?? today)).filter(
    (row) => row.status !== 'cancelled' && daysOf(weddingOf(row)).some((day) => shown.includes(day)),
  );
  const midnight = startOfDay(today, calendar.zone);
  const [open, todays, register, notes, sheet, imported, known, couples] = await Promise.all([
    rows.openAlerts(store.read, organisationId),
    rows.alertsBetween(store.read, organisationId, midnight, moment.at + 1),
    silences.register(organisationId),
    desk.handovers(organisationId),
    desk.lastSheet(organisationId),
    weekend.importedAt(organisationId),
    weekend.countWeddings(organisationId),
    mayReadNames
      ? weekend.couplesOf(
          organisationId,
          found.map((row) => row.key),
        )
      : new Map<string, string>(),
  ]);
  const phase = (row: WeddingRow) => phaseOf(row, moment.at, today);
  const confirmed = found.filter((row) => row.status === 'confirmed');
  const on = (day: IsoDate) => confirmed.filter((row) => row.date <= day && day <= row.last_date);

  return {
    ...resultFrom(moment, found.map(weddingOf)),
    nation: calendar.nation,
    answer: answerOf(open, on(today), sheet?.ok ?? null, known),
    days: shown.map((date) => {
      const weddings = on(date);
      const count = (wanted: string) => weddings.filter((row) => phase(row) === wanted).length;
      return { date, weddings: weddings.length, done: count('done'), now: count('now'), next: count('next') };
    }),
    hours: Array.from({ length: 24 }, (_, hour) => ({
      hour,
      weddings: on(today).filter((row) => hourOf(row.starts_at, today, calendar.zone) === hour).length,
      alerts: todays.filter((row) => hourOf(row.raised_at, today, calendar.zone) === hour).length,
      peak: hour >= 10 && hour < 18 && moment.weddingDay.active,
    })),
    ceremonies: found.map((row) => ({
      key: row.key,
      date: row.date,
      startsAt: row.starts_at === null ? null : isoOf(Instant.parse(row.starts_at)),
      venue: row.venue,
      region: row.region,
      reference: row.reference,
      status: row.status === 'tentative' ? 'tentative' : 'confirmed',
      phase: phase(row),
      alerts: open
        .filter((alert) => venuesOf(alert).some((venue) => venue.name.toLowerCase() === row.venue.toLowerCase()))
        .sort(bySeverity)
        .map((alert) => ({
          id: alert.id,
          reference: referenceOf(alert),
          severity: alert.severity,
          title: alert.title,
        })),
      couple: couples.get(row.key) ?? null,
    })),
    silences: { count: register.length, hides: register.reduce((sum, each) => sum + each.hides, 0) },
    handover: notes.map((note) => ({
      id: note.id,
      at: isoOf(Instant.parse(note.at)),
      author: note.author,
      text: note.text,
    })),
    preflight: sheet === null ? null : { ...sheet, at: isoOf(sheet.at), checks: [...sheet.checks] },
    calendarImportedAt: imported === null ? null : isoOf(imported),
  };
}

function phaseOf(row: WeddingRow, at: Instant, today: IsoDate): 'done' | 'now' | 'next' {
  if (row.starts_at === null) return row.last_date < today ? 'done' : row.date > today ? 'next' : 'now';
  if (row.starts_at > at) return 'next';
  return at - row.starts_at < CEREMONY_MS ? 'now' : 'done';
}

function hourOf(at: number | null, today: IsoDate, zone: string): number | null {
  if (at === null) return null;
  const local = localAt(Instant.parse(at), zone);
  return local.date === today ? local.hour : null;
}

/** Safe, watch, not safe or unknown, each with the rule that decided. */
function answerOf(
  open: readonly rows.AlertRow[],
  today: readonly WeddingRow[],
  ready: boolean | null,
  known: number,
): WeekendView['answer'] {
  const active = open.filter((row) => row.state === 'firing' || row.state === 'escalated');
  const [worst] = [...open].filter((row) => row.state !== 'snoozed').sort(bySeverity);
  const weddings = `${today.length} ${today.length === 1 ? 'wedding' : 'weddings'} today`;
  if (known === 0) {
    return {
      value: 'unknown',
      sentence: 'Unknown. No wedding is in the calendar.',
      rule: 'Without a calendar nobody can say what is at stake.',
    };
  }
  if (worst && rankOf(worst.severity) >= 2) {
    const touched = new Set(venuesOf(worst).map((venue) => venue.name.toLowerCase()));
    const affected = touched.size === 0 ? today : today.filter((row) => touched.has(row.venue.toLowerCase()));
    if (affected.length > 0 || rankOf(worst.severity) === 3) {
      return {
        value: 'not_safe',
        sentence: `Not safe. ${referenceOf(worst)} (${worst.severity}) touches ${affected.length} of ${weddings}.`,
        rule: 'A critical or emergency alert that touches a wedding is open.',
      };
    }
  }
  if (active.length > 0) {
    return {
      value: 'watch',
      sentence: `Watch. ${active.length} ${active.length === 1 ? 'alert needs' : 'alerts need'} somebody; ${weddings}.`,
      rule: 'Alerts are firing, none of which touches a wedding today as critical.',
    };
  }
  if (ready === false) {
    return {
      value: 'watch',
      sentence: `Watch. The last pre-flight had a red line; ${weddings}.`,
      rule: 'The pre-flight sheet is not green.',
    };
  }
  return {
    value: 'safe',
    sentence: `Safe. Nothing needs you; ${weddings}.`,
    rule: 'Nothing critical is open and nothing is firing.',
  };
}
