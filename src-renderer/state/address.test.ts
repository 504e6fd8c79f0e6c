import { expect, test } from 'vitest';
import { addressWith } from './address.ts';

test('a filter is added, changed and taken away without touching the others', () => {
  expect(addressWith('/exports', { tab: 'ready' })).toBe('/exports?tab=ready');
  expect(addressWith('/exports?tab=ready', { text: 'open ai' })).toBe('/exports?tab=ready&text=open+ai');
  expect(addressWith('/exports?tab=ready&line=L1', { line: null })).toBe('/exports?tab=ready');
  expect(addressWith('/exports?tab=ready', { tab: '' })).toBe('/exports');
});
