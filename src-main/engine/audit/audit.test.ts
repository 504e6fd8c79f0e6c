import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemEntropy } from '../../platform/entropy.ts';
import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import type { Store } from '../../ports/store.ts';
import { checkpointFile } from '../../store/checkpoint-file.ts';
import { type AuditRow, auditChain } from '../../store/repositories/audit.ts';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { type Audit, createAudit } from './audit.ts';
import { canonicalJson, entryHash, genesis } from './chain.ts';
import { createPersonKeys } from './person-keys.ts';
import { chainVerifier } from './verify.ts';

const key = 'a key from the keychain';
let folder: string;
let store: Store;
const runtime = testRuntime();
const secrets = createMemorySecrets();

function auditOver(over: Store, secret: string | null = key): Audit {
  const checkpoints = checkpointFile(join(folder, 'outside', 'audit-checkpoints.jsonl'));
  const people = createPersonKeys({
    secretsOf: async () => secrets,
    entropy: systemEntropy,
    redactor: { know: () => undefined },
    log: runtime.log,
  });
  const parts = { store: over, runtime, entropy: systemEntropy, people, key: secret, checkpoints };
  return createAudit({ ...parts, processId: 'start-1' });
}

async function write(audit: Audit, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      store.transaction((tx) =>
        audit.append(tx, {
          organisationId: index % 2 ? 'bluebell' : 'rosewood',
          actor: 'person:alex',
          channel: 'window',
          action: 'setting.changed',
          object: `setting:${index}`,
          before: { b: 1, a: index },
          after: { a: index + 1 },
        }),
      ),
    ),
  );
}

/** What someone with access to the file could do while the program is closed. */
async function tamper(work: (db: Database.Database) => void): Promise<Audit> {
  await store.close();
  const db = new Database(join(folder, 'data', 'console.db'));
  db.exec('DROP TRIGGER audit_entry_no_update; DROP TRIGGER audit_entry_no_delete');
  work(db);
  db.close();
  store = await openStore({ folder: join(folder, 'data'), runtime });
  return auditOver(store);
}

function brokenIn(rows: readonly AuditRow[]) {
  const verifier = chainVerifier([], key);
  verifier.take(rows);
  return verifier.finish(rows.length).broken;
}

function rechain(db: Database.Database, from: number): void {
  const rows = db.prepare('SELECT * FROM audit_entry ORDER BY sequence').all() as Parameters<typeof entryHash>[0][];
  let previous = genesis;
  const save = db.prepare('UPDATE audit_entry SET sequence = ?, previous_hash = ?, hash = ? WHERE sequence = ?');
  for (const [index, row] of rows.entries()) {
    const next = { ...row, sequence: index + 1, previous_hash: previous };
    previous = entryHash(next);
    if (index + 1 >= from) save.run(index + 1, next.previous_hash, previous, row.sequence);
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  store = await openStore({ folder: join(folder, 'data'), runtime });
});
afterEach(() => store.close());

describe('the audit chain', () => {
  it('is intact after many entries, numbered without gaps', async () => {
    const audit = auditOver(store);
    await write(audit, 60);
    expect(await audit.verify()).toMatchObject({ ok: true, verdict: 'intact', entries: 60, firstBroken: null });
  });

  it('leaves no gap when a transaction fails, and no entry without its change', async () => {
    const audit = auditOver(store);
    const outcomes = await Promise.allSettled([
      write(audit, 1),
      store.transaction(async (tx) => {
        await audit.append(tx, { organisationId: 'o', actor: 'a', channel: 'c', action: 'x.y', object: 'o:1' });
        throw new Error('changed my mind');
      }),
      write(audit, 1),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await audit.verify()).toMatchObject({ verdict: 'intact', entries: 2 });
  });

  it('refuses UPDATE and DELETE (AUD-01)', async () => {
    await write(auditOver(store), 2);
    const update = store.batch([{ sql: "UPDATE audit_entry SET actor = 'x' WHERE sequence = 1", params: [] }]);
    await expect(update).rejects.toThrow('cannot be changed');
    const remove = store.batch([{ sql: 'DELETE FROM audit_entry WHERE sequence = 2', params: [] }]);
    await expect(remove).rejects.toThrow('cannot be deleted');
  });

  const columns = [
    'at',
    'monotonic_ms',
    'process_id',
    'organisation_id',
    'actor',
    'channel',
    'action',
    'object',
    'before',
    'after',
    'reason',
    'correlation_id',
    'previous_hash',
    'hash',
    'version',
    'personal',
  ] as const;
  it('tells that an entry was altered, whichever field', async () => {
    await write(auditOver(store), 20);
    const rows = await auditChain(store.read, 0, 100);
    for (const column of columns) {
      const changed = rows.map((row) => {
        const value: unknown = row[column];
        if (row.sequence !== 7) return row;
        return { ...row, [column]: typeof value === 'number' ? value + 1 : `f${String(value).slice(1)}x` };
      });
      expect(brokenIn(changed), column).toMatchObject({ verdict: 'altered', sequence: 7 });
    }
  });

  it('tells that an entry was altered and its own hash computed anew, by the entry after it', async () => {
    await write(auditOver(store), 20);
    const rows = await auditChain(store.read, 0, 100);
    const changed = rows.map((row) => {
      const next = { ...row, actor: 'person:nobody' };
      return row.sequence === 7 ? { ...next, hash: entryHash(next) } : row;
    });
    const verifier = chainVerifier([], null);
    verifier.take(changed);
    expect(verifier.finish(20).broken).toMatchObject({ verdict: 'altered', sequence: 8 });
  });

  it.each([
    ['the first', 1],
    ['a middle', 8],
  ])('tells that %s entry is missing', async (_, sequence) => {
    await write(auditOver(store), 20);
    const rows = await auditChain(store.read, 0, 100);
    const broken = brokenIn(rows.filter((row) => row.sequence !== sequence));
    expect(broken).toMatchObject({ verdict: 'missing', sequence });
  });

  it('tells that the tail is missing, from the checkpoint outside (AUD-05)', async () => {
    const before = auditOver(store);
    await write(before, 20);
    await before.checkpoint();
    const audit = await tamper((db) => db.prepare('DELETE FROM audit_entry WHERE sequence > 18').run());
    expect(await audit.verify()).toMatchObject({ verdict: 'tail-missing', firstBroken: 19, ok: false });
  });

  it('tells swapped entries', async () => {
    await write(auditOver(store), 20);
    const rows = await auditChain(store.read, 0, 100);
    const [fifth, sixth] = [rows[4], rows[5]];
    if (!fifth || !sixth) throw new Error('too few');
    const swapped = rows.with(4, { ...sixth, sequence: 5 }).with(5, { ...fifth, sequence: 6 });
    expect(brokenIn(swapped)).toMatchObject({ verdict: 'altered', sequence: 5 });
  });

  it('tells a chain computed anew without the key, by its seals', async () => {
    await write(auditOver(store), 20);
    const audit = await tamper((db) => {
      db.exec("UPDATE audit_entry SET actor = 'person:nobody' WHERE sequence = 9");
      rechain(db, 9);
    });
    expect(await audit.verify()).toMatchObject({ verdict: 'rewritten', firstBroken: 9 });
  });

  it('tells a chain computed anew even without the key at hand, by a checkpoint', async () => {
    const before = auditOver(store, null);
    await write(before, 10);
    await before.checkpoint();
    await write(before, 10);
    await before.checkpoint();
    await tamper((db) => {
      db.exec("UPDATE audit_entry SET actor = 'person:nobody' WHERE sequence = 13");
      rechain(db, 13);
    });
    expect(await auditOver(store, null).verify()).toMatchObject({ verdict: 'rewritten', firstBroken: 11 });
  });

  it.each([
    ['another count', '"count":5', '"count":4'],
    // It agrees with the chain; its seal alone tells.
    ['another time', '"at":', '"at":1'],
  ])('tells a checkpoint changed to %s', async (_, was, is) => {
    const before = auditOver(store);
    await write(before, 5);
    await before.checkpoint();
    const path = join(folder, 'outside', 'audit-checkpoints.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace(was, is));
    expect(await auditOver(store).verify()).toMatchObject({ ok: false, verdict: 'rewritten' });
  });

  it('says when the key is not at hand: the chain alone could be checked', async () => {
    await write(auditOver(store), 5);
    expect(await auditOver(store, null).verify()).toMatchObject({
      ok: true,
      verdict: 'key-unavailable',
      firstBroken: null,
    });
    expect(await auditOver(store, 'another key').verify()).toMatchObject({ verdict: 'key-unavailable' });
  });

  it('goes on after a break with an entry that names it, and hides nothing (AUD-07)', async () => {
    await write(auditOver(store), 5);
    const audit = await tamper((db) => db.exec("UPDATE audit_entry SET reason = 'x' WHERE sequence = 3"));
    await audit.recordBreak(await audit.verify());
    expect(await audit.verify()).toMatchObject({ verdict: 'altered', firstBroken: 3, entries: 6 });
  });

  it('writes a checkpoint by itself every 1,000 entries', async () => {
    await write(auditOver(store), 1_000);
    const file = checkpointFile(join(folder, 'outside', 'audit-checkpoints.jsonl'));
    await expect.poll(() => file.read()).toContain('"count":1000');
  });
});

describe('the extract', () => {
  it('can be verified by its text alone and shows nothing of another organisation', async () => {
    const audit = auditOver(store);
    await write(audit, 12);
    const { text, fileName } = await audit.extract('bluebell');
    expect(fileName).toBe('audit-bluebell-2026-07-18.jsonl');
    const [guide, ...rest] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(guide.format).toBe('audit-extract');
    expect(rest.at(-1).checkpoint.count).toBe(12);
    let previous = genesis;
    for (const row of rest.slice(0, -1)) {
      expect(row.previous_hash).toBe(previous);
      if (row.organisation_id) expect(entryHash(row)).toBe(row.hash);
      previous = row.hash;
    }
    expect(text).not.toContain('rosewood');
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of keys, at any depth', () => {
    const left = canonicalJson({ b: [{ y: 1, x: 2 }], a: null });
    expect(left).toBe(canonicalJson({ a: null, b: [{ x: 2, y: 1 }] }));
    expect(left).toBe('{"a":null,"b":[{"x":2,"y":1}]}');
  });
});
