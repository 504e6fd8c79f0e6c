import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { testRandom } from '../../src-main/testing/runtime.ts';
import { fault, launchAgent, peek, type RunningAgent, startAgent, startSandboxProcess } from './console.ts';
import { broken } from './invariants.ts';
import { alerts, costs, crm, type Life, metrics, nothingYet, posting, webhooks } from './load.ts';
import { missing, settled } from './settled.ts';

/** A short storm by default; `FAULT_KILLS=500` is the whole one. */
export const kills = Number(process.env.FAULT_KILLS ?? 15);
const SPEED = 120;
/** Every so many lives one is long enough for everything. */
const LONG = 4;
const LONG_MS = 20_000;

interface Outcome {
  readonly kills: number;
  /** Of them, while the agent was starting. */
  readonly inStart: number;
  readonly acknowledged: {
    readonly webhooks: number;
    readonly alerts: number;
    readonly imports: number;
    readonly batches: number;
    readonly crm: number;
    readonly metrics: number;
  };
  readonly deliveries: number;
  /** By system, most first. */
  readonly bySystem: Readonly<Record<string, number>>;
  /** What could not begin, with the reason: not wrong, but it should be little. */
  readonly refusals: readonly string[];
  readonly wrong: readonly string[];
}

/**
 * Ends the agent by SIGKILL again and again, a third of the times while it starts, under alerts, webhooks, imports of costs
 * and usage, postings, CRM pushes and metrics. What was acknowledged is written down beside the console; after each kill the
 * invariants are checked, and at the end that nothing is missing, nothing twice, every bill verified, every CRM showing the
 * console's figures and every counter told in full. The same seed gives the same moments and the same load. `minutes`: no
 * kill after that. `tell`: hears how far it is.
 */
export async function storm(
  folder: string,
  times: number,
  seed: number,
  minutes = 600,
  tell: (line: string) => void = () => undefined,
): Promise<Outcome> {
  const random = testRandom(seed);
  const data = join(folder, 'data');
  const vendor = join(folder, 'vendor');
  const { url } = await startSandboxProcess(vendor);
  await fault(url, { system: 'xero', fault: 'limits', value: '6000,100000' });
  const words = ['--practice', '--practice-speed', String(SPEED), '--sandbox', url, '--empty'];
  const book = nothingYet();
  const wrong: string[] = [];
  /** How long a start took last. */
  let startMs = 0;
  async function start(): Promise<RunningAgent> {
    const began = performance.now();
    const agent = await startAgent(data, words);
    startMs = performance.now() - began;
    return agent;
  }
  /** One life under load, to its kill. */
  async function life(agent: RunningAgent, number: number): Promise<void> {
    let dead = false;
    const own: Life = { agent, client: await agent.client(), book, number, seed, over: () => dead };
    // What the kill cuts off is no fault of the console.
    const quietly = (work: Promise<void>) => work.catch(() => undefined);
    const imported = quietly(costs(own));
    const load = Promise.all([webhooks, alerts, crm, metrics].map((work) => quietly(work(own))));
    // Half of the imports come in whole, half are cut off somewhere.
    if (number % 2 === 1) await Promise.race([imported, wait(1_500)]);
    // Once in a while bills are sent, CRMs written and metrics told; the kills after that fall into what these began.
    if (number % LONG === LONG - 1) {
      const before = { ...book };
      const sent = posting(own).catch((thrown: unknown) => void book.refusals.push(String(thrown)));
      const late = performance.now() + LONG_MS;
      const told = () => book.sends > before.sends && book.metrics > before.metrics;
      while (!told() && performance.now() < late) await wait(50);
      await Promise.race([sent, wait(Math.max(0, late - performance.now()))]);
    }
    await wait(Math.floor(random.next() * 900));
    await agent.kill();
    dead = true;
    await Promise.all([load, imported]);
  }

  const began = performance.now();
  let killed = 0;
  let inStart = 0;
  let lives = 0;
  while (killed < times && performance.now() - began < minutes * 60_000 && wrong.length <= 20) {
    if (killed % 3 === 2) {
      const starting = launchAgent(data, words);
      await wait(Math.floor(random.next() * startMs));
      await starting.kill();
      inStart += 1;
    } else {
      await life(await start(), lives);
      lives += 1;
    }
    killed += 1;
    for (const what of broken({ data, sandbox: vendor, acknowledged: book.events }))
      wrong.push(`after kill ${killed}: ${what}`);
    if (killed % 10 === 0)
      tell(`${killed} kills in ${Math.round((performance.now() - began) / 1_000)} s, ${wrong.length} wrong`);
  }

  const agent = await start();
  wrong.push(...(await settled(await agent.client(), book)));
  await agent.stop();
  wrong.push(...broken({ data, sandbox: vendor, acknowledged: book.events }), ...missing(data, vendor, book));
  const bySystem = peek(data, (db) =>
    db.prepare('SELECT system, count(*) FROM outbox_job GROUP BY system ORDER BY count(*) DESC').raw().all(),
  ) as [string, number][];
  return {
    kills: killed,
    inStart,
    acknowledged: {
      webhooks: book.events.length,
      alerts: book.alerts.length,
      imports: book.imports,
      batches: book.batches.length,
      crm: book.sends,
      metrics: book.metrics,
    },
    deliveries: bySystem.reduce((sum, [, jobs]) => sum + jobs, 0),
    bySystem: Object.fromEntries(bySystem),
    refusals: book.refusals,
    wrong,
  };
}
