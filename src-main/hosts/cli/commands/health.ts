import type { Command } from '../command.ts';
import { table } from '../output.ts';

export const command: Command = {
  about: 'every system: reached or not, how fast, what is wrong',
  usage: ['health [--refresh]   (every system; cached 5 minutes)'],
  examples: ['health --refresh'],
  options: { refresh: { type: 'boolean' } },
  async run({ options, console, organisation, when }) {
    const { DoorShut } = await import('../../owner.ts');
    const open = await console().catch((thrown: unknown) => {
      if (thrown instanceof DoorShut) return thrown.message;
      throw thrown;
    });
    if (typeof open === 'string') return doorDown(open);
    const { client } = open;
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
    const shown = await when();
    const percent = (share: number | null) => (share === null ? '' : `${(share * 100).toFixed(1)}%`);
    return {
      value,
      text: table(
        ['system', 'state', 'checked', 'ms', 'success', 'problem'],
        value.map((one) => [
          one.system,
          one.state.replace('_', ' '),
          shown(one.checkedAt),
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

/** The console itself, which cannot say how the others are (FT-72). */
function doorDown(problem: string) {
  const row = { system: 'console', state: 'down', problem };
  return {
    value: [{ ...row, checkedAt: null, latencyMs: null, successRate: null, p95Ms: null }],
    text: table(['system', 'state', 'problem'], [[row.system, row.state, problem]]),
    exit: 1 as const,
  };
}
