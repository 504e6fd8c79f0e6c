import { expect, test } from 'vitest';
import { testClock } from '../testing/runtime.ts';
import { giveBackAtRest } from './rest.ts';

test('memory is given back once after work, when the work is over, and not again until there was more', async () => {
  const clock = testClock();
  let used = 2_000;
  let collected = 0;
  const stop = giveBackAtRest({ clock, usedMs: () => used, collect: () => void collected++ });
  const fiveSeconds = async (work: number) => {
    used += work;
    await clock.advance(5_000);
    return collected;
  };
  expect(await fiveSeconds(3_000)).toBe(0);
  expect(await fiveSeconds(20)).toBe(1);
  expect(await fiveSeconds(20)).toBe(1);
  expect(await fiveSeconds(20)).toBe(1);
  expect(await fiveSeconds(4_000)).toBe(1);
  expect(await fiveSeconds(0)).toBe(2);
  used += 4_000;
  stop();
  await clock.advance(10_000);
  expect(collected).toBe(2);
});
