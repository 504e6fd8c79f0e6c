import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import type { RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { rankOf } from '../../../src-shared/domain/alert/severity.ts';
import { Instant, type IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt, startOfDay } from '../../../src-shared/domain/wedding-time/local-time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { listConnections } from '../../store/repositories/connections.ts';
import type { WeddingRow } from '../../store/repositories/weddings.ts';
import { daysOf } from '../weekend/wedding.ts';
import { weddingOf } from '../weekend/weekend.ts';
import { resultFrom } from '../weekend/weekend-at.ts';
import type { Desk } from './desk.ts';
import { referenceOf } from './facts.ts';
import type { Silences } from './silences.ts';
import type { Stage } from './stage.ts';
import { type Celebration, phaseOf, weekendAnswer } from './weekend-answer.ts';

type Channels = WeekendView['channels'];

/** Alerts named beside one ceremony. */
const SHOWN_THERE = 5;

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
  const { moment, calendar, config } = await stage.scene(organisationId);
  const manual = calendar.manualAt(moment.at);
  const today = moment.local.date;
  const shown = [...new Set([today, ...moment.weekendDates])].sort();
  const yesterday = addDays(today, -1);
  const [first = today] = [yesterday, ...shown].sort();
  const around = (await weekend.weddingsBetween(organisationId, first, shown.at(-1) ?? today)).filter(
    (row) => row.status !== 'cancelled',
  );
  const found = around.filter((row) => daysOf(weddingOf(row)).some((day) => shown.includes(day)));
  const midnight = startOfDay(today, calendar.zone);
  const [atVenues, threats, counts, todays, register, notes, sheet, imported, known, channels, heartbeat, couples] =
    await Promise.all([
      rows.worstByVenue(store.read, organisationId, SHOWN_THERE, 'all'),
      rows.worstByVenue(store.read, organisationId, 1, 'awake'),
      rows.countAlerts(store.read, organisationId, moment.at),
      rows.raisedBetween(store.read, organisationId, midnight, moment.at + 1),
      silences.register(organisationId),
      desk.handovers(organisationId),
      desk.lastSheet(organisationId),
      weekend.importedAt(organisationId),
      weekend.countWeddings(organisationId),
      channelsOf(stage, organisationId, config),
      desk.heartbeat.state(organisationId),
      mayReadNames
        ? weekend.couplesOf(
            organisationId,
            found.map((row) => row.key),
          )
        : new Map<string, string>(),
    ]);
  const phase = (row: WeddingRow) => phaseOf(celebrationOf(row), moment.at, today);
  const confirmed = around.filter((row) => row.status === 'confirmed');
  const on = (day: IsoDate) => confirmed.filter((row) => row.date <= day && day <= row.last_date);
  const lastNight = confirmed.filter((row) => row.last_date === yesterday && phase(row) === 'now');

  const raisedIn = hoursOf(todays, today, calendar.zone);

  return {
    ...resultFrom(moment, found.map(weddingOf)),
    nation: calendar.nation,
    answer: weekendAnswer({
      threats: threats
        .filter(({ severity }) => rankOf(severity) >= 2)
        .map((row) => ({
          reference: referenceOf(row),
          severity: row.severity,
          venue: row.venue,
          owner: row.state === 'acknowledged' ? (row.owner_name ?? 'Somebody') : null,
        })),
      needing: counts.needs_me,
      aside: counts.open - counts.needs_me - counts.acknowledged,
      weddings: [...lastNight, ...on(today)].map(celebrationOf),
      elsewhere: stage.parts.sendsHere?.(organisationId) === false,
      ready: sheet?.ok ?? null,
      known,
      channels,
      at: moment.at,
      today,
      zone: calendar.zone,
    }),
    days: shown.map((date) => {
      const weddings = on(date);
      const count = (wanted: string) => weddings.filter((row) => phase(row) === wanted).length;
      return { date, weddings: weddings.length, done: count('done'), now: count('now'), next: count('next') };
    }),
    hours: Array.from({ length: 24 }, (_, hour) => ({
      hour,
      weddings: on(today).filter((row) => hourOf(row.starts_at, today, calendar.zone) === hour).length,
      alerts: raisedIn[hour] ?? 0,
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
      alerts: atVenues
        .filter(({ venue }) => venue?.toLowerCase() === row.venue.toLowerCase())
        .slice(0, SHOWN_THERE)
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
    heartbeat,
    channels: [...channels],
    manual:
      manual === null
        ? null
        : { mode: manual.mode, reason: manual.reason, by: manual.by, endsAt: isoOf(manual.endsAt) },
    calendarImportedAt: imported === null ? null : isoOf(imported),
  };
}

/** How many of these moments lie in each hour of the day. */
function hoursOf(moments: readonly number[], today: IsoDate, zone: string): readonly number[] {
  const starts = Array.from({ length: 25 }, (_, hour) =>
    hour === 24 ? startOfDay(addDays(today, 1), zone) : instantOf(today, `${String(hour).padStart(2, '0')}:00`, zone),
  );
  const counts = Array.from({ length: 24 }, () => 0);
  for (const at of moments) {
    const hour = starts.findLastIndex((start) => start <= at);
    if (hour >= 0 && hour < 24) counts[hour] = (counts[hour] ?? 0) + 1;
  }
  return counts;
}

function celebrationOf(row: WeddingRow): Celebration {
  const startsAt = row.starts_at === null ? null : Instant.parse(row.starts_at);
  return { date: row.date, lastDate: row.last_date, startsAt, venue: row.venue };
}

function hourOf(at: number | null, today: IsoDate, zone: string): number | null {
  if (at === null) return null;
  const local = localAt(Instant.parse(at), zone);
  return local.date === today ? local.hour : null;
}

/** Whether alerts can leave through each channel the rules use (U3: said with its reason). */
async function channelsOf(stage: Stage, organisationId: string, config: RoutingConfig): Promise<Channels> {
  const connections = await listConnections(stage.parts.store.read, organisationId);
  return Channel.options
    .filter((channel) => config.destinations.some((each) => each.channel === channel))
    .map((channel) => {
      const connection = connections.find((row) => row.system === channel);
      if (!connection) return { channel, state: 'not_connected', detail: 'Not connected yet' };
      if (connection.mode === 'off') return { channel, state: 'off', detail: 'Switched off' };
      if (connection.mode === 'paused') return { channel, state: 'paused', detail: 'Paused: messages wait' };
      return connection.parked_code === null
        ? { channel, state: 'ready', detail: 'Alerts can leave' }
        : { channel, state: 'stuck', detail: connection.parked_message ?? 'Waits for a person' };
    });
}
