import type { Command } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  about: 'plays a busy Saturday with a moved clock and prints its score card',
  usage: ['rehearse'],
  examples: ['rehearse'],
  async run({ console, organisation, say }) {
    const { client } = await console();
    say('Playing a busy Saturday on the sandbox; nothing leaves this computer.');
    const card = await client.weekend.rehearse({ organisationId: await organisation() });
    return {
      value: card,
      text: [
        table(
          ['', 'service level', 'worst', 'limit'],
          card.levels.map(({ ok, name, worstMs, limitMs }) => [
            ok ? 'ok' : 'NO',
            name,
            worstMs === null ? 'never happened' : `${worstMs} ms`,
            `${limitMs} ms`,
          ]),
          [2, 3],
        ),
        ...card.missed.map((step) => `Missed: ${step}`),
        table(
          ['channel', 'recipient', 'messages'],
          card.received.map(({ channel, recipient, messages }) => [channel, recipient, String(messages.length)]),
          [2],
        ),
        card.ok ? 'The Saturday went well.' : 'The Saturday showed gaps.',
      ].join('\n'),
      exit: card.ok ? 0 : 1,
    };
  },
};
