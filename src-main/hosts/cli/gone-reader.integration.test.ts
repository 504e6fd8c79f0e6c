import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';

let folder: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-gone-reader-'));
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('an agent nobody reads any more ends as properly as any other, without a stack', async () => {
  const words = [wedopsProgram, 'agent', '--practice', '--empty', '--data', join(folder, 'data')];
  const agent = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  child = agent;
  const said = text(agent.stderr);
  await once(agent.stdout, 'data');
  const gone = once(agent.stdout, 'close');
  agent.stdout.destroy();
  await gone;
  const end = once(agent, 'exit');
  agent.kill('SIGTERM');
  expect(await end).toEqual([0, null]);
  expect(await said).not.toMatch(/EPIPE|\n {4}at /);
});

test('a command whose reader is gone at once ends quietly, and one whose file is full does not pretend', async () => {
  const quiet = spawn(process.execPath, [wedopsProgram, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  quiet.stdout.destroy();
  const [said, [code]] = await Promise.all([text(quiet.stderr), once(quiet, 'exit')]);
  expect([code, said]).toEqual([0, '']);

  if (process.platform !== 'linux') return;
  const full = spawn(process.execPath, [wedopsProgram, '--help'], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'ignore'],
  });
  expect((await once(full, 'exit'))[0]).not.toBe(0);
});
