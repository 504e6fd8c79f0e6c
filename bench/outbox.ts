import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvents } from '../src-main/engine/events.ts';
import type { Deliverer } from '../src-main/engine/outbox/deliverer.ts';
import { claimedJob, type Enqueue, newJob } from '../src-main/engine/outbox/enqueue.ts';
import { createOutbox } from '../src-main/engine/outbox/outbox.ts';
import { settleStatements } from '../src-main/engine/outbox/store-settled.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { Logger, Runtime } from '../src-main/ports/runtime.ts';
import type { Statement, Store } from '../src-main/ports/store.ts';
import { openConnection, statementRunner } from '../src-main/store/connection.ts';
import { unwired } from '../src-main/store/link.ts';
import { openStore } from '../src-main/store/open.ts';
import { insertUsualJob } from '../src-main/store/repositories/outbox-insert.ts';
import { later } from '../src-shared/domain/time-and-ids.ts';
import { type BenchRow, benchRow } from './row.ts';

const inFlight = 16;
const jobs = 8_000;
const rounds = 4;
/** Facts that cause jobs come from several places at once. */
const callers = 4;

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error: console.error, with: () => quiet };
const runtime: Runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: quiet };

/** Accepts at once, as fast as anything outside could. */
const noOp: Deliverer = {
  limits: () => ({ concurrency: inFlight }),
  idempotency: () => 'native-key',
  deliver: async () => ({ vendorId: 'v' }),
  find: async () => null,
};

function work(run: string, index: number, deliveryClass: Enqueue['deliveryClass']): Enqueue {
  return {
    organisationId: 'bench',
    system: 'webhook',
    action: 'deliver',
    deliveryClass,
    priority: 5,
    payload: { title: 'AI gallery slow at The Barn', venue: 'The Barn', at: index },
    payloadVersion: 1,
    idempotencyKey: `bench:webhook:deliver:${run}:${index}`,
  };
}

export async function prepare(store: Store): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: 'bench', name: 'Bench', created_at: 0 }).execute();
    await tx
      .insertInto('connection')
      .values({ id: 'bench/webhook', organisation_id: 'bench', system: 'webhook', created_at: 0, updated_at: 0 })
      .execute();
  });
}

interface Measured {
  readonly perSecond: number;
  readonly commitsPerJob: number;
}

/** The whole life of many jobs: enqueued in transactions, as facts cause them, while others are claimed, delivered and settled. */
export async function throughOutbox(
  store: Store,
  run: string,
  deliveryClass: Enqueue['deliveryClass'],
  size = { jobs, together: inFlight, callers },
): Promise<Measured> {
  const events = createEvents();
  const outbox = createOutbox({ store, runtime, events, deliverer: noOp });
  let done = 0;
  const all = new Promise<void>((resolve) => {
    events.subscribe(({ topic, ids }) => {
      if (topic === 'deliveries') done += ids.length;
      // Told once when it is enqueued and once when it is settled.
      if (done >= 2 * size.jobs) resolve();
    });
  });
  await outbox.start();
  const before = store.stats().commits;
  const startedAt = performance.now();
  let index = 0;
  const produce = async () => {
    while (index < size.jobs) {
      const from = index;
      index += size.together;
      const length = Math.min(size.together, size.jobs - from);
      const some = Array.from({ length }, (_, offset) => work(run, from + offset, deliveryClass));
      await store.transaction((tx) => Promise.all(some.map((job) => outbox.enqueue(tx, job))));
    }
  };
  await Promise.all(Array.from({ length: size.callers }, produce));
  await all;
  const seconds = (performance.now() - startedAt) / 1_000;
  const commits = store.stats().commits - before;
  await outbox.stop();
  return { perSecond: size.jobs / seconds, commitsPerJob: commits / size.jobs };
}

/** One job at a time, each delivered before the next is enqueued. */
async function alone(store: Store, count: number): Promise<number> {
  const events = createEvents();
  const outbox = createOutbox({ store, runtime, events, deliverer: noOp });
  let arrived = () => {};
  let told = 0;
  events.subscribe(() => {
    told += 1;
    if (told % 2 === 0) arrived();
  });
  await outbox.start();
  const before = store.stats().commits;
  for (let index = 0; index < count; index += 1) {
    const delivered = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await store.transaction((tx) => outbox.enqueue(tx, work('alone', index, 'keyed-upsert')));
    await delivered;
  }
  const commits = store.stats().commits - before;
  await outbox.stop();
  // The enqueue belongs to the fact that causes the job and shares its commit there.
  return commits / count - 1;
}

/** The same statements in one thread on the same file: 16 written as claimed, 16 settled, each group one commit. */
function bareLoop(file: string, run: string): number {
  const db = openConnection(file, 'writer');
  const runRaw = statementRunner(db);
  const execute = ({ sql, params, rows }: Statement) => unwired(runRaw(sql, params, rows));
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const startedAt = performance.now();
  for (let index = 0; index < jobs; index += inFlight) {
    const at = systemClock.now();
    const lease = { owner: 'bare', until: later(at, 60_000) };
    begin.run();
    const added = Array.from({ length: inFlight }, (_, offset) =>
      newJob(work(run, index + offset, 'keyed-upsert'), runtime),
    );
    for (const job of added) execute(insertUsualJob(job, lease));
    commit.run();
    const claimed = added.map((job) => claimedJob(job, lease));
    begin.run();
    const settled = claimed.map((job) => ({
      job: { ...job, state: 'delivered', receipt: { vendorId: 'v' }, settledAt: at } as const,
      from: 'sending' as const,
      attempt: {
        job,
        stage: 'send',
        startedAt: at,
        endedAt: at,
        failure: null,
        receipt: 'accepted',
        note: null,
      } as const,
    }));
    for (const statement of settleStatements(settled)) execute(statement);
    commit.run();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  db.close();
  return jobs / seconds;
}

/** Figures of the outbox beside a bare better-sqlite3 loop on the same file in the same run; synchronous=FULL throughout. */
export async function outboxBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-outbox-'));
  const store = await openStore({ folder, runtime });
  try {
    await prepare(store);
    const bare: number[] = [];
    const ours: Measured[] = [];
    const oneByOne: Measured[] = [];
    // By turns, and the best of each: the machine's other work should not decide.
    for (let round = 0; round < rounds; round += 1) {
      bare.push(bareLoop(join(folder, 'console.db'), `bare-${round}`));
      ours.push(await throughOutbox(store, `ours-${round}`, 'keyed-upsert'));
    }
    oneByOne.push(await throughOutbox(store, 'never-twice', 'never-twice'));
    const fastest = Math.max(...ours.map(({ perSecond }) => perSecond));
    const commits = Math.min(...ours.map(({ commitsPerJob }) => commitsPerJob));
    const noPrefetch = oneByOne[0]?.commitsPerJob ?? Number.NaN;
    return [
      benchRow('outbox life cycle, 16 in flight, beside a bare loop', fastest, 'jobs/s', Math.max(...bare), {
        atLeast: 0.7,
      }),
      benchRow('outbox commits per job, one at a time', await alone(store, 200), 'commits', 2, { atMost: 1 }),
      benchRow('outbox commits per job, 16 in flight', noPrefetch, 'commits', 0.15, { atMost: 1 }),
      benchRow('outbox commits per job, 16 in flight, prefetched', commits, 'commits', 0.08, { atMost: 1 }),
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await outboxBench());
