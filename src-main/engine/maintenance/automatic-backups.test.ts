import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drill, drillAside } from '../../drill.ts';
import { backupFolder } from '../../platform/backup-folder.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import type { Backups } from '../../ports/backups.ts';
import type { Store } from '../../ports/store.ts';
import { inspectAside, inspectBackup } from '../../store/inspect-backup.ts';
import { getOpsSetting } from '../../store/repositories/weddings.ts';
import { openStore } from '../../testing/open-store.ts';
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

async function desk(
  at: string,
  {
    practice = 0 as 0 | 1,
    change = {} as Partial<Backups>,
    /** Drills on the thread of the real thing. */ aside = false,
  } = {},
) {
  const runtime = testRuntime(at);
  store = await openStore({ folder, runtime });
  await store.transaction((tx) =>
    tx.insertInto('organisation').values({ id: organisationId, name: 'O', created_at: 0, practice }).execute(),
  );
  const told: string[] = [];
  const over: string[] = [];
  const recorded: string[] = [];
  const temporaryFolder = join(folder, 'temporary');
  mkdirSync(temporaryFolder, { recursive: true });
  const checkpoints = '';
  const backups = {
    ...backupFolder(folder),
    // Its thread has tests of its own.
    inspect: async (file: string) => inspectBackup(file),
    drill: (backup: string, into: string) =>
      (aside ? drillAside : drill)({ backup, folder: into, at: runtime.clock.now(), checkpoints, auditKey: null }),
    restoreAtRestart: null,
    ...change,
  };
  const secrets = createMemorySecrets();
  const automatic = createAutomaticBackups({
    ...{ store, runtime, backups, temporaryFolder, version: '1.2.3' },
    audit: async (_tx, { action }) => void recorded.push(action),
    alerts: {
      raise: async (_organisation, report) => {
        const { severity, title, detail } = report as Record<string, string>;
        told.push(`${severity}: ${title}. ${detail}`);
        return undefined as never;
      },
      resolveKey: async (_organisation, key) => void over.push(key),
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
  return { runtime, automatic, told, over, recorded, there, usual, pass, backups, temporaryFolder };
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

test('a full disk and a folder that is gone are alerts; earlier ones stay (FT-26)', async () => {
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
  expect(await automatic.handOut('o', out, by)).toMatchObject({ sealed: true });
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

test('the recovery code is shown once, opens what was sealed since on a computer without keychain, and can be made anew', async () => {
  const { automatic, there, usual, backups } = await desk('2026-11-18T12:00:00Z');
  const { newCode: code } = await automatic.save(organisationId, { sealed: true, passphrase }, by);
  if (code === null) throw new Error('no code was shown');
  expect(await automatic.save(organisationId, { on: true }, by)).toMatchObject({ newCode: null, recoveryCode: true });
  expect(JSON.stringify(await automatic.view())).not.toContain(code);
  await automatic.tick();
  const [name = ''] = there();
  // Nothing but the file and the paper.
  const elsewhere = mkdtempSync(join(folder, 'elsewhere-'));
  const plain = join(elsewhere, 'plain.db');
  await backupFolder(elsewhere).unseal(join(usual, name), plain, code.toLowerCase());
  expect(await inspectAside(plain)).toMatchObject({ organisations: ['O'] });
  const { newCode: next } = await automatic.save(organisationId, { renewRecoveryCode: true }, by);
  expect(next).not.toBe(code);
  await expect(backups.unseal(join(usual, name), join(folder, 'never'), next ?? '')).rejects.toThrow('typed rightly');
});

test('every backup is copied to the second place; its failure is its own alert and the first place goes on (BAK-05)', async () => {
  const { automatic, there, told, over, runtime, usual } = await desk('2026-11-18T12:00:00Z');
  const drive = join(folder, 'drive');
  mkdirSync(drive);
  await automatic.tick();
  expect(await automatic.save(organisationId, { second: drive }, by)).toMatchObject({
    second: { folder: drive, newestAt: '2026-11-18T12:00:00.000Z', problem: null },
  });
  const [name = ''] = there();
  expect(readFileSync(join(drive, name)).equals(readFileSync(join(usual, name)))).toBe(true);

  rmSync(drive, { recursive: true });
  await runtime.clock.advance(6 * hour);
  await automatic.tick();
  expect(there()).toHaveLength(2);
  expect(told).toEqual([expect.stringMatching(/^critical: The backup did not reach its second place\. ENOENT/)]);
  expect(await automatic.view()).toMatchObject({
    problem: null,
    second: { problem: expect.stringContaining('ENOENT') },
  });
  expect(existsSync(drive)).toBe(false);

  // Connected again: brought over at the next try, a quarter of an hour later, without a new backup.
  mkdirSync(drive);
  await automatic.tick();
  expect(readdirSync(drive)).toEqual([]);
  await runtime.clock.advance(hour / 4);
  await automatic.tick();
  expect(readdirSync(drive)).toEqual([there().sort().at(-1)]);
  expect(over).toContain('console:backup-second');
  expect(there()).toHaveLength(2);
  await expect(automatic.save(organisationId, { second: usual }, by)).rejects.toMatchObject({
    problem: { happened: 'The second place is the first one.' },
  });
});

test('once a month the newest is restored into a scratch folder, sealed or not, and the result is shown (BAK-09)', async () => {
  const { automatic, runtime, recorded, told, temporaryFolder } = await desk('2026-11-18T12:00:00Z');
  await automatic.save(organisationId, { sealed: true, passphrase }, by);
  await automatic.tick();
  expect((await automatic.view()).drill).toBeNull();
  await runtime.clock.advance(60_000);
  await automatic.tick();
  const { drill, nextDrillAt } = await automatic.view();
  expect(drill).toMatchObject({ ok: true, problem: null, backup: expect.stringContaining('2026-11-18T12-00-00Z') });
  expect(drill?.checks.map(({ ok }) => ok)).toEqual(Array(6).fill(true));
  expect(nextDrillAt).toBe('2026-12-18T12:01:00.000Z');
  expect(recorded.filter((action) => action === 'backup.drilled')).toHaveLength(1);
  await runtime.clock.advance(29 * 24 * hour);
  await automatic.tick();
  await automatic.tick();
  expect(recorded.filter((action) => action === 'backup.drilled')).toHaveLength(1);
  // The thirtieth day is a Friday: in the evening it is put off until the weekend is over.
  await runtime.clock.advance(32 * hour);
  await automatic.tick();
  expect(recorded.filter((action) => action === 'backup.drilled')).toHaveLength(1);
  await runtime.clock.advance(52 * hour);
  await automatic.tick();
  expect(recorded.filter((action) => action === 'backup.drilled')).toHaveLength(2);
  expect(told).toEqual([]);
  expect(readdirSync(temporaryFolder)).toEqual([]);
});

test('a backup that cannot be restored, or holds what it must not, fails the drill loudly and is tried again the next day', async () => {
  const { automatic, runtime, told, there, usual } = await desk('2026-11-18T12:00:00Z', { aside: true });
  await automatic.tick();
  const file = join(usual, there()[0] ?? '');
  const db = new Database(file);
  db.prepare(
    `INSERT INTO export_batch (organisation_id, id, period, target, state, prepared_by, prepared_at, hash, lines,
       net_gbp_minor, vat_gbp_minor, gross_gbp_minor, by_treatment, blocked, updated_at)
     VALUES ('org', 'batch-1', '2026-10', 'xero', 'approved', 'alex', 0, 'not-its-hash', 0, 0, 0, 0, '{}', '[]', 0)`,
  ).run();
  db.close();
  const found = await automatic.drillNow(organisationId, by);
  expect(found).toMatchObject({ ok: false, problem: null });
  expect(found.checks.filter(({ ok }) => !ok)).toEqual([
    { what: 'Every batch has the documents that were approved', ok: false, detail: 'batch-1' },
  ]);
  expect(told.at(-1)).toMatch(/^critical: The newest backup could not be restored in the drill\. .*batch-1/);

  writeFileSync(file, 'a letter');
  await runtime.clock.advance(24 * hour);
  const before = told.length;
  await automatic.drillNow(organisationId, by);
  expect((await automatic.view()).drill).toMatchObject({ ok: false, problem: expect.stringContaining('not a backup') });
  expect(told).toHaveLength(before + 1);
  expect((await automatic.view()).nextDrillAt).toBe('2026-11-20T12:00:00.000Z');
});
