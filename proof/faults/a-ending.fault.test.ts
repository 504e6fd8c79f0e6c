import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { emergency, endAll, organisationId, startAgent } from '../rig/console.ts';
import { broken } from '../rig/invariants.ts';
import { place, removeAll } from '../rig/places.ts';

afterEach(async () => {
  await endAll();
  removeAll();
});

/** A database so large that it is checked beside the work, and whose check takes the better part of a minute: a column is reckoned for each row. */
async function slowToCheck(name: string): Promise<string> {
  const data = join(place(name), 'data');
  expect(await (await startAgent(data)).stop()).toBe(0);
  const db = new Database(join(data, 'console.db')).unsafeMode();
  db.exec(`
    CREATE TABLE large (bytes BLOB);
    INSERT INTO large VALUES (zeroblob(${270 * 1024 ** 2}));
    CREATE TABLE slow (n INTEGER);
    WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < 20000) INSERT INTO slow SELECT n FROM one;
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = 'CREATE TABLE slow (n INTEGER, long TEXT AS (hex(zeroblob(2000000 + n))) NOT NULL)'
      WHERE name = 'slow'`);
  db.close();
  return data;
}

/** Whole afterwards, told without what made its check slow. */
function left(data: string): string[] {
  const db = new Database(join(data, 'console.db'));
  db.exec('DROP TABLE slow; DROP TABLE large');
  db.close();
  return broken({ data });
}

test('FT-15 told to end while every page of a large database is being checked: gone within 8 s, and properly', async () => {
  const data = await slowToCheck('checking');
  const agent = await startAgent(data);
  await (await agent.client()).alerts.raise(emergency('told while it is checked'));
  const began = performance.now();
  expect(await agent.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(left(data)).toEqual([]);
}, 120_000);

test('FT-15 told to end while a backup of a large database is being made: gone within 8 s, and nothing half made stays', async () => {
  const data = await slowToCheck('backing-up');
  const agent = await startAgent(data);
  const client = await agent.client();
  const asked = client.maintenance.backup({ organisationId }).catch(() => 'cut off');
  const temporary = join(data, 'temporary');
  const copied = () =>
    readdirSync(temporary, { recursive: true })
      .map(String)
      .some((name) => statSync(join(temporary, name)).size > 270 * 1024 ** 2);
  await expect.poll(copied, { timeout: 30_000 }).toBe(true);
  // The copy is there; now it is being checked.
  await wait(500);
  const began = performance.now();
  expect(await agent.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(await asked).toBe('cut off');
  const next = await startAgent(data);
  expect(existsSync(temporary) ? readdirSync(temporary) : []).toEqual([]);
  expect(await next.stop()).toBe(0);
  expect(left(data)).toEqual([]);
}, 120_000);
