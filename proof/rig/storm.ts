import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Client } from '../../src-main/hosts/cli/console.ts';
import { testRandom } from '../../src-main/testing/runtime.ts';
import { machine } from '../page/results.ts';
import { keep } from '../page/write.ts';
import { fault, organisationId, type RunningAgent, startAgent, startSandboxProcess } from './console.ts';
import { broken } from './invariants.ts';
import { sendEvent } from './webhook.ts';

/** A short storm by default; `FAULT_KILLS=500` is the whole one. */
export const kills = Number(process.env.FAULT_KILLS ?? 15);
const SPEED = 120;
const BILLS = 12;
const SETTLED_MS = 120_000;

interface Outcome {
  readonly kills: number;
  readonly acknowledged: { webhooks: number; alerts: number; imports: number; batches: number };
  readonly deliveries: number;
  /** Postings that could not begin, with the reason: not wrong, but they should be few. */
  readonly refusals: string[];
  readonly wrong: string[];
}

/** A made-up number with the right check digits (modulus 97). */
function vatNumber(digits: number): string {
  const sum = [...String(digits)].reduce((total, digit, at) => total + Number(digit) * (8 - at), 0);
  return `GB${digits}${String(97 - (sum % 97)).padStart(2, '0')}`;
}

/**
 * Ends the agent by SIGKILL again and again while alerts, webhooks, cost imports and postings go on. What was acknowledged
 * is written down beside the console; after each kill the invariants are checked, and at the end that nothing is missing,
 * nothing twice, and every bill verified. The same seed gives the same moments and the same load. `minutes`: no kill after that.
 */
export async function storm(folder: string, times: number, seed: number, minutes = 600): Promise<Outcome> {
  const random = testRandom(seed);
  const data = join(folder, 'data');
  const vendor = join(folder, 'vendor');
  const { url } = await startSandboxProcess(vendor);
  await fault(url, { system: 'xero', fault: 'limits', value: '6000,100000' });
  const start = () => startAgent(data, ['--practice', '--practice-speed', String(SPEED), '--sandbox', url, '--empty']);
  const events: string[] = [];
  const alerts: string[] = [];
  const wrong: string[] = [];
  const batches: string[] = [];
  const refusals: string[] = [];
  let imports = 0;
  let number = 0;

  let agent = await start();
  let killed = 0;
  const enough = performance.now() + minutes * 60_000;
  for (let kill = 0; kill < times && performance.now() < enough; kill += 1) {
    const client = await agent.client();
    const { webhookUrl } = agent.ready;
    let dead = false;
    const quietly = (work: Promise<unknown>) => work.catch(() => undefined);
    const imported = costs(agent, kill).then((came) => {
      if (came) imports += 1;
    });
    const load = Promise.all([
      quietly(
        (async () => {
          // A sender repeats what was not answered, under the same id.
          for (let id = `storm-${seed}-${++number}`; !dead; id = `storm-${seed}-${++number}`) {
            let status = 0;
            for (let tries = 0; tries < 3 && !dead && status !== 202 && status !== 200; tries += 1) {
              status = await sendEvent(webhookUrl, id);
            }
            if (status === 202 || status === 200) events.push(id);
            await wait(80);
          }
        })(),
      ),
      quietly(
        (async () => {
          for (let turn = 0; !dead; turn += 1) {
            const title = `storm alert ${kill}-${turn}`;
            const severity = (['info', 'warning', 'critical', 'emergency'] as const)[turn % 4] ?? 'info';
            await client.alerts.raise({
              organisationId,
              severity,
              title,
              detail: '',
              venues: [],
              key: title,
              source: 'storm',
            });
            alerts.push(title);
            await wait(60);
          }
        })(),
      ),
      quietly(imported),
    ]);
    // Half of the imports come in whole, half are cut off somewhere.
    if (kill % 2 === 1) await Promise.race([quietly(imported), wait(1_500)]);
    // Once in a while the bills of the last rounds are sent; the kills after that fall into their posting.
    if (kill % 10 === 5) {
      await Promise.race([
        posting(client, kill).then(
          (batch) => void batches.push(batch),
          (thrown: unknown) => void refusals.push(String(thrown)),
        ),
        wait(15_000),
      ]);
    }
    await wait(Math.floor(random.next() * 900));
    await agent.kill();
    killed += 1;
    dead = true;
    await load;
    for (const what of broken({ data, sandbox: vendor, acknowledged: events }))
      wrong.push(`after kill ${kill}: ${what}`);
    if (wrong.length > 20) break;
    agent = await start();
  }

  const client = await agent.client();
  const settled = performance.now() + SETTLED_MS;
  for (const batchId of batches) {
    for (;;) {
      const { state } = await client.exports.batch({ organisationId, batchId });
      if (state === 'verified') break;
      if (performance.now() > settled) {
        wrong.push(`batch ${batchId} ended as ${state}`);
        break;
      }
      await wait(250);
    }
  }
  await agent.stop();
  wrong.push(...broken({ data, sandbox: vendor, acknowledged: events }));
  const db = new Database(join(data, 'console.db'), { readonly: true });
  const there = new Set(db.prepare('SELECT title FROM alert').pluck().all());
  for (const title of alerts) if (!there.has(title)) wrong.push(`${title} was acknowledged and is lost`);
  const deliveries = Number(db.prepare('SELECT count(*) FROM outbox_job').pluck().get());
  db.close();
  return {
    kills: killed,
    acknowledged: { webhooks: events.length, alerts: alerts.length, imports, batches: batches.length },
    deliveries,
    refusals,
    wrong,
  };
}

const suppliers = Array.from({ length: 4 }, (_, index) => [
  `Storm Supplier ${index} Ltd`,
  vatNumber(7_130_240 + index),
]);

/** Recent enough for its VAT to be reclaimed. */
const monthOf = (kill: number) => {
  const month = Math.floor(kill / 24) % 22;
  return `${2025 + Math.floor(month / 12)}-${String(1 + (month % 12)).padStart(2, '0')}`;
};

/** A file of a month of its own; true when it came in whole before the kill. */
async function costs(agent: RunningAgent, kill: number): Promise<boolean> {
  const client = await agent.client();
  const month = monthOf(kill);
  const rows = Array.from({ length: BILLS }, (_, index) => {
    const [name, vat] = suppliers[index % suppliers.length] ?? [];
    const net = 1_000 + kill * 20 + index * 5;
    const pounds = (pence: number) => (pence / 100).toFixed(2);
    return `${month}-15,${name},ST-${kill}-${index},Compute,GBP,${pounds(net)},${pounds(net / 5)},${pounds(net * 1.2)},GB,${vat}`;
  });
  const head = 'Date,Supplier,Invoice number,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
  const file = await agent.offer(`costs-${kill}.csv`, [head, ...rows, ''].join('\n'));
  const { importId } = await client.imports.start({ organisationId, file, kind: 'costs' });
  for await (const { result } of await client.imports.progress({ organisationId, importId })) {
    if (result) return result.state === 'done';
  }
  return false;
}

/** Prepares, approves and sends the bills of one month; gives the batch. */
async function posting(client: Client, kill: number): Promise<string> {
  const month = monthOf(kill);
  for (const known of await client.exports.suppliers({ organisationId })) {
    if (!known.name.startsWith('Storm') || known.vatNumber !== '') continue;
    const number = suppliers.find(([name]) => name === known.name)?.[1] ?? '';
    await client.exports.saveSupplier({
      organisationId,
      supplier: {
        id: known.id,
        name: known.name,
        country: 'GB',
        vatNumber: number,
        ukEstablishment: false,
        aliases: known.aliases,
      },
    });
  }
  const { batchId } = await client.exports.prepare({ organisationId, period: month, target: 'xero' });
  await client.exports.approve({ organisationId, batchId, approver: 'priya', pin: '2468' });
  await client.exports.send({ organisationId, batchId });
  return batchId;
}

if (import.meta.main) {
  const [folder = '', times = '15', seed = '20261122', minutes = '600'] = process.argv.slice(2);
  const began = performance.now();
  const outcome = await storm(folder, Number(times), Number(seed), Number(minutes));
  keep('storm', {
    at: new Date().toISOString(),
    machine: machine(),
    asked: Number(times),
    seed: Number(seed),
    minutes: (performance.now() - began) / 60_000,
    ...outcome,
  });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  process.exit(outcome.wrong.length === 0 ? 0 : 1);
}
