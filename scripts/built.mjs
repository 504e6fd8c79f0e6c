// Whether what was built is newer than everything it was built from.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = ['src-main', 'src-renderer', 'src-shared', 'resources', 'electron.vite.config.ts', 'package-lock.json'];

function newest(path) {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** `files`: of `out/`; one that is missing is not up to date. */
export function isUpToDate(...files) {
  const builtAt = files.map((file) => {
    const path = join(root, 'out', file);
    return existsSync(path) ? statSync(path).mtimeMs : 0;
  });
  const from = Math.min(...builtAt);
  return from > 0 && sources.every((source) => !existsSync(join(root, source)) || newest(join(root, source)) <= from);
}
