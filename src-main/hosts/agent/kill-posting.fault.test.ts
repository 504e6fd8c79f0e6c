import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LedgerTarget } from '../../../src-shared/contract/exports.ts';
import { testRandom } from '../../testing/runtime.ts';
import { openConsole } from '../cli/console.ts';
import { approvedBatch, booksCount, booksHold, misbehave, organisationId } from '../testing/posting.ts';
import { ended, launched, type Started, started, wedops } from '../testing/wedops.ts';

/** `FAULT_POSTING_KILLS=20`: FT-07 as written, for every ledger; otherwise a shorter run of each. */
const KILLS = Number(process.env.FAULT_POSTING_KILLS ?? 4);
const full = KILLS >= 20;
const BILLS = full ? 200 : 20;
/** Forty starts of the console take their time on a machine with other work. */
const PATIENCE = full ? 6 : 1;
/** Searches after milliseconds instead of 5 s to 10 min. */
const SPEED = 1_200;

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

const dataFolder = () => join(folder, 'data');
const vendorFolder = () => join(folder, 'vendor');

async function run<T>(...words: string[]): Promise<Started<T>> {
  const one = await started<T>(...words);
  children.push(one.child);
  return one;
}

const agentWords = (sandboxUrl: string) => [
  ...['agent', '--practice', '--practice-speed', String(SPEED), '--sandbox', sandboxUrl],
  ...['--empty', '--data', dataFolder()],
];
const agent = (sandboxUrl: string) => run<{ url: string }>(...agentWords(sandboxUrl));
const consoleOf = () => openConsole({ dataFolder: dataFolder(), empty: false });

/**
 * Each ledger's own words for what we post, for what takes it back, and for everything else a posting writes. `paths`: where
 * it writes. What FreshBooks has no key for is begun anew after a kill, so each of its calls is killed twice and then let
 * through; the others go on from where they stand, so every write is killed.
 */
const ledgers: readonly {
  readonly system: LedgerTarget;
  readonly bills: string;
  readonly credits: string;
  readonly others: readonly string[];
  readonly paths: readonly string[];
  readonly again: boolean;
  /** What a call takes there, so that a posting lasts as long as its kills. */
  readonly callMs: number;
}[] = [
  {
    system: 'xero',
    bills: 'Invoices',
    credits: 'CreditNotes',
    others: ['contacts', 'attachments'],
    paths: ['/api.xro/'],
    again: true,
    callMs: 30,
  },
  {
    system: 'quickbooks',
    bills: 'Bill',
    credits: 'VendorCredit',
    others: ['Vendor', 'Attachable'],
    paths: ['/v3/'],
    again: true,
    callMs: 50,
  },
  {
    system: 'freshbooks',
    bills: 'bills',
    // No supplier credits there: an expense below zero.
    credits: 'expenses',
    others: ['vendors'],
    paths: ['/bill_vendors', '/uploads/', '/bills/bills', '/expenses/expenses'],
    again: false,
    callMs: 20,
  },
];

async function sandboxFor(system: string): Promise<string> {
  const { ready } = await run<{ url: string }>('sandbox', '--data', vendorFolder());
  if (system !== 'freshbooks') await misbehave(ready.url, { system, fault: 'limits', value: '6000,100000' });
  return ready.url;
}

async function nothingBroken(child: ChildProcess): Promise<void> {
  expect(await wedops('audit', 'verify', '--data', dataFolder())).toMatchObject({ ok: true, firstBroken: null });
  await ended(child);
  const db = new Database(join(dataFolder(), 'console.db'), { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
}

test.each(ledgers)(
  `a posting of ${BILLS} bills to $system, killed ${KILLS} times at any moment, ends with each bill there once and verified (FT-07)`,
  async ({ system, bills, callMs }) => {
    const random = testRandom(20261122);
    const url = await sandboxFor(system);
    let { child } = await agent(url);
    const open = await consoleOf();
    const { batchId, sums } = await approvedBatch(open, folder, system, BILLS);
    // Every call takes a moment, as with any vendor, so that a kill meets calls in the air.
    await misbehave(url, { system, delayMs: callMs, times: 0 });
    await open.client.exports.send({ organisationId, batchId });

    const held = () => booksCount(vendorFolder(), system, bills);
    const before: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Spread over the posting however fast it is here, each time another moment of it.
      const next = Math.floor(((kill + random.next()) * BILLS) / KILLS);
      await expect.poll(held, { timeout: PATIENCE * 60_000, interval: 5 }).toBeGreaterThanOrEqual(next);
      await ended(child, 'SIGKILL');
      before.push(held());
      ({ child } = launched(...agentWords(url)));
      children.push(child);
    }
    expect(before.filter((count) => count < BILLS).length).toBeGreaterThan(KILLS / 2);
    await ended(child, 'SIGKILL');
    ({ child } = await agent(url));

    const { client } = await consoleOf();
    await expect
      .poll(() => client.exports.batch({ organisationId, batchId }).then(({ state }) => state), {
        timeout: PATIENCE * 150_000,
        interval: 250,
      })
      .toBe('verified');
    expect(await client.exports.batch({ organisationId, batchId })).toMatchObject({
      controlTotals: sums,
      failed: 0,
      inDoubt: 0,
      readBack: { matches: BILLS, mismatches: [], totals: sums },
    });
    expect(held()).toBe(BILLS);
    await nothingBroken(child);
  },
  PATIENCE * 300_000,
);

interface Seen {
  readonly method: string;
  readonly path: string;
}

test.each(ledgers)(
  'a bill to $system and its reversal, killed at every call that writes, before and after it took effect, are there once each (FT-05, FT-06, F10)',
  async ({ system, bills, credits, others, paths, again }) => {
    const url = await sandboxFor(system);
    let { child } = await agent(url);
    const open = await consoleOf();
    const { batchId, sums } = await approvedBatch(open, folder, system, 1);

    const writes = async () =>
      ((await (await fetch(`${url}/_received?system=${system}`)).json()) as Seen[]).filter(
        (one) => one.method !== 'GET' && paths.some((path) => one.path.includes(path)),
      );
    const killed = new Map<string, number>();
    /** The next write there is never answered: first without its effect, the next time with it. */
    const arm = async (method: string, path: string) => {
      const times = killed.get(method + path) ?? 0;
      killed.set(method + path, times + 1);
      if (times > 1 && !again) return;
      await misbehave(url, { system, fault: times % 2 === 0 ? 'hang' : 'swallow', method, path });
    };
    for (const path of paths) {
      await arm('POST', path);
      await arm('PUT', path);
    }
    let kills = 0;
    /** Kills at each write until the work is done. */
    async function killedThrough(done: () => Promise<boolean>): Promise<void> {
      let seen = (await writes()).length;
      for (const until = performance.now() + 200_000; performance.now() < until; await wait(25)) {
        const now = await writes();
        if (now.length > seen) {
          const { method, path } = now[seen] ?? { method: '', path: '' };
          seen += 1;
          const at = paths.find((one) => path.includes(one)) ?? '';
          // Let through, having been killed before and after its effect.
          if ((killed.get(method + at) ?? 0) > 2 && !again) continue;
          await ended(child, 'SIGKILL');
          kills += 1;
          await arm(method, at);
          ({ child } = await agent(url));
        } else if (await done().catch(() => false)) return;
      }
      throw new Error(`Not done after ${kills} kills`);
    }
    const view = async () => (await consoleOf()).client.exports.batch({ organisationId, batchId });

    await open.client.exports.send({ organisationId, batchId });
    await killedThrough(async () => (await view()).state === 'verified');
    expect(booksHold(vendorFolder(), system, bills)).toHaveLength(1);
    const posting = kills;
    expect(posting).toBeGreaterThanOrEqual(6);

    await (await consoleOf()).client.exports.reverse({
      ...{ organisationId, batchId, reason: 'Booked twice', approver: 'priya', pin: '2468' },
    });
    await killedThrough(async () => (await view()).state === 'reversed');
    expect(kills - posting).toBeGreaterThanOrEqual(2);
    expect(await view()).toMatchObject({
      controlTotals: sums,
      reversal: {
        asked: 1,
        verified: 1,
        failed: 0,
        inDoubt: 0,
        byCurrency: [{ readBack: { gross: `-${sums.gross}` } }],
      },
    });
    const counts = Object.fromEntries(
      [bills, credits, ...others].map((name) => [name, booksHold(vendorFolder(), system, name).length]),
    );
    expect(counts).toEqual(Object.fromEntries([bills, credits, ...others].map((name) => [name, 1])));
    await nothingBroken(child);
  },
  300_000,
);
