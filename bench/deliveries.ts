import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { adapters } from '../src-main/adapters/registry.ts';
import { type OpenConsole, openConsole } from '../src-main/hosts/cli/console.ts';
import type { DeliveryFilter, InboundFilter } from '../src-shared/contract/deliveries.ts';
import { type BenchRow, benchRow } from './row.ts';

/** Fewer by `BENCH_DELIVERIES`, for a look at it. */
const deliveries = Number(process.env.BENCH_DELIVERIES ?? 5_000_000);
const inboundEvents = deliveries / 5;
const millions = deliveries / 1_000_000;
const organisationId = 'bluebell';
const dayMs = 86_400_000;
const historyMs = 365 * dayMs;
/** As `npm run wedops` starts it. */
const program = fileURLToPath(new URL('../scripts/wedops.mjs', import.meta.url));

/** An agent on the folder, and how long it took to be ready, ms. */
async function started(folder: string): Promise<{ child: ChildProcess; ms: number }> {
  const from = performance.now();
  const child = spawn(process.execPath, [program, 'agent', '--practice', '--empty', '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The agent ended with ${String(code)} before it was ready`);
    }),
  ]);
  return { child, ms: performance.now() - from };
}

async function stopped(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

/**
 * A year of history made by SQL: nearly all delivered, 100,000 dead letters and some thousands of every other state, spread
 * over every action of every system; one system (Looker) has only ever delivered, and nothing in the last half year.
 */
function fill(folder: string, now: number): void {
  const db = new Database(join(folder, 'console.db'));
  db.pragma('journal_mode = MEMORY');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -1000000');
  const indexes = db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (?, ?, ?)")
    .all('outbox_job', 'outbox_attempt', 'inbound_event') as { name: string; sql: string }[];
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  db.exec('CREATE TEMP TABLE kind (n INTEGER PRIMARY KEY, system TEXT, action TEXT, class TEXT)');
  const insert = db.prepare('INSERT INTO kind (system, action, class) VALUES (?, ?, ?)');
  const connected = new Set(
    db.prepare('SELECT system FROM connection WHERE organisation_id = ?').pluck().all(organisationId),
  );
  for (const { manifest, actions } of adapters) {
    if (!connected.has(manifest.id)) continue;
    for (const [action, { deliveryClass }] of Object.entries(actions)) insert.run(manifest.id, action, deliveryClass);
  }
  // What the console's first start wrote stays in front.
  const jobs = Number(db.prepare('SELECT coalesce(max(seq), 0) FROM outbox_job').pluck().get());
  const arrivals = Number(db.prepare('SELECT coalesce(max(seq), 0) FROM inbound_event').pluck().get());
  const kinds = Number(db.prepare('SELECT count(*) FROM kind').pluck().get());
  const looker = Number(db.prepare("SELECT min(n) FROM kind WHERE system = 'looker'").pluck().get());
  db.exec(`
WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ${deliveries}),
  each AS (SELECT n, CASE WHEN n % 50 = 7 THEN 'failed' WHEN n % 1000 = 11 THEN 'cancelled' WHEN n % 2000 = 13 THEN 'held'
                          WHEN n % 2000 = 15 THEN 'queued' ELSE 'delivered' END AS state,
                  CAST(${now - historyMs} + n * ${historyMs / deliveries} AS INTEGER) AS at FROM many)
INSERT INTO outbox_job (seq, id, organisation_id, connection_id, system, action, delivery_class, priority, payload,
  payload_version, idempotency_key, state, attempts, in_doubt, run_at, last_failure, created_at, settled_at)
SELECT ${jobs} + each.n, printf('old-%09d', each.n), '${organisationId}', '${organisationId}/' || system, system, action, class, 5,
  '{"note":"a delivery of the past year with as much in it as one usually has","n":' || each.n || '}', 1,
  printf('key-%09d', each.n), state, CASE WHEN state = 'queued' THEN each.n % 3 ELSE 1 END,
  state = 'held' AND each.n % 3 = 0, CASE WHEN state = 'queued' THEN 4102444800000 ELSE at END,
  CASE WHEN state IN ('failed', 'held') THEN '{"kind":"permanent","code":"rejected","scope":"job","message":"The other side refused it (400)."}' END,
  at, CASE WHEN state IN ('queued', 'held') THEN NULL ELSE at + 400 END
FROM each JOIN kind ON kind.n = CASE WHEN (1 + each.n % ${kinds}) = ${looker} AND (state <> 'delivered' OR each.n > ${deliveries / 2})
  THEN 1 ELSE 1 + each.n % ${kinds} END;
INSERT INTO outbox_attempt (organisation_id, connection_id, job_id, number, stage, started_at, ended_at, failure, receipt)
SELECT organisation_id, connection_id, id, 1, 'send', created_at, created_at + 400, last_failure,
  CASE WHEN state = 'delivered' THEN 'accepted' END FROM outbox_job WHERE organisation_id = '${organisationId}' AND state <> 'queued';
WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ${inboundEvents})
INSERT INTO inbound_event (seq, id, organisation_id, source, dedupe_key, priority, received_at, headers, body, key_used, due_at,
  state, worked_at, outcome)
SELECT ${arrivals} + n, printf('in-%09d', n), '${organisationId}', CASE n % 4 WHEN 0 THEN 'datadog' WHEN 1 THEN 'pagerduty' WHEN 2 THEN 'xero'
    ELSE 'generic-hmac' END, printf('event-%09d', n), 10, CAST(${now - 30 * dayMs} + n * ${(30 * dayMs) / inboundEvents} AS INTEGER), '{}',
  zeroblob(300), 0, 0, CASE WHEN n % 100 = 3 THEN 'failed' WHEN n % 10 = 4 THEN 'ignored' ELSE 'worked' END, 0, 'raised an alert'
FROM many;`);
  for (const { sql } of indexes) db.exec(sql);
  db.close();
}

const ago = (now: number, days: number) => new Date(now - days * dayMs).toISOString();

function filters(now: number): Record<string, DeliveryFilter> {
  const tabs = ['waiting', 'retrying', 'in_doubt', 'dead', 'held', 'done'] as const;
  return {
    'no filter': {},
    ...Object.fromEntries(tabs.map((tab) => [tab, { tab }])),
    'a system': { system: 'xero' },
    'a system long gone': { system: 'looker' },
    'a system long gone, this month': { system: 'looker', from: ago(now, 30) },
    'a system without dead letters': { system: 'looker', tab: 'dead' },
    'a system’s dead letters': { system: 'slack', tab: 'dead' },
    'an action': { action: 'send-alert' },
    'a class': { deliveryClass: 'never-twice' },
    'a class among the dead': { deliveryClass: 'never-twice', tab: 'dead' },
    'one day of last spring': { from: ago(now, 200), to: ago(now, 199) },
    'dead letters of one day': { tab: 'dead', from: ago(now, 200), to: ago(now, 199) },
    cancelled: { state: 'cancelled' },
    'delivered by one system': { state: 'delivered', system: 'datadog' },
    'words in the key': { text: 'key-004999' },
    'words nobody wrote': { text: 'nothing like it' },
    'words among the dead': { text: 'refused it', tab: 'dead' },
    'an id': { text: 'old-000000042' },
  };
}

const inboundFilters = (now: number): Record<string, InboundFilter> => ({
  'no filter': {},
  'a sender': { source: 'xero' },
  'a sender that never sent': { source: 'tave' },
  failed: { state: 'failed' },
  worked: { state: 'worked' },
  ignored: { state: 'ignored' },
  'a sender’s failed': { source: 'datadog', state: 'failed' },
  'one day': { from: ago(now, 20), to: ago(now, 19) },
  'one day of a sender': { source: 'pagerduty', from: ago(now, 20), to: ago(now, 19) },
  'the beginning of a key': { text: 'event-0000' },
  'no such key': { text: 'nothing' },
});

/** The slowest of the calls, each the median of three, and its name. */
async function slowest(calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<{ name: string; ms: number }> {
  let worst = { name: '', ms: 0 };
  for (const [name, call] of Object.entries(calls)) {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const from = performance.now();
      await call();
      times.push(performance.now() - from);
    }
    const ms = times.sort((a, b) => a - b)[1] ?? 0;
    if (process.env.BENCH_DETAIL) console.error(`  ${ms.toFixed(0).padStart(6)} ms  ${name}`);
    if (ms > worst.ms) worst = { name, ms };
  }
  return worst;
}

/** Millions of rows of history: the agent's start on them, and every list through the contract of a running agent. */
export async function deliveriesBench(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wedops-bench-'));
  let child: ChildProcess | null = null;
  let open: OpenConsole | null = null;
  try {
    const first = await started(folder);
    await stopped(first.child);
    const now = Date.now();
    fill(folder, now);
    const began = await started(folder);
    child = began.child;
    open = await openConsole({ dataFolder: folder, empty: true });
    const { client } = open;
    const wanted = Object.entries(filters(now));
    const lists = await slowest({
      ...Object.fromEntries(
        wanted.map(([name, filter]) => [name, () => client.deliveries.list({ organisationId, ...filter })]),
      ),
      'the counts of the tabs': () => client.deliveries.tabs({ organisationId }),
      'a page far back': () => client.deliveries.list({ organisationId, after: '1000000' }),
    });
    const inbound = await slowest(
      Object.fromEntries(
        Object.entries(inboundFilters(now)).map(([name, filter]) => [
          name,
          () => client.deliveries.inbound({ organisationId, ...filter }),
        ]),
      ),
    );
    const systems = await slowest({ 'the list of senders': () => client.systems.sources({ organisationId }) });
    return [
      benchRow(`agent ready with ${millions} million deliveries`, began.ms, 'ms', 5_000, { atMost: 1 }),
      benchRow(`slowest list of ${millions} million deliveries (${lists.name})`, lists.ms, 'ms', 500, { atMost: 1 }),
      benchRow(`slowest list of ${millions / 5} million inbound events (${inbound.name})`, inbound.ms, 'ms', 500, {
        atMost: 1,
      }),
      benchRow(`senders with their arrivals, ${millions / 5} million events`, systems.ms, 'ms', 500, { atMost: 1 }),
    ];
  } finally {
    await open?.close();
    if (child) await stopped(child);
    rmSync(folder, { recursive: true, force: true });
  }
}
