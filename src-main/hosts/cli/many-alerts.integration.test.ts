import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';

let folder: string;
let agent: ChildProcess | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wedops-many-'));
});
afterEach(async () => {
  agent?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function listed(): Promise<{ exit: number; value: unknown }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [wedopsProgram, 'alert', 'list', '--json', '--data', folder], (error, stdout) =>
      resolve({ exit: error ? Number(error.code ?? 99) : 0, value: JSON.parse(stdout) }),
    );
  });
}

test('on a bad Saturday the list of alerts is read from the agent, however many are open', async () => {
  const words = [wedopsProgram, 'agent', '--practice', '--empty', '--data', folder];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  agent = child;
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { webhookUrl } = JSON.parse(line) as { webhookUrl: string };
  const at = Date.now();
  for (let index = 0; index < 60; index += 1) {
    const said = {
      id: `${index}`,
      cycle: `${index}`,
      title: `Check ${index}`,
      transition: 'Warn',
      updated_ms: `${at}`,
    };
    const reply = await fetch(`${webhookUrl}/bluebell/datadog`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-wedsync-token': 'practice-datadog-secret' },
      body: JSON.stringify(said),
    });
    expect(reply.status).toBe(200);
  }
  await expect.poll(listed, { timeout: 20_000 }).toMatchObject({ exit: 0, value: { length: 60 } });
}, 60_000);
