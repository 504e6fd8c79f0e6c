import { type Command, text, UsageError, word } from '../command.ts';

const verbs = ['show', 'take-over', 'leave'] as const;

/** Which computer sends for an organisation (R52). */
export const command: Command = {
  about: 'which computer sends for an organisation',
  usage: ['seat show', 'seat take-over --reason TEXT', 'seat leave --reason TEXT'],
  examples: ['seat show', 'seat take-over --reason "The old computer is gone"'],
  options: { reason: { type: 'string' } },
  async run({ words, options, console, organisation, when }) {
    const given = word(words, 0, 'show, take-over or leave');
    const verb = verbs.find((each) => each === given);
    if (verb === undefined) throw new UsageError(`seat does not know "${given}"`);
    const reason = text(options, 'reason') ?? '';
    if (verb !== 'show' && reason.trim() === '') throw new UsageError('--reason is missing');
    const { client } = await console();
    const organisationId = await organisation();
    const calls = {
      show: () => client.settings.seat({ organisationId }),
      'take-over': () => client.settings.takeOverSending({ organisationId, reason }),
      leave: () => client.settings.leaveSending({ organisationId, reason }),
    };
    const seat = await calls[verb]();
    const { here, sender, senderPlace, thisComputer, since, rival } = seat;
    const other = senderPlace === null ? sender : `${sender}, folder ${senderPlace},`;
    const who = here ? `This computer (${thisComputer}) sends` : `${other} sends; this console does not`;
    const more = since === null ? '' : `, since ${(await when())(since)}`;
    return {
      value: seat,
      text:
        rival === null
          ? `${who}${more}`
          : `${who}, and ${rival} was heard sending as well. Nothing is posted to the ledgers from here until somebody decides.`,
      exit: rival === null ? 0 : 1,
    };
  },
};
