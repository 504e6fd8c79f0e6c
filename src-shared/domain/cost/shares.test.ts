import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitByWeights } from './shares.ts';

test('the shares of any amount add up to it, and none is a unit away from its due', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 40 }),
      (total, weights) => {
        const shares = splitByWeights(total, weights);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        const all = weights.reduce((sum, weight) => sum + weight, 0);
        shares.forEach((share, i) => {
          expect(Math.abs(share - (total * (weights[i] ?? 0)) / all)).toBeLessThan(1.000001);
        });
      },
    ),
  );
});

test('what is left over goes to the largest remainders, the first of equals', () => {
  expect(splitByWeights(100, [1, 1, 1])).toEqual([34, 33, 33]);
  expect(splitByWeights(-100, [1, 1, 1])).toEqual([-34, -33, -33]);
  expect(splitByWeights(10, [1, 2])).toEqual([3, 7]);
  expect(() => splitByWeights(1, [])).toThrow(RangeError);
  expect(() => splitByWeights(1, [0])).toThrow(RangeError);
});
