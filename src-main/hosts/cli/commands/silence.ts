import type { z } from 'zod';
import type { SilenceView } from '../../../../src-shared/contract/alerts.ts';
import { LONGEST_SILENCE_MS, Matcher } from '../../../../src-shared/domain/alert/silence.ts';
import { isoOf } from '../../../../src-shared/domain/time-and-ids.ts';
import { type Command, type CommandContext, endOf, type Outcome, text, UsageError, word } from '../command.ts';
import { counted, table } from '../output.ts';

/** Which alerts, each option with the field of the matcher it gives. */
const matching = {
  source: 'source',
  key: 'keyStartsWith',
  title: 'titleContains',
  region: 'region',
  venue: 'venue',
  'up-to': 'upTo',
} as const;

const meant = (matcher: Matcher) =>
  Object.entries(matching)
    .flatMap(([option, field]) => (matcher[field] ? [`${option} ${matcher[field]}`] : []))
    .join(', ');

const listed = (silences: readonly z.infer<typeof SilenceView>[], when: (at: string | null) => string) =>
  table(
    ['id', 'which alerts', 'until', 'hides now', 'by', 'reason'],
    silences.map(({ id, matcher, endsAt, hides, author, reason }) => [
      ...[id, meant(matcher), when(endsAt), String(hides)],
      ...[author, reason],
    ]),
  );

async function add({ options, console, organisation, when: zoned }: CommandContext): Promise<Outcome> {
  const given = Object.entries(matching).map(([option, field]) => [field, text(options, option)] as const);
  const matcher = Matcher.safeParse(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  if (!matcher.success)
    throw new UsageError(
      `Say which alerts are meant: ${Object.keys(matching)
        .map((option) => `--${option}`)
        .join(', ')}; --up-to takes info, warning, critical or emergency`,
    );
  const reason = text(options, 'reason');
  if (reason === undefined) throw new UsageError('--reason TEXT is missing; others read it');
  const endsAt = isoOf(endOf(options, 'A silence', LONGEST_SILENCE_MS));
  const { client } = await console();
  const includeEmergencies = options.emergencies === true;
  const wish = { organisationId: await organisation(), matcher: matcher.data, includeEmergencies };
  const { hides, lastSevenDays } = await client.alerts.silencePreview(wish);
  const silences = await client.alerts.addSilence({ ...wish, endsAt, reason });
  const when = await zoned();
  return {
    value: silences,
    text: `Silenced until ${when(endsAt)}: ${counted(hides, 'open alert')} now; ${lastSevenDays} in the last seven days.\n${listed(silences, when)}`,
  };
}

export const command: Command = {
  about: 'alerts that shall not be told, for a while and with a reason',
  usage: [
    'silence list',
    'silence add (--source S | --key START | --title WORDS | --region R | --venue V | --up-to SEVERITY)… (--minutes M | --until INSTANT) --reason R [--emergencies]',
    'silence end ID [--reason R]',
  ],
  examples: ['silence add --venue "Barn at Wick" --minutes 60 --reason "Power works"', 'silence end ID'],
  options: {
    ...Object.fromEntries(Object.keys(matching).map((option) => [option, { type: 'string' as const }])),
    minutes: { type: 'string' },
    until: { type: 'string' },
    reason: { type: 'string' },
    emergencies: { type: 'boolean' },
  },
  async run(context) {
    const { words, options, console, organisation } = context;
    const action = word(words, 0, 'what to do with silences');
    if (action === 'add') return add(context);
    const { client } = await console();
    const organisationId = await organisation();
    const when = await context.when();
    if (action === 'list') {
      const silences = await client.alerts.silences({ organisationId });
      return { value: silences, text: silences.length === 0 ? 'Nothing is silenced.' : listed(silences, when) };
    }
    if (action !== 'end') throw new UsageError(`silence does not know "${action}"`);
    const silenceId = word(words, 1, 'ID');
    const silences = await client.alerts.endSilence({
      ...{ organisationId, silenceId },
      reason: text(options, 'reason') ?? '',
    });
    return { value: silences, text: `Ended.${silences.length === 0 ? '' : `\n${listed(silences, when)}`}` };
  },
  async known({ console, organisation }) {
    const all = await (await console()).client.alerts.silences({ organisationId: await organisation() });
    return { list: 'silence list', all: all.map(({ id }) => ({ id })) };
  },
};
