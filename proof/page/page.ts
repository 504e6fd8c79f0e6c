import type { BenchResult, Results, StormResult, SuiteResult } from './results.ts';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (...cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
const figure = (value: number | null) =>
  value === null
    ? '–'
    : Number.isInteger(value) || Math.abs(value) >= 100
      ? Math.round(value).toLocaleString('en-GB')
      : value.toPrecision(3);
const day = (at: string) => at.slice(0, 16).replace('T', ' ');
const on = ({ at, machine }: { at: string; machine: SuiteResult['machine'] }) =>
  `${day(at)} UTC, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}`;

/** `docs/proof.md` from the recorded results: nothing else goes in. */
export function proofPage({ faults, security, bench, storm }: Results): string {
  return [
    '# Proof: what was promised, what was measured',
    '',
    'Written by the runs themselves: `npm run test:faults`, `npm run test:security` and `npm run bench`, each with `-- --record`.',
    'Nothing on this page is typed by hand.',
    '',
    ...suite('Faults', faults),
    ...stormed(storm),
    ...suite('Security', security),
    ...benched(bench),
  ].join('\n');
}

function suite(name: string, result: SuiteResult | null): string[] {
  if (!result) return [`## ${name}`, '', 'Not recorded yet.', ''];
  const count = (state: string) => result.lines.filter((line) => line.state === state).length;
  return [
    `## ${name}`,
    '',
    `${on(result)}; ${Math.round(result.seconds)} s. ${result.passed} tests passed, ${result.failed} failed, ${result.skipped} skipped.`,
    `Of ${result.lines.length} lines ${count('proven')} are proven, ${count('partly')} in part, ${count('not run') + count('skipped')} not run here, ${count('failed')} failed.`,
    '',
    row('line', 'state', 'shown by', 'not shown here', 'when (UTC)'),
    row('---', '---', '---', '---', '---'),
    ...result.lines.map(({ id, state, tests, note, at }) =>
      row(id, state, tests.join('; ') || '–', note || '–', day(at)),
    ),
    '',
  ];
}

function stormed(result: StormResult | null): string[] {
  if (!result) return ['## Kill storm', '', 'Not recorded yet.', ''];
  const { acknowledged } = result;
  return [
    '## Kill storm',
    '',
    `${on(result)}; ${result.minutes.toFixed(0)} min. Seed ${result.seed}.`,
    '',
    row('what', 'figure'),
    row('---', '---'),
    row('SIGKILLs asked for, and done in the time given', `${result.asked}, ${result.kills}`),
    row('of them while the agent was starting', figure(result.inStart)),
    row('webhooks acknowledged', figure(acknowledged.webhooks)),
    row('alerts acknowledged', figure(acknowledged.alerts)),
    row('imports of costs and usage that came in whole', figure(acknowledged.imports)),
    row('batches posted, killed and verified', figure(acknowledged.batches)),
    row('CRM pushes approved and sent, read back where the CRM can be read', figure(acknowledged.crm)),
    row('times a monitoring system was told and answered', figure(acknowledged.metrics)),
    row('deliveries', figure(result.deliveries)),
    row(
      'of them by system',
      Object.entries(result.bySystem)
        .map(([system, jobs]) => `${system} ${figure(jobs)}`)
        .join(', ') || '–',
    ),
    row('lost, twice or otherwise wrong', figure(result.wrong.length)),
    '',
    ...result.wrong.flatMap((what) => [`Said to be wrong: ${what}`, '']),
  ];
}

function benched(result: BenchResult | null): string[] {
  if (!result) return ['## Speed', '', 'Not recorded yet.', ''];
  return [
    '## Speed',
    '',
    `${on(result)}. Each figure beside its limit or a peer of the same run; other work may have shared the machine.`,
    '',
    row('figure', 'measured', 'beside', 'ratio', 'promised', 'kept', 'when (UTC)'),
    row('---', '---', '---', '---', '---', '---', '---'),
    ...result.rows.map((one) =>
      row(
        one.name,
        `${figure(one.value)} ${one.unit}`,
        `${figure(one.limit)} ${one.unit}`,
        one.ratio === null ? '–' : one.ratio.toFixed(2),
        one.target,
        one.ok ? 'yes' : 'NO',
        day(one.at),
      ),
    ),
    '',
  ];
}
