import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRuntime } from '../testing/runtime.ts';
import { inspectAside } from './inspect-backup.ts';
import { openStore } from './open.ts';

let folder: string;
let backup: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedsync-inspect-'));
  backup = join(folder, 'kept.db');
  const store = await openStore({ folder, runtime: testRuntime() });
  await store.backup(backup);
  await store.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a backup says what stands in it', async () => {
  expect(await inspectAside(backup)).toEqual({
    newestAt: null,
    lastEntry: 0,
    lastDelivery: 0,
    organisations: [],
    unfinished: 0,
  });
});

test('what is no backup of this console is refused with the reason', async () => {
  const other = join(folder, 'other.db');
  await writeFile(other, 'a letter, not a database');
  await expect(inspectAside(other)).rejects.toThrow(/not a database|no backup|not a backup/);
});

test('a damaged backup is refused', async () => {
  const file = await open(backup, 'r+');
  await file.write(Buffer.alloc(8_192, 0x5a), 0, 8_192, 16_384);
  await file.close();
  await expect(inspectAside(backup)).rejects.toThrow(/damaged|malformed/);
});
