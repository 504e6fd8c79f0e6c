import { expect, test } from 'vitest';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { changedFields, fields } from './line-changes.ts';

test('only what was changed is sent, and the number of lines when a person vouches for it as it stands', () => {
  const line = { ...Object.fromEntries(fields.map((field) => [field, 'x'])), documentLines: 2 } as unknown as CostLine;
  expect(changedFields(line, line, false)).toEqual({});
  expect(changedFields(line, { ...line, paidOn: '', supplierCountry: 'UK' }, false)).toEqual({
    paidOn: null,
    supplierCountry: 'GB',
  });
  expect(changedFields(line, line, true)).toEqual({ documentLines: 2 });
});
