import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Electron's own binary, or why it cannot be used on this machine. */
function electron(): { binary: string } | { missing: string } {
  const named = at('node_modules/electron/path.txt');
  if (!existsSync(named)) return { missing: "Electron's binary is not on this machine" };
  const binary = at(`node_modules/electron/dist/${readFileSync(named, 'utf8').trim()}`);
  if (!existsSync(binary)) return { missing: "Electron's binary is not on this machine" };
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return { missing: 'there is no display' };
  }
  // Its sandbox refuses root, and without its sandbox it would not be the product.
  if (process.platform === 'linux' && process.getuid?.() === 0) return { missing: 'Electron does not run as root' };
  return { binary };
}

const found = electron();
if ('missing' in found) {
  process.stderr.write(`The journeys on the desktop host did not run: ${found.missing}. The double stood in for it.\n`);
}

test.skipIf('missing' in found)(
  'the desktop app opens in Electron itself, in practice, with a page that can do nothing else',
  async () => {
    if ('missing' in found) return;
    const folder = await mkdtemp(join(tmpdir(), 'wedops-electron-'));
    const app = await _electron.launch({ executablePath: found.binary, args: [at('.'), '--data', folder] });
    try {
      const page = await app.firstWindow();
      await page.getByText('Bluebell & Co (sample)').first().waitFor({ timeout: 20_000 });
      expect(page.url()).toMatch(/^app:\/\/ops\//);
      expect(
        await page.evaluate('[typeof window.require, typeof window.process, Object.isFrozen(window.wedsync)]'),
      ).toEqual(['undefined', 'undefined', true]);
      const titles = await app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map((one) => one.getTitle()),
      );
      expect(titles).toEqual([expect.stringContaining('PRACTICE')]);
      expect(await page.evaluate("fetch('https://evil.example/').then(() => 'allowed', () => 'blocked')")).toBe(
        'blocked',
      );
    } finally {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
