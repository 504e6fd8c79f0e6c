import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import { Channel } from '../../../src-shared/domain/alert/alert.ts';
import type { RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { bySeverity, rankOf } from '../../../src-shared/domain/alert/severity.ts';
import { Instant, type IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt, startOfDay } from '../../../src-shared/domain/wedding-time/local-time.ts';
import { formatTime } from '../../../src-shared/format/time.ts';
import * as rows from '../../store/repositories/alerts.ts';
import { listConnections } from '../../store/repositories/connections.ts';
import type { WeddingRow } from '../../store/repositories/weddings.ts';
import { daysOf } from '../weekend/wedding.ts';
import { weddingOf } from '../weekend/weekend.ts';
import { resultFrom } from '../weekend/weekend-at.ts';
import type { Desk } from './desk.ts';
import { referenceOf, venuesOf } from './facts.ts';
import type { Silences } from './silences.ts';
import type { Stage } from './stage.ts';

type Channels = WeekendView['channels'];

/** Alerts named beside one ceremony. */
const SHOWN_THERE = 5;

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
  const { moment, calendar, config } = await stage.scene(organisationId);
  const manual = calendar.manualAt(moment.at);
  const today = moment.local.date;
  const shown = [...new Set([today, ...moment.weekendDates])].sort();
  const found = (await weekend.weddingsBetween(organisationId, shown[0] ?? today, shown.at(-1) ?? today)).filter(
    (row) => row.status !== 'cancelled' && daysOf(weddingOf(row)).some((day) => shown.includes(day)),
  );
  const midnight = startOfDay(today, calendar.zone);
  const [open, todays, register, notes, sheet, imported, known, channels, heartbeat, couples] = await Promise.all([
    rows.openAlerts(store.read, organisationId),
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
  const phase = (row: WeddingRow) => phaseOf(row, moment.at, today);
  const confirmed = found.filter((row) => row.status === 'confirmed');
  const on = (day: IsoDate) => confirmed.filter((row) => row.date <= day && day <= row.last_date);

  const openAt = byVenue(open);
  const raisedIn = hoursOf(todays, today, calendar.zone);

  return {
    ...resultFrom(moment, found.map(weddingOf)),
    nation: calendar.nation,
    answer: answerOf({
      open,
      today: on(today),
      ready: sheet?.ok ?? null,
      known,
      channels,
      at: moment.at,
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
      alerts: [...(openAt.get(row.venue.toLowerCase()) ?? [])]
        .sort(bySeverity)
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

/** Open alerts by the venues they touch, in lower case. */
function byVenue(open: readonly rows.AlertRow[]): ReadonlyMap<string, readonly rows.AlertRow[]> {
  const found = new Map<string, rows.AlertRow[]>();
  for (const alert of open) {
    for (const { name } of venuesOf(alert)) {
      const key = name.toLowerCase();
      const there = found.get(key);
      if (there) there.push(alert);
      else found.set(key, [alert]);
    }
  }
  return found;
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

interface Standing {
  readonly open: readonly rows.AlertRow[];
  readonly today: readonly WeddingRow[];
  /** The last pre-flight was green; null: never run. */
  readonly ready: boolean | null;
  /** Weddings in the whole calendar. */
  readonly known: number;
  readonly channels: Channels;
  readonly at: Instant;
  readonly zone: string;
}

const channelWords: Record<Channel, string> = {
  slack: 'Slack',
  email: 'e-mail',
  pagerduty: 'PagerDuty',
  webhook: 'webhooks',
  sms: 'SMS',
};

/** Safe, watch, not safe or unknown, each with the rule that decided. */
function answerOf({ open, today, ready, known, channels, at, zone }: Standing): WeekendView['answer'] {
  const active = open.filter((row) => (row.state === 'firing' || row.state === 'escalated') && row.silence_id === null);
  const [worst] = open.filter((row) => row.state !== 'snoozed').sort(bySeverity);
  const weddings = `${today.length} ${today.length === 1 ? 'wedding' : 'weddings'} today`;
  const shut = channels.filter(({ state }) => state !== 'ready');
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
      const next = affected
        .filter((row) => row.starts_at !== null && row.starts_at >= at)
        .sort((a, b) => (a.starts_at ?? 0) - (b.starts_at ?? 0))[0];
      const owner = worst.state === 'acknowledged' ? ` ${worst.owner_name ?? 'Somebody'} has it.` : '';
      if (affected.length === 0) {
        return {
          value: 'not_safe',
          sentence: `Not safe. ${referenceOf(worst)} (emergency) is open; it names no venue with a wedding today.${owner}`,
          rule: 'An emergency is open, whatever it touches.',
        };
      }
      return {
        value: 'not_safe',
        sentence: `Not safe. ${referenceOf(worst)} (${worst.severity}) touches ${affected.length} of ${weddings}${
          next?.starts_at
            ? `; next affected ${formatTime(isoOf(Instant.parse(next.starts_at)), zone)} at ${next.venue}`
            : ''
        }.${owner}`,
        rule: 'A critical or emergency alert that touches a wedding is open.',
      };
    }
  }
  if (channels.length === 0 || shut.length === channels.length) {
    return {
      value: 'not_safe',
      sentence: `Not safe. No alert can go out: no channel is usable. ${weddings}.`,
      rule: 'At least one alert channel must be connected, switched on and not waiting for a person.',
    };
  }
  if (active.length > 0) {
    return {
      value: 'watch',
      sentence: `Watch. ${active.length} ${active.length === 1 ? 'alert needs' : 'alerts need'} somebody; ${weddings}.`,
      rule: 'Alerts are firing, none of which touches a wedding today as critical.',
    };
  }
  if (shut.length > 0) {
    const names = shut.map(({ channel }) => channelWords[channel]).join(', ');
    return {
      value: 'watch',
      sentence: `Watch. Alerts cannot leave by ${names}; ${weddings}.`,
      rule: 'A channel that alerts use is not usable; the others take its place.',
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
    rule: 'Nothing critical is open, nothing is firing, and every channel is usable.',
  };
}
