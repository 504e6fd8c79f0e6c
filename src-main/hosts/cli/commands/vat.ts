import { type Command, UsageError, word } from '../command.ts';
import { readGiven } from '../given-files.ts';
import { counted, table } from '../output.ts';

export const command: Command = {
  about: 'VAT treatment and checks of a CSV file; nothing is stored',
  usage: ['vat check FILE   (nothing is stored)'],
  examples: ['vat check bills.csv'],
  async run({ words }) {
    if (words[0] !== 'check') throw new UsageError(`vat does not know "${words[0] ?? ''}"`);
    const bytes = await readGiven(word(words, 1, 'FILE'));
    const { unreadable } = await import('../../../engine/imports/sniff.ts');
    const problem = unreadable(bytes.subarray(0, 65_536));
    if (problem !== null) throw new Error(problem);
    const csv = bytes.toString('utf8');
    const { checkVatFile } = await import('../../../engine/review/vat-check.ts');
    const result = checkVatFile(csv);
    const { totals, blocked, problems } = result;
    const text = [
      table(
        ['id', 'treatment', 'vat', 'box 1', 'box 4', 'box 6', 'box 7', 'checks'],
        result.lines.map((line) => [
          line.id,
          line.treatment,
          line.vatGbp,
          line.box1,
          line.box4,
          line.box6,
          line.box7,
          line.checks.map(({ id, severity }) => `${id} (${severity})`).join(', '),
        ]),
        [2, 3, 4, 5, 6],
      ),
      ...problems.map(({ row, field, reason }) => `row ${row}${field === '' ? '' : `, ${field}`}: ${reason}`),
      `${counted(result.lines.length, 'line')}, ${blocked} blocked. Net ${totals.net}, VAT ${totals.vat}, gross ${totals.gross}; box 1 ${totals.box1}, box 4 ${totals.box4}, box 6 ${totals.box6}, box 7 ${totals.box7}.`,
    ].join('\n');
    return { value: result, text, exit: problems.length > 0 ? 1 : 0 };
  },
};
