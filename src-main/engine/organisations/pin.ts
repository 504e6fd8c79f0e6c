import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** About 80 ms and 32 MiB on a laptop: slow enough for a stolen database, fast enough for a person (SEC-33). */
const cost = { N: 2 ** 15, r: 8, p: 1 };
const bytes = 32;

/** After this many wrong tries each further one is preceded by a wait that doubles up to 15 minutes. */
const freeTries = 5;
const firstWaitMs = 30_000;
const longestWaitMs = 15 * 60_000;

/** `scrypt$N$r$p$salt$hash`; the numbers travel with the hash, so they can be raised later. */
export async function hashPin(pin: string, salt: string): Promise<string> {
  const hash = await derived(pin, salt, cost);
  return `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt}$${hash.toString('base64url')}`;
}

/** Constant time in the comparison; false for a hash of unknown shape. */
export async function pinMatches(pin: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt, expected] = stored.split('$');
  if (scheme !== 'scrypt' || salt === undefined || expected === undefined) return false;
  const hash = await derived(pin, salt, { N: Number(N), r: Number(r), p: Number(p) });
  const wanted = Buffer.from(expected, 'base64url');
  return wanted.length === hash.length && timingSafeEqual(wanted, hash);
}

/** How long no further try is taken, in ms, once `failures` wrong ones were made in a row. */
export function waitAfter(failures: number): number {
  return failures < freeTries ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - freeTries, 10));
}

function derived(pin: string, salt: string, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null, key: Buffer) => (error ? reject(error) : resolve(key));
    scrypt(pin, Buffer.from(salt, 'base64url'), bytes, { ...options, maxmem: 128 * 1024 * 1024 }, settle);
  });
}
