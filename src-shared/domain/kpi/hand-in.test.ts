import { expect, test } from 'vitest';
import { handInFigures, handInProblem } from './hand-in.ts';

test('a mean and its answers become points and answers, exactly', () => {
  expect(handInFigures('satisfaction', '2026-10', '4.65', '23')).toEqual([
    { name: 'satisfaction_points', at: '2026-10-01T12:00:00Z', value: '106.95' },
    { name: 'satisfaction_answers', at: '2026-10-01T12:00:00Z', value: '23' },
  ]);
  expect(handInFigures('capacity', '2026-10', '40', '')).toMatchObject([{ name: 'capacity_per_hour', value: '40' }]);
  expect(handInFigures('latency', '2026-10', '640.5', '')).toMatchObject([
    { name: 'latency_ms', at: '2026-10-31T12:00:00Z', value: '640.5' },
  ]);
});

test.each([
  ['satisfaction', '4.6', '23', null],
  ['satisfaction', '5.1', '23', 'between 1 and 5'],
  ['satisfaction', '0.9', '23', 'between 1 and 5'],
  ['satisfaction', '4.6', '0', 'whole number'],
  ['satisfaction', '4.6', '2.5', 'whole number'],
  ['satisfaction', 'NaN', '2', 'a number'],
  ['capacity', '0', '', 'more than zero'],
  ['capacity', '-1', '', 'a number'],
  ['capacity', '40', '', null],
  ['latency', '1e3', '', 'a number'],
] as const)('%s %s with %s answers: %s', (kind, value, answers, problem) => {
  const found = handInProblem(kind, value, answers);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});
