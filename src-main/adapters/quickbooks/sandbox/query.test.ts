import { expect, test } from 'vitest';
import { parseQuery } from './query.ts';

test.each([
  [
    "select * from Vendor where DisplayName = 'It\\'s \\\\ 5' and Active in (true, false) startposition 1 maxresults 5",
    true,
  ],
  ["select * from Vendor where DisplayName in ('a', 'It\\'s \\\\ 5')", true],
  ["select * from Vendor where DisplayName = 'other'", false],
  ["select * from Vendor where Refs.EntityRef.Type = 'Bill'", true],
])('the sandbox reads %s', (text, expected) => {
  const parsed = parseQuery(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  expect(parsed.test({ DisplayName: "It's \\ 5", Active: true, Refs: [{ EntityRef: { type: 'Bill' } }] })).toBe(
    expected,
  );
});

test.each([
  "select * from Vendor where DisplayName = 'It's'",
  'delete from Vendor',
  "select * from Vendor where A ~ 'x'",
])('the sandbox refuses %s', (text) => expect(typeof parseQuery(text)).toBe('string'));
