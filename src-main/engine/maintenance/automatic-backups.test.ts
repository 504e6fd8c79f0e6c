import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backupFolder } from '../../platform/backup-folder.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import type { Backups } from '../../ports/backups.ts';
import type { Store } from '../../ports/store.ts';
import { inspectAside } from '../../store/inspect-backup.ts';
import { openStore } from '../../store/open.ts';
import { getOpsSetting } from '../../store/repositories/weddings.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createWeekend } from '../weekend/weekend.ts';
import { createAutomaticBackups } from './automatic-backups.ts';

const organisationId = 'org';
const hour = 3_600_000;
const by = { personId: 'alex', channel: 'window', correlationId: 'c' };
const passphrase = 'four quiet barns';
let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automatic-'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function desk(at: string, { practice = 0 as 0 | 1, change = {} as Partial<Backups> } = {}) {
  const runtime = testRuntime(at);
  store = await openStore({ folder, runtime });
  await store.transaction((tx) =>
    tx.insertInto('organisation').values({ id: organisationId, name: 'O', created_at: 0, practice }).execute(),
  );
  const told: string[] = [];
  const temporaryFolder = join(folder, 'temporary');
  mkdirSync(temporaryFolder, { recursive: true });
  const backups = { ...backupFolder(folder), inspect: inspectAside, restoreAtRestart: null, ...change };
  const secrets = createMemorySecrets();
  const automatic = createAutomaticBackups({
    ...{ store, runtime, backups, temporaryFolder, version: '1.2.3' },
    audit: async () => undefined,
    alerts: {
      raise: async (_organisation, report) => {
        const { severity, title, detail } = report as Record<string, string>;
        told.push(`${severity}: ${title}. ${detail}`);
        return undefined as never;
      },
      resolveKey: async () => undefined,
    },
    weekend: createWeekend({ store, runtime, audit: async () => undefined as never, publish: () => undefined }),
    organisations: { requireRole: async () => ({}) as never },
    secrets: { real: secrets, practice: secrets },
    redactor: { know: () => undefined },
  });
  const usual = join(folder, 'backups', 'automatic');
  const there = () => (existsSync(usual) ? readdirSync(usual) : []);
  const pass = async (hours: number) => {
    for (let done = 0; done < hours; done += 1) {
      await runtime.clock.advance(hour);
      await automatic.tick();
    }
  };
  return { runtime, automatic, told, there, usual, pass, backups, temporaryFolder };
}

test('on a Wednesday one is made every six hours, named by what is in it, checked, and known to the pre-flight', async () => {
  const { automatic, there, pass, told, temporaryFolder } = await desk('2026-11-18T12:00:00Z');
  await automatic.tick();
  await pass(12);
  expect(there().sort()).toEqual([
    expect.stringMatching(/^ops-console_2026-11-18T12-00-00Z_s\d+_v1\.2\.3_e0\.db$/),
    expect.stringContaining('2026-11-18T18-00-00Z'),
    expect.stringContaining('2026-11-19T00-00-00Z'),
  ]);
  expect(JSON.parse((await getOpsSetting(store.read, organisationId, 'last-backup')) ?? '{}')).toMatchObject({
    at: Date.parse('2026-11-19T00:00:00Z'),
  });
  expect(told).toEqual([]);
  expect(readdirSync(temporaryFolder)).toEqual([]);
});

test('one is made in the hour before the wedding weekend begins, and hourly from then on (BAK-01)', async () => {
  const { automatic, there, pass } = await desk('2026-11-20T15:00:00Z');
  await automatic.tick();
  await pass(5);
  expect(
    there()
      .map((name) => name.slice(12, 28))
      .sort(),
  ).toEqual(['2026-11-20T15-00', '2026-11-20T17-00', '2026-11-20T18-00', '2026-11-20T19-00', '2026-11-20T20-00']);
});

test('practice alone makes none by itself until a person switches them on', async () => {
  const { automatic, there, pass } = await desk('2026-11-18T12:00:00Z', { practice: 1 });
  await pass(8);
  expect(there()).toEqual([]);
  expect(await automatic.save(organisationId, { on: true }, by)).toMatchObject({ on: true, usual: true });
  await automatic.tick();
  expect(there()).toHaveLength(1);
});

test('a full disk, a folder that is gone and bytes that come back changed are alerts; earlier ones stay (FT-26)', async () => {
  const free = { bytes: 1e12 };
  const { automatic, there, told, runtime, backups } = await desk('2026-11-18T12:00:00Z', {
    change: { freeBytes: async () => free.bytes },
  });
  await automatic.tick();
  free.bytes = 1_000;
  await runtime.clock.advance(6 * hour);
  await automatic.tick();
  expect(told).toEqual([expect.stringMatching(/^critical: The backup failed\. Only 1/)]);
  expect(there()).toHaveLength(1);
  // Tried again after a quarter of an hour, not every minute.
  await automatic.tick();
  expect(told).toHaveLength(1);
  free.bytes = 1e12;
  await runtime.clock.advance(hour / 4);
  await automatic.tick();
  expect(there()).toHaveLength(2);
  expect((await automatic.view()).problem).toBeNull();

  const elsewhere = join(folder, 'drive');
  mkdirSync(elsewhere);
  await automatic.save(organisationId, { folder: elsewhere }, by);
  rmSync(elsewhere, { recursive: true });
  await automatic.tick();
  expect(told.at(-1)).toMatch(/critical: The backup failed\. ENOENT/);
  expect(existsSync(elsewhere)).toBe(false);
  await expect(automatic.save(organisationId, { folder: join(folder, 'nowhere') }, by)).rejects.toMatchObject({
    problem: { happened: expect.stringContaining('cannot be read') },
  });
  await expect(backups.keep(join(folder, 'console.db'), join(folder, 'nowhere'), 'x.db', null)).rejects.toThrow(
    'ENOENT',
  );
});

test('sealed ones hold nothing readable, open with the passphrase alone, and are never made plain for want of it', async () => {
  const { automatic, there, usual, told, backups } = await desk('2026-11-18T12:00:00Z');
  await expect(automatic.save(organisationId, { sealed: true }, by)).rejects.toMatchObject({
    problem: { happened: 'There is no passphrase in the keychain yet.' },
  });
  expect(await automatic.save(organisationId, { sealed: true, passphrase }, by)).toMatchObject({
    sealed: true,
    passphrasePresent: true,
  });
  await automatic.tick();
  const [name = ''] = there();
  expect(name).toMatch(/\.wsbackup$/);
  await expect(inspectAside(join(usual, name))).rejects.toThrow();
  const plain = join(folder, 'plain.db');
  await expect(backups.unseal(join(usual, name), plain, 'another one here')).rejects.toThrow('not its passphrase');
  await backups.unseal(join(usual, name), plain, passphrase);
  expect(await inspectAside(plain)).toMatchObject({ organisations: ['O'] });
  const out = join(folder, 'out');
  expect(await automatic.handOut(out, by)).toMatchObject({ sealed: true });
  expect(await backups.isSealed(out)).toBe(true);
  expect(told).toEqual([]);
});

test('the plan alone asks for a passphrase nobody kept: the backup fails and says so', async () => {
  const { automatic, there, told } = await desk('2026-11-18T12:00:00Z');
  writeFileSync(join(folder, 'backup-plan.json'), '{"on":true,"folder":null,"sealed":true}');
  await automatic.tick();
  expect(there()).toEqual([]);
  expect(told).toEqual([expect.stringContaining('not in the keychain')]);
});

test('switched off, a console in earnest says so once when the newest is older than 26 hours (BAK-03)', async () => {
  const { automatic, told, pass } = await desk('2026-11-18T12:00:00Z');
  await automatic.tick();
  await automatic.save(organisationId, { on: false }, by);
  await pass(25);
  expect(told).toEqual([]);
  await pass(3);
  expect(told).toEqual([expect.stringContaining('No backup for more than 26 hours')]);
});

test('rotation takes what is outdated, and no file of another name', async () => {
  const { automatic, usual, there } = await desk('2026-11-18T12:00:00Z');
  await automatic.tick();
  for (let index = 1; index < 40; index += 1) {
    const at = new Date(Date.parse('2026-11-17T00:00:00Z') - index * 5 * 60_000).toISOString();
    writeFileSync(join(usual, `ops-console_${at.slice(0, 19).replaceAll(':', '-')}Z_s1_v1_e1.db`), 'x');
  }
  writeFileSync(join(usual, 'letter.txt'), 'mine');
  await automatic.backupNow(organisationId, by);
  expect(there()).toContain('letter.txt');
  expect(there().length).toBeLessThan(12);
});
