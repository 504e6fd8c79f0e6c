import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../src-main/platform/runtime.ts';
import { type BenchRow, benchRow } from './row.ts';
import { organisationId, percentile, saturday } from './saturday.ts';

/** Two hundred in half of the minute they are allowed. */
const busy = { alerts: 200, everyMs: 150 } as const;
const storm = { everyMs: 30, emergencyEvery: 200 } as const;
const whole = 10_000;
const SETTLE_MS = 90_000;

type Console = Awaited<ReturnType<typeof saturday>>;

function raise({ client }: Console, what: string, severity: 'warning' | 'emergency') {
  const report = { title: `AI gallery slow ${what}`, detail: '', venues: ['The Barn'], key: what, source: 'bench' };
  return client.alerts.raise({ organisationId, severity, ...report });
}

/** One every so many ms, whatever the one before it takes; calls that take longer run beside each other. */
async function atPace(count: number, everyMs: number, work: (index: number) => Promise<unknown>): Promise<number> {
  const startedAt = systemClock.monotonicMs();
  const running: Promise<unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    const wait = startedAt + index * everyMs - systemClock.monotonicMs();
    if (wait > 0) await systemClock.sleep(wait);
    running.push(work(index));
  }
  await Promise.all(running);
  return systemClock.monotonicMs() - startedAt;
}

async function busyMinute(saturdayConsole: Console): Promise<readonly number[]> {
  const ids: string[] = [];
  await atPace(busy.alerts, busy.everyMs, async (index) => {
    ids.push((await raise(saturdayConsole, `busy ${index}`, 'warning')).id);
  });
  const told: number[] = [];
  for (const id of ids)
    told.push((await saturdayConsole.until(id, ({ toldMs }) => toldMs !== null)).toldMs ?? Number.NaN);
  return told;
}

/** The most calls within any minute. */
function mostAMinute(times: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= 60_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

async function pagerDutyCalls({ sandboxUrl }: Console): Promise<readonly number[]> {
  const reply = await fetch(`${sandboxUrl}/_received?system=pagerduty`);
  const received = (await reply.json()) as { at: string; path: string }[];
  return received.flatMap(({ at, path }) => (path.includes('enqueue') ? [Date.parse(at)] : [])).sort((a, b) => a - b);
}

/** A storm, with a person at the window meanwhile: looks at both screens, and takes an alert now and then. */
async function inStorm(saturdayConsole: Console, alerts: number) {
  const { client } = saturdayConsole;
  const lists: number[] = [];
  const weekends: number[] = [];
  const acknowledged: number[] = [];
  const ids: string[] = [];
  let over = false;
  const timed = async (into: number[], work: () => Promise<unknown>) => {
    const from = systemClock.monotonicMs();
    await work();
    into.push(systemClock.monotonicMs() - from);
  };
  const person = (async () => {
    while (!over) {
      await timed(lists, () => client.alerts.list({ organisationId, filter: 'needs_me', limit: 200 }));
      await timed(weekends, () => client.weekend.view({ organisationId }));
      const alertId = ids[Math.floor(ids.length / 2)];
      if (alertId !== undefined)
        await timed(acknowledged, () => client.alerts.acknowledge({ organisationId, alertId, note: '' }));
      await systemClock.sleep(500);
    }
  })();
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const tookMs = await atPace(alerts, storm.everyMs, async (index) => {
    const severity = index % storm.emergencyEvery === 0 ? 'emergency' : 'warning';
    ids.push((await raise(saturdayConsole, `storm ${index}`, severity)).id);
  });
  over = true;
  await person;
  loop.disable();
  return { lists, weekends, acknowledged, tookMs, loopMs: loop.percentile(99) / 1e6, ids };
}

/** How alerts keep their promises when many come: two hundred in a minute, ten thousand in five. */
export async function stormBench(): Promise<BenchRow[]> {
  return [await minuteBench(), ...(await manyBench(whole))];
}

async function minuteBench(): Promise<BenchRow> {
  const few = await saturday();
  const told = await busyMinute(few).finally(() => few.end());
  return benchRow(
    `alert committed to last channel accepted, ${busy.alerts} in ${(busy.alerts * busy.everyMs) / 1_000} s, p99`,
    percentile(told, 0.99),
    'ms',
    2_000,
    { atMost: 1 },
  );
}

/** At the pace of ten thousand in five minutes, whatever their number. */
async function manyBench(alerts: number): Promise<BenchRow[]> {
  const many = await saturday();
  try {
    const { lists, weekends, acknowledged, tookMs, loopMs, ids } = await inStorm(many, alerts);
    // A minute later the last bundles have gone as well.
    const deadline = systemClock.monotonicMs() + SETTLE_MS;
    let untold = ids;
    while (untold.length > 0 && systemClock.monotonicMs() < deadline) {
      const views = await Promise.all(
        untold.slice(0, 500).map((alertId) => many.client.alerts.get({ organisationId, alertId })),
      );
      const rest = views.filter(({ deliveries }) =>
        deliveries.some(({ kind, state }) => kind === 'firing' && (state === 'waiting' || state === 'bundled')),
      );
      untold = [...rest.map(({ id }) => id), ...untold.slice(500)];
      if (rest.length > 0) await systemClock.sleep(1_000);
    }
    const calls = mostAMinute(await pagerDutyCalls(many));
    const paced = `${alerts.toLocaleString('en-GB')} alerts in ${Math.round(tookMs / 1_000)} s`;
    return [
      benchRow(`${paced}: the time they may take`, tookMs / 1_000, 's', (alerts * storm.everyMs) / 1_000, {
        atMost: 1.05,
      }),
      benchRow(`${paced}: list of alerts meanwhile, p95 of ${lists.length}`, percentile(lists, 0.95), 'ms', 500, {
        atMost: 1,
      }),
      benchRow(`${paced}: this weekend meanwhile, p95 of ${weekends.length}`, percentile(weekends, 0.95), 'ms', 500, {
        atMost: 1,
      }),
      benchRow(
        `${paced}: acknowledging meanwhile, p95 of ${acknowledged.length}`,
        percentile(acknowledged, 0.95),
        'ms',
        200,
        { atMost: 1 },
      ),
      benchRow(`${paced}: event-loop delay, p99`, loopMs, 'ms', 50, { atMost: 1 }),
      benchRow(`${paced}: PagerDuty calls in their busiest minute`, calls, 'calls', 100, { atMost: 0.99 }),
      benchRow(`${paced}: not told or bundled in the end`, untold.length, 'alerts', 1, { atMost: 0 }),
    ];
  } finally {
    await many.end();
  }
}

/** `node bench/storm.ts [alerts]`: the storm alone, of fewer alerts at the same pace. */
if (import.meta.main) console.table(await manyBench(Number(process.argv[2] ?? whole)));
