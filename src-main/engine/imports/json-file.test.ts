import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonFault } from './json-file.ts';

test.each([
  ['', 'line 1, column 1: the file ends (it may be cut off) where a value is expected'],
  [
    '{"a": 1',
    'line 1, column 8: the file ends (it may be cut off) where a comma or the end of what is open is expected',
  ],
  ['{"a": 1,\n "b" 2}', 'line 2, column 6: "2}" stands where a colon is expected'],
  ['[1, 2,]', 'line 1, column 7: "]" stands where a value is expected'],
  ["{'a': 1}", `line 1, column 2: "'a': 1}" stands where a name in quotation marks or } is expected`],
  ['{"a": "no end}', 'line 1, column 7: ""no end}" stands where a value is expected'],
  ['[1] [2]', 'line 1, column 5: "[2]" stands where the end is expected'],
  ['[012]', 'line 1, column 2: "012]" stands where a value or ] is expected'],
])('%j is told by its place and what is missing there', (text, fault) => {
  expect(jsonFault(text)).toBe(fault);
});

test('a text has a fault exactly where it is no JSON', () => {
  const parses = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(
      fc.json({ stringUnit: 'binary' }),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', '1', '\n', 'e', '-'),
      (text, place, more) => {
        expect(jsonFault(text)).toBeNull();
        const at = place % (text.length + 1);
        for (const broken of [
          text.slice(0, at),
          text.slice(0, at) + more + text.slice(at),
          text.slice(0, at) + text.slice(at + 1),
        ])
          expect(jsonFault(broken) === null).toBe(parses(broken));
      },
    ),
    { numRuns: 500 },
  );
});
