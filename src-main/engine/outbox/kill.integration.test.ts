import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { testRandom } from '../../testing/runtime.ts';

const child = new URL('../../testing/outbox-kill-child.ts', import.meta.url).pathname;

/** Runs the outbox in a process of its own; killed after `killMs`, or left to finish when that is null. */
function live(folder: string, run: number, add: number, killMs: number | null): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, folder, String(run), String(add)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    process_.stderr.on('data', (text) => {
      errors += String(text);
    });
    process_.stdout.once('data', () => {
      if (killMs !== null) setTimeout(() => process_.kill('SIGKILL'), killMs);
    });
    process_.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(errors));
      else resolve(code);
    });
  });
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').trim().split('\n');
}

it('loses nothing and posts nothing twice, killed at any moment (FT-01 to FT-07)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  const random = testRandom(20260718);
  for (let run = 0; run < 10; run += 1) await live(folder, run, 60, 10 + Math.round(random.next() * 250));
  await live(folder, 99, 4, null);

  const arrived = new Map<string, number>();
  for (const key of lines(join(folder, 'arrived'))) arrived.set(key, (arrived.get(key) ?? 0) + 1);
  const acknowledged = lines(join(folder, 'acknowledged'));
  expect(acknowledged.length).toBeGreaterThan(50);
  const twice = [...arrived].filter(([key, times]) => key.startsWith('bill') && times > 1);
  expect(twice.map(([key]) => key)).toEqual([]);

  const db = new Database(join(folder, 'console.db'), { readonly: true });
  // An answer lost again in the one repeat that is allowed: a person is asked, and nothing else ends anywhere but delivered.
  const asked = db
    .prepare(
      "SELECT idempotency_key FROM outbox_job WHERE state = 'held' AND in_doubt = 1 AND delivery_class = 'never-twice'",
    )
    .pluck()
    .all();
  expect(acknowledged.filter((key) => !arrived.has(key) && !asked.includes(key))).toEqual([]);
  expect(asked.length).toBeLessThan(5);
  const count = (sql: string) => db.prepare(sql).pluck().get();
  expect(count("SELECT count(*) FROM outbox_job WHERE state <> 'delivered'")).toBe(asked.length);
  expect(count("SELECT count(*) FROM outbox_attempt WHERE stage = 'recover'")).toBeGreaterThan(0);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
});
