import { type Command, text, UsageError } from '../command.ts';
import { table } from '../output.ts';

const systems = ['datadog', 'newrelic', 'grafana'] as const;

export const command: Command = {
  about: 'tells monitoring the KPIs now',
  usage: ['metrics push [--to datadog|newrelic|grafana]'],
  examples: ['metrics push --to datadog'],
  options: { to: { type: 'string' } },
  async run({ words, options, console, organisation }) {
    if (words[0] !== 'push') throw new UsageError(`metrics does not know "${words[0] ?? ''}"`);
    const to = text(options, 'to');
    const system = systems.find((one) => one === to);
    if (to !== undefined && system === undefined) throw new UsageError(`--to takes ${systems.join(', ')}`);
    const { client } = await console();
    const results = await client.kpis.push({
      organisationId: await organisation(),
      ...(system === undefined ? {} : { systems: [system] }),
    });
    return {
      value: results,
      text: table(
        ['system', 'result', 'ms', 'points', 'what happened'],
        results.map((one) => [
          one.system,
          one.ok ? 'sent' : 'not sent',
          String(one.ms),
          String(one.points),
          one.error ?? '',
        ]),
        [2, 3],
      ),
      exit: results.every(({ ok }) => ok) ? 0 : 1,
    };
  },
};
