import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testClock, testLog } from '../testing/runtime.ts';
import { watchDiskRoom } from './disk-room.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'room-'));

test('a reserve of real bytes is laid down while there is room, given back once, and those who ask at once share it', async () => {
  const place = folder();
  const { bavail, bsize } = await statfs(place);
  if (bavail * bsize < 1_000_000_000) return;
  const clock = testClock();
  const room = watchDiskRoom({ folder: place, clock, log: testLog() });
  room.start();
  await expect.poll(() => existsSync(join(place, 'reserve'))).toBe(true);
  const { size, blocks } = statSync(join(place, 'reserve'));
  expect(size).toBe(32 * 1024 ** 2);
  expect(blocks * 512).toBeGreaterThanOrEqual(size);
  room.stop();
  expect(await room.release()).toBe(true);
  expect(existsSync(join(place, 'reserve'))).toBe(false);
  expect(await room.release()).toBe(true);
  await clock.advance(4_000);
  expect(await room.release()).toBe(false);
});

test('half a reserve of a start that was killed is no reserve', async () => {
  const place = folder();
  writeFileSync(join(place, 'reserve.part'), 'x');
  const room = watchDiskRoom({ folder: place, clock: testClock(), log: testLog() });
  expect(await room.release()).toBe(false);
});
