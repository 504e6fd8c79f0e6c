import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { parseCheckpoints } from '../../src-main/engine/audit/checkpoints.ts';
import { chainVerifier } from '../../src-main/engine/audit/verify.ts';
import type { AuditRow } from '../../src-main/store/repositories/audit.ts';
import type { Instant } from '../../src-shared/domain/time-and-ids.ts';
import { localAt } from '../../src-shared/domain/wedding-time/local-time.ts';

export interface Scene {
  /** Data folder of a console that has ended. */
  readonly data: string;
  /** State of the sandbox it spoke to, where that is another folder. */
  readonly sandbox?: string;
  /** Values that must be in no file but the secret store's. */
  readonly canaries?: readonly string[];
  /** Ids of inbound events that were answered with 2xx, by their text. */
  readonly acknowledged?: readonly string[];
  /** A break of the record that the test made itself. */
  readonly brokenOnPurpose?: boolean;
}

/** R58: what must hold after every fault, one sentence for each that does not. Empty is good. */
export function broken({ data, sandbox = data, canaries = [], acknowledged = [], brokenOnPurpose }: Scene): string[] {
  const wrong: string[] = [];
  const db = new Database(join(data, 'console.db'), { readonly: true, timeout: 10_000 });
  const all = <T>(sql: string, ...params: unknown[]) => db.prepare(sql).all(...params) as T[];
  const say = (what: string, rows: readonly unknown[]) => {
    if (rows.length > 0) wrong.push(`${what}: ${JSON.stringify(rows.slice(0, 3))}`);
  };
  try {
    // 11
    const integrity = db.pragma('integrity_check', { simple: true });
    if (integrity !== 'ok') wrong.push(`integrity: ${String(integrity)}`);
    say('rows that point to nothing', db.pragma('foreign_key_check') as unknown[]);

    // 1
    const events = all<{ source: string; dedupe_key: string; body: Buffer | null }>(
      'SELECT source, dedupe_key, body FROM inbound_event',
    );
    const texts = events.map(({ body }) => body?.toString('utf8') ?? '');
    say(
      '1: acknowledged and not stored exactly once',
      acknowledged.filter((id) => texts.filter((text) => text.includes(JSON.stringify(id))).length !== 1),
    );

    // 2, 3: an open alert is told through every channel its jobs name; on Saturday SMS and PagerDuty are among them.
    const jobs = all<{ id: string; system: string; state: string; payload: string; idempotency_key: string }>(
      "SELECT id, system, state, payload, idempotency_key FROM outbox_job WHERE delivery_class = 'never-miss'",
    );
    const alerts = all<{ id: string; organisation_id: string; created_at: number; state: string }>(
      'SELECT id, organisation_id, raised_at AS created_at, state FROM alert WHERE silence_id IS NULL',
    );
    const zones = new Map(
      all<{ id: string; time_zone: string }>('SELECT id, time_zone FROM organisation').map((row) => [
        row.id,
        row.time_zone,
      ]),
    );
    const deliveries = all<{ alert_id: string; channel: string; job_id: string | null; state: string }>(
      "SELECT d.alert_id, d.channel, coalesce(d.job_id, b.job_id) AS job_id, CASE WHEN d.bundle_id IS NOT NULL AND b.sent_at IS NULL THEN 'bundled' ELSE d.state END AS state FROM alert_delivery d LEFT JOIN alert_bundle b ON b.organisation_id = d.organisation_id AND b.id = d.bundle_id",
    );
    const known = new Set(jobs.map(({ id }) => id));
    // What waited in a bundle, or for quiet hours to end, goes to nobody once somebody has it.
    const taken = new Set(
      all<{ alert_id: string }>(
        "SELECT DISTINCT alert_id FROM alert_timeline WHERE kind IN ('acknowledged', 'snoozed', 'resolved')",
      ).map(({ alert_id }) => alert_id),
    );
    say(
      '2: told without a job',
      deliveries.filter(
        ({ alert_id, job_id, state }) =>
          !['quiet', 'bundled', 'not_connected'].includes(state) &&
          !(state === 'superseded' && job_id === null && taken.has(alert_id)) &&
          (job_id === null || !known.has(job_id)),
      ),
    );
    for (const alert of alerts) {
      const zone = zones.get(alert.organisation_id) ?? 'Europe/London';
      if (localAt(alert.created_at as Instant, zone).weekday !== 6) continue;
      const channels = new Set(
        deliveries.filter(({ alert_id }) => alert_id === alert.id).map(({ channel }) => channel),
      );
      if (!channels.has('sms') || !channels.has('pagerduty'))
        wrong.push(`3: Saturday alert ${alert.id} lacks a channel`);
    }

    // 5
    say(
      '5: a lease nobody holds',
      all("SELECT id, lease_owner FROM outbox_job WHERE state = 'sending' AND lease_until < ?", Date.now() - 120_000),
    );
    say(
      '5: attempts counted less than recorded sends',
      all(
        `SELECT j.id FROM outbox_job j WHERE j.attempts > 0 AND j.replay_of IS NULL AND j.attempts <
           (SELECT count(DISTINCT a.number) FROM outbox_attempt a WHERE a.job_id = j.id AND a.stage = 'send'
             AND a.number > 0 AND j.state <> 'delivered') AND j.in_doubt = 0 AND j.lookups = 0`,
      ),
    );
    // 6
    say(
      '6: a key with two bodies',
      all(
        'SELECT connection_id, action, idempotency_key FROM outbox_job GROUP BY 1, 2, 3 HAVING count(DISTINCT payload) > 1',
      ),
    );
    // 7
    if (!brokenOnPurpose) {
      const rows = all<AuditRow>('SELECT * FROM audit_entry ORDER BY sequence');
      const file = join(data, 'audit-checkpoints.jsonl');
      const verifier = chainVerifier(parseCheckpoints(existsSync(file) ? readFileSync(file, 'utf8') : ''), null);
      verifier.take(rows);
      const { broken: found } = verifier.finish(rows.length);
      if (found) wrong.push(`7: ${found.detail}`);
    }
    // 10
    say(
      '10: sent for a system that is off',
      all(
        `SELECT j.id FROM outbox_job j JOIN connection c ON c.id = j.connection_id
          WHERE c.mode = 'off' AND j.state = 'delivered' AND j.settled_at > c.updated_at + 60000`,
      ),
    );
    // 8: ids of one organisation in the jobs of another.
    say(
      '8: a job of one organisation on the connection of another',
      all(
        'SELECT j.id FROM outbox_job j JOIN connection c ON c.id = j.connection_id WHERE c.organisation_id <> j.organisation_id',
      ),
    );
  } finally {
    db.close();
  }
  wrong.push(...ledgerTwice(sandbox));
  // 9
  for (const file of filesUnder(data)) {
    if (file.endsWith('practice-secrets.json') || file.endsWith('reserve')) continue;
    const bytes = readFileSync(file);
    for (const canary of canaries) if (bytes.includes(canary)) wrong.push(`9: a secret lies in ${file}`);
  }
  return wrong;
}

/** 4: two documents with one of our references in one ledger of the sandbox. */
function ledgerTwice(folder: string): string[] {
  const file = join(folder, 'sandbox.db');
  if (!existsSync(file)) return [];
  const db = new Database(file, { readonly: true, timeout: 10_000 });
  try {
    const bodies = db
      .prepare(
        "SELECT system, body FROM document WHERE (system = 'xero' AND collection LIKE 'Invoices %') OR (system = 'quickbooks' AND collection LIKE '%ill%') OR (system = 'freshbooks' AND collection LIKE '%bill%')",
      )
      .all() as { system: string; body: string }[];
    const seen = new Map<string, number>();
    for (const { system, body } of bodies) {
      const text = JSON.parse(body) as Record<string, unknown>;
      const gone = text.status === 'DELETED' || text.status === 'VOIDED' || text.deleted === true;
      // No other text has this form.
      const reference = /WS:[0-9A-Za-z-]{4,40}/.exec(body)?.[0];
      if (reference === undefined || gone) continue;
      const key = `${system} ${reference}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return [...seen].filter(([, times]) => times > 1).map(([key]) => `4: twice in the ledger: ${key}`);
  } finally {
    db.close();
  }
}

export function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
