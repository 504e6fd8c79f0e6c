import { expect, test } from 'vitest';
import { harmlessCell } from './spreadsheet.ts';

test.each([
  '=1+1',
  '+1',
  '-1+cmd|x',
  '-cmd',
  '@SUM(A1)',
  ' =1',
  '\u00a0=1',
  '\t=1',
  '\tx',
  '\r=1',
  '\n@x',
  '＝1',
  '＋1',
  '－1',
  '＠x',
])('a cell that begins like a formula becomes text: %j', (text) => {
  expect(harmlessCell(text)).toBe(`'${text}`);
});

test.each(['-12.50', '0', '12', 'a=b', 'Oak & Co', '', '1-2', '2026-09-30'])(
  'an amount or plain text stays: %j',
  (text) => {
    expect(harmlessCell(text)).toBe(text);
  },
);
