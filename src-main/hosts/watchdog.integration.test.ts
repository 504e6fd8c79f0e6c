import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const child = fileURLToPath(new URL('../testing/watchdog-child.ts', import.meta.url));

async function live(how: string): Promise<{ signal: string | null; said: string; errors: string; ms: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'watchdog-'));
  const began = performance.now();
  return new Promise((resolve) => {
    execFile(process.execPath, [child, how, folder], { timeout: 30_000 }, (error, said, errors) => {
      const ms = performance.now() - began;
      void rm(folder, { recursive: true, force: true });
      resolve({ signal: error?.signal ?? null, said, errors, ms });
    });
  });
}

test.for(['hang', 'hang while it reads', 'hang while it writes'])(
  'a console whose loop stands still is ended by its watchdog, so that it can be started again (FT-10): %s',
  async (how) => {
    const { signal, said, errors, ms } = await live(how);
    expect({ signal, said }).toEqual({ signal: 'SIGKILL', said: 'ready\n' });
    expect(errors).toContain('did not answer');
    expect(ms).toBeLessThan(20_000);
  },
);

test('a short stall is recorded and nothing else happens', async () => {
  expect(await live('stall')).toMatchObject({ signal: null, said: expect.stringMatching(/^ready\n.*loop\.lag/) });
});
