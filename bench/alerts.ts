import { routeStep } from '../src-shared/domain/alert/route.ts';
import { RoutingConfig } from '../src-shared/domain/alert/routing-config.ts';
import { later } from '../src-shared/domain/time-and-ids.ts';
import { bankHolidaysKnown } from '../src-shared/domain/wedding-time/bank-holidays.ts';
import { localAt } from '../src-shared/domain/wedding-time/local-time.ts';
import { type WeekendFacts, weekendAt } from '../src-shared/domain/wedding-time/weekend-at.ts';
import { type BenchRow, benchRow } from './row.ts';
import { organisationId, percentile, SATURDAY, saturday } from './saturday.ts';
import { stormBench } from './storm.ts';

const zone = 'Europe/London';
const alerts = 40;
const warmUps = 3;
const escalations = 8;
const decisions = 2_000;
const rounds = 8;
/** Slack takes one message a second and channel. Idle is when that is not what is measured: between two alerts the clock leaps this far. */
const IDLE_MS = 4_000;
/** The clock leaps to this long before an escalation is due; the rest is waited for. */
const SHORT_OF_MS = 300;

/** Alerts one at a time, then escalations. */
async function onSaturday(): Promise<{ told: number[]; late: number[]; routing: RoutingConfig }> {
  const { clock, client, until, end } = await saturday();
  const settled = (id: string) =>
    until(id, ({ deliveries, toldMs }) => toldMs !== null && deliveries.every(({ state }) => state !== 'waiting'));
  // An emergency: every channel, each told singly however many there are.
  const raise = (what: string) =>
    client.alerts.raise({
      organisationId,
      severity: 'emergency',
      title: `AI gallery slow ${what}`,
      detail: '',
      venues: ['The Barn'],
      key: what,
      source: 'bench',
    });

  const told: number[] = [];
  const late: number[] = [];
  try {
    for (let index = 0; index < warmUps + alerts; index += 1) {
      const { id } = await raise(`told ${index}`);
      const { toldMs, deliveries } = await settled(id);
      if (toldMs === null || deliveries.some(({ state }) => state !== 'accepted' && state !== 'arrived')) {
        throw new Error('A channel did not accept, so its time says nothing');
      }
      if (index >= warmUps) told.push(toldMs);
      await client.alerts.resolve({ organisationId, alertId: id, note: '' });
      await settled(id);
      clock.skip(IDLE_MS);
    }
    for (let index = 0; index < escalations; index += 1) {
      const { id } = await raise(`late ${index}`);
      const { next } = await settled(id);
      const due = Date.parse(next?.at ?? '');
      clock.skip(due - clock.now() - SHORT_OF_MS);
      const { timeline } = await until(id, ({ step }) => step === 1);
      late.push(Date.parse(timeline.find(({ kind }) => kind === 'escalated')?.at ?? '') - due);
      await client.alerts.resolve({ organisationId, alertId: id, note: '' });
      await settled(id);
    }
    const routing = RoutingConfig.parse(await client.alerts.routing({ organisationId }));
    return { told, late, routing };
  } finally {
    await end();
  }
}

/**
 * Milliseconds to say who is told of one alert and why, each alert at another moment. Wedding time is kept until its next
 * edge, as the engine keeps it; `anew`: worked out for every alert, which the engine does for the first after an edge.
 */
function decisionMs(config: RoutingConfig, anew: boolean): number {
  const bankHolidays = bankHolidaysKnown('england-and-wales');
  let known: WeekendFacts | null = null;
  const alert = {
    source: 'bench',
    severity: 'warning',
    title: 'AI gallery slow',
    key: 'k',
    venues: [{ name: 'The Barn', region: 'Surrey' }],
  } as const;
  const decide = (index: number) => {
    const at = later(SATURDAY, index * 60_000);
    if (anew || known === null || at < known.at || at >= known.validUntil) {
      known = weekendAt({ at, zone, weddingDates: new Set(), bankHolidays, manual: [] });
    }
    return routeStep(alert, 0, { ...known, at, local: localAt(at, zone) }, config).targets.length;
  };
  let targets = 0;
  const perRound: number[] = [];
  // The best of short rounds: the machine's other work should not decide. No moment is asked about twice.
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    for (let index = 0; index < decisions; index += 1) targets += decide(round * decisions + index);
    perRound.push((performance.now() - startedAt) / decisions);
  }
  if (targets === 0) throw new Error('Nobody was told, so its time says nothing');
  return Math.min(...perRound);
}

/** From the commit of an alert to the last channel that accepted it, how late escalations fire, and what a route costs. */
export async function alertsBench(): Promise<BenchRow[]> {
  const { told, late, routing } = await onSaturday();
  return [
    benchRow(
      `alert committed to last channel accepted, idle, p99 of ${told.length} (below Slack's 1 message/s)`,
      percentile(told, 0.99),
      'ms',
      500,
      { atMost: 1 },
    ),
    benchRow(`escalation after it was due, worst of ${late.length}`, Math.max(...late), 'ms', 250, { atMost: 1 }),
    benchRow('deciding the route of one alert', decisionMs(routing, false), 'ms', 0.2, { atMost: 1 }),
    benchRow('the same, wedding time worked out anew', decisionMs(routing, true), 'ms', 0.2, { atMost: 1 }),
    ...(await stormBench()),
  ];
}

if (import.meta.main) console.table(await alertsBench());
