import { expect, test } from 'vitest';
import { Instant } from '../time-and-ids.ts';
import { latestDue, nextOccurrence, periodBefore, readRule, ruleText, type ScheduleRule } from './schedule.ts';

const zone = 'Europe/London';
const at = (text: string) => Instant.parse(Date.parse(text));
const none = new Set<string>();
const next = (text: string, after: string, holidays: ReadonlySet<string> = none) => {
  const rule = readRule(text);
  if (!rule) throw new Error(text);
  const found = nextOccurrence(rule, at(after), zone, holidays);
  return `${new Date(found.at).toISOString().slice(0, 16)} ${found.key}`;
};

test('every 1st at 07:00 is local time, in summer and in winter', () => {
  expect(next('every 1st at 07:00', '2026-06-15T00:00:00Z')).toBe('2026-07-01T06:00 2026-07');
  expect(next('every 1st at 07:00', '2026-10-31T00:00:00Z')).toBe('2026-11-01T07:00 2026-11');
  expect(next('every 1st at 07:00', '2026-11-01T07:00:00Z')).toBe('2026-12-01T07:00 2026-12');
});

test('a time the clock skips runs just after the gap, one it shows twice runs at the first', () => {
  expect(next('daily at 01:30', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00 2026-03-29');
  expect(next('daily at 01:30', '2026-03-29T01:00:00Z')).toBe('2026-03-30T00:30 2026-03-30');
  expect(next('daily at 01:30', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30 2026-10-25');
  expect(next('daily at 01:30', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30 2026-10-26');
});

test('month ends, short months, weekends and bank holidays', () => {
  expect(next('every 31st at 06:00', '2026-02-02T00:00:00Z')).toBe('2026-02-28T06:00 2026-02');
  expect(next('last day at 06:00', '2028-02-02T00:00:00Z')).toBe('2028-02-29T06:00 2028-02');
  expect(next('last working day at 17:00', '2026-05-02T00:00:00Z')).toBe('2026-05-29T16:00 2026-05');
  expect(next('last working day at 17:00', '2026-12-02T00:00:00Z', new Set(['2026-12-31']))).toBe(
    '2026-12-30T17:00 2026-12',
  );
  expect(next('first working day at 09:00', '2026-12-31T12:00:00Z', new Set(['2027-01-01']))).toBe(
    '2027-01-04T09:00 2027-01',
  );
  expect(next('every Monday at 08:00', '2026-11-22T12:00:00Z')).toBe('2026-11-23T08:00 2026-11-23');
});

test('every rule falls exactly once a month over ten years, whatever the clocks do', () => {
  for (const text of [
    'every 1st at 01:30',
    'every 31st at 02:30',
    'last working day at 00:00',
    'first working day at 23:59',
  ]) {
    const rule = readRule(text) as ScheduleRule;
    const keys: string[] = [];
    for (let after = at('2026-01-01T00:00:00Z'); keys.length < 120; ) {
      const found = nextOccurrence(rule, after, zone, none);
      keys.push(found.key);
      after = found.at;
    }
    expect(new Set(keys).size).toBe(120);
  }
});

test('of many missed occurrences the latest is due', () => {
  const rule = readRule('every 1st at 07:00') as ScheduleRule;
  expect(latestDue(rule, at('2026-07-01T06:00:00Z'), at('2026-11-22T12:00:00Z'), zone, none)?.key).toBe('2026-11');
  expect(latestDue(rule, at('2026-11-01T07:00:00Z'), at('2026-11-22T12:00:00Z'), zone, none)).toBeNull();
});

test('rules read and say the same words; nonsense is refused', () => {
  for (const text of [
    'every 1st at 07:00',
    'every 22nd at 07:00',
    'last working day at 17:00',
    'every Monday at 08:00',
    'daily at 06:30',
  ])
    expect(ruleText(readRule(text) as ScheduleRule)).toBe(text);
  for (const text of ['sometimes', 'every 32nd at 07:00', 'every 1st at 25:00', 'every blue day at 07:00'])
    expect(readRule(text)).toBeNull();
  expect(periodBefore('2026-01-15' as never, 'quarter')).toBe('2025-Q4');
  expect(periodBefore('2026-03-31' as never, 'month')).toBe('2026-02');
});
