import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function wedops(...words: string[]): Promise<{ exit: number; value: unknown }> {
  const all = [wedopsProgram, ...words, '--data', join(folder, 'data'), '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { timeout: 60_000 }, (error, stdout) => {
      resolve({ exit: error ? Number(error.code ?? 99) : 0, value: stdout === '' ? null : JSON.parse(stdout) });
    });
  });
}

const rates = async (name: string, currency: string) => {
  const file = join(folder, name);
  await writeFile(
    file,
    `Country/Territories,Currency,Currency Code,Currency Units per £1,Start date,End date\nSomewhere,Coin,${currency},1.25,01/09/2026,30/09/2026\n`,
  );
  return file;
};
const entries = () => {
  const db = new Database(join(folder, 'data', 'console.db'), { readonly: true });
  try {
    return db
      .prepare("SELECT object, action FROM audit_entry WHERE action = 'import.done' OR action = 'database.restored'")
      .all();
  } finally {
    db.close();
  }
};

test('a backup taken while the agent works is whole, and restoring it brings that moment back with an entry in the audit', async () => {
  expect((await wedops('import', 'rates', await rates('first.csv', 'USD'))).exit).toBe(0);
  const agent = spawn(process.execPath, [wedopsProgram, 'agent', '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: agent.stdout }), 'line');
  const backup = join(folder, 'backup.db');
  const made = await wedops('backup', '--out', backup);
  expect(made).toMatchObject({ exit: 0, value: { ok: true, bytes: expect.any(Number) } });
  // The owner has the database open: nothing is put under its feet.
  expect(await wedops('restore', backup)).toMatchObject({ exit: 3, value: { error: { code: 'UNAVAILABLE' } } });
  expect((await wedops('import', 'rates', await rates('second.csv', 'EUR'))).exit).toBe(0);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
  expect(entries()).toHaveLength(2);

  const copy = new Database(backup, { readonly: true });
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  copy.close();
  expect(await wedops('restore', backup)).toMatchObject({ exit: 0, value: { ok: true } });
  expect(await wedops('audit', 'verify')).toMatchObject({ exit: 0, value: { ok: true, firstBroken: null } });
  expect(entries()).toEqual([
    expect.objectContaining({ action: 'import.done' }),
    { action: 'database.restored', object: 'database:console' },
  ]);
});

test('a file that is no backup is refused and leaves the database as it was', async () => {
  const before = entries();
  const file = join(folder, 'not-a-backup.db');
  await writeFile(file, 'something else');
  expect((await wedops('restore', file)).exit).toBe(1);
  expect(entries()).toEqual(before);
});
