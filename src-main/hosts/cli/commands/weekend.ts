import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isoOf } from '../../../../src-shared/domain/time-and-ids.ts';
import { Nation } from '../../../../src-shared/domain/wedding-time/bank-holidays.ts';
import { isTimeZone } from '../../../../src-shared/domain/wedding-time/local-time.ts';
import { LONGEST_SWITCH_MS } from '../../../../src-shared/domain/wedding-time/weekend-at.ts';
import { formatTime, formatWeekday } from '../../../../src-shared/format/time.ts';
import { textOfBytes } from '../../../engine/weekend/file-text.ts';
import {
  type Command,
  type CommandContext,
  endOf,
  instant,
  type Outcome,
  text,
  UsageError,
  whenIn,
  word,
} from '../command.ts';
import { readGiven } from '../given-files.ts';
import { counted, table } from '../output.ts';

const read = async (path: string): Promise<string> => textOfBytes(await readGiven(path));

/** Wedding-day mode as a person says it is, until it ends; then the calendar decides again. */
async function switched(
  { options, console, organisation, when }: CommandContext,
  mode: 'on' | 'off',
): Promise<Outcome> {
  const reason = text(options, 'reason');
  if (reason === undefined) throw new UsageError('--reason TEXT is missing; others read it');
  const endsAt = isoOf(endOf(options, 'Wedding-day mode switched by hand', LONGEST_SWITCH_MS));
  const { client } = await console();
  const value = await client.weekend.switchMode({ organisationId: await organisation(), mode, reason, endsAt });
  return {
    value,
    text: `Wedding-day mode is ${mode} until ${(await when())(endsAt)}; then the calendar decides again.`,
  };
}

export const command: Command = {
  about: 'what wedding time it is and who marries',
  usage: [
    'weekend [--at INSTANT] [--weddings FILE] [--zone ZONE]',
    'weekend holidays FILE',
    'weekend on|off (--minutes M | --until INSTANT) --reason R   (wedding-day mode by hand)',
  ],
  examples: ['weekend --at 2026-11-28T10:00:00Z', 'weekend on --minutes 240 --reason "A Tuesday wedding"'],
  options: {
    at: { type: 'string' },
    weddings: { type: 'string' },
    zone: { type: 'string' },
    minutes: { type: 'string' },
    until: { type: 'string' },
    reason: { type: 'string' },
  },
  async run(context) {
    const { words, options, say, dataFolder, console, organisation } = context;
    if (words[0] === 'on' || words[0] === 'off') return switched(context, words[0]);
    if (words.length > 0) {
      if (words[0] !== 'holidays') throw new UsageError(`weekend does not know "${words[0]}"`);
      const calendar = await read(word(words, 1, 'FILE'));
      const { client } = await console();
      const done = await client.weekend.importBankHolidays({ organisationId: await organisation(), text: calendar });
      const refused = done.rejected === 0 ? '' : ` ${counted(done.rejected, 'entry', 'entries')} could not be read.`;
      return {
        value: done,
        text: `${counted(done.imported, 'bank holiday')} read.${refused}`,
        exit: done.rejected === 0 ? 0 : 1,
      };
    }
    const [{ readWeddings, weekendResult }, { systemClock }] = await Promise.all([
      import('../../../engine/weekend/weekend-at.ts'),
      import('../../../platform/runtime.ts'),
    ]);
    const at = instant(options, 'at') ?? systemClock.now();
    const zone = text(options, 'zone') ?? 'Europe/London';
    if (!isTimeZone(zone)) throw new UsageError(`--zone takes a zone such as Europe/London, not "${zone}"`);
    const path = text(options, 'weddings');
    const content = path === undefined ? null : await read(path);
    const given = content === null ? null : await readWeddings(content, zone, at);
    const rejected = given?.rejections ?? [];
    // Asking the time makes no data folder; where there is one, its calendar answers unless a file was given.
    const fromFolder = content === null && options.zone === undefined && existsSync(join(dataFolder, 'console.db'));
    const result = fromFolder
      ? await (await console()).client.weekend.at({ organisationId: await organisation(), at: isoOf(at) })
      : weekendResult({ at, zone, nation: Nation.parse('england-and-wales'), weddings: given?.weddings ?? [] });
    if (rejected.length > 0) say(`${counted(rejected.length, 'entry', 'entries')} of the file could not be read.`);
    const { weddingDay } = result;
    const shown = whenIn(result.timezone);
    const clock = (instant: string | null) => (instant === null ? '' : formatTime(instant, result.timezone));
    return {
      value: rejected.length === 0 ? result : { ...result, rejected },
      text: [
        `${shown(result.at)} (${result.timezone}), ${result.season.replace('_', ' ')}`,
        weddingDay.active
          ? `Wedding-day mode until ${shown(weddingDay.endsAt)} (${weddingDay.reason})${result.peakHours ? ', peak hours' : ''}${result.saturdayProtection ? ', Saturday protection' : ''}`
          : `No wedding-day mode; next from ${shown(weddingDay.startsAt) || 'unknown'}`,
        counted(result.weddingsToday, 'wedding today', 'weddings today'),
        table(
          ['date', 'venue', 'region', 'starts'],
          result.weddings.map(({ date, venue, region, startsAt }) => [
            formatWeekday(date),
            venue,
            region,
            clock(startsAt),
          ]),
        ),
      ].join('\n'),
      exit: rejected.length > 0 ? 1 : 0,
    };
  },
};
