import { expect, test } from 'vitest';
import { csvText } from './csv.ts';

test('commas, quotes and line ends are quoted; formulas become text and negative amounts stay amounts', () => {
  expect(
    csvText(
      ['Step', 'Net'],
      [
        ['a, "b"\nc', '-12.00'],
        ['=SUM(A1)', '+1'],
        ['-cmd', '@x'],
        ['-2+3', ' =x'],
      ],
    ),
  ).toBe('Step,Net\r\n"a, ""b""\nc",-12.00\r\n\'=SUM(A1),\'+1\r\n\'-cmd,\'@x\r\n\'-2+3,\' =x');
});
