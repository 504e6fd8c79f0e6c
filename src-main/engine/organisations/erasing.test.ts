import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemEntropy } from '../../platform/entropy.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import { systemIds } from '../../platform/runtime.ts';
import { type SecretStore, SecretsNotReady } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import { checkpointFile } from '../../store/checkpoint-file.ts';
import { auditHead, insertAuditEntry, listAudit } from '../../store/repositories/audit.ts';
import { getOpsSetting } from '../../store/repositories/weddings.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createRouting } from '../alerts/routing.ts';
import { seedPracticeRouting } from '../alerts/seed-practice-routing.ts';
import { createAudit } from '../audit/audit.ts';
import { entryHash } from '../audit/chain.ts';
import { createPersonKeys } from '../audit/person-keys.ts';
import { createErasing } from './erasing.ts';
import { createOrganisations } from './organisations.ts';
import { practiceOrganisationId as org, seedPractice } from './seed-practice.ts';

const name = 'Quilla Marlow';
const by = { personId: 'alex', channel: 'window', correlationId: 'c-1' };
const asked = { reason: 'Asked for by the person, case 12', confirm: name };

let folder: string;
let store: Store;
let kept: SecretStore;
let locked: 'no' | 'reading' | 'writing';

/** The memory store behind a door that can be locked. */
function secretsWithDoor(): SecretStore {
  const refuse = () => Promise.reject(new SecretsNotReady('auth', 'The keychain is locked', { scope: 'connection' }));
  return {
    ...kept,
    state: async () => (locked === 'no' ? 'ready' : 'locked'),
    read: (address) => (locked === 'reading' ? refuse() : kept.read(address)),
    write: (address, value) => (locked === 'no' ? kept.write(address, value) : refuse()),
  };
}

/** A start of the console over the present files and secrets. */
function started() {
  const runtime = { ...testRuntime(), ids: systemIds };
  const keys = createPersonKeys({
    secretsOf: async () => secretsWithDoor(),
    entropy: systemEntropy,
    redactor: { know: () => undefined },
    log: runtime.log,
  });
  const audit = createAudit({
    ...{ store, runtime, entropy: systemEntropy, people: keys, key: 'k', processId: 'p' },
    checkpoints: checkpointFile(join(folder, 'checkpoints.jsonl')),
  });
  const events = { publish: () => undefined, subscribe: () => () => undefined };
  const organisations = createOrganisations({
    ...{ store, runtime, entropy: systemEntropy, audit: audit.append, events, personKey: keys.make },
    buyerChanged: async () => undefined,
  });
  const erasing = createErasing({
    ...{ store, runtime, audit: audit.append, record: audit.read, keys, organisations, events },
  });
  const routing = createRouting({ store, runtime, audit: audit.append, publish: () => undefined });
  const entries = async () => audit.read(org, (await listAudit(store.read, org, {}, null, 200)).rows);
  /** `actor`: an id, or what a call wrote by name. */
  const act = (actor: string, action: string, reason: string) =>
    store.transaction((tx) =>
      audit.append(tx, {
        organisationId: org,
        actor: actor.includes(' ') ? actor : `person:${actor}`,
        channel: 'cli',
        action,
        object: 'x:1',
        reason,
      }),
    );
  return { runtime, keys, audit, organisations, erasing, routing, entries, act };
}

/** An entry of the first version, as an older console wrote it. */
async function writeAsBefore(reason: string): Promise<void> {
  await store.transaction(async (tx) => {
    const last = await auditHead(tx);
    const content = {
      ...{
        version: 1,
        sequence: (last?.sequence ?? 0) + 1,
        at: 1,
        monotonic_ms: 1,
        process_id: 'p',
        organisation_id: org,
      },
      ...{
        actor: 'Alex Morgan',
        channel: 'cli',
        action: 'silence.added',
        object: 'silence:1',
        before: null,
        after: null,
      },
      ...{ reason, correlation_id: '', previous_hash: last?.hash ?? '', personal: null },
    };
    await insertAuditEntry(tx, { ...content, hash: entryHash(content), key_id: null, mac: null });
  });
}

async function reopened() {
  await store.close();
  store = await openStore({ folder: join(folder, 'data'), runtime: testRuntime() });
  return started();
}

const bytes = () => ['console.db', 'console.db-wal'].map((file) => readOrNothing(join(folder, 'data', file))).join('');
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'erasing-'));
  store = await openStore({ folder: join(folder, 'data'), runtime: testRuntime() });
  kept = createMemorySecrets();
  locked = 'no';
  const { audit, runtime, erasing } = started();
  await seedPractice({ store, runtime, audit: audit.append });
  await seedPracticeRouting(store, runtime, org);
  await erasing.settle();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('what the record knows of a person lies aside: read as before, in no entry, and gone with the key while the chain holds (AUD-09)', async () => {
  const console = started();
  const { id } = await console.organisations.savePerson(org, { name: 'Quilla Marlo', roles: ['ops'] }, by);
  await console.organisations.savePerson(org, { id, name, roles: ['ops'] }, by);
  await console.act(id, 'silence.added', 'because Quilla Marlow is at the dentist');
  await console.act(name, 'batch.sent', 'as Quilla Marlow agreed with the bank');
  expect(id).not.toMatch(/quilla|marlow/i);

  const before = await console.entries();
  expect(before.slice(0, 4)).toMatchObject([
    { actor: name, reason: 'as Quilla Marlow agreed with the bank', aside: 'none' },
    { actor: name, reason: 'because Quilla Marlow is at the dentist', aside: 'shown' },
    {
      object: name,
      actor: 'Alex Morgan',
      before: { name: 'Quilla Marlo', roles: ['ops'] },
      after: { name, roles: ['ops'] },
    },
    { object: name, after: { name: 'Quilla Marlo', roles: ['ops'] }, aside: 'shown' },
  ]);
  const chain = await store.read.selectFrom('audit_entry').selectAll().execute();
  expect(JSON.stringify(chain)).not.toMatch(/quilla|marlow|dentist/i);

  expect(await console.erasing.erase(org, { personId: id, ...asked }, by)).toEqual({ keyForgotten: true, texts: 3 });
  expect((await console.entries()).slice(0, 5)).toMatchObject([
    { action: 'person.erased', actor: 'Alex Morgan', object: 'erased person', reason: asked.reason },
    // Why money moved is kept for the legal term; who it was is an id.
    { actor: 'erased person', reason: 'as erased person agreed with the bank' },
    { actor: 'erased person', reason: '', aside: 'erased' },
    { object: 'erased person', after: { roles: ['ops'] }, aside: 'erased' },
    { object: 'erased person', aside: 'erased' },
  ]);
  expect(await console.audit.verify()).toMatchObject({ ok: true, verdict: 'intact' });
  expect((await console.organisations.people(org)).map((person) => person.id)).not.toContain(id);
  await expect(console.organisations.person(org, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await console.erasing.settle();
  await reopened();
  expect(bytes()).not.toMatch(/Quilla|dentist/);
});

test('a backup from before the erasure holds texts that nobody can read, and restored, the person is erased again', async () => {
  const console = started();
  const { id } = await console.organisations.savePerson(org, { name, roles: ['ops'] }, by);
  await console.act(id, 'silence.added', 'at the dentist');
  const backup = join(folder, 'backup.db');
  await store.backup(backup);
  await console.erasing.erase(org, { personId: id, ...asked }, by);
  await store.close();
  writeFileSync(join(folder, 'data', 'console.db'), readFileSync(backup));
  rmSync(join(folder, 'checkpoints.jsonl'), { force: true });

  const restored = await reopened();
  expect(readFileSync(backup, 'latin1')).not.toContain('dentist');
  expect((await restored.entries())[0]).toMatchObject({ action: 'silence.added', reason: '', aside: 'unreadable' });
  await restored.erasing.settle();
  expect((await restored.entries()).slice(0, 2)).toMatchObject([
    { action: 'person.erased', actor: 'system' },
    { reason: '', aside: 'erased' },
  ]);
  expect(await restored.audit.verify()).toMatchObject({ ok: true });
});

test('locked: nothing is erased and it is said', async () => {
  const console = started();
  const { id } = await console.organisations.savePerson(org, { name, roles: ['ops'] }, by);
  locked = 'reading';
  await expect(console.erasing.erase(org, { personId: id, ...asked }, by)).rejects.toThrow(
    'Nothing was erased: The keychain is locked',
  );
  expect(await console.organisations.person(org, id)).toMatchObject({ name });
});

test('killed before the key was forgotten: the rows are gone as a whole, and the next start forgets it', async () => {
  const first = started();
  const { id } = await first.organisations.savePerson(org, { name, roles: ['ops'] }, by);
  const [{ public_key: key } = { public_key: '' }] = await store.read
    .selectFrom('person')
    .select('public_key')
    .where('id', '=', id)
    .execute();
  locked = 'writing';
  expect(await first.erasing.erase(org, { personId: id, ...asked }, by)).toMatchObject({ keyForgotten: false });
  expect(await first.keys.state(org, String(key))).toBe('there');
  locked = 'no';
  const second = await reopened();
  await second.erasing.settle();
  expect(await second.keys.state(org, String(key))).toBe('forgotten');
  expect(await second.audit.verify()).toMatchObject({ ok: true });
});

test('an erasure that fails midway changes nothing', async () => {
  const console = started();
  const { id } = await console.organisations.savePerson(org, { name, roles: ['ops'] }, by);
  await console.act(id, 'silence.added', 'at the dentist');
  await store.batch([
    {
      sql: "CREATE TRIGGER midway BEFORE UPDATE OF erased_at ON person BEGIN SELECT RAISE(ABORT, 'the power went'); END",
      params: [],
    },
  ]);
  await expect(console.erasing.erase(org, { personId: id, ...asked }, by)).rejects.toThrow('the power went');
  expect((await console.entries())[0]).toMatchObject({ actor: name, reason: 'at the dentist', aside: 'shown' });
  expect(await console.organisations.person(org, id)).toMatchObject({ name });
});

test('never oneself, the last of a role, whoever is on call or told by a route, or without name and reason', async () => {
  const { erasing, organisations, routing, runtime } = started();
  const erase = (personId: string, confirm: string, reason = 'Asked for') =>
    erasing.erase(org, { personId, confirm, reason }, by).then(
      () => 'erased',
      (thrown: { problem?: { happened: string; remedy?: string } }) =>
        `${thrown.problem?.happened} ${thrown.problem?.remedy}`,
    );
  expect(await erase('alex', 'Alex Morgan')).toContain('Nobody erases themselves');
  expect(await erase('priya', 'Priya Shah')).toContain('Nobody else is finance approver');
  expect(await erase('priya', 'priya')).toContain('Type the name as it stands');
  expect(await erase('sam', 'Sam Okafor', 'Okafor asked')).toContain('The reason names the person');
  await expect(erasing.erase(org, { personId: 'sam', ...asked }, { ...by, personId: 'sam' })).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
  });

  const { id } = await organisations.savePerson(org, { name, roles: ['admin', 'finance_approver'] }, by);
  const config = await routing.config(org);
  const actor = { personId: 'alex', name: 'Alex Morgan', channel: 'window', correlationId: 'c' };
  const phone = { id: 'sms-q', channel: 'sms' as const, name, address: '+447700900789', personId: id };
  const rota = { people: ['sam', id], startsOn: '2026-07-17', handoverAt: '09:00', shiftDays: 7, overrides: [] };
  const save = (people: string[], sms: string[]) =>
    routing.save(
      org,
      {
        ...config,
        destinations: [...config.destinations, phone],
        usual: { ...config.usual, sms },
        rota: { ...rota, people },
      },
      actor,
    );
  await save([id, 'sam'], ['on-call']);
  expect(await erase(id, name)).toContain('They are on call now');
  await save(['sam', id, 'alex'], ['on-call', 'sms-q']);
  expect(await erase(id, name)).toContain('Alerts are told to their sms entry');
  await save(['sam', id, 'alex'], ['on-call']);
  const written = "'n', '{}', '{}', 1, ?, ?, 0, 0";
  await store.batch([{ sql: `INSERT INTO schedule VALUES (?, 's1', ${written})`, params: [org, id, name] }]);
  expect(await erase(id, name)).toContain('Schedules work in their name');
  await store.batch([{ sql: 'DELETE FROM schedule', params: [] }]);
  const preview = await erasing.preview(org, id, by);
  expect(preview.refused).toEqual([]);
  expect(preview.goes.join(' ')).toContain('1 phone or address alerts are told to. 1 place in the rota');
  expect(await erase(id, name)).toBe('erased');
  const now = JSON.parse(String(await getOpsSetting(store.read, org, 'routing')));
  expect(now.rota).toMatchObject({ people: ['sam', 'alex'], startsOn: '2026-07-17' });
  expect(JSON.stringify(now)).not.toMatch(/Quilla|900789/);
  expect(JSON.stringify(await store.read.selectFrom('audit_entry').selectAll().execute())).not.toMatch(/Quilla|900789/);
  expect(runtime.log).toBeDefined();
});

test('a text aside that was changed or taken away without an erasure is told by the check', async () => {
  const console = started();
  await console.act('sam', 'silence.added', 'one');
  await console.act('sam', 'silence.added', 'two');
  const tampered = async (work: (db: Database.Database) => void) => {
    await store.close();
    const db = new Database(join(folder, 'data', 'console.db'));
    db.exec('DROP TRIGGER IF EXISTS audit_personal_no_update');
    work(db);
    db.close();
    store = await openStore({ folder: join(folder, 'data'), runtime: testRuntime() });
    return started().audit.verify();
  };
  expect(await console.audit.verify()).toMatchObject({ ok: true });
  const changed = await tampered((db) => db.exec("UPDATE audit_personal SET sealed = x'00' WHERE sequence = 2"));
  expect(changed).toMatchObject({ ok: false, verdict: 'altered', firstBroken: 2 });
  const removed = await tampered((db) => db.exec('DELETE FROM audit_personal'));
  expect(removed).toMatchObject({ ok: false, verdict: 'missing', firstBroken: 2 });
});

test('the extract is verified by an independent script, of both versions, before and after an erasure (AUD-10)', async () => {
  const console = started();
  const script = fileURLToPath(new URL('../../../scripts/verify-extract.mjs', import.meta.url));
  const said = async () => {
    const file = join(folder, 'extract.jsonl');
    writeFileSync(file, (await console.audit.extract(org)).text);
    return execFileSync(process.execPath, [script, file], { encoding: 'utf8' });
  };
  await writeAsBefore('it was so before');
  const { id } = await console.organisations.savePerson(org, { name, roles: ['ops'] }, by);
  await console.act(id, 'silence.added', 'at the dentist');
  expect(await said()).toMatch(/it was so before.*at the dentist/s);
  await console.erasing.erase(org, { personId: id, ...asked }, by);
  const after = await said();
  expect(after).toMatch(/intact: 5 entries/);
  expect(after).toMatch(/2 erased/);
  expect(after).not.toMatch(/dentist|Quilla/);

  const file = join(folder, 'extract.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"channel":"cli"', '"channel":"csi"'));
  expect(() => execFileSync(process.execPath, [script, file], { stdio: 'pipe' })).toThrow();
});
