import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Big, ExactSum } from './index.ts';

const amount = fc.oneof(
  fc
    .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 9 }))
    .map(([digits, scale]) => new Big(digits.toString()).times(new Big(10).pow(-scale)).toFixed(scale)),
  fc.integer({ min: -99_999_999, max: 99_999_999 }).map((pence) => new Big(pence).div(100).toFixed(2)),
  fc.constantFrom('999999999999.99', '-999999999999.99', '999999999999999', '1e3', '0.000000001', '-0', '+5'),
);

test('a sum of amounts of any length and scale is exact', () => {
  fc.assert(
    fc.property(fc.array(amount, { maxLength: 80 }), fc.array(amount, { maxLength: 20 }), (first, second) => {
      const sum = new ExactSum();
      const other = new ExactSum();
      for (const text of first) sum.add(text);
      for (const text of second) other.add(text);
      const wanted = [...first, ...second].reduce((total, text) => total.plus(text.replace('+', '')), new Big(0));
      expect(sum.addSum(other).value().eq(wanted)).toBe(true);
      expect(other.value().eq(second.reduce((total, text) => total.plus(text.replace('+', '')), new Big(0)))).toBe(
        true,
      );
    }),
  );
});

test('what gathers quickly never grows beyond what a number holds, and nonsense is refused', () => {
  const sum = new ExactSum();
  for (let i = 0; i < 10_000; i++) sum.add('999999999999.99');
  expect(sum.text()).toBe('9999999999999900.00');
  for (const text of ['', '-', '.', '1.2.3', '1,5', 'x', '--1'])
    expect(() => new ExactSum().add(text), text).toThrow(RangeError);
});
