import { expect, test } from 'vitest';
import { findSettings, type Setting } from './settings-list.ts';

const setting = (label: string, section: string, words: string): Setting => ({
  path: `/settings/${section}`,
  section,
  label,
  words,
});
const index = [
  setting('Proxy', 'Network', 'pac address'),
  setting('Address', 'Slack', ''),
  setting('API key', 'Táve', 'secret'),
];
const labels = (typed: string) => findSettings(index, typed).map(({ label }) => label);

test('by name before by another word; every word counts, in any order; case and accents do not', () => {
  expect(labels('address')).toEqual(['Address', 'Proxy']);
  expect(labels('KEY tave')).toEqual(['API key']);
  expect(labels('key slack')).toEqual([]);
});

test('nothing typed finds nothing', () => {
  expect(labels('  ')).toEqual([]);
});
