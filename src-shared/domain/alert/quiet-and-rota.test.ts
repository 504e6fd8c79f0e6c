import { describe, expect, test } from 'vitest';
import { Instant } from '../time-and-ids.ts';
import { weekendAt } from '../wedding-time/weekend-at.ts';
import { onCallAt, onCallTurns } from './on-call.ts';
import { heldUntil } from './route.ts';
import { defaultRouting } from './routing-config.ts';

const zone = 'Europe/London';
const instant = (text: string) => Instant.parse(Date.parse(text));
const moment = (text: string) =>
  weekendAt({ at: instant(text), zone, weddingDates: new Set(), bankHolidays: new Map(), manual: [] });

describe('quiet hours', () => {
  const quiet = {
    ...defaultRouting,
    quietHours: [{ from: '22:00', to: '07:00', channels: ['slack' as const], upTo: 'warning' as const }],
  };
  test('hold lesser alerts until the morning, never on a wedding day, never an emergency', () => {
    const night = moment('2026-11-24T23:30:00Z');
    expect(heldUntil('slack', 'warning', night, quiet)).toBe(instant('2026-11-25T07:00:00Z'));
    expect(heldUntil('slack', 'warning', moment('2026-11-25T06:59:00Z'), quiet)).toBe(instant('2026-11-25T07:00:00Z'));
    expect(heldUntil('slack', 'warning', moment('2026-11-25T07:00:00Z'), quiet)).toBeNull();
    expect(heldUntil('slack', 'critical', night, quiet)).toBeNull();
    expect(heldUntil('email', 'warning', night, quiet)).toBeNull();
    expect(heldUntil('slack', 'warning', moment('2026-11-21T23:30:00Z'), quiet)).toBeNull();
    const always = { ...quiet, quietHours: quiet.quietHours.map((each) => ({ ...each, upTo: 'critical' as const })) };
    expect(heldUntil('slack', 'emergency', night, always)).toBeNull();
  });

  test('end when wedding-day mode begins, and on Saturday even where the mode was switched off', () => {
    const day = { ...quiet, quietHours: quiet.quietHours.map((each) => ({ ...each, from: '12:00' })) };
    expect(heldUntil('slack', 'warning', moment('2026-11-20T13:00:00Z'), day)).toBe(instant('2026-11-20T18:00:00Z'));
    const wednesday = weekendAt({
      at: instant('2026-11-24T23:30:00Z'),
      zone,
      weddingDates: new Set(['2026-11-25']),
      bankHolidays: new Map(),
      manual: [],
    });
    expect(heldUntil('slack', 'warning', wednesday, quiet)).toBe(instant('2026-11-25T00:00:00Z'));
    const off = weekendAt({
      at: instant('2026-11-20T23:30:00Z'),
      zone,
      weddingDates: new Set(),
      bankHolidays: new Map(),
      manual: [
        {
          mode: 'off',
          reason: 'Snow',
          by: 'alex',
          startsAt: instant('2026-11-20T18:00:00Z'),
          endsAt: instant('2026-11-22T23:00:00Z'),
        },
      ],
    });
    expect(heldUntil('slack', 'warning', off, quiet)).toBe(instant('2026-11-21T00:00:00Z'));
  });
});

test('an hour that comes twice hands over once, and holds nothing until a moment that is over', () => {
  const people = { people: ['a', 'b'], startsOn: '2026-10-24', handoverAt: '01:30', shiftDays: 1, overrides: [] };
  const at = (text: string) => onCallAt(people, instant(text), zone)?.personId;
  expect(['2026-10-25T00:29:59Z', '2026-10-25T00:30:00Z', '2026-10-25T01:10:00Z'].map(at)).toEqual(['a', 'b', 'b']);
  const quiet = {
    ...defaultRouting,
    quietHours: [{ from: '22:00', to: '01:30', channels: ['slack' as const], upTo: 'warning' as const }],
  };
  const off = {
    mode: 'off' as const,
    reason: 'Closed',
    by: 'alex',
    startsAt: instant('2026-10-20T00:00:00Z'),
    endsAt: instant('2026-10-30T00:00:00Z'),
  };
  const second = weekendAt({
    at: instant('2026-10-25T01:10:00Z'),
    zone,
    weddingDates: new Set(),
    bankHolidays: new Map(),
    manual: [off],
  });
  expect(heldUntil('slack', 'warning', second, quiet)).toBeNull();
});

describe('the rota', () => {
  const rota = {
    people: ['a', 'b'],
    startsOn: '2026-03-27',
    handoverAt: '09:00',
    shiftDays: 1,
    overrides: [
      {
        personId: 'c',
        startsAt: instant('2026-03-28T12:00:00Z'),
        endsAt: instant('2026-03-28T13:00:00Z'),
        reason: 'swap',
      },
    ],
  };
  test('changes at the wall time on both sides of a clock change, and overrides win', () => {
    expect(onCallAt(rota, instant('2026-03-27T08:59:59Z'), zone)).toBeNull();
    expect(onCallAt(rota, instant('2026-03-27T09:00:00Z'), zone)?.personId).toBe('a');
    expect(onCallAt(rota, instant('2026-03-28T08:59:59Z'), zone)?.personId).toBe('a');
    expect(onCallAt(rota, instant('2026-03-28T09:00:00Z'), zone)?.personId).toBe('b');
    expect(onCallAt(rota, instant('2026-03-28T12:30:00Z'), zone)).toEqual({ personId: 'c', because: 'override' });
    // 09:00 BST is 08:00 UTC: this shift lasted 23 hours.
    expect(onCallAt(rota, instant('2026-03-29T07:59:59Z'), zone)?.personId).toBe('b');
    expect(onCallAt(rota, instant('2026-03-29T08:00:00Z'), zone)?.personId).toBe('a');
    expect(onCallTurns(rota, instant('2026-03-28T08:00:00Z'), instant('2026-03-29T08:00:01Z'), zone)).toEqual([
      { at: instant('2026-03-28T08:00:00Z'), personId: 'a' },
      { at: instant('2026-03-28T09:00:00Z'), personId: 'b' },
      { at: instant('2026-03-28T12:00:00Z'), personId: 'c' },
      { at: instant('2026-03-28T13:00:00Z'), personId: 'b' },
      { at: instant('2026-03-29T08:00:00Z'), personId: 'a' },
    ]);
    expect(onCallTurns(null, instant('2026-03-28T08:00:00Z'), instant('2026-03-29T08:00:00Z'), zone)).toEqual([
      { at: instant('2026-03-28T08:00:00Z'), personId: null },
    ]);
    expect(onCallAt({ ...rota, people: [] }, instant('2026-03-29T08:00:00Z'), zone)).toBeNull();
  });
});
