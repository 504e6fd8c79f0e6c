import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'small-agent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hourMs = 3_600_000;
const told = (who: string) =>
  `console.log(JSON.stringify({ who: '${who}', pid: process.pid, words: process.argv.slice(2), flags: process.execArgv, cache: process.env.NODE_DISABLE_COMPILE_CACHE, arenas: process.env.MALLOC_ARENA_MAX })); process.exitCode = 3;`;

/** A clone with the scripts as they are, and programs that say how they were started. */
function clone(): string {
  const root = mkdtempSync(join(folder, 'clone-'));
  for (const name of ['built', 'run', 'setup', 'wedops'])
    cpSync(`scripts/${name}.mjs`, join(root, 'scripts', `${name}.mjs`));
  for (const path of ['src-main/hosts/cli', 'out/main', 'node_modules'])
    mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  for (const path of ['package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(join(root, path), '{ "packages": {} }');
  writeFileSync(join(root, 'src-main/hosts/cli/main.ts'), told('source'));
  return root;
}

function build(root: string, agoMs: number): void {
  const program = join(root, 'out/main/cli.js');
  writeFileSync(program, told('built'));
  const at = new Date(Date.now() - agoMs);
  utimesSync(program, at, at);
}

/** What the program says of its start, beside the id of the process that was started. */
function wedops(root: string, ...words: string[]) {
  const env = { ...process.env, MALLOC_ARENA_MAX: undefined, NODE_DISABLE_COMPILE_CACHE: undefined };
  const done = spawnSync(process.execPath, ['--no-deprecation', join(root, 'scripts/wedops.mjs'), ...words], {
    env,
    encoding: 'utf8',
  });
  expect(done.status, done.stderr).toBe(3);
  expect(done.stderr).toBe('');
  return { started: done.pid, ...(JSON.parse(done.stdout) as Record<string, unknown>) };
}

it('an agent runs what was built, in the same process, set to stay small', () => {
  const root = clone();
  build(root, -hourMs);
  const { started, ...said } = wedops(root, 'agent', '--data', 'a folder');
  expect(said).toEqual({
    who: 'built',
    pid: started,
    words: ['agent', '--data', 'a folder'],
    flags: [
      '--no-deprecation',
      ...['--max-semi-space-size=1', '--no-parallel-scavenge', '--no-short-builtin-calls', '--no-sparkplug'],
    ],
    cache: '1',
    arenas: '2',
  });
});

it('agent and commands run the sources when nothing is built or they are newer; else what was built', () => {
  const root = clone();
  expect(wedops(root, 'agent')).toMatchObject({ who: 'source', words: ['agent'] });
  build(root, hourMs);
  expect(wedops(root, 'agent')).toMatchObject({ who: 'source' });
  expect(wedops(root, 'cost', 'list')).toMatchObject({ who: 'source', words: ['cost', 'list'] });
  build(root, -hourMs);
  expect(wedops(root, 'cost', 'list')).toMatchObject({
    who: 'built',
    words: ['cost', 'list'],
    flags: ['--no-deprecation'],
  });
});
