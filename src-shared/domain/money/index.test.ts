import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Big, decimal, ExactSum, fromMinor, minorUnits, r2, splitMinor, toMinor } from './index.ts';

/** A decimal as text together with its value as an integer of 10^-12. */
const amount = fc
  .tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, scale]) => {
    const negative = digits < 0n;
    const padded = (negative ? -digits : digits).toString().padStart(scale + 1, '0');
    const text = scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
    return { text: `${negative ? '-' : ''}${text}`, exact: digits * 10n ** BigInt(12 - scale) };
  });

const exactOf = (text: string) => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const digits = BigInt(whole + fraction.padEnd(12, '0'));
  return text.startsWith('-') ? -digits : digits;
};

test('a sum of any decimals equals the sum of big integers, in any grouping', () => {
  fc.assert(
    fc.property(fc.array(amount, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (amounts, cut) => {
      const all = new ExactSum();
      for (const { text } of amounts) all.add(text);
      const left = new ExactSum();
      const right = new ExactSum();
      amounts.forEach(({ text }, i) => {
        (i < cut ? left : right).add(text);
      });
      const expected = amounts.reduce((sum, { exact }) => sum + exact, 0n);
      expect(exactOf(all.text())).toBe(expected);
      expect(exactOf(left.addSum(right).text())).toBe(expected);
    }),
  );
});

test('rounding to pennies goes half away from zero, checked against integer arithmetic', () => {
  fc.assert(
    fc.property(amount, ({ text, exact }) => {
      const unit = 10n ** 10n;
      const magnitude = exact < 0n ? -exact : exact;
      const pennies = (magnitude + unit / 2n) / unit;
      const expected = exact < 0n ? -pennies : pennies;
      expect(BigInt(r2(decimal(text)).times(new Big(100)).toFixed(0))).toBe(expected);
    }),
  );
});

test('minor units survive the way to text and back for every currency shape', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom('GBP', 'JPY', 'BHD', 'XYZ'), (n, currency) => {
      expect(toMinor(fromMinor(n, currency), currency)).toBe(n === 0 ? 0 : n);
    }),
  );
});

test('a split always adds up again and shares differ by one unit at most', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 500 }), (total, parts) => {
      const shares = splitMinor(total, parts);
      expect(shares.reduce((sum, share) => sum + BigInt(share), 0n)).toBe(BigInt(total));
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a tenth and two tenths are three tenths, and a million sub-penny rows lose nothing', () => {
  expect(new ExactSum().add('0.1').add('0.2').text()).toBe('0.3');
  const sum = new ExactSum();
  for (let i = 0; i < 1_000_000; i++) sum.add('0.0000000007');
  expect(sum.text()).toBe('0.0007000000');
  expect(sum.value().toString()).toBe('0.0007');
});

test('numbers are read as files write them, and everything else is refused', () => {
  expect(decimal(' 1.5E-9 ').toString()).toBe('0.0000000015');
  expect(decimal('2e3').toString()).toBe('2000');
  expect(decimal('+7.').toString()).toBe('7');
  expect(decimal('.5').toString()).toBe('0.5');
  expect(decimal('-0.00').toString()).toBe('0');
  expect(new ExactSum().add('1e-3').add('.5').add('+1').text()).toBe('1.501');
  for (const bad of ['', ' ', '1,234.50', '£5', 'NaN', 'Infinity', '1e9999', '0x10', '1.2.3', '--1', '1 2', 'NULL']) {
    expect(() => decimal(bad), bad).toThrow(RangeError);
    expect(() => new ExactSum().add(bad), bad).toThrow(RangeError);
  }
});

test('an amount that does not fit its currency or an exact integer is refused', () => {
  expect(minorUnits('JPY')).toBe(0);
  expect(minorUnits('KRW')).toBe(0);
  expect(minorUnits('ISK')).toBe(0);
  expect(minorUnits('BHD')).toBe(3);
  expect(minorUnits('USD')).toBe(2);
  expect(toMinor('12.3400', 'GBP')).toBe(1234);
  expect(toMinor('-0.05', 'GBP')).toBe(-5);
  expect(() => toMinor('10.005', 'GBP')).toThrow(RangeError);
  expect(() => toMinor('9800.50', 'JPY')).toThrow(RangeError);
  expect(() => toMinor('90071992547409.92', 'GBP')).toThrow(RangeError);
  expect(() => fromMinor(1.5, 'GBP')).toThrow(RangeError);
  expect(fromMinor(-5, 'GBP')).toBe('-0.05');
  expect(fromMinor(500, 'JPY')).toBe('500');
});

test('decimal text never shows an exponent', () => {
  expect(decimal('1e-30').toString()).toBe(`0.${'0'.repeat(29)}1`);
  expect(decimal('1e30').toString()).toBe(`1${'0'.repeat(30)}`);
});
