import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adapters } from '../../src-main/adapters/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = (folder: string, pattern = /\.tsx?$/) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
const product = ['src-main', 'src-renderer', 'src-shared']
  .flatMap((folder) => sources(folder))
  .filter((file) => !/\.test\.tsx?$|[\\/]testing[\\/]/.test(file))
  .map((file) => ({ file: file.slice(root.length), code: readFileSync(file, 'utf8') }));
const using = (pattern: RegExp) => product.filter(({ code }) => pattern.test(code)).map(({ file }) => file);

test('SEC-02 the fuses of the packaged binary are all set', () => {
  const builder = text('electron-builder.yml');
  for (const fuse of [
    'runAsNode',
    'enableNodeOptionsEnvironmentVariable',
    'enableNodeCliInspectArguments',
    'grantFileProtocolExtraPrivileges',
  ]) {
    expect(builder).toContain(`${fuse}: false`);
  }
  for (const fuse of ['enableCookieEncryption', 'enableEmbeddedAsarIntegrityValidation', 'onlyLoadAppFromAsar']) {
    expect(builder).toContain(`${fuse}: true`);
  }
});

test('SEC-04 nothing for tests, and no source map, is in the bundle', () => {
  const bundled = existsSync(join(root, 'out')) ? sources('out', /\.(js|cjs|mjs)$/) : [];
  for (const file of bundled) {
    const code = readFileSync(file, 'utf8');
    expect(code, file).not.toMatch(/sourceMappingURL=(?!data:application\/json;base64,")/);
    expect(code, file).not.toMatch(/src-main\/testing|outbox-kill-child|fc\.assert\(|for-tests-only/);
  }
  if (existsSync(join(root, 'out'))) expect(sources('out', /\.map$/)).toEqual([]);
  expect(text('electron-builder.yml')).toContain('!**/*.map');
});

test('SEC-05 every package is pinned with its hash, and install scripts run for a reviewed list alone', () => {
  const { packages } = JSON.parse(text('package-lock.json')) as {
    packages: Record<string, { integrity?: string; link?: boolean; optional?: boolean }>;
  };
  const unpinned = Object.entries(packages).filter(
    ([path, { integrity, link, optional }]) => path !== '' && !link && !optional && integrity === undefined,
  );
  expect(unpinned.map(([path]) => path)).toEqual([]);
  const manifest = JSON.parse(text('package.json')) as {
    allowScripts: Record<string, boolean>;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  expect(Object.keys(manifest.allowScripts).toSorted()).toEqual(['keytar', 'node']);
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test('SEC-13 no HTML from outside is rendered, and nothing is evaluated', () => {
  expect(using(/dangerouslySetInnerHTML|\.innerHTML\s*=|insertAdjacentHTML|document\.write\(/)).toEqual([]);
  expect(using(/\beval\(|new Function\(/)).toEqual([]);
});

test('SEC-28 the keychain driver is loaded in one file', () => {
  expect(using(/(from|import\()\s*'keytar'/)).toEqual(['src-main/platform/keychain.ts']);
});

test('SEC-35 certificates are always checked, and each built-in system has a short list of hosts', () => {
  expect(using(/rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/)).toEqual([]);
  for (const { manifest } of adapters) expect(JSON.stringify(manifest), manifest.id).not.toContain('"*"');
});

test('SEC-40 nothing is sent to an AI system: their cost reports are read, and that is all', () => {
  const talking = product.filter(({ code }) => /api\.(openai|anthropic)\.com/.test(code));
  for (const { file, code } of talking) {
    const addresses = [...code.matchAll(/https:\/\/api\.(?:openai|anthropic)\.com([^\s'"`?$]*)/g)].map(
      ([, path]) => path,
    );
    for (const path of addresses)
      expect(path, file).toMatch(/^\/v1\/organizations?\/(costs|cost_report|usage[\w/]*)$|^$|^\/?$/);
  }
  expect(using(/\/v1\/(chat|messages|completions|responses|embeddings)/)).toEqual([]);
});

test('SEC-41 no SQL is put together from outside text', () => {
  // `sql.raw` and templates with values are for identifiers of our own; everything else is bound.
  const raw = using(/sql\.raw\(|sql\.lit\(/);
  for (const file of raw) {
    const { code = '' } = product.find((one) => one.file === file) ?? {};
    for (const [call] of code.matchAll(/sql\.(raw|lit)\([^)]*\)/g)) {
      expect(call, file).not.toMatch(/input|request|body|query\./i);
    }
  }
});

test('SEC-07 SEC-09 windows are closed in, and pages may run nothing but their own scripts', async () => {
  const windows = text('src-main/hosts/desktop/windows.ts');
  for (const option of ['contextIsolation: true', 'sandbox: true', 'nodeIntegration: false', 'webviewTag: false']) {
    expect(windows).toContain(option);
  }
  const { contentSecurityPolicy } = await import('../../src-main/hosts/pages.ts');
  const policy = contentSecurityPolicy('none');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  expect(policy).toContain("frame-ancestors 'none'");
});

test('SEC-50 nothing is reported home', () => {
  expect(using(/crashReporter\.start|\bsentry\b|posthog|google-analytics|segment\.io/i)).toEqual([]);
});
