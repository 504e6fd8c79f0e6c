import { describe, expect, test } from 'vitest';
import { workedMs } from '../../../src-main/testing/work-time.ts';
import { Instant, later } from '../time-and-ids.ts';
import { bankHolidaysKnown } from '../wedding-time/bank-holidays.ts';
import { weekendAt } from '../wedding-time/weekend-at.ts';
import { type AlertFacts, AlertReport, Channel, systemAlertKey, tidyReport } from './alert.ts';
import { bundleMs, bundleState, crowded, flapping, groupKeyOf, stormDecision } from './damping.ts';
import { acknowledgedUntil, type ChannelTry, failover, move, snoozeProblem } from './life.ts';
import { onCallAt } from './on-call.ts';
import { escalationDue, type Moment, route, routeStep, usualPlaces } from './route.ts';
import { type Destination, defaultRouting, RoutingConfig } from './routing-config.ts';
import { raised, rankOf, Severity } from './severity.ts';
import { inForceUntil, type Silence, silencedBy, silenceProblem } from './silence.ts';

const zone = 'Europe/London';
const holidays = bankHolidaysKnown('england-and-wales');
const instant = (text: string) => Instant.parse(Date.parse(text));
const moments = new Map<Instant, Moment>();
function momentAt(at: Instant): Moment {
  const known = moments.get(at);
  if (known) return known;
  const found = weekendAt({ at, zone, weddingDates: new Set(), bankHolidays: holidays, manual: [] });
  moments.set(at, found);
  return found;
}
const moment = (text: string) => momentAt(instant(text));

const place = (id: string, channel: Channel, personId: string | null = null): Destination => ({
  id,
  channel,
  name: id,
  address: id,
  personId,
});
const config: RoutingConfig = {
  ...defaultRouting,
  destinations: [
    place('ops', 'slack'),
    place('kent-ops', 'slack'),
    place('desk', 'email'),
    place('boss', 'email'),
    place('boss-phone', 'sms'),
    place('pd', 'pagerduty'),
    place('hook', 'webhook'),
    place('ellis', 'sms', 'ellis'),
    place('shah', 'sms', 'shah'),
  ],
  usual: { slack: ['ops'], email: ['desk'], pagerduty: ['pd'], webhook: ['hook'], sms: ['on-call'] },
  management: ['boss', 'boss-phone'],
  rota: { people: ['ellis', 'shah'], startsOn: '2026-01-05', handoverAt: '09:00', shiftDays: 7, overrides: [] },
  regionRoutes: [{ id: 'kent', regions: ['Kent'], venues: [], destinations: ['kent-ops'], instead: true }],
};
const facts = (severity: Severity, venues: AlertFacts['venues'] = []): AlertFacts => ({
  source: 'datadog',
  severity,
  title: 'Gallery slow',
  key: 'gallery',
  venues,
});
const SATURDAY = '2026-11-21T13:50:00Z';
const TUESDAY = '2026-11-24T13:50:00Z';
const channels = (severity: Severity, at: string) =>
  routeStep(facts(severity), 0, moment(at), config).targets.map((target) => target.channel);

describe('routing', () => {
  test('the table of A3 on an ordinary Tuesday', () => {
    expect(channels('info', TUESDAY)).toEqual(['slack']);
    expect(channels('warning', TUESDAY)).toEqual(['slack', 'email']);
    expect(channels('critical', TUESDAY)).toEqual(['slack', 'email', 'pagerduty', 'webhook']);
    expect(channels('emergency', TUESDAY)).toEqual(['slack', 'email', 'pagerduty', 'webhook', 'sms']);
  });

  test('a Saturday info reaches SMS and PagerDuty, a Tuesday one does not', () => {
    expect(channels('info', SATURDAY)).toEqual(expect.arrayContaining(['sms', 'pagerduty', 'slack']));
    expect(channels('info', TUESDAY)).not.toEqual(expect.arrayContaining(['sms']));
    expect(channels('info', TUESDAY)).not.toEqual(expect.arrayContaining(['pagerduty']));
  });

  test('on a wedding day it counts one step higher, e-mail goes to management, and the chain says so (A4, A13)', () => {
    const found = routeStep(facts('warning'), 0, moment(SATURDAY), config);
    expect(found.severity).toBe('critical');
    expect(found.targets.map((target) => target.destination.id)).toEqual([
      'ops',
      'desk',
      'pd',
      'hook',
      expect.stringMatching(/ellis|shah/),
      'boss',
    ]);
    expect(found.reasons.join(' → ')).toBe(
      'Warning raised to Critical: wedding day → Critical goes to Slack + e-mail + PagerDuty + webhook → Saturday protection: SMS and PagerDuty whatever the severity → Wedding day: e-mail goes to management too',
    );
    expect(
      routeStep(facts('warning'), 0, moment(TUESDAY), config).targets.map((target) => target.destination.id),
    ).toEqual(['ops', 'desk']);
  });

  test('a failing system is told to management by e-mail on any day (X3)', () => {
    const own = { ...facts('critical'), source: 'console', key: systemAlertKey('xero') };
    const told = (one: AlertFacts) => routeStep(one, 0, moment(TUESDAY), config).targets.map((each) => each.rule);
    expect(told(own)).toContain('A failing system: management');
    expect(told({ ...own, source: 'datadog' })).not.toContain('A failing system: management');
    expect(told({ ...own, key: 'console:heartbeat' })).not.toContain('A failing system: management');
  });

  test('where the venue is decides who is told', () => {
    const kent = routeStep(facts('info', [{ name: 'Hall Farm', region: 'kent' }]), 0, moment(TUESDAY), config);
    expect(kent.targets.map((target) => [target.destination.id, target.rule])).toEqual([
      ['kent-ops', 'Region route kent: kent'],
    ]);
    expect(
      routeStep(facts('info', [{ name: 'X', region: 'Devon' }]), 0, moment(TUESDAY), config).targets[0]?.destination.id,
    ).toBe('ops');
  });

  test('an alert about another place as well is told to the usual people too', () => {
    const kent = { name: 'Hall Farm', region: 'Kent' };
    const told = (venues: AlertFacts['venues'], routes = config.regionRoutes) =>
      routeStep(facts('info', venues), 0, moment(TUESDAY), { ...config, regionRoutes: routes }).targets.map(
        (target) => target.destination.id,
      );
    expect(told([kent, { name: 'X', region: 'Devon' }])).toEqual(['kent-ops', 'ops']);
    expect(told([kent, { name: 'Typed wrong', region: '' }])).toEqual(['kent-ops', 'ops']);
    const [first] = config.regionRoutes;
    const devon = { ...first, id: 'devon', regions: ['Devon'], venues: [], destinations: ['kent-ops'], instead: true };
    expect(told([kent, { name: 'X', region: 'Devon' }], [...config.regionRoutes, devon])).toEqual(['kent-ops']);
  });

  test('outside the rules a channel tells its usual places, on call by the rota, else the first there is', () => {
    const ids = (over: Partial<RoutingConfig> = {}, at = TUESDAY) =>
      usualPlaces('sms', moment(at), { ...config, ...over }).map(({ id }) => id);
    const who = onCallAt(config.rota, instant(TUESDAY), zone)?.personId;
    expect(ids()).toEqual([who]);
    expect(ids({}, '2026-12-01T13:50:00Z')).toEqual([who === 'ellis' ? 'shah' : 'ellis']);
    expect(ids({ rota: null })).toEqual(['boss-phone']);
    expect(usualPlaces('slack', moment(TUESDAY), config).map(({ id }) => id)).toEqual(['ops']);
  });

  test('a channel nobody is named for is a gap, not silence', () => {
    const bare = { ...config, usual: { ...config.usual, slack: [] } };
    expect(routeStep(facts('info'), 0, moment(TUESDAY), bare).gaps).toEqual(['Nobody is named for Slack']);
  });

  test('where nobody at all is named for its channels, another channel is told of it', () => {
    const bare = { ...config, usual: { ...config.usual, slack: [] } };
    const found = routeStep(facts('info'), 0, moment(TUESDAY), bare);
    expect(found.targets.map(({ channel, rule }) => [channel, rule])).toEqual([
      ['pagerduty', 'Nobody is named for Slack: PagerDuty in its place'],
    ]);
    // Told to nobody on purpose, it is told to nobody.
    const wanted = { ...bare, table: { ...bare.table, info: [] } };
    expect(routeStep(facts('info'), 0, moment(TUESDAY), wanted).targets).toEqual([]);
  });

  test('a step to management that reaches nobody there is a gap', () => {
    const bare = { ...config, management: ['boss'] };
    expect(routeStep(facts('critical'), 2, moment(TUESDAY), bare).gaps).toEqual([
      'Nobody of management is named for SMS',
    ]);
    expect(routeStep(facts('critical'), 2, moment(TUESDAY), config).gaps).toEqual([]);
  });

  test('escalation comes after 5 minutes, 2½ in peak hours, and widens (A5)', () => {
    const tuesday = route(facts('warning'), instant(TUESDAY), config, momentAt);
    expect(new Set(tuesday.steps.map((step) => step.afterSeconds))).toEqual(new Set([0, 300, 600]));
    const saturday = route(facts('info'), instant(SATURDAY), config, momentAt);
    expect(new Set(saturday.steps.map((step) => step.afterSeconds))).toEqual(new Set([0, 150, 300]));
    for (const { steps } of [tuesday, saturday]) {
      const at = (step: number) => steps.filter((each) => each.step === step).map((each) => each.destinationId);
      expect(at(1)).toEqual(expect.arrayContaining(at(0)));
      expect(at(2)).toEqual(expect.arrayContaining([...at(1), 'boss', 'boss-phone']));
    }
  });

  test('an info on an ordinary day is told once and does not escalate', () => {
    expect(route(facts('info'), instant(TUESDAY), config, momentAt).steps.map((step) => step.destinationId)).toEqual([
      'ops',
    ]);
  });

  test('a step that falls due after midnight on Friday is routed by Saturday rules', () => {
    const weekday = {
      ...config,
      escalation: [{ afterSeconds: 300, channels: ['slack' as const], to: 'usual' as const }],
    };
    const found = route(facts('info'), instant('2026-11-20T23:58:00Z'), weekday, momentAt);
    expect(found.steps.filter((step) => step.step === 0).map((step) => step.channel)).not.toContain('sms');
    expect(found.steps.filter((step) => step.step === 1).map((step) => step.channel)).toEqual(
      expect.arrayContaining(['sms', 'pagerduty']),
    );
  });

  test('the preview is what then happens, whatever the alert and the moment', () => {
    // Every 14 minutes over the eight days around the autumn clock change: every rule of the week is crossed, in 10,080 cases.
    const moments = Array.from({ length: 840 }, (_, step) => Date.UTC(2026, 9, 20) + step * 14 * 60_000);
    for (const at of moments) {
      for (const severity of Severity.options) {
        for (const region of ['Kent', 'Devon', '']) {
          const alert = facts(severity, region === '' ? [] : [{ name: 'V', region }]);
          const preview = route(alert, Instant.parse(at), config, momentAt);
          // Play it: a clock, the due time of one step after the other, the route asked again at each.
          let due: Instant | null = Instant.parse(at);
          const happened: [number, number, string][] = [];
          for (let step = 0; due !== null; step++) {
            const now = momentAt(due);
            for (const target of routeStep(alert, step, now, config).targets)
              happened.push([step, (due - at) / 1000, target.destination.id]);
            due = escalationDue(alert, step + 1, due, now, config);
          }
          const told = preview.steps.map((step) => [step.step, step.afterSeconds, step.destinationId]);
          expect(told, `${severity} in ${region} at ${at}`).toEqual(happened);
          // Nobody is told twice in one step; Saturday always has SMS and PagerDuty; nothing is ever told to nobody.
          const first = preview.steps.filter((step) => step.step === 0);
          expect(new Set(first.map((step) => step.destinationId)).size).toBe(first.length);
          expect(first.length).toBeGreaterThan(0);
          if (momentAt(Instant.parse(at)).saturdayProtection) {
            expect(first.map((step) => step.channel)).toEqual(expect.arrayContaining(['sms', 'pagerduty']));
          }
        }
      }
    }
  });

  test('one decision takes less than 0.2 ms', () => {
    const now = moment(SATURDAY);
    const alert = facts('critical', [{ name: 'Hall Farm', region: 'Kent' }]);
    for (let warm = 0; warm < 500; warm++) routeStep(alert, 0, now, config);
    const before = workedMs();
    for (let run = 0; run < 5000; run++) routeStep(alert, 0, now, config);
    expect((workedMs() - before) / 5000).toBeLessThan(0.2);
  });

  test('a raise never lowers and never passes emergency', () => {
    for (const severity of Severity.options) {
      expect(raised(severity, false)).toBe(severity);
      expect(rankOf(raised(severity, true))).toBe(Math.min(3, rankOf(severity) + 1));
    }
  });
});

describe('silences and maintenance windows', () => {
  const silence: Silence = {
    id: 's1',
    kind: 'silence',
    matcher: { source: 'Datadog' },
    startsAt: instant('2026-11-24T10:00:00Z'),
    endsAt: instant('2026-11-24T12:00:00Z'),
    recurring: null,
    includeEmergencies: false,
    author: 'alex',
    reason: 'Upgrade',
  };
  const hides = (severity: Severity, at: string, over: Partial<Silence> = {}) =>
    silencedBy(
      [{ ...silence, ...over }],
      facts(severity, [{ name: 'Hall', region: 'Kent' }]),
      severity,
      instant(at),
      zone,
    ) !== null;

  test('start is inside, end is outside', () => {
    expect(hides('info', '2026-11-24T09:59:59Z')).toBe(false);
    expect(hides('info', '2026-11-24T10:00:00Z')).toBe(true);
    expect(hides('info', '2026-11-24T12:00:00Z')).toBe(false);
  });
  test('an emergency passes unless ticked', () => {
    expect(hides('emergency', '2026-11-24T11:00:00Z')).toBe(false);
    expect(hides('emergency', '2026-11-24T11:00:00Z', { includeEmergencies: true })).toBe(true);
  });
  test('every condition must hold', () => {
    expect(hides('info', '2026-11-24T11:00:00Z', { matcher: { region: 'kent', titleContains: 'SLOW' } })).toBe(true);
    expect(hides('info', '2026-11-24T11:00:00Z', { matcher: { region: 'Devon', titleContains: 'slow' } })).toBe(false);
    expect(hides('critical', '2026-11-24T11:00:00Z', { matcher: { upTo: 'warning' } })).toBe(false);
  });
  test('a recurring window over midnight belongs to the day it began on', () => {
    const weekly: Silence = {
      ...silence,
      kind: 'maintenance',
      endsAt: instant('2027-11-24T12:00:00Z'),
      recurring: { weekdays: [2], from: '23:00', to: '02:00' },
    };
    expect(inForceUntil(weekly, instant('2026-11-24T23:30:00Z'), zone)).toBe(instant('2026-11-25T02:00:00Z'));
    expect(inForceUntil(weekly, instant('2026-11-25T01:30:00Z'), zone)).toBe(instant('2026-11-25T02:00:00Z'));
    expect(inForceUntil(weekly, instant('2026-11-25T02:00:00Z'), zone)).toBeNull();
    expect(inForceUntil(weekly, instant('2026-11-25T23:30:00Z'), zone)).toBeNull();
  });
  test('a silence longer than 30 days is refused', () => {
    expect(silenceProblem({ ...silence, endsAt: later(silence.startsAt, 31 * 86_400_000) })).toContain('30 days');
    expect(silenceProblem(silence)).toBeNull();
  });
});

describe('flapping, grouping and storms', () => {
  const at = instant(SATURDAY);
  const ago = (...minutes: number[]) => minutes.map((minute) => later(at, -minute * 60_000));
  test('six changes in ten minutes flap; it ends below three', () => {
    expect(flapping(ago(1, 2, 3, 4, 5), at, false).now).toBe(false);
    expect(flapping(ago(1, 2, 3, 4, 5, 6), at, false).now).toBe(true);
    expect(flapping(ago(7, 8, 9, 11, 12), at, true).now).toBe(true);
    expect(flapping(ago(8, 9, 11), at, true).now).toBe(false);
  });
  test('alerts that differ in numbers and venue stand in one group', () => {
    const key = (title: string) => groupKeyOf({ source: 'S', template: null, title });
    expect(key('p95 8.7 s at The Barn')).toBe(key('p95 9 s at Hall Farm'));
    expect(key('p95 8 s')).not.toBe(key('queue 8'));
  });
  test('the eleventh distinct alert of a minute is bundled, an emergency never, a lifted limit never (A15)', () => {
    const told = Array.from({ length: 10 }, (_, index) => ({ alertId: `a${index}`, at: later(at, -index * 1000) }));
    const decide = (alertId: string, severity: Severity, limit: number | null = 10) =>
      stormDecision({ alertId, severity }, told, at, limit);
    expect(decide('new', 'critical')).toBe('bundle');
    expect(decide('a3', 'critical')).toBe('single');
    expect(decide('new', 'emergency')).toBe('single');
    expect(decide('new', 'critical', null)).toBe('single');
    expect(stormDecision({ alertId: 'new', severity: 'info' }, told.slice(0, 9), at, 10)).toBe('single');
    expect(stormDecision({ alertId: 'new', severity: 'info' }, told, later(at, 60_000), 10)).toBe('single');
  });
  test('Slack and e-mail take one by one until many come; an emergency never waits for others', () => {
    expect(crowded('slack', 'critical', 7)).toBe(false);
    expect(crowded('slack', 'critical', 8)).toBe(true);
    expect(crowded('slack', 'emergency', 50)).toBe(false);
    expect(crowded('email', 'warning', 7)).toBe(false);
    expect(crowded('email', 'warning', 8)).toBe(true);
    expect(crowded('webhook', 'warning', 500)).toBe(false);
    expect([bundleMs('slack'), bundleMs('sms'), bundleMs('pagerduty')]).toEqual([1_000, 60_000, 60_000]);
  });

  test('a bundle is over when all of it is, and waits while one of it needs somebody', () => {
    expect(bundleState(['resolved', 'escalated', 'acknowledged'])).toBe('firing');
    expect(bundleState(['resolved', 'acknowledged', 'snoozed'])).toBe('acknowledged');
    expect(bundleState(['resolved', 'resolved'])).toBe('resolved');
  });
});

describe('life of an alert', () => {
  test('nothing leaves resolved', () => {
    for (const event of [
      'acknowledge',
      'unacknowledge',
      'ack_end',
      'snooze',
      'snooze_end',
      'escalate',
      'resolve',
    ] as const) {
      expect(move('resolved', event)).toBeNull();
    }
    expect(move('snoozed', 'unacknowledge')).toEqual({ to: 'firing', entry: 'unacknowledged' });
    expect(move('firing', 'unacknowledge')).toBeNull();
    expect(move('acknowledged', 'escalate')).toBeNull();
    expect(move('acknowledged', 'ack_end')).toEqual({ to: 'firing', entry: 'ack_ended' });
  });
  test('an acknowledgement runs out: 30 min on a wedding day, 4 h otherwise, at most 24 h (A11)', () => {
    const at = instant(TUESDAY);
    const off = { active: false, startsAt: later(at, 4 * 3_600_000) };
    expect(acknowledgedUntil(at, { active: true, startsAt: at }, null) - at).toBe(30 * 60_000);
    expect(acknowledgedUntil(at, off, null) - at).toBe(4 * 3_600_000);
    expect(acknowledgedUntil(at, { active: false, startsAt: null }, null) - at).toBe(4 * 3_600_000);
    expect(acknowledgedUntil(at, off, 99 * 3_600_000) - at).toBe(24 * 3_600_000);
    // Wedding-day mode begins in a minute: half an hour of it, unless somebody chose how long.
    const soon = { active: false, startsAt: later(at, 60_000) };
    expect(acknowledgedUntil(at, soon, null) - at).toBe(31 * 60_000);
    expect(acknowledgedUntil(at, soon, 3_600_000) - at).toBe(3_600_000);
  });
  test('an emergency on a wedding day sleeps 15 minutes at most', () => {
    const at = instant(SATURDAY);
    expect(snoozeProblem(at, later(at, 16 * 60_000), 'emergency', true)).toContain('15 minutes');
    expect(snoozeProblem(at, later(at, 15 * 60_000), 'emergency', true)).toBeNull();
    expect(snoozeProblem(at, later(at, 60 * 60_000), 'critical', true)).toBeNull();
    expect(snoozeProblem(at, at, 'info', false)).toContain('ahead');
  });
  test('five seconds without acceptance start the next channel, a stuck one at once, each once (A14, R19)', () => {
    const at = instant(SATURDAY);
    const slack: ChannelTry = {
      channel: 'slack',
      startedAt: later(at, -5000),
      accepted: false,
      stuck: false,
      covered: false,
    };
    const decide = (tries: ChannelTry[]) => failover(tries, at, config.failover, 5000);
    expect(decide([slack]).next).toBe('pagerduty');
    expect(decide([{ ...slack, startedAt: later(at, -4999) }]).next).toBeNull();
    expect(decide([{ ...slack, startedAt: at, stuck: true }]).next).toBe('pagerduty');
    expect(decide([{ ...slack, accepted: true }]).next).toBeNull();
    expect(
      decide([
        { ...slack, covered: true },
        { ...slack, channel: 'pagerduty', startedAt: at },
      ]).next,
    ).toBeNull();
    const dead = Channel.options.map((channel) => ({ ...slack, channel, stuck: true }));
    expect(decide(dead)).toEqual({ next: null, because: 'slack', exhausted: true });
  });
});

describe('reports from outside', () => {
  const report = (over: object) =>
    tidyReport(AlertReport.parse({ source: 'x', severity: 'info', title: 't', ...over }));
  test('an alert without severity or title is refused', () => {
    expect(AlertReport.safeParse({ source: 'x', title: 't' }).success).toBe(false);
    expect(AlertReport.safeParse({ source: 'x', severity: 'bad', title: 't' }).success).toBe(false);
    expect(AlertReport.safeParse({ source: 'x', severity: 'info', title: '  ' }).success).toBe(false);
  });
  test('200 kB of detail is cut and marked; control and direction characters go; only web links stay', () => {
    const tidy = report({
      title: 'a\u0000b\u202Ec\nd',
      detail: 'x'.repeat(200_000),
      links: [
        { label: 'l', url: 'javascript:alert(1)' },
        { label: 'l', url: 'https://x.test/' },
      ],
    });
    expect(tidy.title).toBe('a b c d');
    expect([...tidy.detail].length).toBe(4000);
    expect(tidy.detail.endsWith('…')).toBe(true);
    expect(tidy.links).toHaveLength(1);
  });
  test('the same source and title make the same key', () => {
    expect(report({ title: 'Slow' }).key).toBe(report({ title: 'slow' }).key);
    expect(report({ key: 'k' }).key).toBe('k');
  });
});

test('the settings a new organisation starts with are valid', () => {
  expect(RoutingConfig.safeParse(defaultRouting).success).toBe(true);
});
