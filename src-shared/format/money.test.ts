import { expect, test } from 'vitest';
import { formatGbp, formatMoney } from './money.ts';

test('pounds carry the sign, groups of three and two decimals', () => {
  expect(formatGbp('1234.5')).toBe('£1,234.50');
  expect(formatGbp('-12')).toBe('-£12.00');
  expect(formatGbp('0')).toBe('£0.00');
  expect(formatGbp('-0.00')).toBe('£0.00');
  expect(formatGbp('1234567.89')).toBe('£1,234,567.89');
  expect(formatGbp('999.99')).toBe('£999.99');
});

test('other currencies carry their code and their own decimals', () => {
  expect(formatMoney('1234.50', 'USD')).toBe('USD 1,234.50');
  expect(formatMoney('15000', 'JPY')).toBe('JPY 15,000');
  expect(formatMoney('-7.00', 'EUR')).toBe('-EUR 7.00');
});

test('an unknown amount is a dash, and text that is no amount is refused', () => {
  expect(formatGbp(null)).toBe('—');
  expect(() => formatGbp('£12')).toThrow(RangeError);
});
