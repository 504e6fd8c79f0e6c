import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatCounted, formatPercent } from './number.ts';

test('counts carry thousands separators and agree with their word', () => {
  expect(formatCount(1204)).toBe('1,204');
  expect(formatCounted(1, 'wedding', 'weddings')).toBe('1 wedding');
  expect(formatCounted(0, 'wedding', 'weddings')).toBe('0 weddings');
  expect(formatCounted(1204, 'line', 'lines')).toBe('1,204 lines');
});

test('percentages have one decimal', () => {
  expect(formatPercent(0.998)).toBe('99.8%');
  expect(formatPercent(1)).toBe('100.0%');
});

test('sizes are readable', () => {
  expect([812, 14_200, 75_000_000, 2_500_000_000].map(formatBytes)).toEqual([
    '812 bytes',
    '14.2 kB',
    '75.0 MB',
    '2.5 GB',
  ]);
});
