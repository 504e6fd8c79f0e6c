import { Severity } from '../../../../src-shared/domain/alert/severity.ts';
import { type Command, text, UsageError, word } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  usage: ['route preview --severity info|warning|critical|emergency [--venue V] [--at INSTANT]'],
  options: { severity: { type: 'string' }, venue: { type: 'string' }, at: { type: 'string' } },
  async run({ words, options, console, organisation }) {
    if (word(words, 0, 'preview') !== 'preview') throw new UsageError(`route does not know "${words[0]}"`);
    const severity = Severity.safeParse(text(options, 'severity'));
    if (!severity.success) throw new UsageError('--severity takes info, warning, critical or emergency');
    const given = text(options, 'at');
    const at = given === undefined ? Number.NaN : Date.parse(given);
    if (given !== undefined && Number.isNaN(at)) {
      throw new UsageError(`--at takes an instant such as 2026-07-18T09:00:00Z, not "${given}"`);
    }
    const venue = text(options, 'venue');
    const { client } = await console();
    const preview = await client.alerts.preview({
      organisationId: await organisation(),
      severity: severity.data,
      ...(venue === undefined ? {} : { venue }),
      ...(given === undefined ? {} : { at: new Date(at).toISOString() }),
    });
    return {
      value: preview,
      text: [
        preview.reasons.join(' → '),
        table(
          ['after', 'channel', 'recipient', 'rule'],
          preview.steps.map((each) => [`${each.afterSeconds} s`, each.channel, each.recipient, each.rule]),
          [0],
        ),
        ...preview.gaps,
      ].join('\n'),
    };
  },
};
