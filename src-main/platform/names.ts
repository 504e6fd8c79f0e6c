import { lookup as askSystem } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../ports/runtime.ts';
import type { ResolvedAddress } from './public-address.ts';
import { systemClock } from './runtime.ts';

/** Of the four threads that also read and flush files. */
const AT_ONCE = 2;
/** So long may a connection take: who waited longer for a thread has been given up. */
const WAITS_MS = 3_000;
/** Who was found before need not wait any longer for a name service that is silent. */
const PATIENCE_MS = 500;
const KNOWN_MS = 24 * 3_600_000;

export interface Names {
  /** Asks the system; rejects with its error, or when no thread was free in time. */
  ask(host: string): Promise<readonly ResolvedAddress[]>;
  /** The same for a connection: where a name led within the last day it leads still while nobody answers. */
  readonly lookup: LookupFunction;
}

/**
 * Names by the system's own look-up, which keeps one of the process's few threads until it has an answer: with a name service
 * that is deaf that takes many seconds, and whoever needs a thread waits. So a name is asked for once at a time and few names
 * at once, and one that does not answer holds up neither files nor the systems whose names are known (FT-36).
 */
export function createNames({
  clock,
  system = (host) => askSystem(host, { all: true, verbatim: true }),
}: {
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly system?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
}): Names {
  const flights = new Map<string, Promise<readonly ResolvedAddress[]>>();
  const known = new Map<string, { readonly addresses: readonly ResolvedAddress[]; readonly at: number }>();
  const waiting: (() => void)[] = [];
  let busy = 0;

  async function asked(host: string): Promise<readonly ResolvedAddress[]> {
    const since = clock.monotonicMs();
    // Whoever ends hands its place on.
    if (busy >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
    else busy += 1;
    try {
      if (clock.monotonicMs() - since > WAITS_MS) throw new NamesSilent(host);
      const found = await system(host);
      const addresses = found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }) as const);
      known.set(host, { addresses, at: clock.monotonicMs() });
      return addresses;
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  }

  function ask(host: string): Promise<readonly ResolvedAddress[]> {
    const flight = flights.get(host) ?? asked(host).finally(() => flights.delete(host));
    flights.set(host, flight);
    return flight;
  }

  async function find(host: string): Promise<readonly ResolvedAddress[]> {
    const before = known.get(host);
    const flight = ask(host);
    if (!before || clock.monotonicMs() - before.at > KNOWN_MS) return flight;
    const over = new AbortController();
    try {
      return await Promise.race([flight, clock.sleep(PATIENCE_MS, over.signal).then(() => before.addresses)]);
    } catch (thrown) {
      if (isSilence(thrown)) return before.addresses;
      throw thrown;
    } finally {
      over.abort();
    }
  }

  return {
    ask,
    lookup(host, { all, family }, done) {
      find(host).then(
        (found) => {
          const wanted = family === 4 || family === 6 ? found.filter((one) => one.family === family) : found;
          const [first] = wanted;
          if (first === undefined) done(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '');
          else if (all) done(null, [...wanted]);
          else done(null, first.address, first.family);
        },
        (thrown: NodeJS.ErrnoException) => done(thrown, ''),
      );
    },
  };
}

class NamesSilent extends Error {
  readonly code = 'EAI_AGAIN';
  constructor(host: string) {
    super(`getaddrinfo EAI_AGAIN ${host}: the name service does not answer`);
  }
}

/** No answer, rather than the answer that there is no such name. */
const isSilence = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'EAI_AGAIN' || thrown.code === 'ETIMEOUT');

/** Those of this process: its threads are shared by all who ask. */
export const systemNames = createNames({ clock: systemClock });
