import { Channel } from '../../../../src-shared/domain/alert/alert.ts';
import { type Command, UsageError, word } from '../command.ts';

export const command: Command = {
  about: 'sends a test alert through one channel',
  usage: ['channel test slack|email|sms|pagerduty|webhook'],
  examples: ['channel test slack'],
  async run({ words, console, organisation }) {
    if (word(words, 0, 'test') !== 'test') throw new UsageError(`channel does not know "${words[0]}"`);
    const channel = Channel.safeParse(word(words, 1, 'NAME'));
    if (!channel.success) throw new UsageError(`channel test takes ${Channel.options.join(', ')}`);
    const { client } = await console();
    const result = await client.alerts.testChannel({ organisationId: await organisation(), channel: channel.data });
    return {
      value: result,
      text: result.delivered ? `Accepted in ${result.ms} ms.` : `Not accepted: ${result.error ?? 'no answer'}`,
      exit: result.delivered ? 0 : 1,
    };
  },
};
