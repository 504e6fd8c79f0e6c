import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ports/store.ts';
import { openStore } from '../../testing/open-store.ts';
import { testIds, testRuntime } from '../../testing/runtime.ts';
import type { AuditInput } from '../audit/audit.ts';
import { createOrganisations } from './organisations.ts';
import { practiceOrganisationId as org, seedPractice } from './seed-practice.ts';

const folder = mkdtempSync(join(tmpdir(), 'organisations-'));
const runtime = testRuntime();
let store: Store;
let entries: AuditInput[] = [];
let judgedAgain: string[] = [];
const salts = testIds('c2FsdA');
const deps = () => ({
  store,
  runtime,
  entropy: { text: () => salts.next() },
  audit: async (_tx: unknown, entry: AuditInput) => void entries.push(entry),
  events: { publish: () => undefined },
  personKey: async () => null,
  buyerChanged: async (_tx: unknown, organisationId: string) => void judgedAgain.push(organisationId),
});
const by = (personId: string | null) => ({ personId, channel: 'window', correlationId: 'c-1' });

beforeAll(async () => {
  store = await openStore({ folder, runtime });
  await seedPractice(deps());
});
beforeEach(() => {
  entries = [];
  judgedAgain = [];
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('practice has one organisation with three people, and seeding again changes nothing', async () => {
  await seedPractice(deps());
  const organisations = createOrganisations(deps());
  expect(await organisations.list()).toMatchObject([
    { id: 'bluebell', practice: true, fourEyes: true, vatRegistered: true },
  ]);
  const people = await organisations.people(org);
  expect(people.map(({ id, hasPin, current }) => ({ id, hasPin, current }))).toEqual([
    { id: 'alex', hasPin: false, current: true },
    { id: 'priya', hasPin: true, current: false },
    { id: 'sam', hasPin: false, current: false },
  ]);
});

test('a PIN is never stored, and the right one is told from a wrong one', async () => {
  const organisations = createOrganisations(deps());
  expect(await organisations.verifyPin(org, 'priya', '2468')).toBe(true);
  expect(await organisations.verifyPin(org, 'priya', '2469')).toBe(false);
  const row = await store.read.selectFrom('person').selectAll().where('id', '=', 'priya').executeTakeFirstOrThrow();
  expect(row.pin_hash).toMatch(/^scrypt\$32768\$/);
  expect(row.pin_hash).not.toContain('2468');
  // Salted: the same PIN again, or of somebody else, looks like another one.
  const { hashPin } = await import('./pin.ts');
  const hashes = await Promise.all(['c2FsdDE', 'c2FsdDI'].map((salt) => hashPin('2468', salt)));
  expect(new Set([...hashes, row.pin_hash].map((hash) => hash?.split('$').at(-1))).size).toBe(3);
});

test('five wrong tries in a row, even at once, close the door for a time that doubles', async () => {
  const organisations = createOrganisations(deps());
  expect(await organisations.verifyPin(org, 'priya', '2468')).toBe(true);
  const tries = await Promise.allSettled(
    [1, 2, 3, 4, 5, 6, 7].map(() => organisations.verifyPin(org, 'priya', '0000')),
  );
  expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(5);
  await expect(organisations.verifyPin(org, 'priya', '2468')).rejects.toMatchObject({ code: 'REFUSED' });
  await runtime.clock.advance(30_000);
  expect(await organisations.verifyPin(org, 'priya', '0000')).toBe(false);
  await runtime.clock.advance(30_000);
  await expect(organisations.verifyPin(org, 'priya', '2468')).rejects.toMatchObject({ code: 'REFUSED' });
  await runtime.clock.advance(30_000);
  expect(await organisations.verifyPin(org, 'priya', '2468')).toBe(true);
});

test('an administrator cannot replace the PIN of somebody who has one', async () => {
  const organisations = createOrganisations(deps());
  const wish = { personId: 'priya', pin: '1111' };
  await expect(organisations.setPin(org, wish, by('alex'))).rejects.toMatchObject({ code: 'REFUSED' });
  expect(await organisations.verifyPin(org, 'priya', '2468')).toBe(true);
  await organisations.setPin(org, { ...wish, currentPin: '2468' }, by('priya'));
  expect(await organisations.verifyPin(org, 'priya', '1111')).toBe(true);
  await organisations.setPin(org, { personId: 'priya', pin: '2468', currentPin: '1111' }, by('priya'));
  expect(JSON.stringify(entries)).not.toMatch(/1111|2468/);
  expect(entries.map(({ action, actor }) => [action, actor])).toContainEqual(['person.pin_set', 'person:priya']);
});

test('a first PIN is its holder’s own once they, acting here, chose another; nobody makes it theirs for them', async () => {
  const organisations = createOrganisations(deps());
  const { id } = await organisations.savePerson(org, { name: 'Jo Bell', roles: ['finance_approver'] }, by('alex'));
  const pinOf = async () => {
    const { hasPin, ownPin, firstPinBy } = await organisations.person(org, id);
    return [hasPin, ownPin, firstPinBy];
  };
  expect(await pinOf()).toEqual([false, false, null]);
  await organisations.setPin(org, { personId: id, pin: '1111' }, by('alex'));
  expect(await pinOf()).toEqual([true, false, 'alex']);
  await organisations.setPin(org, { personId: id, pin: '2222', currentPin: '1111' }, by('alex'));
  expect(await pinOf()).toEqual([true, false, 'alex']);
  const same = organisations.setPin(org, { personId: id, pin: '2222', currentPin: '2222' }, by(id));
  await expect(same).rejects.toMatchObject({ code: 'REFUSED' });
  await organisations.setPin(org, { personId: id, pin: '3333', currentPin: '2222' }, by(id));
  expect(await pinOf()).toEqual([true, true, 'alex']);
  // With the present PIN at whose keyboard ever: the holder is there.
  await organisations.setPin(org, { personId: id, pin: '4444', currentPin: '3333' }, by('alex'));
  expect(await pinOf()).toEqual([true, true, 'alex']);
  expect(entries.filter(({ action }) => action === 'person.pin_set').map(({ after }) => after)).toEqual([
    { own: false },
    { own: false },
    { own: true },
    { own: true },
  ]);
  // Acting as somebody without a PIN proves nothing.
  const other = await organisations.savePerson(org, { name: 'Kit Lane', roles: ['finance_approver'] }, by('alex'));
  await organisations.setPin(org, { personId: other.id, pin: '5555' }, by(other.id));
  expect(await organisations.person(org, other.id)).toMatchObject({ hasPin: true, ownPin: false });
});

test('only administrators change the organisation and its people', async () => {
  const organisations = createOrganisations(deps());
  await expect(organisations.save(org, { name: 'X' }, by('sam'))).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(organisations.savePerson(org, { name: 'X', roles: [] }, by('priya'))).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
  });
  expect((await organisations.save(org, { fourEyes: false }, by(null))).fourEyes).toBe(false);
  expect((await organisations.save(org, { fourEyes: true }, by('alex'))).fourEyes).toBe(true);
  expect(entries[0]).toMatchObject({
    action: 'organisation.changed',
    before: { fourEyes: true },
    after: { fourEyes: false },
  });
});

test('the last administrator stays one', async () => {
  const organisations = createOrganisations(deps());
  const wish = { id: 'alex', name: 'Alex Morgan', roles: ['ops' as const] };
  await expect(organisations.savePerson(org, wish, by('alex'))).rejects.toMatchObject({ code: 'REFUSED' });
});

test.each([{ name: ' alex  MORGAN' }, { name: 'Alex Morgan', id: 'sam' }])(
  'nobody approves own work under a second profile of the same name: %j is refused',
  async (who) => {
    const organisations = createOrganisations(deps());
    const before = await organisations.people(org);
    await expect(
      organisations.savePerson(org, { ...who, roles: ['finance_approver'] }, by('alex')),
    ).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await organisations.people(org)).toEqual(before);
  },
);

test('acting as somebody with a PIN needs it', async () => {
  const organisations = createOrganisations(deps());
  await expect(organisations.actAs(org, 'priya', '0000', by(null))).rejects.toMatchObject({ code: 'REFUSED' });
  expect((await organisations.actAs(org, 'priya', '2468', by(null))).current).toBe(true);
  expect((await organisations.acting(org, null))?.id).toBe('priya');
  await organisations.actAs(org, 'alex', '', by(null));
  expect((await organisations.people(org)).filter((person) => person.current).map((person) => person.id)).toEqual([
    'alex',
  ]);
});

test('a person of one organisation is nobody in another', async () => {
  const organisations = createOrganisations(deps());
  const other = await organisations.create(org, { name: 'Oak Hall Ltd.', timeZone: 'Europe/London' }, by('alex'));
  expect(other).toMatchObject({ id: 'oak-hall-ltd', practice: false });
  await expect(organisations.person(other.id, 'priya')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(organisations.requireRole(other.id, 'alex', ['admin'])).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  expect((await organisations.create(org, { name: 'Oak Hall Ltd', timeZone: 'Europe/London' }, by('alex'))).id).toBe(
    'oak-hall-ltd-2',
  );
});

test.each([
  [{ timeZone: 'Europe/Lundon' }],
  [{ currency: 'pounds' }],
  [{ vatNumber: '12' }],
  [{ registeredFrom: '01/04/2024' }],
  [{ name: '  ' }],
  [{ vatNumber: '', vatRegistered: true }],
])('%j is refused and changes nothing', async (patch) => {
  const organisations = createOrganisations(deps());
  const before = await organisations.get(org);
  await expect(organisations.save(org, patch, by('alex'))).rejects.toMatchObject({ code: 'REFUSED' });
  expect(await organisations.get(org)).toEqual(before);
});

test('lines are judged again when the VAT standing of the buyer changes, and only then', async () => {
  const organisations = createOrganisations(deps());
  await organisations.save(org, { name: 'Bluebell & Co (sample)' }, by(null));
  expect(judgedAgain).toEqual([]);
  await organisations.save(org, { vatScheme: 'cash' }, by(null));
  expect(judgedAgain).toEqual([org]);
});
