import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { addOther, type Call, fill, idsOf, inputFor, other, scopedCalls } from '../rig/calls.ts';
import { endAll, organisationId, startAgent } from '../rig/console.ts';
import { place, removeAll } from '../rig/places.ts';
import { unrestricted } from '../rig/restricted.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

/** Beside `organisation_id`: what belongs to one organisation alone and is never taken from a caller. */
const derived: Readonly<Record<string, readonly string[]>> = {
  connection: ['id'],
  outbox_job: ['connection_id', 'seq'],
  outbox_attempt: ['connection_id'],
  breaker_change: ['connection_id'],
  // The id of a job, as the outbox hands it to who asked for it.
  alert_delivery: ['job_id'],
  alert_bundle: ['job_id'],
  // Handed on from an inner query that names the organisation.
  alert: ['rowid'],
  import_hidden: ['import_id'],
  // The practice warehouse's, a database of its own.
  kpi_point: ['org'],
  // One chain for all organisations, read by its numbers when it is verified.
  audit_entry: ['sequence'],
  audit_personal: ['sequence'],
};

/** Statements across organisations, and why. What a screen or a command asks is never one of them. */
const across: readonly (readonly [text: RegExp, why: string])[] = [
  [
    /^select ("sequence", "hash", "at"|\*) from "audit_entry" (where "sequence" > \? )?order by "sequence"/i,
    'one chain',
  ],
  [/^select \* from "audit_personal" where "sequence" >= \?/, 'what belongs to entries of the one chain'],
  [/^SELECT last\.sequence, last\.hash, person\.id/, 'the end of the chain, for the next entry'],
  [/^SELECT \* FROM outbox_job WHERE state = 'sending' AND lease_owner <> \?/, 'work of an owner that is gone'],
  [/^SELECT \* FROM outbox_job WHERE state = 'queued' AND expires_at IS NOT NULL/, 'what expired'],
  [/^SELECT id, breaker FROM connection WHERE breaker IS NOT NULL/, 'the worker at its start'],
  [/^SELECT c\.id AS connection_id, \(SELECT count/, 'the worker at its start: tries of today'],
  [/^SELECT c\.id, c\.mode = 'on' AND c\.parked_code IS NULL AS open/, 'the worker’s survey of all connections'],
  [/^UPDATE outbox_job SET run_at = \? WHERE state = 'queued' AND run_at > \?/, 'a clock that was set back'],
  [/^UPDATE connection SET not_before = NULL WHERE not_before > \?/, 'a clock that was set back'],
  [/^UPDATE inbound_event SET due_at = \?, .* WHERE state = 'stored' AND due_at > \?/, 'a clock that was set back'],
  [/^UPDATE inbound_mark SET at = \? WHERE at > \?/, 'a clock that was set back'],
  [/^UPDATE outbox_job SET state = \?, attempts = \?, .* WHERE id = \? AND state = \?/, 'a claimed job is settled'],
  [/^UPDATE outbox_job SET state = 'delivered', .* WHERE id = \? AND state = 'sending'/, 'a claimed job is settled'],
  [
    /^UPDATE outbox_job SET state = 'queued', attempts = attempts - 1, .* WHERE id = \? AND lease_owner = \?/,
    'given back',
  ],
  [/^UPDATE outbox_job SET lease_until = \? WHERE lease_owner = \?/, 'the worker’s own leases'],
  [
    /seq IN \(SELECT seq FROM outbox_job WHERE state = 'sending' AND lease_owner > ''\)/,
    'narrows what is restricted outside',
  ],
  [/SELECT (1|import_id|"import_hidden"\."import_id") from "?import_hidden"?/i, 'narrows what is restricted outside'],
  [
    /^select "seq", "(created|received)_at" as "at" from "(outbox_job|inbound_event)"/,
    'which number stands at which time',
  ],
  [/^select \* from "inbound_source"$/, 'the addresses senders use are looked up before anybody is known'],
  [/^select (\*|min\("due_at"\) as "at") from "inbound_event" where state = 'stored'/, 'the receiver’s own queue'],
  [/^select distinct "organisation_id" from "line_recheck"/, 'where to go on after a start'],
  [/^update "schedule_run" set .* where "state" = \?/, 'runs a killed start left behind'],
  [/^select \* from "schedule" where "enabled" = \?/, 'what falls due next'],
  [/^SELECT value FROM ops_setting WHERE name = \?$/, 'the file is written anew, whoever asked for it'],
  [/^delete from "queue_sample" where "at" < \?/, 'old samples'],
];

/** The tables with an organisation, and their keys. */
function keysIn(file: string): Map<string, readonly string[]> {
  const db = new Database(file, { readonly: true });
  const tables = db
    .prepare(
      `SELECT m.name FROM sqlite_master AS m WHERE m.type = 'table'
         AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'organisation_id')`,
    )
    .pluck()
    .all() as string[];
  db.close();
  // The list of migrations is of the whole folder.
  const own = tables.filter((table) => table !== 'schema_migration');
  return new Map(own.map((table) => [table, ['organisation_id', ...(derived[table] ?? [])]]));
}

const texts = (file: string) =>
  new Set(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as string).replace(/\s+/g, ' ').trim()),
  );

test('SEC-16 every query carries its organisation, or a key that belongs to one alone; what goes across is on a short list', async () => {
  const data = join(place('queries'), 'data');
  const file = join(data, 'console.db');
  const log = join(data, '..', 'statements.jsonl');
  const options = {
    node: ['--import', new URL('../rig/statements.ts', import.meta.url).href],
    env: { ...process.env, STATEMENTS: log },
  };
  const first = await startAgent(data, undefined, options);
  await fill(data, first);
  await first.stop();
  addOther(file);
  const agent = await startAgent(data, undefined, options);
  const client = (await agent.client()) as unknown as Record<string, Record<string, Call>>;
  const ids = [...new Set([...idsOf(file).values()].map(([id]) => id ?? ''))];
  // Reading first: what is asked later may close what was open.
  for (const organisation of [organisationId, other]) {
    for (const { path, schema } of scopedCalls()) {
      const [group = '', name = ''] = path.split('.');
      const inputs = new Set(ids.map((id) => JSON.stringify(inputFor(schema, organisation, id))));
      for (const input of inputs) {
        const asked = client[group]?.[name]?.(JSON.parse(input) as object).catch(() => undefined);
        await Promise.race([asked, wait(5_000)]);
      }
    }
  }
  expect(await agent.stop()).toBe(0);

  const keys = keysIn(file);
  expect(keys.size).toBeGreaterThan(75);
  const all = [...texts(log)];
  const scoped = all.filter((text) => [...keys.keys()].some((table) => text.includes(table)));
  expect(scoped.length).toBeGreaterThan(300);
  const open = all.filter((text) => unrestricted(text, keys).length > 0);
  expect(open.filter((text) => !across.some(([known]) => known.test(text)))).toEqual([]);
}, 240_000);

test('a query that does not carry its organisation is seen', () => {
  const keys = new Map([
    ['alert', ['organisation_id']],
    ['person', ['organisation_id']],
  ]);
  const seen = (text: string) => unrestricted(text, keys);
  expect(seen('SELECT * FROM alert WHERE organisation_id = ? AND id = ?')).toEqual([]);
  expect(seen('select "id" from "alert" where "organisation_id" = ?')).toEqual([]);
  expect(seen('SELECT * FROM alert WHERE id = ?')).toEqual(['alert']);
  expect(seen("SELECT 'organisation_id = 1' FROM alert WHERE id = ?")).toEqual(['alert']);
  expect(seen('SELECT organisation_id FROM alert')).toEqual(['alert']);
  expect(seen('UPDATE alert SET title = ? WHERE id = ?')).toEqual(['alert']);
  expect(seen('DELETE FROM alert')).toEqual(['alert']);
  expect(seen('INSERT INTO alert (organisation_id, id) VALUES (?, ?)')).toEqual([]);
  expect(seen('INSERT INTO alert (organisation_id, id) SELECT organisation_id, id FROM person')).toEqual(['person']);
  expect(seen('SELECT * FROM alert a JOIN person p ON p.id = a.owner WHERE a.organisation_id = ?')).toEqual(['person']);
  expect(
    seen('SELECT * FROM alert a JOIN person p ON p.organisation_id = a.organisation_id WHERE a.organisation_id = ?'),
  ).toEqual([]);
  expect(seen('SELECT * FROM alert, person WHERE alert.organisation_id = ?')).toEqual(['person']);
  expect(seen('SELECT * FROM alert WHERE organisation_id = ? UNION SELECT * FROM alert')).toEqual(['alert']);
  expect(seen('SELECT (SELECT count(*) FROM person) FROM alert WHERE organisation_id = ?')).toEqual(['person']);
  expect(seen('WITH x AS (SELECT * FROM alert) SELECT * FROM x WHERE organisation_id = ?')).toEqual(['alert']);
});
