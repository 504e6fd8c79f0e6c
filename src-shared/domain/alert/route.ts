import { type Instant, later } from '../time-and-ids.ts';
import { addDays, instantOf, startOfDay } from '../wedding-time/local-time.ts';
import type { WeekendFacts } from '../wedding-time/weekend-at.ts';
import { type AlertFacts, type Channel, isAboutSystem } from './alert.ts';
import { onCallAt } from './on-call.ts';
import { type Destination, ON_CALL, type QuietHours, type RegionRoute, type RoutingConfig } from './routing-config.ts';
import { raised, rankOf, type Severity } from './severity.ts';

/** What routing needs to know about a moment. */
export type Moment = Pick<WeekendFacts, 'at' | 'zone' | 'local' | 'saturdayProtection' | 'peakHours'> & {
  readonly weddingDay: Pick<WeekendFacts['weddingDay'], 'active' | 'startsAt'>;
};

/** One destination told at one moment, and the rule that put it there. */
export interface RouteTarget {
  readonly channel: Channel;
  readonly destination: Destination;
  readonly rule: string;
}

export interface StepRoute {
  /** Severity in force: raised in wedding-day mode. */
  readonly severity: Severity;
  readonly targets: readonly RouteTarget[];
  /** The chain of rules, in the order they were applied: *why was I told?* (A13). */
  readonly reasons: readonly string[];
  /** A channel the rules wanted but nobody is named for. */
  readonly gaps: readonly string[];
}

export interface RouteStep {
  /** 0 when raised; 1, 2, … for escalations. */
  readonly step: number;
  readonly afterSeconds: number;
  readonly channel: Channel;
  /** Name of the destination. */
  readonly recipient: string;
  readonly destinationId: string;
  readonly rule: string;
}

export interface Route {
  readonly severity: Severity;
  readonly steps: readonly RouteStep[];
  readonly reasons: readonly string[];
  readonly gaps: readonly string[];
}

/**
 * Who is told at one moment: at raise (`step` 0) or when escalation step `step` falls due. Sending, *why was I told* and
 * *who would be told* all come from here (A13). Order of rules: A4 raise, A3 table, T3 Saturday, region routes,
 * escalation, A4 and X3 management.
 */
export function routeStep(facts: AlertFacts, step: number, moment: Moment, config: RoutingConfig): StepRoute {
  const weddingDay = moment.weddingDay.active;
  const severity = raised(facts.severity, weddingDay);
  const reasons = [
    severity === facts.severity
      ? `${word(severity)}${weddingDay ? ' (wedding day, already the highest)' : ''}`
      : `${word(facts.severity)} raised to ${word(severity)}: wedding day`,
  ];
  const collected = new Collector(moment, config);

  const usual = new Map<Channel, string>();
  for (const channel of config.table[severity]) usual.set(channel, `${word(severity)} goes to ${word(channel)}`);
  reasons.push(`${word(severity)} goes to ${list(config.table[severity])}`);
  if (moment.saturdayProtection) {
    reasons.push('Saturday protection: SMS and PagerDuty whatever the severity');
    for (const channel of ['sms', 'pagerduty'] as const) {
      if (!usual.has(channel)) usual.set(channel, 'Saturday protection');
    }
  }

  const regional = config.regionRoutes.filter((route) => touches(route, facts));
  // What a channel is to tell of beyond the places that have people of their own.
  const elsewhere = new Map<Channel, AlertFacts['venues']>();
  for (const route of regional) {
    const rule = `Region route ${route.id}: ${placesOf(route, facts)}`;
    const channels = collected.addAll(route.destinations, null, rule);
    if (route.instead)
      for (const channel of channels)
        elsewhere.set(
          channel,
          (elsewhere.get(channel) ?? facts.venues).filter((venue) => !isOf(route, venue)),
        );
    reasons.push(`${rule} tells ${list(channels)}`);
  }
  for (const [channel, rule] of usual) {
    if (elsewhere.get(channel)?.length !== 0) collected.addUsual(channel, rule);
  }

  config.escalation.slice(0, step).forEach((each, index) => {
    const rule = `Escalation step ${index + 1}: ${list(each.channels)} to ${each.to === 'usual' ? 'the usual recipients' : word(each.to)}`;
    reasons.push(rule);
    for (const channel of each.channels) {
      if (each.to === 'management') {
        if (collected.addAll(config.management, channel, rule).length === 0)
          collected.gaps.push(`Nobody of management is named for ${word(channel)}`);
      }
      // A shared place such as a PagerDuty service has no person; telling it is telling the one on call.
      else if (each.to === 'usual' || !collected.addOnCall(channel, rule)) collected.addUsual(channel, rule);
    }
  });

  if (collected.targets.length === 0 && collected.gaps.length > 0) {
    const other = config.failover.find((channel) => usualPlaces(channel, moment, config).length > 0);
    if (other !== undefined) {
      const rule = `${collected.gaps[0]}: ${word(other)} in its place`;
      reasons.push(rule);
      collected.addAll(
        usualPlaces(other, moment, config).map(({ id }) => id),
        other,
        rule,
      );
    }
  }

  if (weddingDay && collected.has('email')) {
    reasons.push('Wedding day: e-mail goes to management too');
    collected.addAll(config.management, 'email', 'Wedding day: management');
  }
  if (isAboutSystem(facts)) {
    reasons.push('About an outside system: management by e-mail too');
    collected.addAll(config.management, 'email', 'A failing system: management');
  }
  return { severity, targets: collected.targets, reasons, gaps: collected.gaps };
}

/**
 * The whole course of an alert raised at `at` that nobody acknowledges. `momentAt` answers for any later moment, so a step
 * that falls due after midnight on Friday is routed by Saturday's rules, exactly as it will then happen.
 */
export function route(facts: AlertFacts, at: Instant, config: RoutingConfig, momentAt: (at: Instant) => Moment): Route {
  const first = momentAt(at);
  const raisedNow = routeStep(facts, 0, first, config);
  const steps = stepsOf(raisedNow, 0, at, first, config);
  const reasons = [...raisedNow.reasons];
  const gaps = new Set(raisedNow.gaps);
  let due = at;
  for (let step = 1; step <= config.escalation.length; step++) {
    const nextDue = escalationDue(facts, step, due, momentAt(due), config);
    if (nextDue === null) break;
    due = nextDue;
    const moment = momentAt(due);
    const next = routeStep(facts, step, moment, config);
    steps.push(...stepsOf(next, step, at, moment, config));
    for (const gap of next.gaps) gaps.add(gap);
  }
  return { severity: raisedNow.severity, steps, reasons, gaps: [...gaps] };
}

/**
 * When step `step` falls due, counted from the one before (the raise for step 1); the wait is halved when that moment lies
 * in peak hours (A5). null: there is no such step, or at that moment the alert is too slight to escalate.
 */
export function escalationDue(
  facts: Pick<AlertFacts, 'severity'>,
  step: number,
  previous: Instant,
  moment: Moment,
  config: RoutingConfig,
): Instant | null {
  const wanted = config.escalation[step - 1];
  if (!wanted || rankOf(raised(facts.severity, moment.weddingDay.active)) < rankOf(config.escalateFrom)) return null;
  const waitSeconds = Math.max(0, wanted.afterSeconds - (config.escalation[step - 2]?.afterSeconds ?? 0));
  return later(previous, (waitSeconds * 1000) / (moment.peakHours ? 2 : 1));
}

/** The moment until which quiet hours hold this delivery; null: it goes now. Detection and escalation are not held. */
export function heldUntil(channel: Channel, severity: Severity, moment: Moment, config: RoutingConfig): Instant | null {
  if (moment.weddingDay.active || moment.saturdayProtection || severity === 'emergency') return null;
  let until: Instant | null = null;
  for (const quiet of config.quietHours) {
    if (!quiet.channels.includes(channel) || rankOf(severity) > rankOf(quiet.upTo)) continue;
    const end = quietEnd(quiet, moment);
    if (end !== null && (until === null || end > until)) until = end;
  }
  return until === null ? null : beforeWeddings(until, moment);
}

/** Quiet hours end where wedding-day mode or Saturday begins, whatever hour that is. */
function beforeWeddings(until: Instant, { local, zone, weddingDay }: Moment): Instant {
  const saturday = local.weekday === 5 ? startOfDay(addDays(local.date, 1), zone) : null;
  let end = until;
  for (const start of [weddingDay.startsAt, saturday]) if (start !== null && start < end) end = start;
  return end;
}

function stepsOf(found: StepRoute, step: number, from: Instant, moment: Moment, config: RoutingConfig): RouteStep[] {
  return found.targets.map(({ channel, destination, rule }) => {
    const held = heldUntil(channel, found.severity, moment, config);
    return {
      step,
      afterSeconds: ((held ?? moment.at) - from) / 1000,
      channel,
      recipient: destination.name,
      destinationId: destination.id,
      rule: held === null ? rule : `${rule}; quiet hours hold it`,
    };
  });
}

function quietEnd(quiet: QuietHours, moment: Moment): Instant | null {
  const now = `${String(moment.local.hour).padStart(2, '0')}:${String(moment.local.minute).padStart(2, '0')}`;
  const overnight = quiet.from > quiet.to;
  const inside = overnight ? now >= quiet.from || now < quiet.to : now >= quiet.from && now < quiet.to;
  if (!inside) return null;
  const day = overnight && now >= quiet.from ? addDays(moment.local.date, 1) : moment.local.date;
  const end = instantOf(day, quiet.to, moment.zone);
  // In an hour that comes twice, quiet hours ended the first time.
  return end > moment.at ? end : null;
}

/**
 * Where one message of a channel goes outside the rules: its usual places, whoever is on call where the settings say so,
 * else the first there is. For failover, tests and notices.
 */
export function usualPlaces(
  channel: Channel,
  moment: Pick<Moment, 'at' | 'zone'>,
  config: RoutingConfig,
): readonly Destination[] {
  const ofChannel = config.destinations.filter((each) => each.channel === channel);
  const usual = ofChannel.filter((each) => config.usual[channel].includes(each.id));
  const onCall = config.usual[channel].includes(ON_CALL)
    ? whoIsOnCall(moment, config).filter((each) => each.channel === channel && !usual.includes(each))
    : [];
  const found = [...usual, ...onCall];
  return found.length > 0 ? found : ofChannel.slice(0, 1);
}

/** Every place of whoever is on call. */
function whoIsOnCall({ at, zone }: Pick<Moment, 'at' | 'zone'>, config: RoutingConfig): readonly Destination[] {
  const person = onCallAt(config.rota, at, zone);
  return person ? config.destinations.filter((each) => each.personId === person.personId) : [];
}

/** Gathers destinations once each, in the order of the rules that named them. */
class Collector {
  readonly targets: RouteTarget[] = [];
  readonly gaps: string[] = [];
  readonly #seen = new Set<string>();
  readonly #moment: Moment;
  readonly #config: RoutingConfig;

  constructor(moment: Moment, config: RoutingConfig) {
    this.#moment = moment;
    this.#config = config;
  }

  has(channel: Channel): boolean {
    return this.targets.some((target) => target.channel === channel);
  }

  addUsual(channel: Channel, rule: string): void {
    const before = this.targets.length;
    const ids = this.#config.usual[channel];
    this.addAll(ids, channel, rule);
    if (this.targets.length === before && !this.has(channel)) this.gaps.push(`Nobody is named for ${word(channel)}`);
  }

  /** Adds destinations by id, only those of `channel` when given; returns the channels reached. */
  addAll(ids: readonly string[], channel: Channel | null, rule: string): Channel[] {
    const reached = new Set<Channel>();
    for (const id of ids) {
      for (const destination of id === ON_CALL ? whoIsOnCall(this.#moment, this.#config) : this.#config.destinations) {
        if (id !== ON_CALL && destination.id !== id) continue;
        if (channel !== null && destination.channel !== channel) continue;
        reached.add(destination.channel);
        this.#add(destination, id === ON_CALL ? `${rule} → on call: ${destination.name}` : rule);
      }
    }
    return [...reached];
  }

  addOnCall(channel: Channel, rule: string): boolean {
    return this.addAll([ON_CALL], channel, rule).length > 0;
  }

  #add(destination: Destination, rule: string): void {
    if (this.#seen.has(destination.id)) return;
    this.#seen.add(destination.id);
    this.targets.push({ channel: destination.channel, destination, rule });
  }
}

function isOf(route: RegionRoute, venue: AlertFacts['venues'][number]): boolean {
  return includes(route.regions, venue.region) || includes(route.venues, venue.name);
}

function touches(route: RegionRoute, facts: AlertFacts): boolean {
  return facts.venues.some((venue) => isOf(route, venue));
}

function placesOf(route: RegionRoute, facts: AlertFacts): string {
  const named = facts.venues.find((venue) => includes(route.venues, venue.name));
  if (named) return named.name;
  return facts.venues.find((venue) => includes(route.regions, venue.region))?.region ?? '';
}

function includes(names: readonly string[], name: string): boolean {
  return name !== '' && names.some((each) => each.toLowerCase() === name.toLowerCase());
}

const words: Readonly<Record<string, string>> = {
  slack: 'Slack',
  email: 'e-mail',
  pagerduty: 'PagerDuty',
  webhook: 'webhook',
  sms: 'SMS',
  'on-call': 'the one on call',
};

function word(name: string): string {
  return words[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function list(channels: readonly Channel[]): string {
  return channels.length === 0 ? 'nobody' : channels.map(word).join(' + ');
}
