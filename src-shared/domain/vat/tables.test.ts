import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMonths, dayOf, isoDay } from './calendar.ts';
import { type Dated, euMembers, onDay, reducedRates, registrationThresholds, standardRates } from './tables.ts';
import { readVatNumber } from './vat-number.ts';

test('a dated table has no gap, no overlap and no end', () => {
  const tables: readonly (readonly Dated<unknown>[])[] = [standardRates, reducedRates, registrationThresholds];
  for (const table of tables) {
    const oldestFirst = [...table].reverse();
    expect(oldestFirst.at(-1)?.to).toBeNull();
    for (const [i, entry] of oldestFirst.slice(1).entries()) {
      expect(dayOf(entry.from)).toBe(Number(dayOf(oldestFirst[i]?.to ?? '')) + 1);
    }
  }
});

test('the registration threshold changed on 1 April 2024', () => {
  const threshold = onDay(registrationThresholds);
  expect(threshold(dayOf('2024-03-31') ?? 0)).toEqual({ register: 85_000, deregister: 83_000 });
  expect(threshold(dayOf('2024-04-01') ?? 0)).toEqual({ register: 90_000, deregister: 88_000 });
  expect(threshold(dayOf('2000-01-01') ?? 0)).toBeNull();
  expect(() => onDay([{ from: '2026-02-30', to: null, value: 1 }])).toThrow(RangeError);
});

test('the Union has 27 members, and Northern Ireland is none of them', () => {
  expect(euMembers.size).toBe(27);
  expect(euMembers.has('XI')).toBe(false);
});

test('days count as the calendar does, there and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), (day) => {
      const text = isoDay(day);
      fc.pre(text.length === 10);
      expect(dayOf(text)).toBe(day);
      expect(text).toBe(new Date(day * 86_400_000).toISOString().slice(0, 10));
    }),
  );
});

test('months later is the same day, or the last one of a shorter month', () => {
  const move = (day: string, months: number) => isoDay(addMonths(dayOf(day) ?? 0, months));
  expect(move('2025-08-31', 6)).toBe('2026-02-28');
  expect(move('2027-08-31', 6)).toBe('2028-02-29');
  expect(move('2026-03-31', -1)).toBe('2026-02-28');
  expect(move('2024-02-29', 48)).toBe('2028-02-29');
  expect(move('2024-02-29', 12)).toBe('2025-02-28');
  expect(move('2026-01-15', -1)).toBe('2025-12-15');
  expect(move('2025-12-31', 1)).toBe('2026-01-31');
});

test('one wrong digit is always found out, by either series', () => {
  const valid = ['713024681', '824551380', '004726502'];
  fc.assert(
    fc.property(
      fc.constantFrom(...valid),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (number, at, add) => {
        const wrong = number.replace(/\d/g, (digit, i: number) =>
          i === at ? String((Number(digit) + add) % 10) : digit,
        );
        const first = readVatNumber(number).ukValid;
        expect(first).toBe(true);
        // A single slip can only pass by landing on the other series, whose residues lie 55 apart.
        const weight = [8, 7, 6, 5, 4, 3, 2][at] ?? 0;
        const shift = Math.abs(weight * (Number(wrong[at]) - Number(number[at])));
        fc.pre(shift % 97 !== 55 && shift % 97 !== 42);
        expect(readVatNumber(wrong).ukValid).toBe(false);
      },
    ),
  );
});
