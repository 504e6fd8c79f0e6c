import { type Command, text, UsageError } from '../command.ts';
import { table } from '../output.ts';

const systems = ['powerbi', 'tableau', 'looker', 'warehouse'] as const;

export const command: Command = {
  about: 'judges the KPI data sets and sends them to Power BI, Tableau and Looker',
  usage: ['bi sync [--to powerbi|tableau|looker|warehouse]', 'bi gate', 'bi status'],
  examples: ['bi gate', 'bi sync --to tableau'],
  options: { to: { type: 'string' } },
  async run({ words, options, console, organisation, say, when }) {
    if (words[0] === 'gate') {
      const { client } = await console();
      const gates = await client.kpis.checkGates({ organisationId: await organisation() });
      return {
        value: gates,
        text: [
          table(
            ['data set', 'verdict', 'points', 'unknown', 'differing rows'],
            gates.map((one) => [
              one.dataset,
              one.passed ? 'may leave' : 'held back',
              String(one.points),
              String(one.unknown),
              String(one.total),
            ]),
            [2, 3, 4],
          ),
          ...gates.flatMap(({ findings }) =>
            findings.map(
              ({ check, kpi, where, expected, found }) => `${check}: ${kpi} ${where}: ${found}, expected ${expected}`,
            ),
          ),
        ].join('\n'),
        exit: gates.every(({ passed }) => passed) ? 0 : 1,
      };
    }
    if (words[0] === 'status') {
      const { client } = await console();
      const run = await client.kpis.biRun({ organisationId: await organisation() });
      return {
        value: run ?? {},
        text:
          run === null
            ? 'Nothing was sent yet.'
            : [
                `Run of ${(await when())(run.startedAt)}`,
                ...run.datasets.map(
                  (one) =>
                    `${one.dataset}: ${one.findings > 0 ? `held back, ${one.reason}` : `${one.rows} rows`}${one.warehouse === null ? '' : `, warehouse ${one.warehouse}`}`,
                ),
                ...run.systems.map((one) => `${one.system}: ${one.state}${one.detail === '' ? '' : `, ${one.detail}`}`),
              ].join('\n'),
      };
    }
    if (words[0] !== 'sync') throw new UsageError(`bi does not know "${words[0] ?? ''}"`);
    const to = text(options, 'to');
    const system = systems.find((one) => one === to);
    if (to !== undefined && system === undefined) throw new UsageError(`--to takes ${systems.join(', ')}`);
    const { client } = await console();
    say('Judging the data sets, then sending them side by side');
    const results = await client.kpis.syncBi({
      organisationId: await organisation(),
      ...(system === undefined ? {} : { systems: [system] }),
    });
    return {
      value: results,
      text: table(
        ['system', 'result', 'ms', 'rows', 'what happened'],
        results.map((one) => [
          one.system,
          one.ok ? 'sent' : 'not sent',
          String(one.ms),
          String(one.rows),
          one.error ?? '',
        ]),
        [2, 3],
      ),
      exit: results.every(({ ok }) => ok) ? 0 : 1,
    };
  },
};
