import { expect, test } from 'vitest';
import { formatKpi, formatKpiChange } from './kpi.ts';

test.each([
  ['6.123', 'multiple', 1, '6.1×'],
  ['2.185', 'GBP', 2, '£2.19'],
  ['0.9118', 'ratio', 3, '91.2%'],
  ['4.55', 'of 5', 1, '4.6 / 5'],
  ['12345.6', 'count', 0, '12,346'],
  [null, 'GBP', 2, '—'],
] as const)('%s as %s', (value, unit, places, shown) => {
  expect(formatKpi(value, unit, places)).toBe(shown);
});

test('a change is told with its direction, and not at all when nothing shows', () => {
  expect(formatKpiChange('0.912', '0.901', 'ratio', 3)).toEqual({ text: '1.1 pt', up: true });
  expect(formatKpiChange('2.18', '2.49', 'GBP', 2)).toEqual({ text: '£0.31', up: false });
  expect(formatKpiChange('1.0001', '1', 'multiple', 1)).toBeNull();
  expect(formatKpiChange('1', null, 'multiple', 1)).toBeNull();
});
