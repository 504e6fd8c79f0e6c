import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openSeat } from './seat.ts';

let folder: string;
beforeEach(async () => {
  const place = await mkdtemp(join(tmpdir(), 'seat-'));
  folder = join(place, 'data');
  await mkdir(folder);
  return () => rm(place, { recursive: true, force: true });
});
const decided = new Map([['bluebell', { seatId: 's', name: 'OPS-1', number: 3 }]]);

test('a folder is the same seat at every start and under another name, and remembers who sends', async () => {
  const seat = await openSeat(folder, 'OPS-DESK-2.local');
  expect(seat.name).toBe('OPS-DESK-2');
  expect(await seat.decisions()).toEqual(new Map());
  await seat.remember(decided);
  await writeFile(join(folder, 'console.db'), 'changed');
  await rename(folder, `${folder}-moved`);
  const again = await openSeat(`${folder}-moved`, 'OPS-DESK-3');
  expect(again.id).toBe(seat.id);
  expect(await again.decisions()).toEqual(decided);
});

test('a copy of the folder with everything in it is another seat, and what came along says nothing', async () => {
  const seat = await openSeat(folder);
  await seat.remember(decided);
  await cp(folder, `${folder}-copy`, { recursive: true, preserveTimestamps: true });
  const copy = await openSeat(`${folder}-copy`);
  expect(copy.id).not.toBe(seat.id);
  expect(await copy.decisions()).toEqual(new Map());
});

test('a note that is damaged or cannot be written keeps nobody from starting', async () => {
  const seat = await openSeat(folder);
  await writeFile(join(folder, 'seat.json'), '{"seat": 1');
  expect(await seat.decisions()).toEqual(new Map());
  await rm(folder, { recursive: true });
  await seat.remember(decided);
});
