import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const child = fileURLToPath(new URL('../testing/watchdog-child.ts', import.meta.url));

function live(how: 'hang' | 'stall'): Promise<{ signal: string | null; said: string; errors: string; ms: number }> {
  const began = performance.now();
  return new Promise((resolve) => {
    execFile(process.execPath, [child, how], { timeout: 30_000 }, (error, said, errors) => {
      resolve({ signal: error?.signal ?? null, said, errors, ms: performance.now() - began });
    });
  });
}

test('a console whose loop stands still is ended by its watchdog, so that it can be started again (FT-10)', async () => {
  const { signal, said, errors, ms } = await live('hang');
  expect({ signal, said }).toEqual({ signal: 'SIGKILL', said: 'ready\n' });
  expect(errors).toContain('did not answer');
  expect(ms).toBeLessThan(20_000);
});

test('a short stall is recorded and nothing else happens', async () => {
  expect(await live('stall')).toMatchObject({ signal: null, said: expect.stringMatching(/^ready\n.*loop\.lag/) });
});
