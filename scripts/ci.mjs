// What the continuous integration runs: the README's own test command, the vendors' contracts, a short form of the fault
// suite (about five minutes: fewer kills, shorter stress) and the security suite. A file in which something failed is run once
// more by itself, from its beginning: what measures time on a shared machine must fail twice, and a journey cannot go on from
// its middle. Names what failed, and what passed only when it was tried again; ends with one line that counts all of them, and
// fails when any failed or nothing ran.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(join(tmpdir(), 'wedsync-ci-'));
const short = { FAULT_KILLS: '6', FAULT_STRESS_SECONDS: '5', FAULT_OWNER_ROUNDS: '1' };

/** Each npm script with the configuration its files belong to. */
const scripts = {
  test: 'vitest.config.ts',
  'test:contracts': 'vitest.contracts.config.ts',
  'test:faults': 'vitest.proof.config.ts',
  'test:security': 'vitest.proof.config.ts',
};
/** `npm test` ends with this when tests failed and nothing else did. */
const ONLY_TESTS = 2;

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const retried = [];
let broken = false;

/** Runs something that reports its tests as JSON; `tests` is null when it stopped before they ran. */
function run(command, words, name) {
  const report = join(reports, `${name.replace(':', '-')}.json`);
  const { status } = spawnSync(
    command,
    [...words, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...short, ...process.env, CI: 'true' } },
  );
  return { status, tests: existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null };
}

for (const [script, config] of Object.entries(scripts)) {
  const { status, tests } = run('npm', ['run', '-s', script, '--'], script);
  if (!tests) {
    process.stderr.write(`ci: "npm run ${script}" stopped before its tests ran\n`);
    broken = true;
    continue;
  }
  count(tests);
  retried.push(...tests.testResults.flatMap(retriedOf));
  const failed = tests.testResults.filter(({ status: state }) => state === 'failed');
  if (status === 0) continue;
  // Besides its tests: style, types, the build, an error outside every test.
  if (failed.length === 0 || (script === 'test' && status !== ONLY_TESTS)) broken = true;
  if (failed.length > 0) again(failed, config, script);
}

/** The files that failed, once more from their beginning. */
function again(failed, config, script) {
  const files = failed.map(({ name }) => relative(root, name));
  process.stdout.write(`\nci: once more from the beginning: ${files.join(', ')}\n`);
  const { status, tests } = run(
    'npm',
    ['run', '-s', 'test:all', '--', '--config', config, ...files],
    `${script}-again`,
  );
  if (status !== 0 || !tests) {
    failures.push(...(tests?.testResults ?? failed).flatMap(failuresOf));
    broken = true;
    return;
  }
  count({ ...totalsOf(failed), sign: -1 });
  count(tests);
  retried.push(...failed.flatMap(failuresOf));
}

function count({ numPassedTests, numFailedTests, numPendingTests, sign = 1 }) {
  total.passed += sign * numPassedTests;
  total.failed += sign * numFailedTests;
  total.skipped += sign * numPendingTests;
}
function totalsOf(files) {
  const states = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const of = (wanted) => states.filter((state) => state === wanted).length;
  const [numPassedTests, numFailedTests] = [of('passed'), of('failed')];
  return { numPassedTests, numFailedTests, numPendingTests: states.length - numPassedTests - numFailedTests };
}
/** What failed in one file: the file itself when it broke outside its tests, else each failed test with the start of its error. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}\n    ${brief(message)}`] : [];
  return failed.map((test) => `${file} > ${test.fullName}\n    ${test.failureMessages.map(brief).join('\n    ')}`);
}
/** What passed after it had failed, with how it failed: seen here, so that it does not go on failing now and then. */
function retriedOf({ name, assertionResults }) {
  return assertionResults
    .filter((test) => test.status === 'passed' && test.failureMessages.length > 0)
    .map((test) => `${relative(root, name)} > ${test.fullName}\n    ${test.failureMessages.map(brief).join('\n    ')}`);
}
/** What was wrong and where in our own files. */
function brief(message) {
  const lines = message.split('\n').filter((line) => !line.includes('/node_modules/'));
  return lines.slice(0, 12).join('\n    ').slice(0, 1_500);
}

rmSync(reports, { recursive: true, force: true });
// Something that failed before or after its tests (lint, types, build, a crash) counts too, so that the line cannot read as a success.
if (broken && total.failed === 0) total.failed = 1;
if (retried.length > 0) process.stdout.write(`\npassed when tried again:\n- ${retried.join('\n- ')}\n`);
if (failures.length > 0) process.stdout.write(`\nfailed:\n- ${failures.join('\n- ')}\n\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = broken || total.failed > 0 || total.passed === 0 ? 1 : 0;
