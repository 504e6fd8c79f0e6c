import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the import thread starts without the query builder, whose 255 files take 10 MB and longer than a small file', async () => {
  const worker = new URL('./import-worker.ts', import.meta.url);
  // Only linked, not run: it is a worker, and there is no owner here.
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import(${JSON.stringify(worker.href)}).catch(() => undefined);
    console.log(JSON.stringify(loaded));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded.filter((url) => url.includes('read-costs.ts'))).toHaveLength(1);
  expect(loaded.filter((url) => url.includes('/kysely/'))).toEqual([]);
});
