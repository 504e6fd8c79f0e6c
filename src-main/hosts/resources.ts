import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };

/** From source this file is `src-main/hosts/…`, bundled it is `out/main/…`: the same depth under the project folder. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Icons, help pages, the practice weekend. */
export const resourcesFolder = `${root}resources`;

/** The built pages. */
export const pagesFolder = `${root}out/renderer`;

/** The sandboxed preload; only there after a build. */
export const preloadFile = `${root}out/preload/index.cjs`;

/** True when the pages have been built. */
export const hasPages = () => existsSync(`${pagesFolder}/index.html`);

/** Build version, shown on screen. */
export const version: string = manifest.version;
