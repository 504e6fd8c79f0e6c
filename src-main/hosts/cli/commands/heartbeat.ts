import { type Command, UsageError, word } from '../command.ts';

export const command: Command = {
  about: 'the address that tells somebody when this console itself falls silent',
  usage: ['heartbeat show', 'heartbeat set URL', 'heartbeat off'],
  examples: ['heartbeat set https://heartbeat.example/ops'],
  async run({ words, console, organisation, when }) {
    const verb = word(words, 0, 'show, set or off');
    if (!['show', 'set', 'off'].includes(verb)) throw new UsageError(`heartbeat does not know "${verb}"`);
    const url = verb === 'set' ? word(words, 1, 'URL') : null;
    const { client } = await console();
    const organisationId = await organisation();
    const state =
      verb === 'show'
        ? await client.weekend.heartbeat({ organisationId })
        : await client.weekend.setHeartbeat({ organisationId, url });
    const { host, everySeconds, answeredAt, problem } = state;
    return {
      value: state,
      text:
        host === null
          ? 'No heartbeat address is set: if this console fell silent, nobody would be told.'
          : `Calls ${host} every ${everySeconds} s. ${problem ?? (answeredAt === null ? 'Not called yet.' : `Answered ${(await when())(answeredAt)}.`)}`,
      exit: problem === null ? 0 : 1,
    };
  },
};
