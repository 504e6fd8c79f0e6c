import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NeedsAttentionError } from '../../src-shared/domain/failure.ts';
import type { Clock } from '../ports/runtime.ts';
import {
  type Entropy,
  type SecretAddress,
  type SecretStore,
  type SecretStoreState,
  SecretsNotReady,
} from '../ports/secrets.ts';
import { writeFileAtomically } from './files.ts';
import { lockedByService, type ServiceLock } from './secret-service.ts';

/** What is used of keytar; tests hand in doubles that fail. */
export interface KeychainDriver {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, value: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
  findCredentials(service: string): Promise<readonly { account: string; password: string }[]>;
}

/** Fingerprint of the canary planted in the keychain, kept outside it; it betrays nothing. */
export interface CanaryMark {
  read(): Promise<string | null>;
  write(fingerprint: string): Promise<void>;
}

/** The mark as a small file of the data folder. */
export function canaryMark(file: string): CanaryMark {
  return {
    read: () =>
      readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
        if (thrown.code === 'ENOENT') return null;
        throw thrown;
      }),
    write: (fingerprint) => writeFileAtomically(file, Buffer.from(fingerprint)),
  };
}

const root = 'wedsync-ops';
const canary = { service: root, account: 'canary' };
const answerMs = 10_000;
/** A state seen this lately is believed by reads; asking costs a call to another process. */
const believedMs = 30_000;
/** After a prompt was turned away: who asks for the state at every round opens no new one meanwhile. */
const refusedMs = 60_000;
/** Windows keeps at most 2,560 bytes in one entry. */
const windowsEntryBytes = 2_400;
const partsHead = 'wedsync-parts:';

/** Loads the native driver; null when it cannot be loaded here. The only place that names it. */
export async function loadKeytar(): Promise<KeychainDriver | null> {
  try {
    const { default: keytar } = await import('keytar');
    return keytar;
  } catch {
    return null;
  }
}

/**
 * The operating system's keychain (X4). Calls go one after another and are given ten seconds; while one hangs (a prompt
 * is open) no other is started, so a locked keychain asks once and never in a loop. Nothing is kept in plaintext anywhere.
 */
export function createKeychain(options: {
  readonly driver: KeychainDriver | null;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly mark: CanaryMark;
  readonly platform: NodeJS.Platform;
  /** Whether this process runs in a person's session at all (desktop or D-Bus); false: headless. */
  readonly session: boolean;
  /** Asks the service itself, without a prompt; Linux only. */
  readonly serviceLock?: () => Promise<ServiceLock>;
}): SecretStore & Required<Pick<SecretStore, 'acceptChanged'>> {
  const { driver, clock, entropy, mark, platform, session } = options;
  const serviceLock = options.serviceLock ?? (platform === 'linux' ? lockedByService : async () => 'unknown' as const);
  const entryBytes = platform === 'win32' ? windowsEntryBytes : Number.POSITIVE_INFINITY;
  let queue: Promise<unknown> = Promise.resolve();
  let hanging = false;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let seen: { readonly state: SecretStoreState; readonly at: number } | null = null;

  /** Runs one driver call. Rejects with the driver's error, or with `KeychainSilent` after ten seconds. */
  function call<T>(work: (driver: KeychainDriver) => Promise<T>): Promise<T> {
    const turn = queue.then(async () => {
      if (driver === null) throw new Error('no driver');
      if (hanging) throw new KeychainSilent();
      const running = work(driver);
      const over = new AbortController();
      const silent = clock.sleep(answerMs, over.signal).then(() => {
        if (!over.signal.aborted) throw new KeychainSilent();
      });
      try {
        return (await Promise.race([running, silent])) as T;
      } catch (thrown) {
        if (thrown instanceof KeychainSilent) {
          hanging = true;
          void running
            .catch(() => undefined)
            .then(() => {
              hanging = false;
            });
        }
        throw thrown;
      } finally {
        over.abort();
      }
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function look(): Promise<SecretStoreState> {
    if (driver === null) return session ? 'missing' : 'headless';
    if (!session) return 'headless';
    const lock = await serviceLock();
    if (lock === 'locked' || lock === 'missing') return lock;
    if (lock === 'unknown' && clock.monotonicMs() - refusedAt < refusedMs) return 'locked';
    try {
      const expected = await mark.read();
      const found = await call((keychain) => keychain.getPassword(canary.service, canary.account));
      if (expected === null) return await plant();
      return found !== null && fingerprint(found) === expected ? 'ready' : 'changed';
    } catch (thrown) {
      const state = stateOfError(thrown);
      if (state === 'locked' && !(thrown instanceof KeychainSilent)) refusedAt = clock.monotonicMs();
      return state;
    }
  }

  /** First use on this machine: the mark is written last, so a kill in between plants again. */
  async function plant(): Promise<SecretStoreState> {
    const value = entropy.text(32);
    await call((keychain) => keychain.setPassword(canary.service, canary.account, value));
    const found = await call((keychain) => keychain.getPassword(canary.service, canary.account));
    if (found !== value) return 'missing';
    await mark.write(fingerprint(value));
    return 'ready';
  }

  async function state(): Promise<SecretStoreState> {
    const now = await look();
    seen = { state: now, at: clock.monotonicMs() };
    return now;
  }

  async function ready(): Promise<void> {
    const believed = seen !== null && seen.state === 'ready' && clock.monotonicMs() - seen.at < believedMs;
    const now = believed ? 'ready' : await state();
    if (now !== 'ready') throw notReady(now);
  }

  /** A driver call for a secret; any trouble becomes the store's state. */
  async function secretCall<T>(work: (driver: KeychainDriver) => Promise<T>): Promise<T> {
    await ready();
    try {
      return await call(work);
    } catch (thrown) {
      seen = null;
      throw notReady(stateOfError(thrown));
    }
  }

  async function readEntry(service: string, account: string): Promise<string | null> {
    const found = await secretCall((keychain) => keychain.getPassword(service, account));
    // A locked keychain answers "nothing" too: only a service seen ready just now may say that a secret does not exist.
    if (found === null && (await state()) !== 'ready') throw notReady(seen?.state ?? 'missing');
    return found;
  }

  return {
    durability: 'os-keychain',
    state,

    async read(address) {
      const { service, account } = placeOf(address);
      const head = await readEntry(service, account);
      const parts = partsOf(head);
      if (parts === null) return head;
      const texts: string[] = [];
      for (let index = 0; index < parts.count; index++) {
        texts.push((await readEntry(service, `${account}#${parts.generation}.${index}`)) ?? '');
      }
      const value = texts.join('');
      if (fingerprint(value) !== parts.check) {
        throw new NeedsAttentionError('auth', `${address.system}/${address.name} is damaged in the keychain`, {
          hint: 'Enter it again or reconnect',
          scope: 'connection',
        });
      }
      return value;
    },

    async write(address, value) {
      const { service, account } = placeOf(address);
      const before = partsOf(await readEntry(service, account));
      if (Buffer.byteLength(value) <= entryBytes) {
        await secretCall((keychain) => keychain.setPassword(service, account, value));
      } else {
        // New parts first, then the head that names them: a kill in between leaves the old value whole.
        const generation = entropy.text(6);
        const parts = pieces(value, entryBytes);
        for (const [index, part] of parts.entries()) {
          await secretCall((keychain) => keychain.setPassword(service, `${account}#${generation}.${index}`, part));
        }
        const head = `${partsHead}${generation}:${parts.length}:${fingerprint(value)}`;
        await secretCall((keychain) => keychain.setPassword(service, account, head));
      }
      await forgetParts(service, account, before);
    },

    async forget(address) {
      const { service, account } = placeOf(address);
      const before = partsOf(await readEntry(service, account));
      await secretCall((keychain) => keychain.deletePassword(service, account));
      await forgetParts(service, account, before);
    },

    async list(organisationId) {
      const found = await secretCall((keychain) => keychain.findCredentials(`${root}/${organisationId}`));
      return found
        .map(({ account }) => account)
        .filter((account) => !account.includes('#'))
        .map((account) => {
          const [system = '', ...name] = account.split('/');
          return { organisationId, system, name: name.join('/') };
        });
    },

    async acceptChanged() {
      if ((await state()) !== 'changed') return;
      const now = await plant().catch(stateOfError);
      seen = { state: now, at: clock.monotonicMs() };
      if (now !== 'ready') throw notReady(now);
    },
  };

  async function forgetParts(service: string, account: string, parts: ReturnType<typeof partsOf>): Promise<void> {
    for (let index = 0; index < (parts?.count ?? 0); index++) {
      await secretCall((keychain) => keychain.deletePassword(service, `${account}#${parts?.generation}.${index}`));
    }
  }
}

class KeychainSilent extends Error {}

/** `wedsync-ops/<org>/<system>/<name>`, split where the platforms split it. */
function placeOf({ organisationId, system, name }: SecretAddress): { service: string; account: string } {
  return { service: `${root}/${organisationId}`, account: `${system}/${name}` };
}

function partsOf(head: string | null): { generation: string; count: number; check: string } | null {
  if (!head?.startsWith(partsHead)) return null;
  const [generation = '', count = '', check = ''] = head.slice(partsHead.length).split(':');
  return { generation, count: Number(count), check };
}

/** Cuts between characters, never inside one. */
function pieces(value: string, bytes: number): string[] {
  const out: string[] = [];
  let piece = '';
  let size = 0;
  for (const character of value) {
    const length = Buffer.byteLength(character);
    if (size + length > bytes) {
      out.push(piece);
      piece = '';
      size = 0;
    }
    piece += character;
    size += length;
  }
  return [...out, piece];
}

function fingerprint(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}

/** The platforms' own words; whatever is not about a missing service is a door somebody must open. */
function stateOfError(thrown: unknown): SecretStoreState {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const absent =
    /ServiceUnknown|not provided by any|autolaunch|could not connect|no such file|no driver|spawn|not activatable/i;
  return absent.test(text) ? 'missing' : 'locked';
}

const wayOut: Readonly<Record<Exclude<SecretStoreState, 'ready'>, readonly [string, string]>> = {
  locked: [
    'The keychain is locked',
    'Unlock the keychain, or restart its service if it does not answer; work goes on by itself',
  ],
  changed: [
    'This is not the keychain the console used before',
    'Sign in to this computer as the same user as before; or use this one (Settings, Diagnostics) and connect the systems again',
  ],
  missing: ['This machine has no keychain service', 'Install and start one (on Linux: gnome-keyring or KWallet)'],
  headless: ['Nobody is signed in to a session with a keychain', 'Give the agent its secrets through its environment'],
};

function notReady(state: SecretStoreState): SecretsNotReady {
  const [message, hint] = wayOut[state === 'ready' ? 'locked' : state];
  return new SecretsNotReady('auth', message, { hint, scope: 'connection' });
}
