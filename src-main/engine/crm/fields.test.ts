import { expect, test } from 'vitest';
import { largestChange, type StoredField } from './fields.ts';

const figure = (now: string | null, next: string) =>
  ({ key: 'ai_requests', kind: 'number', now, next, take: 'ours' }) as unknown as StoredField;

test.each<[string, StoredField[], number | null]>([
  ['nothing is there yet', [figure(null, '40'), figure('', '40')], null],
  ['only zeros are there', [figure('0', '40'), figure('0.00', '100.00')], Number.POSITIVE_INFINITY],
  ['zeros stay zeros', [figure('0', '0')], null],
  ['a figure begins beside one that grows', [figure('100', '110'), figure('0', '1')], 10],
])('the largest change when %s', (_what, fields, change) => {
  expect(largestChange(fields)).toBe(change);
});
