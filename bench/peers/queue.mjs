// One round of one queue of the npm world, in a process of its own: `queue.mjs PEER FOLDER JOBS BULK ADDRESS`. Prints jobs a
// second over the whole life of every job: enqueued, claimed, delivered to a no-op, settled; 16 at a time.
import { join } from 'node:path';

const [peer = '', folder = '', jobsText = '0', bulk = 'no', address = ''] = process.argv.slice(2);
let jobs = Number(jobsText);
const inFlight = 16;
const bulkSize = 500;
const quiet = { error: console.error, warn() {}, info() {}, debug() {} };
const payload = (at) => ({ title: 'AI gallery slow at The Barn', venue: 'The Barn', at });

/** Runs `work` for 0 … jobs-1, sixteen at a time. */
async function sixteen(work) {
  let next = 0;
  const one = async () => {
    while (next < jobs) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

async function plainjob(full) {
  const { better, defineQueue, defineWorker } = await import('plainjob');
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(folder, `plainjob-${jobs}.db`));
  const queue = defineQueue({ connection: better(db), logger: quiet });
  if (full) db.pragma('synchronous = FULL');
  const began = performance.now();
  let done = 0;
  let finished = () => {};
  const all = new Promise((resolve) => {
    finished = resolve;
  });
  const workers = Array.from({ length: inFlight }, () =>
    defineWorker('job', async () => {}, {
      queue,
      pollIntervall: 5,
      logger: quiet,
      onCompleted() {
        done += 1;
        if (done === jobs) finished();
      },
    }),
  );
  for (const worker of workers) worker.start();
  const stop = () => Promise.all(workers.map((worker) => worker.stop()));
  if (bulk === 'bulk') {
    for (let at = 0; at < jobs; at += bulkSize) {
      queue.addMany(
        'job',
        Array.from({ length: Math.min(bulkSize, jobs - at) }, (_, index) => payload(at + index)),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
  } else {
    for (let at = 0; at < jobs; at += 1) {
      queue.add('job', payload(at));
      if (at % inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await all;
  const ms = performance.now() - began;
  await stop();
  return ms;
}

async function bullmq() {
  const { Queue, Worker } = await import('bullmq');
  const connection = { path: address, maxRetriesPerRequest: null };
  const queue = new Queue(`bench-${process.pid}-${jobs}`, { connection });
  await queue.waitUntilReady();
  let done = 0;
  let finished = () => {};
  const all = new Promise((resolve) => {
    finished = resolve;
  });
  const worker = new Worker(queue.name, async () => {}, { connection, concurrency: inFlight });
  worker.on('completed', () => {
    done += 1;
    if (done === jobs) finished();
  });
  await worker.waitUntilReady();
  const began = performance.now();
  if (bulk === 'bulk') {
    for (let at = 0; at < jobs; at += bulkSize) {
      const some = Array.from({ length: Math.min(bulkSize, jobs - at) }, (_, index) => ({
        name: 'job',
        data: payload(at + index),
      }));
      await queue.addBulk(some);
    }
  } else await sixteen((at) => queue.add('job', payload(at)));
  await all;
  const ms = performance.now() - began;
  await worker.close();
  return ms;
}

async function pgBoss() {
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ host: address, database: 'postgres', user: 'postgres', max: inFlight });
  boss.on('error', () => {});
  await boss.start();
  const name = `bench${process.pid}x${jobs}`;
  await boss.createQueue(name);
  const began = performance.now();
  if (bulk === 'bulk') {
    for (let at = 0; at < jobs; at += bulkSize) {
      const some = Array.from({ length: Math.min(bulkSize, jobs - at) }, (_, index) => ({ data: payload(at + index) }));
      await boss.insert(name, some);
    }
  } else await sixteen((at) => boss.send(name, payload(at)));
  await sixteen(async () => {
    const [job] = await boss.fetch(name, { batchSize: 1 });
    if (job) await boss.complete(name, job.id);
  });
  return performance.now() - began;
}

const peers = { 'plainjob-full': () => plainjob(true), plainjob: () => plainjob(false), bullmq, 'pg-boss': pgBoss };
// Compiled before it is timed.
const wanted = jobs;
jobs = Math.ceil(wanted / 4);
await peers[peer]?.();
jobs = wanted;
const ms = await peers[peer]?.();
process.stdout.write(`${JSON.stringify({ perSecond: (jobs * 1_000) / ms })}\n`, () => process.exit());
