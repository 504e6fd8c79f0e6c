import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { vendorKeyName } from '../src-main/adapters/kit/crm.ts';
import { lightblue } from '../src-main/adapters/lightblue/index.ts';
import { tave } from '../src-main/adapters/tave/index.ts';
import { taveSandbox } from '../src-main/adapters/tave/sandbox.ts';
import { valuesOf } from '../src-main/engine/crm/figures.ts';
import { createCrm } from '../src-main/engine/crm/index.ts';
import { createEvents } from '../src-main/engine/events.ts';
import { createOutbox } from '../src-main/engine/outbox/outbox.ts';
import { createHttp } from '../src-main/platform/http.ts';
import { createMemorySecrets } from '../src-main/platform/memory-secrets.ts';
import { createPracticeHttp } from '../src-main/platform/practice-http.ts';
import { createRedactor } from '../src-main/platform/redactor.ts';
import { systemClock, systemIds, systemRandom } from '../src-main/platform/runtime.ts';
import type { HttpClient } from '../src-main/ports/http.ts';
import { startSandbox } from '../src-main/sandbox/server.ts';
import { openStore } from '../src-main/store/open.ts';
import { rebuildUsageSums } from '../src-main/store/repositories/usage.ts';
import { testLog } from '../src-main/testing/runtime.ts';
import { parsePeriod } from '../src-shared/domain/period.ts';
import { type BenchRow, benchRow } from './row.ts';

const org = 'bluebell';
const month = '2026-10';
const vendors = 2_000;
const records = 1_000_000;
const pushes = 300;
const events = 40;
const who = { actor: 'person:bench', name: 'Bench', channel: 'bench', correlationId: 'bench' };
const actions = { tave, lightblue } as const;

/** The CRM desk: figures of a month, its preview list, and the way into the vendors' studios. */
export async function crmBench(): Promise<BenchRow[]> {
  return [...(await desk()), ...(await studios())];
}

async function opened(crm: keyof typeof actions, count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-crm-'));
  const runtime = { clock: systemClock, ids: systemIds, random: systemRandom, log: testLog() };
  const store = await openStore({ folder, runtime, version: '0.0.0' });
  const sandbox = await startSandbox({ systems: [taveSandbox], clock: systemClock });
  const direct = createHttp({ clock: systemClock, redactor: createRedactor() });
  const practice = createPracticeHttp({ http: direct, sandboxUrl: sandbox.url });
  let tooMany = 0;
  const http: HttpClient = {
    async send(request) {
      const reply = await practice.send(request);
      if (reply.status === 429) tooMany += 1;
      return reply;
    },
  };
  const secrets = createMemorySecrets();
  const adapter = actions[crm];
  const action = adapter.actions['push-value'];
  if (!action) throw new Error(`${crm} takes no pushes`);
  await store.batch([
    { sql: "INSERT INTO organisation (id, name, created_at) VALUES ('bluebell', 'Bluebell', 1)", params: [] },
    {
      sql: 'INSERT INTO connection (id, organisation_id, system, created_at, updated_at) VALUES (?, ?, ?, 1, 1)',
      params: [`${org}/${crm}`, org, crm],
    },
    {
      sql: `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
INSERT INTO vendor (organisation_id, id, name, email, state, same_as, created_at, updated_at)
SELECT 'bluebell', 'v-' || i, 'Vendor ' || i, '', 'confirmed', NULL, 1, 1 FROM n`,
      params: [count],
    },
    {
      sql: `INSERT INTO vendor_crm (organisation_id, vendor_id, crm, target, confirmed_by, confirmed_at)
SELECT organisation_id, id, ?, '{}', 'bench', 1 FROM vendor`,
      params: [crm],
    },
    {
      sql: 'INSERT INTO vendor_alias (organisation_id, alias, vendor_id) SELECT organisation_id, id, id FROM vendor',
      params: [],
    },
  ]);
  for (let index = 0; index < count; index++) {
    const name = vendorKeyName(`v-${index}`);
    await secrets.write({ organisationId: org, system: crm, name }, `practice-${crm}-v-${index}`);
  }
  const contextOf = async (organisationId: string, system: string, signal: AbortSignal) => ({
    organisationId,
    settings: adapter.settings.schema.parse({}),
    secrets: {},
    account: null,
    http,
    clock: systemClock,
    random: systemRandom,
    log: runtime.log,
    signal,
    secret: (name: string) => secrets.read({ organisationId, system, name }),
  });
  const hub = createEvents();
  const outbox = createOutbox({
    store,
    runtime,
    events: hub,
    deliverer: {
      limits: () => adapter.limits,
      idempotency: () => action.idempotency,
      async deliver(job, signal) {
        const stamp = { idempotencyKey: job.idempotencyKey, at: systemClock.now(), attempt: job.attempts };
        const ctx = await contextOf(org, crm, signal);
        const plan = action.plan(action.payload.parse(job.payload), ctx.settings as never, stamp);
        return action.deliver(plan, stamp, ctx as never);
      },
      find: async () => null,
    },
  });
  const desk = createCrm({
    store,
    runtime,
    audit: async () => undefined,
    publish: hub.publish,
    enqueue: outbox.enqueue,
    adapters: [adapter],
    contextOf,
    secretsOf: async () => secrets,
    connected: async () => true,
    hookAddress: async () => null,
    files: { offer: async (path: string) => path, peek: async () => null, take: async () => null },
    temporaryFolder: folder,
  });
  outbox.onSettled({ system: crm }, desk.settled);
  /**
   * Usage of the month (numbers as literals: bound ones are no integers to `%`), spread over the vendors and its days.
   * Resolves to what making its sums took, in ms.
   */
  async function usage(rows: number): Promise<number> {
    await store.batch([
      {
        sql: `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})
INSERT INTO usage_record (organisation_id, key, content, import_id, vendor_id, day, feature, at, success, in_window, seconds, client, wedding)
SELECT 'bluebell', CAST('k' || i AS BLOB), x'00', 'one', 'v-' || (i % ${count}), '2026-10-' || printf('%02d', 1 + (i / ${count}) % 31),
  CASE i % 3 WHEN 0 THEN 'chat' WHEN 1 THEN 'gallery' ELSE 'planning' END, 1790812800000 + i, i % 17 <> 0, i % 5 < 2, 900,
  'c' || ((i / ${count}) % 40), '' FROM n`,
        params: [],
      },
    ]);
    return timed(() => store.transaction((tx) => rebuildUsageSums(tx, org, [month], '')));
  }
  return {
    store,
    tooMany: () => tooMany,
    desk,
    outbox,
    usage,
    async close() {
      await desk.close();
      await outbox.stop();
      await sandbox.close();
      await direct.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
const ranked = (figures: readonly number[], share: number) =>
  figures.toSorted((a, b) => a - b)[Math.min(figures.length - 1, Math.ceil(figures.length * share) - 1)] ?? 0;

/** Light Blue lets nobody look, so preparing is our own work alone. */
async function desk(): Promise<BenchRow[]> {
  const t = await opened('lightblue', vendors);
  try {
    const period = parsePeriod(month);
    if (!period) throw new Error('no period');
    const summed = await t.usage(records);
    const values = async () => {
      const found = await valuesOf(t.store.read, org, period);
      if (found.size !== vendors) throw new Error(`${found.size} vendors`);
    };
    const derived = await timed(values);
    const prepared = await timed(() => t.desk.prepare(org, { period: month }, 'bench'));
    const list = async () => {
      const [{ changing }, { rows }] = await Promise.all([
        t.desk.summary(org, month),
        t.desk.list(org, { period: month, text: '', offset: 0, limit: vendors }),
      ]);
      if (changing !== vendors || rows.length !== vendors) throw new Error(`${rows.length} rows`);
    };
    const lists: number[] = [];
    for (let run = 0; run < 40; run++) lists.push(await timed(list));
    return [
      benchRow('sums of 1,000,000 usage records, made from nothing', summed, 'ms', 2_000, { atMost: 1 }),
      benchRow(
        'figures of 2,000 vendors for a month of 1,000,000 usage records (sums kept beside them)',
        derived,
        'ms',
        2_000,
        { atMost: 1 },
      ),
      benchRow('2,000 pushes prepared', prepared, 'ms', 2_200, { atMost: 1 }),
      benchRow('preview list of 2,000 opened, p95', ranked(lists, 0.95), 'ms', 300, { atMost: 1 }),
    ];
  } finally {
    await t.close();
  }
}

/** Against studios that refuse what is too much for them. */
async function studios(): Promise<BenchRow[]> {
  const t = await opened('tave', pushes);
  try {
    await t.usage(30_000);
    await t.outbox.start();
    const arrived = async (ids: readonly string[]) => {
      const wanted = new Set(ids);
      for (;;) {
        const { rows } = await t.desk.list(org, { period: month, text: '', offset: 0, limit: pushes });
        const own = rows.filter(({ id }) => wanted.has(id));
        const bad = own.find(({ state }) => !['sending', 'verified'].includes(state));
        if (bad) throw new Error(`${bad.state}: ${bad.problem}`);
        if (own.every(({ state }) => state === 'verified')) return;
        await wait(10);
      }
    };
    const { ids } = await t.desk.prepare(org, { period: month }, 'bench');
    const took = await timed(async () => {
      const { done } = await t.desk.approve(org, ids, who);
      await t.desk.send(org, { ids: done }, who);
      await arrived(done);
    });
    for (let index = 0; index < events; index++) {
      const mapping = { vendorId: `v-${index}`, crm: 'tave', on: true, ceilingPercent: 1_000, why: 'bench' } as const;
      await t.desk.automatic(org, mapping, who);
    }
    // New usage of that month, so that each event has something to write; and the studios' quotas are whole again.
    await t.store.batch([
      { sql: 'UPDATE usage_month SET requests = requests + 7, successful = successful + 7', params: [] },
    ]);
    await wait(10_000);
    const times: number[] = [];
    for (let index = 0; index < events; index++) {
      times.push(
        await timed(async () => {
          const made = await t.desk.newClient(org, `v-${index}`);
          await arrived(made.pushes);
        }),
      );
    }
    return [
      benchRow('pushes a minute into 300 studios, read back', (pushes / took) * 60_000, 'a minute', 300, {
        atLeast: 1,
      }),
      benchRow('calls a studio refused as too many', t.tooMany(), 'calls', 1, { atMost: 0 }),
      benchRow('new client’s event to the figures read back in the studio, p95', ranked(times, 0.95), 'ms', 5_000, {
        atMost: 1,
      }),
    ];
  } finally {
    await t.close();
  }
}
