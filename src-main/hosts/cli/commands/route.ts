import { Severity } from '../../../../src-shared/domain/alert/severity.ts';
import { isoOf } from '../../../../src-shared/domain/time-and-ids.ts';
import { type Command, instant, text, UsageError, word } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  about: 'who would be told of an alert, when, by what, and why',
  usage: ['route preview --severity info|warning|critical|emergency [--venue V] [--at INSTANT]'],
  examples: ['route preview --severity critical --at 2026-11-28T14:00:00Z'],
  options: { severity: { type: 'string' }, venue: { type: 'string' }, at: { type: 'string' } },
  async run({ words, options, console, organisation }) {
    if (word(words, 0, 'preview') !== 'preview') throw new UsageError(`route does not know "${words[0]}"`);
    const severity = Severity.safeParse(text(options, 'severity'));
    if (!severity.success) throw new UsageError('--severity takes info, warning, critical or emergency');
    const at = instant(options, 'at');
    const venue = text(options, 'venue');
    const { client } = await console();
    const preview = await client.alerts.preview({
      organisationId: await organisation(),
      severity: severity.data,
      ...(venue === undefined ? {} : { venue }),
      ...(at === undefined ? {} : { at: isoOf(at) }),
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
