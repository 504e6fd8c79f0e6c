import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Client } from '../../src-main/hosts/cli/console.ts';
import { decimal } from '../../src-shared/domain/money/index.ts';
import { organisationId, peek } from './console.ts';
import { type Acknowledged, CRM_PERIOD } from './load.ts';

const SETTLED_MS = 300_000;
const monitoring = ['datadog', 'newrelic', 'grafana'];

/** Waits until what was sent has arrived, and tells what did not. */
export async function settled(client: Client, book: Acknowledged): Promise<string[]> {
  const wrong: string[] = [];
  let late = performance.now() + SETTLED_MS;
  /** Asks until nothing is wrong any more, or it is too late. */
  async function until(ask: () => Promise<string>): Promise<void> {
    for (let what = await ask(); what !== ''; what = await ask()) {
      if (performance.now() > late) {
        wrong.push(what);
        return;
      }
      await wait(250);
    }
  }
  await acknowledgeAll(client);
  for (const batchId of book.batches)
    await until(async () => {
      const { state } = await client.exports.batch({ organisationId, batchId });
      return state === 'verified' ? '' : `batch ${batchId} ended as ${state}`;
    });
  // What grew since it was sent is worked out anew and sent as well; then every CRM shows the console's figures.
  await until(async () => {
    await client.crm.prepare({ organisationId, period: CRM_PERIOD, readAgain: true });
    const { rows } = await client.crm.list({ organisationId, period: CRM_PERIOD });
    const ids = rows.filter(({ state, changes }) => state === 'to_approve' && changes > 0).map(({ id }) => id);
    if (ids.length > 0) await client.crm.approve({ organisationId, ids, send: true });
    const sent = rows.filter(({ id }) => book.pushes.has(id));
    if (sent.length < book.pushes.size) return `${book.pushes.size - sent.length} CRM pushes are gone`;
    return sent
      .filter(({ state, changes }) => !(state === 'verified' || state === 'sent') || changes > 0)
      .map(({ vendor, crm, state, problem }) => `push of ${vendor} to ${crm} ended as ${state} ${problem ?? ''}`)
      .join('; ');
  });
  await until(async () => {
    const told = await client.kpis.push({ organisationId });
    return told.flatMap(({ system, ok, error }) => (ok ? [] : [`metrics to ${system}: ${error}`])).join('; ');
  });
  let fewest = Number.POSITIVE_INFINITY;
  await until(async () => {
    const { waiting } = await client.deliveries.tabs({ organisationId });
    // Slack takes one message a second: what still goes out is late, not lost.
    if (waiting < fewest) {
      fewest = waiting;
      late = performance.now() + SETTLED_MS;
    }
    return waiting === 0 ? '' : `${waiting} deliveries never settled`;
  });
  return wrong;
}

/** An alert nobody has goes on being told at every step of its escalation, so the queue would never be empty. */
async function acknowledgeAll(client: Client): Promise<void> {
  for (;;) {
    const { rows } = await client.alerts.list({ organisationId, filter: 'needs_me', limit: 50 });
    if (rows.length === 0) return;
    const { changed } = await client.alerts.acknowledgeMany({ organisationId, alertIds: rows.map(({ id }) => id) });
    if (changed === 0) return;
  }
}

/** What was acknowledged and is not there, or arrived more than once where that counts. The console has ended. */
export function missing(data: string, vendor: string, book: Acknowledged): string[] {
  return peek(data, (db) => {
    const there = new Set(db.prepare('SELECT title FROM alert').pluck().all());
    const lost = book.alerts.filter((title) => !there.has(title)).map((title) => `${title} is lost`);
    const given = db
      .prepare(
        `SELECT system, action, state, json_extract(last_failure, '$.code') AS code,
                json_extract(last_failure, '$.message') AS message, count(*) AS jobs FROM outbox_job
          WHERE state <> 'delivered' AND coalesce(json_extract(last_failure, '$.code'), '') <> 'superseded' GROUP BY 1, 2, 3, 4, 5`,
      )
      .all()
      .map((row) => `not delivered: ${JSON.stringify(row)}`);
    const totals = added(db.prepare('SELECT kpi, total FROM kpi_counter').raw().all());
    const counters = monitoring.flatMap((system) => {
      const told = added(db.prepare('SELECT kpi, acked FROM kpi_counter_sent WHERE system = ?').raw().all(system));
      return different(`${system} was told`, told, totals);
    });
    return [...lost, ...given, ...counters, ...countedTwice(vendor, totals)];
  });
}

/** Datadog adds up what it is told a counter grew by: each growth must have come once. */
function countedTwice(vendor: string, totals: Sums): string[] {
  const db = new Database(join(vendor, 'sandbox.db'), { readonly: true, timeout: 10_000 });
  try {
    const points = db
      .prepare(
        `SELECT substr(json_extract(body, '$.metric'), length('wedsync.') + 1), json_extract(body, '$.value') FROM document
          WHERE system = 'datadog' AND collection LIKE 'points%' AND json_extract(body, '$.type') = 1`,
      )
      .raw()
      .all();
    return different('Datadog counted', added(points), totals);
  } finally {
    db.close();
  }
}

type Sums = ReadonlyMap<string, ReturnType<typeof decimal>>;

/** Exact sums by name. */
function added(rows: readonly unknown[]): Sums {
  const sums = new Map<string, ReturnType<typeof decimal>>();
  for (const [name, value] of rows as [string, string | number][])
    sums.set(name, (sums.get(name) ?? decimal('0')).plus(decimal(String(value))));
  return sums;
}

function different(what: string, sums: Sums, totals: Sums): string[] {
  return [...totals].flatMap(([name, total]) => {
    const sum = sums.get(name) ?? decimal('0');
    return sum.eq(total) ? [] : [`${what} ${sum.toFixed()} ${name} of ${total.toFixed()}`];
  });
}
