import { handInFigures, handInKinds, handInProblem } from '../../../../src-shared/domain/kpi/hand-in.ts';
import { formatKpi } from '../../../../src-shared/format/kpi.ts';
import { type Command, text, UsageError, word } from '../command.ts';
import { table } from '../output.ts';

/** The month option, checked; undefined when it was not given. */
function monthOf(given: string | undefined): string | undefined {
  if (given === undefined || /^(19|20|21)\d{2}-(0[1-9]|1[0-2])$/.test(given)) return given;
  throw new UsageError(`--month takes a month such as 2026-10, not "${given}"`);
}

export const command: Command = {
  about: 'executive KPIs of a month, and the figures a person enters',
  usage: [
    'kpi show [--month YYYY-MM]',
    'kpi enter satisfaction MEAN --answers N --month YYYY-MM --source TEXT',
    'kpi enter capacity|latency VALUE --month YYYY-MM --source TEXT',
  ],
  examples: [
    'kpi show --month 2026-10',
    'kpi enter satisfaction 4.6 --answers 120 --month 2026-10 --source "October survey"',
  ],
  options: { month: { type: 'string' }, answers: { type: 'string' }, source: { type: 'string' } },
  async run({ words, options, console, organisation }) {
    const month = monthOf(text(options, 'month'));
    if (words[0] === 'show') {
      const { client } = await console();
      const organisationId = await organisation();
      const view = await client.kpis.view({ organisationId, ...(month === undefined ? {} : { period: month }) });
      return {
        value: view,
        text: [
          `${view.period}, compared with ${view.comparedWith}`,
          table(
            ['KPI', 'value', 'target', 'before', 'state'],
            view.tiles.map((tile) => {
              const show = (value: string | null) => formatKpi(value, tile.unit, tile.places);
              const met = tile.met === null ? '' : tile.met ? 'met' : 'missed';
              const state = tile.value === null ? (tile.reason ?? '') : tile.stale ? 'out of date' : met;
              return [tile.name, show(tile.value), show(tile.target), show(tile.before), state];
            }),
            [1, 2, 3],
          ),
        ].join('\n'),
      };
    }
    if (words[0] !== 'enter') throw new UsageError(`kpi does not know "${words[0] ?? ''}"`);
    const kind = handInKinds.find((one) => one === words[1]);
    if (kind === undefined) throw new UsageError(`kpi enter takes ${handInKinds.join(', ')}`);
    const value = word(words, 2, 'the value');
    const answers = text(options, 'answers') ?? '';
    const source = text(options, 'source');
    if (month === undefined) throw new UsageError('--month is missing');
    if (source === undefined || source.trim() === '') throw new UsageError('--source is missing: who says so');
    const problem = handInProblem(kind, value, answers);
    if (problem !== null) throw new UsageError(problem);
    const { client } = await console();
    const organisationId = await organisation();
    const figures = handInFigures(kind, month, value, answers);
    for (const figure of figures) await client.kpis.handIn({ organisationId, ...figure, source });
    return { value: figures, text: `Entered for ${month}, from ${source}.` };
  },
};
