import { expect, test } from 'vitest';
import { withNames, withoutNames } from './names.ts';

const people = [
  { id: 'p1', name: 'Ann Lee' },
  { id: 'p2', name: 'Ann Lee Smith' },
  { id: 'p3', name: 'May' },
  { id: 'p4', name: '' },
  { id: 'p5', name: 'O’Hara (Jo)' },
];

test('a name becomes a reference wherever it stands, a name of one word only where it stands alone, and screens put it back', () => {
  const hide = withoutNames(people);
  expect(hide.who('Ann Lee (schedule "Monthly bills")')).toBe('person:p1 (schedule "Monthly bills")');
  expect(hide.who('May (schedule "x")')).toBe('person:p3 (schedule "x")');
  expect(hide.who('person:May')).toBe('person:May');
  expect(hide.text('as Ann Lee Smith and Ann Lee said, not Ann Leeds, in May')).toBe(
    'as person:p2 and person:p1 said, not Ann Leeds, in May',
  );
  const value = { by: 'May', month: 'May 2026', list: ['O’Hara (Jo)', 1, null], 'Ann Lee': { name: 'x Ann Lee' } };
  const hidden = JSON.parse(hide.json(JSON.stringify(value)));
  expect(hidden).toEqual({
    by: 'person:p3',
    month: 'May 2026',
    list: ['person:p5', 1, null],
    'Ann Lee': { name: 'x person:p1' },
  });
  const show = withNames(people);
  expect(show.value(hidden)).toEqual(value);
  expect(show.text('person:p4 and person:nobody')).toBe('erased person and person:nobody');
});
