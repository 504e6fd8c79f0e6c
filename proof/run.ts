import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Line, machine, type SuiteResult } from './page/results.ts';
import { keep, recorded } from './page/write.ts';
import { faults } from './register/faults.ts';
import { afterWhole, type Entry, missing, type Register } from './register/register.ts';
import { security } from './register/security.ts';

/**
 * `run.ts faults|security [--record [--lines ID,ID] [--whole]] [… for vitest]`. Runs the suite. With `--record` also every
 * test elsewhere that its register names, and the result goes to `proof/results/` and `docs/proof.md`; with `--lines` only
 * the files those lines name are run, and only those lines are recorded anew; with `--whole` as long as the lines say,
 * which is an hour for some.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const [suite = '', ...given] = process.argv.slice(2);
const registers: Readonly<Record<string, Register>> = { faults, security };
const register = registers[suite];
if (!register) {
  process.stderr.write('usage: run.ts faults|security [--record]\n');
  process.exit(2);
}
const record = given.includes('--record');
const linesAt = given.indexOf('--lines');
const wanted = linesAt < 0 ? null : (given[linesAt + 1] ?? '').split(',');
const words = given.filter(
  (word, at) => !['--record', '--whole'].includes(word) && (linesAt < 0 || (at !== linesAt && at !== linesAt + 1)),
);
const entries = Object.entries(register).filter(([id]) => wanted?.includes(id) ?? true);
// A failure must show twice: some tests measure time, and a recording takes minutes. FT-42 is recorded whole.
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  ...(record ? { CI: 'true', HTTP_REUSES: '10000' } : {}),
  ...(given.includes('--whole') ? Object.fromEntries(entries.flatMap(asked)) : {}),
};

interface Outcome {
  readonly file: string;
  readonly title: string;
  readonly status: string;
}

const reports = mkdtempSync(join(tmpdir(), 'wedops-proof-'));
let seconds = 0;
let failedRuns = 0;

function vitest(name: string, args: readonly string[]): Outcome[] {
  const report = join(reports, `${name}.json`);
  const began = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...args,
      '--reporter=default',
      ...(words.some((word) => word.startsWith('--reporter=json'))
        ? []
        : ['--reporter=json', `--outputFile.json=${report}`]),
    ],
    { cwd: root, stdio: 'inherit', env: environment },
  );
  seconds += (performance.now() - began) / 1_000;
  if (status !== 0) failedRuns += 1;
  if (!existsSync(report)) return [];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  return testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.map(({ fullName, status: state }) => ({
      file: relative(root, file),
      title: fullName,
      status: state,
    })),
  );
}

const outcomes = wanted
  ? []
  : vitest(suite, ['--config', 'vitest.proof.config.ts', '--project', `${suite}*`, ...words]);
if (record) {
  const files = new Set(entries.flatMap(([, { proofs }]) => proofs.map(({ file }) => runnable(file))));
  for (const { file } of outcomes) files.delete(file);
  const ofASuite = (file: string) => /\.(fault|security)\.test\.ts$/.test(file);
  const proofs = [...files].filter(ofASuite);
  const elsewhere = [...files].filter((file) => !ofASuite(file));
  if (proofs.length > 0) outcomes.push(...vitest('proofs', ['--config', 'vitest.proof.config.ts', ...proofs]));
  if (elsewhere.length > 0) outcomes.push(...vitest('elsewhere', elsewhere));
  const count = (status: string) => outcomes.filter((one) => one.status === status).length;
  const known = recorded()[suite as 'faults' | 'security'];
  const earlier = (id: string) => known?.lines.find((line) => line.id === id);
  const lines = entries.map(([id, entry]) => afterWhole(lineOf(id, entry), entry, earlier(id)));
  const before = wanted ? known : null;
  const result: SuiteResult = before
    ? { ...before, lines: before.lines.map((line) => lines.find(({ id }) => id === line.id) ?? line) }
    : {
        at: new Date().toISOString(),
        machine: machine(),
        seconds,
        passed: count('passed'),
        failed: count('failed'),
        skipped: outcomes.length - count('passed') - count('failed'),
        lines,
      };
  keep(suite as 'faults' | 'security', result);
}
rmSync(reports, { recursive: true, force: true });
process.exitCode = failedRuns > 0 ? 1 : 0;

function asked([, { whole = {} }]: readonly [string, Entry]): [string, string][] {
  return Object.entries(whole).map(([name, least]) => [name, String(least)]);
}

/** The suite every adapter runs is no test file of its own: one adapter's run stands for it. */
function runnable(file: string): string {
  return file.endsWith('adapter-suite.ts') ? 'src-main/adapters/xero/xero.test.ts' : file;
}

function lineOf(id: string, entry: Entry): Line {
  const { proofs } = entry;
  const notHere = missing(entry, environment);
  const states: string[] = [];
  const tests: string[] = [];
  for (const { file, test } of proofs) {
    // `%s` and `${…}` stand for anything.
    const parts = test.split(/%[sidfo]|\$\{[^}]*\}|\$\w+/);
    const found = outcomes.filter((one) => one.file === runnable(file) && inOrder(one.title, parts));
    states.push(...(found.length === 0 ? ['missing'] : found.map(({ status }) => status)));
    tests.push(found.length === 1 ? (found[0]?.title ?? test) : found.length > 1 ? `${test} (${found.length})` : test);
  }
  const passed = states.filter((state) => state === 'passed').length;
  const state: Line['state'] = states.includes('failed')
    ? 'failed'
    : proofs.length === 0
      ? 'not run'
      : passed === 0
        ? 'skipped'
        : states.every((one) => one === 'passed') && notHere === ''
          ? 'proven'
          : 'partly';
  const skipped =
    states.some((one) => one !== 'passed' && one !== 'failed') && passed > 0
      ? ' Some of its tests were skipped here.'
      : '';
  return { id, state, tests: [...new Set(tests)], note: `${notHere}${skipped}`.trim(), at: new Date().toISOString() };
}

function inOrder(title: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = title.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
