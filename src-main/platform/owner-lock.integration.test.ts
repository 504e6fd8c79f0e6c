import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readOwnerRecord, takeOwnerLock } from './owner-lock.ts';

let folder: string;
let children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-owner-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await rm(folder, { recursive: true, force: true });
});

/** A process that tries to take the lock, says whether it did, and lives on. */
async function rival(): Promise<{ child: ChildProcess; owned: boolean }> {
  const program = join(folder, 'rival.mjs');
  const module = new URL('./owner-lock.ts', import.meta.url).href;
  await writeFile(
    program,
    `import { takeOwnerLock } from ${JSON.stringify(module)};
     const lock = await takeOwnerLock(${JSON.stringify(folder)});
     await lock?.announce({ pid: process.pid, startId: 's', host: 'agent', url: 'http://127.0.0.1:1', token: 't' });
     process.send(lock !== null);
     setInterval(() => undefined, 1000);`,
  );
  const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.push(child);
  const [owned] = (await once(child, 'message')) as [boolean];
  return { child, owned };
}

test('of ten processes started at once exactly one becomes the owner', async () => {
  const rivals = await Promise.all(Array.from({ length: 10 }, rival));
  expect(rivals.filter(({ owned }) => owned)).toHaveLength(1);
  const owner = rivals.find(({ owned }) => owned);
  expect((await readOwnerRecord(folder))?.pid).toBe(owner?.child.pid);
});

test('the lock dies with its process: after a kill the next one takes over and the stale record goes', async () => {
  const first = await rival();
  expect(first.owned).toBe(true);
  expect(await takeOwnerLock(folder)).toBeNull();
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  expect((await readOwnerRecord(folder))?.pid).toBe(first.child.pid);
  const lock = await takeOwnerLock(folder);
  expect(lock).not.toBeNull();
  expect(await readOwnerRecord(folder)).toBeNull();
  await lock?.release();
});

test('the record is readable by this user alone and goes when the lock is let go', async () => {
  const lock = await takeOwnerLock(folder);
  await lock?.announce({ pid: 4711, startId: 's', host: 'agent', url: 'http://127.0.0.1:1', token: 'secret' });
  const file = join(folder, 'owner.json');
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077).toBe(0);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: 4711, host: 'agent' });
  await lock?.release();
  await expect(stat(file)).rejects.toThrow();
});

test.runIf(process.platform === 'linux')(
  'a place that takes no folders is refused at once, not tried for ever',
  async () => {
    await expect(takeOwnerLock('/proc/wedops')).rejects.toThrow('ENOENT');
  },
);
