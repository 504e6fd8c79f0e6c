import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { advisories, ageOf, billOfMaterials, isUsual, licences, nativeModules } from '../../scripts/release.mjs';
import { adapters } from '../../src-main/adapters/registry.ts';
import { ignoreDebugging } from '../../src-main/hosts/desktop/no-debugging.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const json = (path: string) => JSON.parse(text(path)) as { dependencies: Record<string, string> };
const sources = (folder: string, pattern = /\.tsx?$/) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
const product = ['src-main', 'src-renderer', 'src-shared']
  .flatMap((folder) => sources(folder))
  .filter((file) => !/\.test\.tsx?$|[\\/]testing[\\/]/.test(file))
  .map((file) => ({ file: file.slice(root.length), code: readFileSync(file, 'utf8') }));
const using = (pattern: RegExp) => product.filter(({ code }) => pattern.test(code)).map(({ file }) => file);

// What an earlier build left says nothing of these sources, and where there is none there would be nothing to look at.
beforeAll(() => {
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const built = spawnSync(process.execPath, [builder, 'build'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`The program cannot be built: ${built.stderr}`);
}, 120_000);

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
  const packed = [...sources('out', /(?:)/), ...sources('resources', /(?:)/)];
  expect(packed.length).toBeGreaterThan(50);
  for (const program of ['main/desktop.js', 'main/cli.js', 'preload/index.cjs', 'renderer/index.html'])
    expect(packed).toContain(join(root, 'out', program));
  expect(packed.filter((file) => /\.map$|\.tsx?$|[\\/]testing[\\/]|\.test\.|\.(pem|key|crt)$/.test(file))).toEqual([]);
  for (const file of packed) {
    const code = readFileSync(file, 'latin1');
    expect(/sourceMappingURL=(?!data:application\/json;base64,")/.exec(code)?.[0], file).toBeUndefined();
    expect(
      /[\w./-]+[\\/]testing[\\/][\w-]+\.ts|\btest(Runtime|Clock|Random|Log)\b/.exec(code)?.[0],
      file,
    ).toBeUndefined();
    expect(/\bfc\.assert\(|from ["'](vitest|fast-check)/.exec(code)?.[0], file).toBeUndefined();
    expect(/-----BEGIN [A-Z ]*(PRIVATE KEY|CERTIFICATE)-----\s*[\w+/]{40}/.exec(code)?.[0], file).toBeUndefined();
  }
  expect(text('electron-builder.yml')).toContain('!**/*.map');
});

test('SEC-05 every package is pinned with its hash, and install scripts run for a reviewed list alone', () => {
  const { packages } = JSON.parse(text('package-lock.json')) as {
    packages: Record<string, { integrity?: string; link?: boolean; optional?: boolean; dev?: boolean }>;
  };
  const unpinned = Object.entries(packages).filter(
    ([path, { integrity, link }]) => path !== '' && !link && integrity === undefined,
  );
  // Formatter and unused-code check for other platforms: their registry entry had none. Nothing that is shipped.
  expect(unpinned.filter(([, { optional, dev }]) => !(optional && dev)).map(([path]) => path)).toEqual([]);
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

test('SEC-05 a bill of materials names every shipped package with hash and licence, and the native ones by name', () => {
  const bom = billOfMaterials();
  const { packages } = JSON.parse(text('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
  const shipped = Object.keys(json('package.json').dependencies);
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'wedsync-ops-console' } } });
  expect(bom.components.map(({ name }) => name)).toEqual(expect.arrayContaining(shipped));
  expect(bom.components.length).toBeLessThan(Object.values(packages).length);
  for (const { name, hashes } of bom.components) expect(hashes, name).not.toEqual([]);
  expect(licences(bom).filter(({ licence }) => !isUsual(licence))).toEqual([]);
  expect(nativeModules(bom)).toEqual(expect.arrayContaining(['better-sqlite3', 'keytar']));
  expect(isUsual('GPL-3.0-only')).toBe(false);
  expect(isUsual('MIT AND AGPL-3.0')).toBe(false);
});

test('SEC-01 the release gate refuses an advisory, an old Electron, and says when it could not ask', () => {
  const of = (severity: string) => ({ vulnerabilities: { x: { name: 'x', severity } } });
  expect(advisories(of('moderate'))).toEqual(['x (moderate)']);
  expect(advisories(of('low'))).toEqual([]);
  expect(advisories({ message: '405 Method Not Allowed' })).toBeNull();
  expect(advisories(null)).toBeNull();
  const times = {
    '45.4.0': '2026-09-01T00:00:00Z',
    '45.4.1': '2026-11-19T00:00:00Z',
    '46.0.0-beta.1': '2026-11-20T00:00:00Z',
  };
  const now = Date.parse('2026-11-23T00:00:00Z');
  expect(ageOf('45.4.1', times, now)).toBe('');
  expect(ageOf('45.4.0', times, now)).toContain('45.4.1 is');
  expect(ageOf('45.4.1', times, now + 60 * 86_400_000)).toContain('eight weeks');
  expect(ageOf('45.4.1', { ...times, '48.0.0': '2026-11-22T00:00:00Z' }, now)).toContain('no longer supported');
  expect(ageOf('45.4.1', null, now)).toBeNull();
});

test('SEC-03 a packaged app drops switches that open it to a debugger, and what its environment says of Electron', () => {
  const taken: string[] = [];
  const environment: Record<string, string | undefined> = {
    ELECTRON_RUN_AS_NODE: '1',
    NODE_OPTIONS: '--inspect',
    PATH: '/bin',
  };
  const app = (isPackaged: boolean) => ({
    isPackaged,
    commandLine: { removeSwitch: (name: string) => void taken.push(name) },
  });
  ignoreDebugging(app(false), environment);
  expect(taken).toEqual([]);
  ignoreDebugging(app(true), environment);
  expect(taken).toEqual(
    expect.arrayContaining(['remote-debugging-port', 'remote-debugging-pipe', 'inspect', 'inspect-brk', 'js-flags']),
  );
  expect(environment).toEqual({ PATH: '/bin' });
  // Before anything else that could act on them.
  const main = text('src-main/hosts/desktop/main.ts');
  expect(main.indexOf('ignoreDebugging(app')).toBeGreaterThan(0);
  expect(main.indexOf('ignoreDebugging(app')).toBeLessThan(main.indexOf('parseArgs({'));
  expect(text('src-main/hosts/desktop/windows.ts')).toContain('devTools: !app.isPackaged');
  expect(text('src-main/hosts/desktop/menu.ts')).toMatch(/app\.isPackaged \? \[\] : \[\{ role: 'toggleDevTools'/);
  // No build of ours reads where to find pages or program from the environment.
  expect(using(/env\.ELECTRON_|env\['ELECTRON_/)).toEqual([]);
});

test('SEC-13 no HTML from outside is rendered, and nothing is evaluated', () => {
  expect(using(/dangerouslySetInnerHTML|\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write\(/)).toEqual([]);
  expect(using(/\bsrcDoc\b|createContextualFragment|parseFromString\(/)).toEqual([]);
  // The console's own help texts, without their HTML; nothing else is read as Markdown.
  expect(using(/'markdown-to-jsx'/)).toEqual(['src-renderer/ui/help.tsx']);
  expect(text('src-renderer/ui/help.tsx')).toContain('disableParsingRawHTML: true');
  expect(using(/\beval\(|new Function\(/)).toEqual([]);
});

test('SEC-28 the keychain driver is loaded in one file', () => {
  expect(using(/(from|import\()\s*'keytar'/)).toEqual(['src-main/platform/keychain.ts']);
});

test('SEC-35 certificates are always checked, and each built-in system has a short list of hosts', () => {
  expect(
    using(/rejectUnauthorized(?!: true\b)|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|secureProtocol/),
  ).toEqual([]);
  // Whoever speaks TLS says from which version on; the system's own default may be lower.
  expect(using(/minVersion(?!: 'TLSv1\.[23]')/)).toEqual([]);
  const speaking = using(/'node:(tls|https|http2)'|buildConnector\(|nodemailer'|from 'pg'/).filter(
    (file) => !/sandbox|monkey|types/.test(file),
  );
  for (const file of speaking) expect(text(file), file).toMatch(/minVersion: 'TLSv1\.[23]'|import type/);
  expect(speaking.length).toBeGreaterThan(3);
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
  const others =
    /generativelanguage|aiplatform\.googleapis|openai\.azure|bedrock-runtime|api\.(mistral|cohere|groq|perplexity|deepseek|x|together|replicate)\.\w+|huggingface|openrouter/i;
  expect(using(others)).toEqual([]);
  for (const { manifest } of adapters) expect(JSON.stringify(manifest.hosts), manifest.id).not.toMatch(others);
});

test('SEC-41 no SQL is put together from outside text', () => {
  // Whatever is not bound stands here by its very words: identifiers and numbers of our own, and states of closed lists.
  const written = (pattern: RegExp) =>
    product.flatMap(({ file, code }) =>
      /[\\/]sandbox/.test(file)
        ? []
        : [...code.matchAll(pattern)].map(([all]) => `${file}: ${all.replace(/\s+/g, ' ')}`),
    );
  expect(written(/sql\.(raw|lit)\([^)]*\)/g).toSorted()).toEqual([
    'src-main/store/repositories/deliveries.ts: sql.lit(state)',
    'src-main/store/repositories/deliveries.ts: sql.lit(state)',
    'src-main/store/repositories/inbound-list.ts: sql.lit(state)',
    'src-main/store/repositories/review.ts: sql.lit(i + 1)',
    'src-main/store/repositories/review.ts: sql.lit(only)',
    "src-main/store/repositories/review.ts: sql.raw(likenessState('cost_line_seen')",
    "src-main/store/repositories/review.ts: sql.raw(likenessState('line')",
    'src-main/store/repositories/sending-seats.ts: sql.lit(state)',
  ]);
  const unbound = written(/\.(prepare|exec|pragma)\(\s*(`[^`]*\$\{[^`]*`|(['"])(?:(?!\3).)*\3\s*\+)/g);
  expect(unbound.map((one) => one.replaceAll('$', '')).toSorted()).toEqual([
    'src-main/store/connection.ts: .pragma(`journal_size_limit = {64 * 1024 * 1024}`',
    'src-main/store/migrate.ts: .pragma(`application_id = {applicationId}`',
    'src-main/store/migrate.ts: .pragma(`user_version = {Math.max(number, ...applied)}`',
  ]);
  // The warehouse's own schema name, checked and quoted, is the only text in its statements that is not bound.
  const inWarehouse = written(/\.query(?:<[^>]*>)?\(\s*`[^`]*`/g).flatMap((one) => [...one.matchAll(/\$\{([^}]*)\}/g)]);
  expect([...new Set(inWarehouse.map(([, name]) => name))].toSorted()).toEqual([
    "[...keys, ...columns].join(', ')",
    "key.join(', ')",
    "keys.join(', ')",
    'quoted(schema)',
    's',
    'spanned(1)',
  ]);
});

test('SEC-06 FT-90 nothing in the program looks for, fetches or starts an update, so none can come in unverified', () => {
  const updater = /autoUpdater|electron-updater|update-electron-app|quitAndInstall|checkForUpdates|app-update\.yml/;
  expect(using(updater)).toEqual([]);
  const bundled = sources('out', /\.(js|cjs|mjs)$/);
  expect(bundled.filter((file) => updater.test(readFileSync(file, 'utf8')))).toEqual([]);
  expect(Object.keys(json('package.json').dependencies).filter((name) => /updat/.test(name))).toEqual([]);
  // Without it the packager writes down where to update from when it knows of a place to publish.
  expect(text('electron-builder.yml')).toMatch(/^publish: null$/m);
  // What starts other programs: the browser that is driven or prints, and the question whether the keychain is locked.
  expect(using(/['"](node:)?child_process['"]/)).toEqual([
    'src-main/platform/pages.ts',
    'src-main/platform/secret-service.ts',
  ]);
  // What reads a file or a text as a program: undici's own parts, V8's collector, and the parts of nodemailer.
  expect(using(/createRequire|node:vm|\.dlopen\(|eval: true|import\((?!['"`.])|importScripts/).toSorted()).toEqual([
    'src-main/hosts/rest.ts',
    'src-main/platform/http.ts',
    'src-main/platform/smtp.ts',
  ]);
  // What speaks past the console's client, which knows the hosts of each system: commands and a second start, to the console.
  const elsewhere = using(/(?<![.\w])fetch\((?=['"`]|new URL|\w*(url|address)\b)/i);
  expect(elsewhere.filter((file) => !file.startsWith('src-renderer')).toSorted()).toEqual([
    'src-main/hosts/cli/console.ts',
    'src-main/hosts/owner.ts',
  ]);
  // What hands something to the operating system to open: an address of the list, and an owner's own page.
  expect(using(/\bopenPath\(|shell\.openExternal\(/).toSorted()).toEqual([
    'src-main/hosts/desktop/main.ts',
    'src-main/hosts/desktop/windows.ts',
  ]);
});

test('SEC-07 SEC-09 windows are closed in, and pages may run nothing but their own scripts', async () => {
  // One place makes windows, and these are all their rights: one more is a reason to look again.
  expect(using(/new (BrowserWindow|BrowserView|WebContentsView)\(/)).toEqual(['src-main/hosts/desktop/windows.ts']);
  const [, rights = ''] = /webPreferences: \{([^}]*)\}/.exec(text('src-main/hosts/desktop/windows.ts')) ?? [];
  expect(rights.split(/,\s*/).map((right) => right.trim())).toEqual([
    'preload: options.preload',
    'session: options.session',
    'contextIsolation: true',
    'sandbox: true',
    'nodeIntegration: false',
    'nodeIntegrationInWorker: false',
    'nodeIntegrationInSubFrames: false',
    'webSecurity: true',
    'allowRunningInsecureContent: false',
    'experimentalFeatures: false',
    'webviewTag: false',
    'navigateOnDragDrop: false',
    'spellcheck: false',
    'devTools: !app.isPackaged',
    '',
  ]);
  expect(using(/enableBlinkFeatures|@electron\/remote/)).toEqual([]);
  const { contentSecurityPolicy } = await import('../../src-main/hosts/pages.ts');
  expect(contentSecurityPolicy('N').split('; ').toSorted()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "font-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "script-src 'self'",
    "style-src 'self' 'nonce-N'",
    'trusted-types default',
  ]);
});

test('SEC-50 nothing is reported home', () => {
  expect(using(/crashReporter\.start|\bsentry\b|posthog|google-analytics|segment\.io/i)).toEqual([]);
});
