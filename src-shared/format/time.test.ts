import { describe, expect, test } from 'vitest';
import {
  formatDay,
  formatDuration,
  formatInstant,
  formatPeriod,
  formatTime,
  formatWeekday,
  zoneLetters,
} from './time.ts';

const LONDON = 'Europe/London';

describe('the repeated hour of the October change', () => {
  test('tells 01:30 BST from 01:30 GMT', () => {
    expect(formatTime('2026-10-25T00:30:00Z', LONDON)).toBe('01:30 BST');
    expect(formatTime('2026-10-25T01:30:00Z', LONDON)).toBe('01:30 GMT');
  });

  test('leaves the hours around it without letters', () => {
    expect(formatTime('2026-10-24T23:59:00Z', LONDON)).toBe('00:59');
    expect(formatTime('2026-10-25T02:00:00Z', LONDON)).toBe('02:00');
  });

  test('does not mark the spring change, which repeats nothing', () => {
    expect(formatTime('2026-03-29T00:59:00Z', LONDON)).toBe('00:59');
    expect(formatTime('2026-03-29T01:00:00Z', LONDON)).toBe('02:00');
  });
});

test('dates are day, month, year and never American', () => {
  expect(formatDay('2026-11-21')).toBe('21 Nov 2026');
  expect(formatDay('2026-09-03')).toBe('03 Sep 2026');
  expect(formatWeekday('2026-11-21')).toBe('Sat 21 Nov 2026');
  expect(formatPeriod('2026-09')).toBe('September 2026');
  expect(formatPeriod('2026-Q3')).toBe('Q3 2026');
  expect(formatInstant('2026-07-01T22:30:05Z', LONDON, 'seconds')).toBe('01 Jul 2026, 23:30:05');
});

test('an unknown day is an em dash and a text that is no date stays itself', () => {
  expect(formatDay(null)).toBe('—');
  expect(formatDay('soon')).toBe('soon');
});

test('zone letters follow the season', () => {
  expect(zoneLetters('2026-11-22T12:00:00Z', LONDON)).toBe('GMT');
  expect(zoneLetters('2026-07-22T12:00:00Z', LONDON)).toBe('BST');
});

test('durations use at most two units', () => {
  expect([4_000, 60_000, 125_000, 11_400_000, 86_400_000, 172_800_000].map(formatDuration)).toEqual([
    '4 s',
    '1 min',
    '2 min 5 s',
    '3 h 10 min',
    '1 day',
    '2 days',
  ]);
});
