/**
 * Dates and times as people read them: British English, 24 hours, in the organisation's own zone. Instants come in as
 * ISO 8601 text with `Z`; calendar days as `YYYY-MM-DD` and are never moved by a zone.
 */

const HOUR_MS = 3_600_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options });
  formatters.set(key, made);
  return made;
}

/** `21 Nov 2026` for a calendar day. */
export function formatDay(day: string | null): string {
  return day === null ? '—' : dayText(day, { day: '2-digit', month: 'short', year: 'numeric' });
}

/** `Sat 21 Nov 2026` for a calendar day. */
export function formatWeekday(day: string): string {
  return dayText(day, { weekday: 'short', day: '2-digit', month: 'short', year: 'numeric' });
}

/** `November 2026` for `2026-11`, `Q4 2026` for `2026-Q4`; other period texts stay as they are. */
export function formatPeriod(period: string): string {
  const quarter = /^(\d{4})-?(Q[1-4])$/.exec(period);
  if (quarter) return `${quarter[2]} ${quarter[1]}`;
  return /^\d{4}-\d{2}$/.test(period) ? dayText(`${period}-01`, { month: 'long', year: 'numeric' }) : period;
}

function dayText(day: string, options: Intl.DateTimeFormatOptions): string {
  const at = new Date(`${day.slice(0, 10)}T12:00:00Z`);
  return Number.isNaN(at.getTime()) ? day : withoutCommas(formatter('UTC', options).format(at));
}

/** `14:05`, or `14:05:07` with seconds; inside the repeated hour of the October change with its zone letters (U20). */
export function formatTime(instant: string, zone: string, precision: 'minutes' | 'seconds' = 'minutes'): string {
  const at = new Date(instant);
  const time = formatter(zone, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(precision === 'seconds' ? { second: '2-digit' } : {}),
  }).format(at);
  return isRepeatedHour(at, zone) ? `${time} ${zoneLetters(instant, zone)}` : time;
}

/** `21 Nov 2026, 14:05`. */
export function formatInstant(instant: string, zone: string, precision: 'minutes' | 'seconds' = 'minutes'): string {
  const day = formatter(zone, { day: '2-digit', month: 'short', year: 'numeric' }).format(new Date(instant));
  return `${withoutCommas(day)}, ${formatTime(instant, zone, precision)}`;
}

/** `GMT`, `BST`, or an offset such as `GMT+1` where the zone has no letters in British English. */
export function zoneLetters(instant: string, zone: string): string {
  const parts = formatter(zone, { timeZoneName: 'short' }).formatToParts(new Date(instant));
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** The same wall clock reading happens twice: an hour before or after shows the same time under another offset. */
function isRepeatedHour(at: Date, zone: string): boolean {
  const wall = wallClock(at, zone);
  return [-HOUR_MS, HOUR_MS].some((step) => wallClock(new Date(at.getTime() + step), zone) === wall);
}

function wallClock(at: Date, zone: string): string {
  return formatter(zone, { dateStyle: 'short', timeStyle: 'short' }).format(at);
}

function withoutCommas(text: string): string {
  return text.replaceAll(',', '').replace(/\bSept\b/, 'Sep');
}

/** `45 s`, `2 min 5 s`, `3 h 10 min`, `2 days`; at most two units, and never a negative span. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min');
  const days = Math.floor(seconds / 86_400);
  return `${days} ${days === 1 ? 'day' : 'days'}`;
}

function pair(first: number, unit: string, second: number, smaller: string): string {
  return second === 0 ? `${first} ${unit}` : `${first} ${unit} ${second} ${smaller}`;
}
