import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fixedText, readFixed } from './fixed.ts';

test('decimal text is read to the last digit, short or long, and written back as it was', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
      fc.integer({ min: 0, max: 12 }),
      (digits, scale) => {
        expect(readFixed(fixedText(digits, scale))).toEqual({ digits, scale });
      },
    ),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), fc.integer({ min: 0, max: 6 }), (digits, scale) => {
      expect(readFixed(fixedText(digits, scale))).toEqual({ digits, scale });
    }),
  );
});

test('what people write otherwise is read the same, what is no number is refused', () => {
  const read = (text: string) => {
    const { digits, scale } = readFixed(text);
    return [digits, scale];
  };
  expect(read('007.50')).toEqual([750n, 2]);
  expect(read('-0')).toEqual([0n, 0]);
  expect(read('.5')).toEqual([5n, 1]);
  expect(read('-.5')).toEqual([-5n, 1]);
  expect(read('5.')).toEqual([5n, 0]);
  expect(read('+5')).toEqual([5n, 0]);
  expect(read(' 1.20 ')).toEqual([120n, 2]);
  expect(read('1.5e3')).toEqual([1500n, 0]);
  for (const bad of ['', '-', '.', '-.', '1.2.3', '1,000', '--1', '1-', '4O.00', 'NaN', '£5', '1e', '٣']) {
    expect(() => readFixed(bad), bad).toThrow(RangeError);
  }
});
