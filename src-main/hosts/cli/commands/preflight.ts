import type { Command } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  about: 'is everything ready for the weekend? Tests every channel for real',
  usage: ['preflight'],
  examples: ['preflight'],
  async run({ console, organisation }) {
    const { client } = await console();
    const sheet = await client.weekend.preflight({ organisationId: await organisation() });
    return {
      value: sheet.checks,
      text: [
        table(
          ['', 'check', 'detail', 'what to do'],
          sheet.checks.map(({ check, ok, detail, fix }) => [ok ? 'ok' : 'NO', check, detail, fix]),
        ),
        sheet.ok ? 'Ready for the weekend.' : 'Not ready.',
      ].join('\n'),
      exit: sheet.ok ? 0 : 1,
    };
  },
};
