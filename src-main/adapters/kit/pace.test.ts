import { expect, test } from 'vitest';
import { testClock } from '../../testing/runtime.ts';
import { createPace } from './pace.ts';

const never = new AbortController().signal;

/** When each of `count` calls of several workers went, in ms after the first. */
async function times(count: number, windows: readonly { calls: number; ms: number }[], workers = 3): Promise<number[]> {
  const clock = testClock(0);
  const pace = createPace('Books', windows);
  const start = clock.monotonicMs();
  const at: number[] = [];
  async function worker(): Promise<void> {
    while (at.length < count) {
      await pace.takeTurn(clock, 'one', never);
      at.push(clock.monotonicMs() - start);
    }
  }
  const work = Promise.all(Array.from({ length: workers }, worker));
  for (let i = 0; i < 5_000 && at.length < count; i++) await clock.advance(50);
  await clock.advance(600_000);
  await work;
  return at.slice(0, count);
}

const most = (at: readonly number[], ms: number) =>
  Math.max(...at.map((from) => at.filter((one) => one >= from && one < from + ms).length));

test('no window is overrun, whoever asks, and none is left unused', async () => {
  const at = await times(60, [
    { calls: 1, ms: 125 },
    { calls: 20, ms: 10_000 },
  ]);
  expect(most(at, 125)).toBe(1);
  expect(most(at, 10_000)).toBe(20);
  expect(at[59]).toBeLessThan(24_000);
});

test('each account has a pace of its own', async () => {
  const clock = testClock(0);
  const pace = createPace('Books', [{ calls: 1, ms: 1_000 }]);
  await pace.takeTurn(clock, 'one', never);
  await pace.takeTurn(clock, 'two', never);
  expect(clock.sleepers).toBe(0);
});

test('whoever is told to stop while waiting has sent nothing', async () => {
  const clock = testClock(0);
  const pace = createPace('Books', [{ calls: 1, ms: 1_000 }]);
  await pace.takeTurn(clock, 'one', never);
  const controller = new AbortController();
  const waiting = pace.takeTurn(clock, 'one', controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'network' });
});
