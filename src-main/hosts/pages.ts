import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
};

/** Stands in the built page where this load's nonce goes; `electron.vite.config.ts` puts it there. */
export const NONCE_MARK = '__CSP_NONCE__';

/**
 * SEC-09. Style elements need the nonce (the component library writes its colour tokens into one); scripts never are
 * inline. Trusted Types stop every HTML string from reaching the page unless the page's one policy lets it.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}

/** SEC-23; for pages and API answers alike. */
export const answerHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

export interface Page {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Pages {
  /** The answer for a URL path, or null. Only files found at start exist (SEC-08); one that has gone since does not. */
  get(path: string): Promise<Page | null>;
}

/**
 * Lists the built pages once; each is read when it is asked for, since together they would hold 7 MB of an agent that nobody
 * looks at. An address without a file ending is a place inside the console and gets its one page.
 */
export async function loadPages(folder: string): Promise<Pages> {
  const files = new Map<string, string>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !(extname(entry.name) in types)) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).split(sep).join('/')}`, path);
  }
  return {
    async get(path) {
      const name = extname(path) === '' ? '/index.html' : path;
      const file = files.get(name);
      const type = types[extname(name)];
      const bytes = file && type ? await readFile(file).catch(() => null) : null;
      if (bytes === null || !type) return null;
      const nonce = randomBytes(18).toString('base64');
      const body = name.endsWith('.html') ? Buffer.from(bytes.toString('utf8').replaceAll(NONCE_MARK, nonce)) : bytes;
      return {
        body,
        headers: { ...answerHeaders, 'content-type': type, 'content-security-policy': contentSecurityPolicy(nonce) },
      };
    },
  };
}
