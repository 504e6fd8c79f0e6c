import type { WeekendView } from '../../../src-shared/contract/weekend.ts';
import type { Severity } from '../../../src-shared/domain/alert/severity.ts';
import { type Instant, type IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatTime } from '../../../src-shared/format/time.ts';

type Channels = WeekendView['channels'];
type Phase = WeekendView['ceremonies'][number]['phase'];

/** A ceremony counts as on now for this long. */
const CEREMONY_MS = 4 * 3_600_000;

/** A confirmed wedding as the answer counts it. */
export interface Celebration {
  /** Local days, both included. */
  readonly date: IsoDate;
  readonly lastDate: IsoDate;
  /** null: only the days are known. */
  readonly startsAt: Instant | null;
  readonly venue: string;
}

/** An open alert of the two highest severities that nobody snoozed, at one venue it names; null: it names none. */
export interface Threat {
  readonly reference: string;
  readonly severity: Severity;
  readonly venue: string | null;
  /** Who acknowledged it; null: nobody. */
  readonly owner: string | null;
}

interface Standing {
  /** The worst first; an alert of several venues is there for each. */
  readonly threats: readonly Threat[];
  /** Alerts that are firing and nobody has. */
  readonly needing: number;
  /** Open alerts that are snoozed, or that a silence keeps from being told. */
  readonly aside: number;
  /** Of today, and of yesterday while they last. */
  readonly weddings: readonly Celebration[];
  /** Another computer sends for the organisation (R52). */
  readonly elsewhere: boolean;
  /** The last pre-flight was green; null: never run. */
  readonly ready: boolean | null;
  /** Weddings in the whole calendar. */
  readonly known: number;
  readonly channels: Channels;
  readonly at: Instant;
  readonly today: IsoDate;
  readonly zone: string;
}

/**
 * Over, on now or still to come. No calendar says when a wedding ends: one ceremony lasts four hours, past midnight as
 * well, and one of whole days, or of several, until the last of them ends.
 */
export function phaseOf({ date, lastDate, startsAt }: Omit<Celebration, 'venue'>, at: Instant, today: IsoDate): Phase {
  const started = startsAt === null ? date <= today : startsAt <= at;
  if (!started) return 'next';
  const lasts = startsAt !== null && date === lastDate ? at - startsAt < CEREMONY_MS : today <= lastDate;
  return lasts ? 'now' : 'done';
}

const channelWords: Record<Channels[number]['channel'], string> = {
  slack: 'Slack',
  email: 'e-mail',
  pagerduty: 'PagerDuty',
  webhook: 'webhooks',
  sms: 'SMS',
};

/** Safe, watch, not safe or unknown, each with the rule that decided. What is over is not at stake any more. */
export function weekendAnswer(standing: Standing): WeekendView['answer'] {
  const { threats, needing, aside, weddings: all, elsewhere, ready, known, channels, at, today, zone } = standing;
  const left = all.filter((wedding) => phaseOf(wedding, at, today) !== 'done');
  const weddings = weddingsText(all, left, today);
  const shut = channels.filter(({ state }) => state !== 'ready');
  if (elsewhere) {
    return {
      value: 'unknown',
      sentence: 'Unknown. Another computer sends for this organisation; nothing is sent from here.',
      rule: 'How the weekend stands is known where alerts are sent from.',
    };
  }
  if (known === 0) {
    return {
      value: 'unknown',
      sentence: 'Unknown. No wedding is in the calendar.',
      rule: 'Without a calendar nobody can say what is at stake.',
    };
  }
  const threatened = threatenedBy(threats, left, at);
  if (threatened) {
    const { worst, others, affected, next } = threatened;
    const among = left.length === all.length ? weddings : `${left.length} weddings still to come or under way`;
    const nearest = next?.startsAt ? `; next affected ${formatTime(isoOf(next.startsAt), zone)} at ${next.venue}` : '';
    const touch = others ? 'and others touch' : 'touches';
    const owner = worst.owner === null ? '' : ` ${worst.owner} has it.`;
    return {
      value: 'not_safe',
      sentence: `Not safe. ${worst.reference} (${worst.severity}) ${touch} ${affected.length} of ${among}${nearest}.${owner}`,
      rule: 'A critical or emergency alert that touches a wedding to come or under way is open.',
    };
  }
  const emergency = threats.find(({ severity }) => severity === 'emergency');
  if (emergency) {
    const owner = emergency.owner === null ? '' : ` ${emergency.owner} has it.`;
    return {
      value: 'not_safe',
      sentence: `Not safe. ${emergency.reference} (emergency) is open; it touches no wedding to come or under way today.${owner}`,
      rule: 'An emergency is open, whatever it touches.',
    };
  }
  if (channels.length === 0 || shut.length === channels.length) {
    return {
      value: 'not_safe',
      sentence: `Not safe. No alert can go out: no channel is usable. ${capital(weddings)}.`,
      rule: 'At least one alert channel must be connected, switched on and not waiting for a person.',
    };
  }
  if (needing > 0) {
    return {
      value: 'watch',
      sentence: `Watch. ${needing} ${needing === 1 ? 'alert needs' : 'alerts need'} somebody; ${weddings}.`,
      rule: 'Alerts are firing, none of which touches a wedding to come or under way today as critical.',
    };
  }
  const [critical] = threats;
  if (critical) {
    const owner = critical.owner === null ? '' : ` ${critical.owner} has it.`;
    return {
      value: 'watch',
      sentence: `Watch. ${critical.reference} (${critical.severity}) is open; it touches no wedding to come or under way today.${owner}`,
      rule: 'A critical alert is open, though it touches no wedding to come or under way today.',
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
  const calm = 'othing critical is open, nothing is firing, and every channel is usable.';
  return {
    value: 'safe',
    sentence: `Safe. Nothing needs you; ${weddings}.${aside === 0 ? '' : ` ${aside} ${aside === 1 ? 'alert is' : 'alerts are'} snoozed or silenced.`}`,
    rule: aside === 0 ? `N${calm}` : `Apart from what is snoozed or silenced, n${calm}`,
  };
}

/** Which weddings the threats touch, and the worst threat that touches one; an alert without a venue touches all. */
function threatenedBy(threats: readonly Threat[], left: readonly Celebration[], at: Instant) {
  const touches = ({ venue }: Threat, wedding: Celebration) =>
    venue === null || venue.toLowerCase() === wedding.venue.toLowerCase();
  const real = threats.filter((threat) => left.some((wedding) => touches(threat, wedding)));
  const [worst] = real;
  if (!worst) return null;
  const affected = left.filter((wedding) => real.some((threat) => touches(threat, wedding)));
  const [next] = affected
    .filter(({ startsAt }) => startsAt !== null && startsAt >= at)
    .sort((a, b) => (a.startsAt ?? 0) - (b.startsAt ?? 0));
  return { worst, others: real.some(({ reference }) => reference !== worst.reference), affected, next };
}

function weddingsText(all: readonly Celebration[], left: readonly Celebration[], today: IsoDate): string {
  const counted = `${all.length} ${all.length === 1 ? 'wedding' : 'weddings'}`;
  if (all.length === 0) return 'no wedding today';
  // After midnight only those that last are still among them.
  if (all.every(({ lastDate }) => lastDate < today)) return `${counted} from last night under way`;
  if (left.length === all.length) return `${counted} today`;
  if (left.length === 0) return all.length === 1 ? 'the wedding today is over' : `all ${counted} today are over`;
  return `${left.length} of ${counted} today still to come or under way`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
