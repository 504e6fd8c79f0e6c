import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Store } from '../ports/store.ts';
import { testRuntime } from '../testing/runtime.ts';
import { connectToWriter } from './client.ts';
import { isSafeVersion, openConnection } from './connection.ts';
import { migrate, readMigrations } from './migrate.ts';
import { openStore } from './open.ts';
import { getOrganisation, insertOrganisation, listOrganisations } from './repositories/organisations.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-'));
let store: Store;

beforeAll(async () => {
  store = await openStore({ folder, runtime: testRuntime() });
});
afterAll(() => store.close());

const organisation = (id: string) => ({ id, name: id, created_at: 1 });
const add = (id: string) => store.transaction((tx) => insertOrganisation(tx, organisation(id)));
const insert = (id: string) => ({
  sql: 'INSERT INTO organisation (id, name, created_at) VALUES (?, ?, 1)',
  params: [id, id],
});

describe('transactions', () => {
  it('can be read by everyone as soon as they resolve', async () => {
    await add('seen');
    expect(await getOrganisation(store.read, 'seen')).toMatchObject({ name: 'seen', four_eyes: 1 });
  });

  it('that wait beside each other share a commit', async () => {
    const before = store.stats();
    await Promise.all(Array.from({ length: 50 }, (_, index) => add(`many-${index}`)));
    const after = store.stats();
    expect(after.transactions - before.transactions).toBe(50);
    expect(after.commits - before.commits).toBeLessThan(25);
  });

  describe('that expect a statement to change something', () => {
    const given = (id: string) => ({ ...insert(id), sql: `${insert(id).sql} ON CONFLICT DO NOTHING RETURNING id` });

    it('wait for nothing before their commit, after which they are told what it gave', async () => {
      const seen: unknown[] = [];
      await store.transaction(async (tx) => {
        store.after(tx, () => void seen.push('after'));
        for (const id of ['hoped-1', 'hoped-2']) {
          expect(store.expect(tx, given(id), ({ rows }) => void seen.push(...rows))).toBe(true);
        }
        seen.push(await getOrganisation(tx, 'hoped-1').then((row) => row?.name));
      });
      expect(seen).toEqual(['hoped-1', { id: 'hoped-1' }, { id: 'hoped-2' }, 'after']);
    });

    it.each([
      ['changes nothing', given],
      ['fails', insert],
    ])('keep nothing when it %s, and are run once more without', async (_, statement) => {
      await add('there').catch(() => undefined);
      const before = `before-${_}`;
      const runs: string[] = [];
      const undone = vi.fn();
      const told = vi.fn();
      const done = vi.fn();
      await Promise.all([
        add(`${before} beside`),
        store.transaction(async (tx) => {
          await insertOrganisation(tx, organisation(before));
          const hopeful = store.expect(tx, statement('there'), told);
          runs.push(hopeful ? 'hopeful' : 'asks');
          store.after(tx, done, undone);
          // Whatever is made of a failure that comes of it.
          await insertOrganisation(tx, organisation(`${before} more`)).catch(() => {
            throw new Error('Not so');
          });
        }),
        add(`${before} behind`),
      ]);
      expect(runs).toEqual(['hopeful', 'asks']);
      expect([told, done, undone].map((one) => one.mock.calls.length)).toEqual([0, 1, 1]);
      const ids = (await listOrganisations(store.read)).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(['', ' more', ' beside', ' behind'].map((end) => before + end)));
    });

    it('also when nothing is asked after it', async () => {
      await add('there').catch(() => undefined);
      const runs: boolean[] = [];
      await store.transaction(async (tx) => void runs.push(store.expect(tx, insert('there'), vi.fn())));
      expect(runs).toEqual([true, false]);
    });
  });

  it('fail alone: the neighbours in the same commit stay', async () => {
    const outcomes = await Promise.allSettled([
      add('left'),
      store.transaction(async (tx) => {
        await insertOrganisation(tx, organisation('lost'));
        throw new Error('no');
      }),
      add('left'),
      add('right'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const ids = (await listOrganisations(store.read)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['left', 'right']));
    expect(ids).not.toContain('lost');
  });

  it('send what they ask side by side in one message, in the order asked', async () => {
    const sent = vi.spyOn(Worker.prototype, 'postMessage');
    const ids = ['beside-1', 'beside-2', 'beside-3', 'beside-4'];
    const seen = await store.transaction(async (tx) => {
      const [, , , , found] = await Promise.all([
        ...ids.map((id) => insertOrganisation(tx, organisation(id))),
        listOrganisations(tx),
      ]);
      return (found ?? []).map(({ id }) => id);
    });
    expect(seen).toEqual(expect.arrayContaining(ids));
    // Its beginning may go ahead by itself; the commit comes after the answers.
    expect(sent.mock.calls.length).toBeLessThanOrEqual(3);
    sent.mockRestore();
  });

  it('are undone as a whole when one of several statements asked side by side fails', async () => {
    const late = new Promise((resolve) => setTimeout(resolve, 20));
    const both = store.transaction((tx) =>
      Promise.all([
        insertOrganisation(tx, organisation('half')),
        insertOrganisation(tx, organisation('seen')),
        late.then(() => insertOrganisation(tx, organisation('too late'))),
      ]),
    );
    await expect(both).rejects.toThrow('UNIQUE');
    await late;
    await add('after the failure');
    const ids = (await listOrganisations(store.read)).map(({ id }) => id);
    expect(ids).toContain('after the failure');
    expect(ids).not.toContain('half');
    expect(ids).not.toContain('too late');
  });

  it('see their own writes and hide them from readers until the commit', async () => {
    await store.transaction(async (tx) => {
      await insertOrganisation(tx, organisation('hidden'));
      expect(await getOrganisation(tx, 'hidden')).not.toBeNull();
      expect(await getOrganisation(store.read, 'hidden')).toBeNull();
    });
  });

  it('run what comes after only when they succeeded', async () => {
    const calls: string[] = [];
    await store.transaction(async (tx, afterwards) => {
      await insertOrganisation(tx, organisation('after'));
      afterwards(() => calls.push('first'));
      store.after(tx, () => calls.push('second'));
      expect(calls).toEqual([]);
    });
    const failed = store.transaction(async (_tx, afterwards) => {
      afterwards(() => calls.push('never'));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(calls).toEqual(['first', 'second']);
  });

  it('a person waits for have the next turn', async () => {
    const order: string[] = [];
    const note = (name: string) => async () => void order.push(name);
    const before = Array.from({ length: 20 }, (_, index) => store.transaction(note(`own ${index}`)));
    await Promise.all([...before, store.transaction(note('person'), { ahead: true })]);
    expect(order).toHaveLength(21);
    expect(order.indexOf('person')).toBeLessThan(3);
  });

  it('refuse to be nested instead of waiting for themselves', async () => {
    await expect(store.transaction(() => add('nested'))).rejects.toThrow('inside another one');
  });

  it('carry an error of SQLite with its code', async () => {
    await add('twice');
    await expect(add('twice')).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  });
});

describe('batches', () => {
  it('are all or nothing, and give a result for each statement', async () => {
    const results = await store.batch([
      insert('b1'),
      { sql: 'SELECT id FROM organisation WHERE id = ?', params: ['b1'] },
    ]);
    expect(results).toEqual([
      { rows: [], changes: 1 },
      { rows: [{ id: 'b1' }], changes: 0 },
    ]);
    await expect(store.batch([insert('b2'), insert('b1')])).rejects.toMatchObject({ code: /CONSTRAINT/ });
    expect(await getOrganisation(store.read, 'b2')).toBeNull();
  });

  it('keep bytes, big integers, booleans and null', async () => {
    const bytes = new Uint8Array([1, 0, 255]);
    const statement = {
      sql: 'SELECT ? AS b, typeof(?) AS t, ? AS yes, ? AS n',
      params: [bytes, 2n ** 60n, true, null],
    };
    const [result] = await store.batch([statement]);
    expect(result?.rows).toEqual([{ b: expect.anything(), t: 'integer', yes: 1, n: null }]);
    expect(Buffer.from(result?.rows[0]?.b as Uint8Array).equals(bytes)).toBe(true);
  });

  it('refuse numbered marks, which would crash the driver', async () => {
    await expect(store.batch([{ sql: 'SELECT ?1', params: [1] }])).rejects.toThrow('plain ? marks');
  });

  it('of another thread use the same writer, one whole chunk at a time', async () => {
    const client = connectToWriter(store.port().port);
    const chunks = Array.from({ length: 10 }, (_, chunk) =>
      client.runBatch(Array.from({ length: 20 }, (_, row) => insert(`port-${chunk}-${row}`))),
    );
    const mixed = [...chunks, client.runBatch([insert('port-x'), insert('port-0-0')]), add('between')];
    const outcomes = await Promise.allSettled(mixed);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    const ids = (await listOrganisations(store.read)).map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith('port-'))).toHaveLength(200);
    expect(ids).toContain('between');
    client.close();
  });

  it('of a thread that is gone are over once its line has ended: nothing of it comes later', async () => {
    const { port, ended } = store.port();
    const client = connectToWriter(port, { patient: 40 });
    const sent = Array.from({ length: 40 }, (_, chunk) =>
      client.runBatch(Array.from({ length: 200 }, (_, row) => insert(`gone-${chunk}-${row}`))).catch(() => undefined),
    );
    await new Promise(setImmediate);
    client.close();
    await ended;
    const there = async () => {
      const [counted] = await store.batch([
        { sql: "SELECT count(*) AS n FROM organisation WHERE id LIKE 'gone-%'", params: [] },
      ]);
      return counted?.rows[0]?.n;
    };
    const atTheEnd = await there();
    for (let turn = 0; turn < 100; turn++) await store.batch([{ sql: 'SELECT 1', params: [] }]);
    expect(await there()).toBe(atTheEnd);
    await Promise.all(sent);
  });
});

describe('readers', () => {
  it('cannot write', async () => {
    await expect(sql`DELETE FROM organisation`.execute(store.read)).rejects.toThrow(/readonly/);
  });
});

describe('a backup', () => {
  it('is a checked copy made while writing goes on', async () => {
    const target = join(folder, 'backups', 'one.db');
    const [{ bytes }] = await Promise.all([store.backup(target), add('during')]);
    expect(bytes).toBeGreaterThan(4_096);
    const copy = new Database(target, { readonly: true });
    expect(copy.prepare("SELECT count(*) FROM organisation WHERE id = 'seen'").pluck().get()).toBe(1);
    copy.close();
    expect(readdirSync(join(folder, 'backups'))).toEqual(['one.db']);
  });

  it('that cannot be made leaves nothing behind', async () => {
    const backups = join(folder, 'no-backups');
    // The copy is made and checked; only its name cannot be had.
    mkdirSync(join(backups, 'two.db'), { recursive: true });
    await expect(store.backup(join(backups, 'two.db'))).rejects.toThrow();
    expect(readdirSync(backups)).toEqual(['two.db']);
  });
});

describe('a connection', () => {
  it('proves its settings (R37)', () => {
    const db = openConnection(join(mkdtempSync(join(tmpdir(), 'pragma-')), 'x.db'), 'writer');
    const pragma = (name: string) => db.pragma(name, { simple: true });
    expect(['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema', 'cell_size_check'].map(pragma)).toEqual([
      'wal',
      2,
      1,
      0,
      1,
    ]);
    expect(pragma('wal_autocheckpoint')).toBe(1_000);
    expect(pragma('cache_size')).toBe(-2_000);
    db.close();
  });
});

it.each([
  ['3.51.2', false],
  ['3.50.9', false],
  ['2.99.9', false],
  ['3.51', false],
  ['3.51.3', true],
  ['3.52.0', true],
  ['4.0.0', true],
])('an SQLite that can damage what two connections use is refused: %s %s (R37, FT-24)', (version, safe) => {
  expect(isSafeVersion(version)).toBe(safe);
});

describe('a closed store', () => {
  it('rejects what is asked of it', async () => {
    const other = await openStore({ folder: mkdtempSync(join(tmpdir(), 'store-')), runtime: testRuntime() });
    await other.close();
    await expect(other.batch([insert('x')])).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(other.transaction((tx) => insertOrganisation(tx, organisation('x')))).rejects.toThrow('has ended');
  });

  it('waits two seconds, no longer, for a question that takes minutes', async () => {
    const runtime = testRuntime();
    const other = await openStore({ folder: mkdtempSync(join(tmpdir(), 'store-')), runtime });
    const long = sql`WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < 4000000) SELECT sum(n) FROM one`;
    let answered = false;
    const asked = long.execute(other.read).then(
      () => {
        answered = true;
      },
      () => undefined,
    );
    const closed = other.close();
    await runtime.clock.advance(2_000);
    await closed;
    expect(answered).toBe(false);
    await asked;
  });

  it('leaves no journal: all of it is in the database', async () => {
    const own = mkdtempSync(join(tmpdir(), 'store-'));
    const other = await openStore({ folder: own, runtime: testRuntime() });
    await other.transaction((tx) => insertOrganisation(tx, organisation('x')));
    await other.read.selectFrom('organisation').select('id').execute();
    await other.close();
    expect(readdirSync(own).filter((name) => name.includes('-wal'))).toEqual([]);
  });
});

it('a database of the version before says each long step while it is brought up to date', async () => {
  const older = mkdtempSync(join(tmpdir(), 'store-'));
  const file = join(older, 'console.db');
  const db = openConnection(file, 'writer');
  migrate(db, { file, at: 1, version: '0.0.9' }, readMigrations().slice(0, -1));
  db.close();
  const steps: string[] = [];
  const onUpgrade = ({ stage, from, to }: { stage: string; from: number; to: number }) =>
    steps.push(`${stage} ${to > from}`);
  const other = await openStore({ folder: older, runtime: testRuntime(), onUpgrade });
  await other.close();
  expect(steps).toEqual(['copying true', 'checking true', 'changing true']);
});
