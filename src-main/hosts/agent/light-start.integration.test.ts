import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const program = [here('../../../scripts/run.mjs'), 'src-main/hosts/cli/main.ts'];

/** Everything a console without connections can do without until somebody uses it. */
const later = [
  ...['ajv', 'fflate', 'hyparquet-writer', 'ical.js', 'nodemailer', 'papaparse', 'pdfjs-dist'],
  ...['pdfmake', 'pg', 'playwright', 'smtp-server', 'twilio', 'undici', 'ws', 'xero-node'],
];

test('an agent without practice is ready before it has loaded what only some of its work needs, and no part of the sandbox', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wedops-light-'));
  const list = join(folder, 'loaded.txt');
  const builtin = join(folder, 'builtin.txt');
  const hook = join(folder, 'hook.mjs');
  await writeFile(
    hook,
    `import { appendFileSync } from 'node:fs';
     import { registerHooks } from 'node:module';
     import { isMainThread } from 'node:worker_threads';
     registerHooks({ load(url, context, next) {
       appendFileSync(${JSON.stringify(list)}, url + '\\n');
       return next(url, context);
     } });
     if (isMainThread) process.once('SIGTERM', () => appendFileSync(${JSON.stringify(builtin)}, process.moduleLoadList.join('\\n')));`,
  );
  const words = [...program, 'agent', '--empty', '--data', join(folder, 'data')];
  const agent = spawn(process.execPath, ['--import', pathToFileURL(hook).href, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(createInterface({ input: agent.stdout }), 'line');
    const loaded = (await readFile(list, 'utf8')).trim().split('\n');
    const at = (file: string) => loaded.findIndex((url) => url.endsWith(`/src-main/${file}`));
    expect(at('compose.ts')).toBeGreaterThan(0);
    // The database's threads start while the engine is read, so they are begun without it.
    expect(at('store/open.ts')).toBeLessThan(at('adapters/registry.ts'));
    expect(at('store/open.ts')).toBeLessThan(at('compose.ts'));
    const packages = new Set(loaded.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]));
    expect(later.filter((name) => packages.has(name))).toEqual([]);
    expect(
      loaded.filter((url) => /\/src-shared\/contract\/(crm|desk|exports|imports|kpis|sources)\.ts/.test(url)),
    ).toEqual([]);
    expect(loaded.filter((url) => /\/src-main\/(sandbox\/|adapters\/[^/]+\/sandbox)/.test(url))).toEqual([]);
    agent.kill('SIGTERM');
    await once(agent, 'exit');
    const ofNode = (await readFile(builtin, 'utf8')).split('\n');
    expect(ofNode).toContain('NativeModule http');
    // Node's own fetch: an import of node:http reads all its exports, one of which loads it.
    expect(ofNode.filter((name) => name.includes('undici'))).toEqual([]);
  } finally {
    agent.kill('SIGTERM');
    if (agent.exitCode === null) await once(agent, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
});
