import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { noteProperEnd, noteStart } from './starts.ts';

const minute = 60_000;
let folder: string;
let clock: ReturnType<typeof testClock>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'starts-'));
  clock = testClock('2026-11-22T12:00:00Z');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts `times` times, a minute apart, and answers what the last one was told. */
async function starts(times: number, apartMs = minute): Promise<boolean> {
  let last = false;
  for (let start = 0; start < times; start += 1) {
    last = (await noteStart(folder, clock)).loop;
    await clock.advance(apartMs);
  }
  return last;
}

test('the fourth start within five minutes is one too many; three are not, nor four over a longer time (R49)', async () => {
  expect(await starts(3)).toBe(false);
  expect(await starts(1)).toBe(true);
  await clock.advance(5 * minute);
  expect(await starts(6, 2 * minute)).toBe(false);
});

test('a console that was quit properly may be started as often as one likes', async () => {
  for (let round = 0; round < 6; round += 1) {
    expect(await starts(1, 1_000)).toBe(false);
    await noteProperEnd(folder);
  }
});

test('a damaged note counts as none', async () => {
  await starts(3);
  await writeFile(join(folder, 'starts.json'), '[17, "x"');
  expect(await starts(1)).toBe(false);
});
