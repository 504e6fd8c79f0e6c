// What the continuous integration runs: the README's own test command, the vendors' contracts, a short form of the fault
// suite (about five minutes: fewer kills, shorter stress) and the security suite. Names what failed, and what passed only when
// it was tried again; ends with one line that counts all of them, and fails when any failed or nothing ran.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(join(tmpdir(), 'wedsync-ci-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const retried = [];
let broken = false;

const short = { FAULT_KILLS: '6', FAULT_STRESS_SECONDS: '5', FAULT_OWNER_ROUNDS: '1' };

for (const script of ['test', 'test:contracts', 'test:faults', 'test:security']) {
  const report = join(reports, `${script.replace(':', '-')}.json`);
  const done = spawnSync(
    'npm',
    ['run', '-s', script, '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...short, ...process.env, CI: 'true' } },
  );
  if (done.status !== 0) broken = true;
  if (!existsSync(report)) {
    process.stderr.write(`ci: "npm run ${script}" stopped before its tests ran\n`);
    broken = true;
    continue;
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  failures.push(...testResults.flatMap(failuresOf));
  retried.push(...testResults.flatMap(retriedOf));
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  total.skipped += numPendingTests;
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
function brief(message) {
  return message.split('\n').slice(0, 12).join('\n    ').slice(0, 1_500);
}

rmSync(reports, { recursive: true, force: true });
// Something that failed before or after its tests (lint, types, build, a crash) counts too, so that the line cannot read as a success.
if (broken && total.failed === 0) total.failed = 1;
if (retried.length > 0) process.stdout.write(`\npassed when tried again:\n- ${retried.join('\n- ')}\n`);
if (failures.length > 0) process.stdout.write(`\nfailed:\n- ${failures.join('\n- ')}\n\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
