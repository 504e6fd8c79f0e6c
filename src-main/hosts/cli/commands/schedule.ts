import { LedgerTarget } from '../../../../src-shared/contract/exports.ts';
import type { Schedule, ScheduleRun } from '../../../../src-shared/contract/schedules.ts';
import { readRule } from '../../../../src-shared/domain/schedule/schedule.ts';
import { type Command, text, UsageError, word } from '../command.ts';
import { table } from '../output.ts';

type When = (at: string | null) => string;

const rowIn = (when: When) => (one: Schedule) => [
  one.id,
  one.name,
  one.when,
  one.work.do === 'prepare'
    ? `prepare the ${one.work.period} before, to ${one.work.target}`
    : 'watch the VAT threshold',
  one.enabled ? when(one.nextAt) : 'off',
  one.last ? `${one.last.state} ${when(one.last.startedAt)}` : 'never run',
];
const runRowIn = (when: When) => (run: ScheduleRun) => [when(run.startedAt), run.name, run.how, run.state, run.result];

/** When and what, from `--at "every 1st at 07:00"` and `--do prepare|threshold`. */
function scheduleFrom(options: Parameters<typeof text>[0], name: string) {
  const when = text(options, 'at') ?? '';
  const rule = readRule(when);
  if (!rule) {
    throw new UsageError(
      '--at takes "every 1st at 07:00", "last working day at 17:00", "last day at 06:00", "every Monday at 08:00" or "daily at 07:00"',
    );
  }
  const what = text(options, 'do') ?? 'prepare';
  if (what === 'threshold') return { name, rule, work: { do: 'threshold' as const } };
  const target = LedgerTarget.safeParse(text(options, 'to'));
  if (what !== 'prepare' || !target.success)
    throw new UsageError(`--do takes prepare with --to ${LedgerTarget.options.join('|')}, or threshold`);
  const period = text(options, 'period') ?? 'month';
  if (period !== 'month' && period !== 'quarter') throw new UsageError('--period takes month or quarter');
  return { name, rule, work: { do: 'prepare' as const, target: target.data, period } as const };
}

export const command: Command = {
  about: 'work done by itself at set times',
  usage: [
    'schedule list',
    'schedule add NAME --at "every 1st at 07:00" --to xero|quickbooks|freshbooks|file [--period month|quarter]',
    'schedule add NAME --at "daily at 07:00" --do threshold',
    'schedule run ID|NAME [--dry-run]',
    'schedule remove ID|NAME',
    'schedule history',
  ],
  examples: ['schedule add "Month end" --at "every 1st at 07:00" --to xero', 'schedule run "Month end" --dry-run'],
  options: {
    at: { type: 'string' },
    do: { type: 'string' },
    to: { type: 'string' },
    period: { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  async run({ words, options, console, organisation, when: zoned }) {
    const verb = words[0] ?? '';
    if (!['list', 'add', 'run', 'remove', 'history'].includes(verb))
      throw new UsageError(`schedule does not know "${verb}"`);
    const schedule = verb === 'add' ? scheduleFrom(options, word(words, 1, 'NAME')) : null;
    const { client } = await console();
    const organisationId = await organisation();
    const when = await zoned();
    if (verb === 'list') {
      const all = await client.schedules.list({ organisationId });
      return { value: all, text: table(['id', 'name', 'when', 'does', 'next', 'last'], all.map(rowIn(when))) };
    }
    if (verb === 'history') {
      const all = await client.schedules.history({ organisationId });
      return { value: all, text: table(['started', 'schedule', 'how', 'state', 'result'], all.map(runRowIn(when))) };
    }
    if (schedule) {
      const saved = await client.schedules.save({ organisationId, schedule });
      return {
        value: saved,
        text: `${saved.name}: ${saved.when}, next ${when(saved.nextAt) || 'never'} (${saved.id})`,
      };
    }
    const wanted = word(words, 1, 'ID');
    const named = ({ id, name }: Schedule) => id === wanted || name.toLowerCase() === wanted.toLowerCase();
    const scheduleId = (await client.schedules.list({ organisationId })).find(named)?.id ?? wanted;
    if (verb === 'remove') {
      await client.schedules.remove({ organisationId, scheduleId });
      return { value: { removed: scheduleId }, text: 'Removed.' };
    }
    const run = await client.schedules.run({ organisationId, scheduleId, dry: options['dry-run'] === true });
    return { value: run, text: `${run.how}: ${run.result}`, exit: run.state === 'failed' ? 1 : 0 };
  },
  async known({ console, organisation }) {
    const all = await (await console()).client.schedules.list({ organisationId: await organisation() });
    return { list: 'schedule list', all };
  },
};
