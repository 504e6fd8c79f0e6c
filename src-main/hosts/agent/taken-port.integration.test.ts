import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { wedopsProgram } from '../../testing/wedops-program.ts';

interface Row {
  readonly check?: string;
  readonly problem?: string | null;
}

function wedops(folder: string, ...words: string[]): Promise<{ exit: number; value: Row[] }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [wedopsProgram, ...words, '--data', folder, '--json'], (error, stdout) =>
      resolve({ exit: error ? Number(error.code ?? 99) : 0, value: JSON.parse(stdout) as Row[] }),
    );
  });
}

test('its port taken, the agent says so, sends on, raises an alert, is down in health and doctor, and opens that very port once it is free (FT-72)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wedops-port-'));
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const words = ['agent', '--practice', '--empty', '--data', folder, '--port', String(port)];
  const agent = spawn(process.execPath, [wedopsProgram, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  agent.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const look = (text: string) => {
    const db = new Database(join(folder, 'console.db'), { readonly: true });
    try {
      return db.prepare(text).pluck().get();
    } finally {
      db.close();
    }
  };
  try {
    const [line] = (await once(createInterface({ input: agent.stdout }), 'line')) as [string];
    expect(JSON.parse(line)).toMatchObject({ url: null });
    expect(said).toContain(`Port ${port} on 127.0.0.1 is taken by another program`);
    const state = "SELECT state FROM alert WHERE dedup_key = 'console:door'";
    expect(look(state)).toBe('firing');
    // The alert itself was sent: what leaves does not need the door.
    const delivered = "SELECT count(*) FROM outbox_job WHERE state = 'delivered' AND action = 'send-alert'";
    await expect.poll(() => look(delivered), { timeout: 20_000 }).toBeGreaterThan(0);
    const health = await wedops(folder, 'health');
    expect(health).toMatchObject({ exit: 1, value: [{ system: 'console', state: 'down' }] });
    expect(health.value[0]?.problem).toContain(`Port ${port} on 127.0.0.1 is taken`);
    const { value: checks } = await wedops(folder, 'doctor');
    expect(checks.find(({ check }) => check === 'owner')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^Down: .*is taken by another program/),
    });
    other.close();
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        ({ status }) => status,
        () => null,
      );
    await expect.poll(answers, { timeout: 20_000, interval: 300 }).not.toBeNull();
    await expect.poll(() => look(state), { timeout: 10_000 }).toBe('resolved');
    expect((await wedops(folder, 'health')).value.length).toBeGreaterThan(10);
  } finally {
    other.close();
    agent.kill('SIGTERM');
    if (agent.exitCode === null) await once(agent, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
