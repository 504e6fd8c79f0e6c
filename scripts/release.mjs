// The gate before a release: `npm run release:check`. Writes `dist/bill-of-materials.cdx.json` (CycloneDX) and `dist/licences.txt`
// from the lock file, and looks whether anything in it stands against releasing. Exit status 0: nothing does; 1: something
// does; 3: something could not be looked at here, and what.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
/** Others need a person's look before they are shipped. */
const usual =
  /^(MIT(-0)?|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|Unlicense|CC0-1\.0|Zlib|WTFPL|BlueOak-1\.0\.0|MPL-2\.0)$/;
/** Packages whose licence stands in their file, looked at by a person: name@version and what was found. */
const lookedAt = { 'png-js@1.1.0': 'MIT' };
const eightWeeksMs = 8 * 7 * 86_400_000;

/** npm's own words, without its warnings; null: npm could not say. */
function npm(...words) {
  const name = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(name, [...words, '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
    shell: process.platform === 'win32',
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    return JSON.parse(done.stdout);
  } catch {
    return null;
  }
}

/** What is shipped, as CycloneDX: from the lock file alone, so it can be made without a network. */
export function billOfMaterials() {
  const bom = npm('sbom', '--sbom-format', 'cyclonedx', '--package-lock-only');
  if (bom === null) throw new Error('npm made no bill of materials; it needs npm 10 or newer');
  // npm's own `--omit dev` leaves out what is shipped and needed by a tool as well.
  const shipped = new Set(
    Object.entries(json('package-lock.json').packages)
      .filter(([path, { dev, link }]) => path !== '' && !dev && !link)
      .map(([path, { name, version }]) => `${name ?? path.split('node_modules/').at(-1)}@${version}`),
  );
  bom.components = bom.components.filter(({ name, version }) => shipped.has(`${name}@${version}`));
  const kept = new Set([bom.metadata.component['bom-ref'], ...bom.components.map((part) => part['bom-ref'])]);
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
  // npm names it after the folder it happens to lie in.
  bom.metadata.component.name = json('package.json').name;
  const native = nativeModules(bom);
  for (const part of bom.components) {
    if (native.includes(part.name))
      part.properties = [...(part.properties ?? []), { name: 'wedsync:native', value: 'true' }];
  }
  return bom;
}

/** Shipped packages that bring machine code: built here or brought along. */
export function nativeModules(bom) {
  return bom.components
    .map(({ name }) => name)
    .filter((name) => existsSync(join(root, 'node_modules', name)))
    .filter((name) => {
      const folder = join(root, 'node_modules', name);
      return existsSync(join(folder, 'binding.gyp')) || holdsNode(folder);
    })
    .toSorted();
}

function holdsNode(folder, depth = 0) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) =>
    entry.isDirectory()
      ? depth < 3 && entry.name !== 'node_modules' && holdsNode(join(folder, entry.name), depth + 1)
      : entry.name.endsWith('.node'),
  );
}

/** `name@version` and its licence as SPDX words; what a package does not say is `not said`. */
export const licences = (bom) =>
  bom.components.map(({ name, version, licenses = [] }) => {
    const part = `${name}@${version}`;
    const said = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name).join(' AND ');
    return { part, licence: said || lookedAt[part] || 'not said' };
  });

/** Of `A OR B` one must be usual, of `A AND B` all. */
export const isUsual = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(' AND ')
    .every((all) => all.split(' OR ').some((one) => usual.test(one.trim())));

/** Packages the lock file names without a hash, of what is shipped. */
export const withoutHash = (lock) =>
  Object.entries(lock.packages)
    .filter(([path, { integrity, link, dev }]) => path !== '' && !link && !dev && integrity === undefined)
    .map(([path]) => path);

/** What `npm audit` found at moderate or worse; null: its answer is no answer. */
export function advisories(answer) {
  if (typeof answer?.vulnerabilities !== 'object' || answer.vulnerabilities === null) return null;
  return Object.values(answer.vulnerabilities)
    .filter(({ severity }) => ['moderate', 'high', 'critical'].includes(severity))
    .map(({ name, severity }) => `${name} (${severity})`);
}

/** Whether a version is the newest patch of its line and not older than eight weeks; `times`: version to date. */
export function ageOf(version, times, now) {
  const major = version.split('.')[0];
  const stable = Object.keys(times ?? {}).filter((one) => /^\d+\.\d+\.\d+$/.test(one));
  if (!stable.includes(version)) return null;
  const newest = stable
    .filter((one) => one.split('.')[0] === major)
    .toSorted((a, b) => Date.parse(times[a]) - Date.parse(times[b]))
    .at(-1);
  const supported = Math.max(...stable.map((one) => Number(one.split('.')[0]))) - 2;
  if (Number(major) < supported) return `Electron ${version} is of a line that is no longer supported`;
  if (newest !== version) return `Electron ${version} is not the newest of its line: ${newest} is`;
  if (now - Date.parse(times[version]) > eightWeeksMs) return `Electron ${version} is older than eight weeks`;
  return '';
}

/** Looks at everything, says it line by line and gives the exit status. */
function gate() {
  const against = [];
  const unknown = [];
  const say = (line) => process.stdout.write(`${line}\n`);
  const bom = billOfMaterials();
  const all = licences(bom);
  const native = nativeModules(bom);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'dist', 'bill-of-materials.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
  writeFileSync(
    join(root, 'dist', 'licences.txt'),
    `${all.map(({ part, licence }) => `${part}\t${licence}`).join('\n')}\n`,
  );
  say(`dist/bill-of-materials.cdx.json: ${bom.components.length} packages; native: ${native.join(', ')}`);

  const unusual = all.filter(({ licence }) => !isUsual(licence));
  say(`dist/licences.txt: ${unusual.length === 0 ? 'all usual' : `${unusual.length} to be looked at`}`);
  for (const { part, licence } of unusual) against.push(`the licence of ${part} is ${licence}`);
  for (const path of withoutHash(json('package-lock.json'))) against.push(`${path} is locked without a hash`);

  const found = advisories(npm('audit', '--omit=dev', '--json'));
  if (found === null) unknown.push('known advisories: no registry that has them answers from here');
  else against.push(...found.map((one) => `a known advisory: ${one}`));

  const { electron } = json('package.json').devDependencies;
  const age = ageOf(electron, npm('view', 'electron', 'time', '--json'), Date.now());
  if (age === null) unknown.push('the age of Electron: the registry does not answer from here');
  else if (age !== '') against.push(age);
  else say(`Electron ${electron}: the newest of its line, younger than eight weeks`);

  for (const line of against) say(`AGAINST: ${line}`);
  for (const line of unknown) say(`NOT LOOKED AT: ${line}`);
  return against.length > 0 ? 1 : unknown.length > 0 ? 3 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = gate();
