import { expect, test } from 'vitest';
import { isRival, senderAtStart } from './sender.ts';

const own = 'here';
const mine = (number: number) => ({ seatId: own, name: 'OPS-1', number });
const theirs = (number: number) => ({ seatId: 'there', name: 'OPS-2', number });

test.each([
  ['a new organisation, or a database from before there were seats', null, false, null, 'claim', false],
  ['a backup from before there were seats, where this seat remembers', null, false, mine(1), 'here', true],
  ['the usual start', mine(1), false, mine(1), 'here', false],
  ['the note beside the database is lost', mine(1), false, null, 'here', false],
  ['a copy of the folder, or a backup of another computer', theirs(1), false, null, 'elsewhere', false],
  ['the folder moved to another disk of this computer', theirs(1), true, null, 'claim', false],
  ['an older copy, from before this seat took over', theirs(1), false, mine(2), 'here', true],
  ['an older copy, from before sending was left to another', mine(1), false, theirs(2), 'elsewhere', true],
  ['the same, moved', theirs(1), true, theirs(2), 'elsewhere', true],
] as const)('%s', (_name, stored, moved, remembered, sends, older) => {
  expect(senderAtStart({ own, stored, moved, remembered })).toMatchObject({ sends, older });
});

test('another seat is a rival once it sends after we began to; our own starts of before are none', () => {
  const us = { seatId: own, startId: 's2', startedAt: 100_000, since: 50_000 };
  const heard = (seatId: string, startId: string, at: number) => isRival({ seatId, startId, at }, us);
  expect(heard('there', 's9', 50_001)).toBe(true);
  expect(heard('there', 's9', 50_000)).toBe(false);
  expect(heard(own, 's2', 200_000)).toBe(false);
  expect(heard(own, 's1', 99_000)).toBe(false);
  // Sent just before the kill, arrived just after the start.
  expect(heard(own, 's1', 105_000)).toBe(false);
  expect(heard(own, 's3', 110_001)).toBe(true);
  expect(isRival({ seatId: own, startId: 's3', at: 150_000 }, { ...us, since: 160_000 })).toBe(false);
});
