import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testRandom } from '../../testing/runtime.ts';
import { type OpenConsole, openConsole } from '../cli/console.ts';

const BILLS = 200;
const KILLS = 20;
/** Searches after 0.04 s to 5 s instead of 5 s to 10 min. */
const SPEED = 120;
const organisationId = 'bluebell';
const program = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

let folder: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-kill-posting-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts a command that goes on running; resolves with the one line it prints when it is ready. */
async function started<T>(...words: string[]): Promise<{ child: ChildProcess; ready: T }> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`wedops ${words[0]} ended with ${String(code)} before it was ready`);
    }),
  ])) as [string];
  return { child, ready: JSON.parse(line) as T };
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
  child.kill('SIGKILL');
  await exit;
}

const agent = (sandboxUrl: string) =>
  started<{ url: string }>(
    ...['agent', '--practice', '--practice-speed', String(SPEED), '--sandbox', sandboxUrl],
    ...['--empty', '--data', join(folder, 'data')],
  );

/** A made-up number with the right check digits (modulus 97). */
function vatNumber(digits: number): string {
  const sum = [...String(digits)].reduce((total, digit, at) => total + Number(digit) * (8 - at), 0);
  return `GB${digits}${String(97 - (sum % 97)).padStart(2, '0')}`;
}

/** Brings the bills in and has a second person approve them; answers the batch and the sums the file says. */
async function approvedBatch(open: OpenConsole): Promise<{ batchId: string; net: string; vat: string; gross: string }> {
  const suppliers = Array.from({ length: 8 }, (_, index) => [`Supplier ${index} Ltd`, vatNumber(7_130_240 + index)]);
  const pounds = (pence: number) => `${Math.floor(pence / 100)}.${String(pence % 100).padStart(2, '0')}`;
  const sums = { net: 0, vat: 0, gross: 0 };
  const rows = Array.from({ length: BILLS }, (_, index) => {
    const [name, number] = suppliers[index % suppliers.length] ?? [];
    const net = 1_000 + index * 5;
    const vat = net / 5;
    sums.net += net;
    sums.vat += vat;
    sums.gross += net + vat;
    const invoice = `KP-${String(index).padStart(3, '0')}`;
    return `2026-09-30,${name},${invoice},Compute,GBP,${pounds(net)},${pounds(vat)},${pounds(net + vat)},GB,${number}`;
  });
  const head = 'Date,Supplier,Invoice number,Description,Currency,Net,VAT,Gross,Supplier country,Supplier VAT number';
  const file = join(folder, 'costs.csv');
  await writeFile(file, [head, ...rows, ''].join('\n'));

  const { client } = open;
  const { importId } = await client.imports.start({ organisationId, file: await open.offer(file), kind: 'costs' });
  for await (const _ of await client.imports.progress({ organisationId, importId }));
  for (const [name = '', number = ''] of suppliers) {
    const known = (await client.exports.suppliers({ organisationId })).find((one) => one.name === name);
    await client.exports.saveSupplier({
      organisationId,
      supplier: {
        ...(known ? { id: known.id } : {}),
        ...{ name, country: 'GB', vatNumber: number, ukEstablishment: false, aliases: known?.aliases ?? [] },
      },
    });
  }
  const batch = await client.exports.prepare({ organisationId, period: '2026-09', target: 'xero' });
  await client.exports.approve({ organisationId, batchId: batch.batchId, approver: 'priya', pin: '2468' });
  return { batchId: batch.batchId, net: pounds(sums.net), vat: pounds(sums.vat), gross: pounds(sums.gross) };
}

interface Held {
  readonly number: string;
  readonly status: string;
}

/** The bills in the sandbox's own books, read beside its back. */
function billsHeld(): Held[] {
  const db = new Database(join(folder, 'vendor', 'sandbox.db'), { readonly: true });
  try {
    return db
      .prepare("SELECT body FROM document WHERE system = 'xero' AND collection LIKE 'Invoices %'")
      .pluck()
      .all()
      .map((body) => JSON.parse(String(body)) as Held);
  } finally {
    db.close();
  }
}

test('a posting of 200 bills, killed 20 times at any moment, ends with each bill in the ledger once and verified (FT-07)', async () => {
  const random = testRandom(20261122);
  const { ready: sandbox } = await started<{ url: string }>('sandbox', '--data', join(folder, 'vendor'));
  const fault = (body: object) =>
    fetch(`${sandbox.url}/_misbehave`, { method: 'POST', body: JSON.stringify(body) }).then(({ status }) => {
      if (status !== 204) throw new Error(`The sandbox did not take ${JSON.stringify(body)}`);
    });
  await fault({ system: 'xero', fault: 'limits', value: '6000,100000' });

  let { child } = await agent(sandbox.url);
  const open = await openConsole({ dataFolder: join(folder, 'data'), empty: false });
  const { batchId, ...sums } = await approvedBatch(open);
  // Every call takes a moment, as with any vendor, so that a kill meets calls in the air.
  await fault({ system: 'xero', delayMs: 8, times: 0 });
  await open.client.exports.send({ organisationId, batchId });

  const before: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await wait(Math.floor(random.next() * 500));
    await killed(child);
    before.push(billsHeld().length);
    ({ child } = await agent(sandbox.url));
  }
  // The kills fell all over the posting, not before or after it.
  expect(new Set(before).size).toBeGreaterThan(8);
  expect(before.filter((bills) => bills < BILLS).length).toBeGreaterThan(KILLS / 2);

  const { client } = await openConsole({ dataFolder: join(folder, 'data'), empty: false });
  await expect
    .poll(() => client.exports.batch({ organisationId, batchId }).then(({ state }) => state), {
      timeout: 150_000,
      interval: 250,
    })
    .toBe('verified');
  expect(await client.exports.batch({ organisationId, batchId })).toMatchObject({
    controlTotals: sums,
    failed: 0,
    inDoubt: 0,
    readBack: { matches: BILLS, mismatches: [], totals: sums },
  });
  const wedops = promisify(execFile)(process.execPath, [
    ...[program, 'audit', 'verify', '--data', join(folder, 'data'), '--json'],
  ]);
  expect(JSON.parse((await wedops).stdout)).toMatchObject({ ok: true, firstBroken: null });

  const held = billsHeld();
  expect(held.map(({ status }) => status)).toEqual(held.map(() => 'AUTHORISED'));
  expect(new Set(held.map(({ number }) => number)).size).toBe(BILLS);
  expect(held).toHaveLength(BILLS);

  child.kill('SIGTERM');
  await once(child, 'exit');
  const db = new Database(join(folder, 'data', 'console.db'), { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
}, 300_000);
