import { type Command, UsageError } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  usage: ['health [--refresh]   (every system; cached 5 minutes)'],
  options: { refresh: { type: 'boolean' } },
  async run({ words, options, console, organisation }) {
    if (words.length > 0) throw new UsageError(`health does not know "${words[0]}"`);
    const { client } = await console();
    const organisationId = await organisation();
    const systems =
      options.refresh === true
        ? await client.systems.checkAll({ organisationId })
        : await client.systems.list({ organisationId });
    const value = systems.map(({ system, state, checkedAt, latencyMs, successRate, p95Ms, problem }) => ({
      system,
      state,
      checkedAt,
      latencyMs,
      successRate,
      p95Ms,
      problem,
    }));
    const percent = (share: number | null) => (share === null ? '' : `${(share * 100).toFixed(1)}%`);
    return {
      value,
      text: table(
        ['system', 'state', 'checked', 'ms', 'success', 'problem'],
        value.map((one) => [
          one.system,
          one.state.replace('_', ' '),
          one.checkedAt ?? '',
          one.latencyMs === null ? '' : String(one.latencyMs),
          percent(one.successRate),
          one.problem ?? '',
        ]),
        [3, 4],
      ),
      exit: value.some(({ state }) => state === 'down' || state === 'degraded') ? 1 : 0,
    };
  },
};
