import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'set-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A clone whose npm only writes down what is asked of it; its scripts leave their files, but for those that fail. */
function cloneWhere(failing: readonly string[]) {
  const root = mkdtempSync(join(folder, 'clone-'));
  const bin = join(root, 'bin');
  const log = join(root, 'asked');
  mkdirSync(join(root, 'scripts'));
  mkdirSync(bin);
  cpSync('scripts/setup.mjs', join(root, 'scripts/setup.mjs'));
  writeFileSync(join(root, 'package.json'), '{ "allowScripts": { "node": true, "keytar": true } }');
  writeFileSync(
    join(root, 'package-lock.json'),
    '{ "packages": { "": {}, "node_modules/x": { "version": "1.0.0" } } }',
  );
  writeFileSync(
    join(bin, 'npm'),
    `#!/bin/sh
echo "$1 $2" >> "${log}"
case "$1 $2" in ${failing.map((name) => `"rebuild ${name}") exit 1;; `).join('')}
"ci "*) rm -rf node_modules; mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json;;
"rebuild node") mkdir -p node_modules/node/bin; touch node_modules/node/bin/node;;
"rebuild keytar") mkdir -p node_modules/keytar/build/Release; touch node_modules/keytar/build/Release/keytar.node;;
esac`,
  );
  chmodSync(join(bin, 'npm'), 0o755);
  return {
    root,
    /** What is asked of npm by a set-up. */
    setUp() {
      rmSync(log, { force: true });
      const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs'), 'run'], {
        env,
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    },
  };
}

it('installs once; a keychain driver that cannot be built here is not tried again at every command', () => {
  const { setUp } = cloneWhere(['keytar']);
  expect(setUp()).toEqual(['ci --ignore-scripts', 'rebuild node', 'rebuild keytar']);
  expect(setUp()).toEqual([]);
});

it('runs a missing install script alone, without installing everything anew under a console that runs', () => {
  const { root, setUp } = cloneWhere([]);
  setUp();
  rmSync(join(root, 'node_modules/keytar'), { recursive: true });
  expect(setUp()).toEqual(['rebuild keytar']);
  expect(setUp()).toEqual([]);
});

it('tries for the pinned Node again, which nothing runs without', () => {
  const { setUp } = cloneWhere(['node']);
  setUp();
  expect(setUp()).toEqual(['rebuild node']);
});
