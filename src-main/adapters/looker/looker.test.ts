import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { kpis } from '../../../src-shared/domain/kpi/catalogue.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { testClock } from '../../testing/runtime.ts';
import { SYNC_KPIS } from '../kit/bi.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import { openBench } from '../testing/bench.ts';
import { aSync } from '../testing/bi-samples.ts';
import { spacingMs } from './datagroup.ts';
import { looker } from './index.ts';
import { lookml } from './lookml.ts';
import { lookerSandbox, practiceLooker, type StoredDatagroup } from './sandbox.ts';

const options = {
  systems: [lookerSandbox],
  settings: { clientId: practiceLooker.clientId },
  secrets: { clientSecret: practiceLooker.clientSecret },
};
adapterSuite(looker, { ...options, samples: { [SYNC_KPIS]: { payload: aSync().payload } }, faultPath: '/datagroups' });

async function bench() {
  const opened = await openBench(looker, options);
  onTestFinished(() => opened.close());
  const clock = testClock(opened.clock.now());
  const action = looker.actions[SYNC_KPIS];
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
  const run = (payload = aSync().payload, settings: object = {}) => {
    const parsed = looker.settings.schema.parse({ ...options.settings, ...settings });
    return action?.deliver(action.plan(payload, parsed, stamp), stamp, opened.context({ clock, settings: parsed }));
  };
  /** The sandbox and the adapter see the same time. */
  const pass = async (ms: number) => {
    clock.jump(ms);
    opened.clock.jump(ms);
    await clock.advance(0);
  };
  const calls = () =>
    opened.sandbox.received('looker').map(({ method, path }) => `${method} ${path.split('/').slice(4).join('/')}`);
  return { opened, clock, run, pass, calls };
}

test('drops the cache of its datagroup, once: what follows soon is left to Looker, to spare the quota', async () => {
  const { opened, clock, run, pass, calls } = await bench();
  expect(await run()).toMatchObject({ vendorId: '42', document: { rows: 3 } });
  expect(opened.sandbox.documents('looker', 'datagroups').all()).toMatchObject([
    { stale_before: Math.floor(clock.now() / 1_000) - 5 } satisfies Partial<StoredDatagroup>,
  ]);
  expect(calls()).toEqual(['POST login', 'GET datagroups', 'PATCH datagroups/42']);
  await pass(60_000);
  expect(await run()).toMatchObject({ vendorId: null, note: expect.stringContaining('within 5 minutes') });
  await pass(2 * 3_600_000);
  expect(await run()).toMatchObject({ vendorId: '42' });
  expect(calls().slice(3)).toEqual(['POST login', 'PATCH datagroups/42']);
});

test('a console started anew learns from Looker when the cache was last dropped', async () => {
  const { opened, run, calls } = await bench();
  await run();
  const action = looker.actions[SYNC_KPIS];
  const settings = looker.settings.schema.parse(options.settings);
  const stamp = { idempotencyKey: 'k', at: Instant.parse(0), attempt: 1 };
  const plan = action?.plan(aSync().payload, settings, stamp);
  // Another clock is another process.
  const receipt =
    plan && (await action?.deliver(plan, stamp, opened.context({ clock: testClock(opened.clock.now()) })));
  expect(receipt).toMatchObject({ vendorId: null });
  expect(calls().slice(3)).toEqual(['POST login', 'GET datagroups']);
});

test('rows that did not change cost no call', async () => {
  const { run, calls } = await bench();
  expect(await run(aSync(undefined, 0).payload)).toMatchObject({
    note: expect.stringContaining('none of them changed'),
  });
  expect(calls()).toEqual([]);
});

test('a month of planned syncs stays within four fifths of any edition’s calls', () => {
  for (const quota of [100, 1_000, 10_000, 500_000]) {
    expect(2 * ((31 * 86_400_000) / spacingMs(quota))).toBeLessThanOrEqual(0.8 * quota);
    expect(spacingMs(quota)).toBeGreaterThanOrEqual(3_600_000);
  }
});

test('a token that ended before its time is replaced once', async () => {
  const { opened, clock, run, calls } = await bench();
  await run();
  const tokens = opened.sandbox.documents('looker', 'tokens');
  for (const [token] of tokens.entries()) tokens.remove(token);
  expect((await looker.checkHealth(opened.context({ clock }))).map(({ failure }) => failure)).toEqual([null, null]);
  expect(calls().slice(3)).toEqual([
    'GET user?fields=id%2Cdisplay_name',
    'POST login',
    'GET user?fields=id%2Cdisplay_name',
    'GET datagroups',
  ]);
});

test('a warehouse Looker cannot ask is told, though the reset itself worked', async () => {
  const { opened, run } = await bench();
  opened.sandbox.misbehave({ system: 'looker', fault: 'trigger-error', value: 'permission denied for schema' });
  expect(await run()).toMatchObject({
    document: { warning: 'Looker cannot ask the warehouse: permission denied for schema' },
  });
});

test('a wrong key, a used-up quota and a missing model each say what to do', async () => {
  const { opened, run } = await bench();
  await expect(run(undefined, { clientId: 'anotherclientid' })).rejects.toMatchObject({ code: 'auth' });
  await expect(run(undefined, { datagroup: 'not_there' })).rejects.toMatchObject({ code: 'gone' });
  opened.sandbox.misbehave({ system: 'looker', fault: 'quota' });
  await expect(run()).rejects.toMatchObject({ code: 'rate-limited', detail: { retryAfterMs: 60_000 } });
});

test('health asks Looker again only after hours, unless something was wrong', async () => {
  const { opened, clock, calls } = await bench();
  const health = () => looker.checkHealth(opened.context({ clock }));
  opened.sandbox.misbehave({ system: 'looker', path: '/user', status: 503, body: {} });
  expect((await health())[0]?.failure).toMatchObject({ kind: 'retryable' });
  expect((await health()).map(({ failure }) => failure)).toEqual([null, null]);
  const before = calls().length;
  expect((await health()).map(({ failure }) => failure)).toEqual([null, null]);
  expect(calls()).toHaveLength(before);
});

test('the LookML of the console is the one of the catalogue', () => {
  const files = lookml();
  for (const [name, text] of Object.entries(files)) {
    const file = new URL(`../../../resources/looker/${name}`, import.meta.url);
    if (process.env.UPDATE_LOOKML) {
      mkdirSync(dirname(file.pathname), { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), `UPDATE_LOOKML=1 writes ${name} anew`).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(text);
    // Braces open and close, and no block of SQL is left without its end.
    const outside = text.replace(/\$\{TABLE\}/g, '').replace(/"(?:[^"\\]|\\.)*"/g, '');
    expect(outside.split('{').length).toBe(outside.split('}').length);
    expect(text.match(/\bsql(_trigger|_table_name)?:/g)?.length).toBe(text.match(/;;/g)?.length);
  }
  for (const { id } of kpis) expect(files['views/kpi_wide.view.lkml']).toContain(`measure: ${id} {`);
});
