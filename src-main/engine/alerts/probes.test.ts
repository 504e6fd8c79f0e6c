import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SystemHealth } from '../../../src-shared/contract/systems.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Store } from '../../ports/store.ts';
import { putOpsSetting } from '../../store/repositories/weddings.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createWeekend } from '../weekend/weekend.ts';
import { createProbes, type ProbeParts } from './probes.ts';

const SUNDAY = Instant.parse(Date.parse('2026-11-22T23:00:00Z'));
const runtime = testRuntime('2026-11-20T17:30:00Z');
const xero = {
  system: 'xero',
  name: 'Xero',
  state: 'healthy',
  problem: null,
  tokenExpiresAt: null,
  quotas: [],
} as unknown as SystemHealth;
let store: Store;
let dataFolder: string;

beforeAll(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'probes-'));
  store = await openStore({ folder: dataFolder, runtime });
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: 'org', name: 'Org', created_at: 0 }).execute();
    await tx.insertInto('organisation').values({ id: 'sample', name: 'S', created_at: 0, practice: 1 }).execute();
  });
});
afterAll(() => store.close());

async function ask(over: Partial<ProbeParts> = {}, organisationId = 'org') {
  const probes = createProbes({
    store,
    clock: runtime.clock,
    dataFolder,
    weekend: createWeekend({ store, runtime, audit: async () => undefined, publish: () => undefined }),
    health: async () => [xero],
    seat: async () => ({ here: true, sender: 'OPS-1', rival: null }),
    clockAhead: () => -300,
    notifications: () => true,
    staysAwake: () => 'yes',
    ...over,
  });
  const checks = (await Promise.all(probes.map((probe) => probe(organisationId, SUNDAY)))).flat();
  return (name: string) =>
    checks.find(({ check }) => check.startsWith(name)) ?? { ok: false, detail: 'not asked', fix: '' };
}

test('a clean queue, room, systems that answer, and a clock that agrees are green', async () => {
  const line = await ask();
  for (const name of [
    'Nothing dead',
    'Room on disk',
    'Sign-ins',
    'Systems answer',
    'Allowances',
    'Clock',
    'Notifications',
  ])
    expect(line(name), name).toMatchObject({ ok: true, fix: '' });
});

test('a computer that does not send, or not alone, is red', async () => {
  const name = 'This computer sends';
  expect((await ask())(name)).toMatchObject({ ok: true, detail: 'OPS-1 sends' });
  const elsewhere = async () => ({ here: false, sender: 'OPS-2', rival: null });
  expect((await ask({ seat: elsewhere }))(name)).toMatchObject({
    ok: false,
    detail: 'OPS-2 sends, this one does not',
    fix: 'Open Settings, Sending, and decide which computer it is.',
  });
  const both = async () => ({ here: true, sender: 'OPS-1', rival: 'OPS-2' });
  expect((await ask({ seat: both }))(name)).toMatchObject({ ok: false, detail: 'OPS-2 sends as well' });
});

test('a sign-in that ends before the weekend does is named', async () => {
  const ends = async (tokenExpiresAt: string) =>
    (await ask({ health: async () => [{ ...xero, tokenExpiresAt }] }))('Sign-ins');
  expect(await ends('2026-11-23T00:00:00.000Z')).toMatchObject({ ok: true });
  expect(await ends('2026-11-22T22:59:00.000Z')).toMatchObject({
    ok: false,
    detail: '1 sign-in ends before: Xero',
    fix: 'Reconnect them in Settings.',
  });
});

test('a system whose last look failed, for want of a permission for example, is red with its words', async () => {
  const health = async () => [{ ...xero, state: 'degraded' as const, problem: 'Attachments: the scope is missing' }];
  expect((await ask({ health }))('Systems')).toMatchObject({
    ok: false,
    detail: 'Xero: Attachments: the scope is missing',
  });
  const off = async () => [{ ...xero, state: 'off' as const, problem: 'Attachments' }];
  expect((await ask({ health: off }))('Systems')).toMatchObject({ ok: true });
});

test('a daily allowance that is nearly used, or runs out at this pace, is red', async () => {
  const used = async (used: number, runsOutAt: string | null) => {
    const quotas = [{ per: 'day' as const, used, limit: 5_000, runsOutAt }];
    return (await ask({ health: async () => [{ ...xero, quotas }] }))('Allowances').ok;
  };
  expect(await used(100, null)).toBe(true);
  expect(await used(4_500, null)).toBe(false);
  expect(await used(100, '2026-11-20T22:00:00Z')).toBe(false);
});

test('a backup is younger than 24 h, or it is red; sample data needs none', async () => {
  const check = 'Backup';
  expect((await ask())(check)).toMatchObject({ ok: false, detail: 'None was made from this console' });
  expect((await ask({}, 'sample'))(check).ok).toBe(true);
  const made = (at: string) =>
    store.transaction((tx) => putOpsSetting(tx, 'org', 'last-backup', JSON.stringify({ at: Date.parse(at) }), 0));
  await made('2026-11-20T11:30:00Z');
  expect((await ask())(check)).toMatchObject({ ok: true, detail: 'Made 6 h ago' });
  await made('2026-11-19T17:29:00Z');
  expect((await ask())(check)).toMatchObject({ ok: false, detail: 'Made 24 h ago' });
});

test('a clock more than 2 s off is red and says when signatures fail; unheard is red, but not on sample data', async () => {
  const clock = async (ahead: number | null, organisation = 'org') =>
    (await ask({ clockAhead: () => ahead }, organisation))('Clock');
  expect(await clock(1_900)).toMatchObject({ ok: true });
  expect(await clock(-2_600)).toMatchObject({ ok: false, detail: '2.6 s behind' });
  expect(await clock(600_000)).toMatchObject({ ok: false, detail: '600.0 s ahead; signatures fail at this distance' });
  expect(await clock(null)).toMatchObject({ ok: false });
  expect(await clock(null, 'sample')).toMatchObject({ ok: true });
});

test('notifications are asked about only where there is a screen for them', async () => {
  expect((await ask({ notifications: () => false }))('Notifications').ok).toBe(false);
  expect((await ask({ notifications: null }))('Notifications').detail).toBe('not asked');
});

test('a computer that may fall asleep on a wedding day is red; where the host does not decide it nothing is claimed', async () => {
  const name = 'This computer stays awake';
  expect((await ask())(name)).toMatchObject({ ok: true });
  expect((await ask({ staysAwake: () => 'not on battery' }))(name)).toMatchObject({
    ok: false,
    fix: 'Connect it to mains power.',
  });
  expect((await ask({ staysAwake: () => 'switched off' }))(name)).toMatchObject({ ok: false });
  expect((await ask({ staysAwake: null }))(name).detail).toBe('not asked');
});
