import { expect, test } from 'vitest';
import { parsePeriod } from './period.ts';

test.each([
  ['2026-09', '2026-09-01', '2026-09-30'],
  ['2026-Q3', '2026-07-01', '2026-09-30'],
  ['2026-q1', '2026-01-01', '2026-03-31'],
  ['2028-02', '2028-02-01', '2028-02-29'],
  ['2026', '2026-01-01', '2026-12-31'],
])('%s runs from %s to %s', (text, from, to) => {
  expect(parsePeriod(text)).toMatchObject({ from, to });
});

test.each(['', '2026-13', '2026-Q5', '26-09', '2026-9', 'last month', '9999', '0000-01'])(
  '"%s" is not a period',
  (text) => {
    expect(parsePeriod(text)).toBeNull();
  },
);
