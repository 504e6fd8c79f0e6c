import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outdated } from './rotation.ts';

const hour = 3_600_000;
const start = Date.parse('2025-01-01T00:30:00Z');

/** Takes a backup every hour for so long and rotates after each, as the console does. */
function after(hours: number): number[] {
  let there: { at: number }[] = [];
  for (let index = 0; index < hours; index += 1) {
    there.push({ at: start + index * hour });
    const gone = new Set(outdated(there));
    there = there.filter((one) => !gone.has(one));
  }
  return there.map(({ at }) => at);
}

test('two years of hourly backups leave 24 hours, 14 days, 8 weeks and 12 months (BAK-02)', () => {
  const left = after(2 * 365 * 24);
  const newest = Math.max(...left);
  const within = (ms: number) => left.filter((at) => newest - at < ms).length;
  expect(within(24 * hour)).toBe(24);
  expect(
    new Set(left.map((at) => Math.floor(at / (24 * hour))).filter((day) => day > newest / (24 * hour) - 14)).size,
  ).toBe(14);
  expect(newest - Math.min(...left)).toBeGreaterThan(330 * 24 * hour);
  expect(left.length).toBeLessThanOrEqual(24 + 14 + 8 + 12);
  expect(left.length).toBeGreaterThan(45);
});

test('a long gap takes nothing away: what is old stays while nothing newer stands for it', () => {
  const old = [1, 2, 3].map((day) => ({ at: start + day * 24 * hour }));
  expect(outdated([...old, { at: start + 400 * 24 * hour }])).toEqual([]);
});

test('the newest always stays, and rotating again takes nothing more', () => {
  const moments = fc.array(fc.integer({ min: start, max: start + 900 * 24 * hour }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(moments, (all) => {
      const backups = all.map((at) => ({ at }));
      const gone = new Set(outdated(backups));
      const left = backups.filter((one) => !gone.has(one));
      expect(Math.max(...left.map(({ at }) => at))).toBe(Math.max(...all));
      expect(outdated(left)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
