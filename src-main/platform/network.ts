import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { z } from 'zod';
import { IntegrationError, toFailure } from '../../src-shared/domain/failure.ts';
import type { Network, NetworkPlan, NetworkProbe } from '../ports/network.ts';
import type { Clock } from '../ports/runtime.ts';
import type { Redactor } from '../ports/secrets.ts';
import { certificateTrouble } from './certificates.ts';
import { writeFileAtomically } from './files.ts';
import {
  bare,
  isBypassed,
  nameOf,
  openTunnel,
  ProxySignInRefused,
  proxyOf,
  proxyTrouble,
  type WebProxy,
} from './proxy.ts';
import {
  checkedHost,
  isLoopbackHost,
  pinnedLookup,
  type Resolve,
  type ResolvedAddress,
  systemResolve,
} from './public-address.ts';

/** Within the 3 s of R18 for a connection, so that the proxy is named and not the host behind it. */
const tunnelMs = 2_500;
const probeMs = 10_000;
/** A refused name and password are asked again after this long: a directory locks who keeps trying. */
const signInAgainMs = 5 * 60_000;

const Plan = z.strictObject({
  proxy: z.enum(['none', 'system', 'address']),
  address: z.string().nullable(),
  user: z.string().nullable(),
  bypass: z.array(z.string()),
  certificates: z.string(),
});
const asUsual: NetworkPlan = { proxy: 'system', address: null, user: null, bypass: [], certificates: '' };

/** What sockets and requests ask before they open a line. */
export interface Lines {
  /** `host:port` of the proxy; null: straight. Rejects with RetryableError('proxy') when what is set names none we speak to. */
  through(host: string, port?: number): Promise<string | null>;
  /** A line through the proxy in force, to put TLS on; null: go straight. Rejects as {@link openTunnel} does. */
  tunnel(host: string, port: number): Promise<Socket | null>;
  /** From now on certificates are judged by the computer's store, Node's own list and what a person added. */
  trust(): void;
  /** The lines of before belong to the plan of before. */
  onChange(listener: () => void): void;
}

/** Straight, with the authorities of the process as they are. */
export const straight: Lines = {
  through: async () => null,
  tunnel: async () => null,
  trust: () => undefined,
  onChange: () => undefined,
};

/**
 * The way out of this computer: its proxy (FT-45, SEC-37) and whose certificates it trusts (FT-44). `planFile` lies beside
 * the data; it holds no secret. HTTPS_PROXY and NO_PROXY are read once; an address with a password in it is removed from
 * the environment (SEC-31).
 */
export function createNetwork(options: {
  readonly clock: Clock;
  readonly redactor: Pick<Redactor, 'know'>;
  readonly planFile: string;
  readonly environment: Record<string, string | undefined>;
  readonly password: { read(): Promise<string | null>; write(value: string | null): Promise<void> };
  /** The computer's own answer for an address, as Chromium words it (`PROXY host:port; DIRECT`); the desktop has it, PAC and all. */
  readonly systemProxy?: (url: string) => Promise<string>;
  readonly resolve?: Resolve;
}): Network & Lines {
  const { clock, redactor, planFile, password, systemProxy, resolve = systemResolve } = options;
  const named = environmentProxy(options.environment);
  if (named.proxy?.password) redactor.know(named.proxy.password);
  const listeners: (() => void)[] = [];
  const found = readPlan(planFile);
  let plan = found ?? asUsual;
  let readable = found !== null;
  let trusted = false;
  let refused: { readonly thrown: ProxySignInRefused; readonly until: number } | null = null;

  /** Null: straight. */
  async function proxyFor(hostname: string, port: number): Promise<WebProxy | null> {
    const host = bare(hostname);
    // Sending past a proxy that may have been set is worse than not sending.
    if (!readable && !isLoopbackHost(host)) throw proxyTrouble('the network settings of this computer cannot be read');
    if (plan.proxy === 'none' || isBypassed(host, port, plan.proxy === 'system' ? named.bypass : plan.bypass))
      return null;
    if (plan.proxy === 'address') {
      const proxy = proxyOf(plan.address ?? '');
      if (proxy === null) throw proxyTrouble('its address in the settings cannot be read');
      if (plan.user === null) return proxy;
      const secret = await password.read().catch((cause: unknown) => {
        throw proxyTrouble('its password cannot be read from the keychain', cause);
      });
      if (secret !== null) redactor.know(secret);
      return { ...proxy, user: plan.user, password: secret };
    }
    if (named.given !== null) {
      if (named.proxy === null)
        throw proxyTrouble('the one the environment names is of a kind the console does not speak');
      return named.proxy;
    }
    return systemProxy === undefined ? null : fromSystem(await systemProxy(`https://${nameOf({ host, port })}/`));
  }

  const through: Lines['through'] = async (host, port = 443) => {
    const proxy = await proxyFor(host, port);
    return proxy === null ? null : nameOf(proxy);
  };

  const tunnel: Lines['tunnel'] = async (host, port) => {
    const proxy = await proxyFor(host, port);
    if (proxy === null) return null;
    if (refused !== null && clock.monotonicMs() < refused.until) throw refused.thrown;
    const over = new AbortController();
    const done = new AbortController();
    void clock.sleep(tunnelMs, done.signal).then(() => over.abort());
    try {
      const socket = await openTunnel(proxy, host, port, over.signal);
      refused = null;
      return socket;
    } catch (thrown) {
      if (thrown instanceof ProxySignInRefused) refused = { thrown, until: clock.monotonicMs() + signInAgainMs };
      throw thrown;
    } finally {
      done.abort();
    }
  };

  function trust(): void {
    if (trusted) return;
    trusted = true;
    const known = new Set(tls.getCACertificates('default'));
    const more = [...tls.getCACertificates('system'), ...pemsOf(plan.certificates)].filter((one) => !known.has(one));
    if (more.length > 0) tls.setDefaultCACertificates([...known, ...more]);
  }

  async function probe(hostname: string): Promise<NetworkProbe> {
    const from = clock.monotonicMs();
    const host = bare(hostname);
    let by: string | null = null;
    const told = (ok: boolean, issuer: string | null, problem: string | null, hint: string | null): NetworkProbe => ({
      ok,
      through: by,
      issuer,
      ms: Math.round(clock.monotonicMs() - from),
      problem,
      remedy: hint,
    });
    try {
      trust();
      by = await through(host);
      const places = await checkedHost(host, by === null ? resolve : (name) => resolve(name).catch(() => []), {
        byProxy: by !== null,
      });
      const socket = await tunnel(host, 443);
      const { issuer, trouble } = await certificateAt(host, socket, places);
      return told(trouble === null, issuer, trouble?.message ?? null, trouble?.detail.hint ?? null);
    } catch (thrown) {
      const { message, hint } =
        thrown instanceof IntegrationError
          ? toFailure(thrown)
          : { message: `${host}: ${String(thrown)}`, hint: undefined };
      return told(false, null, message, hint ?? null);
    }
  }

  return {
    plan: () => plan,
    async change(next, secret) {
      if (secret !== undefined) {
        if (secret !== null) redactor.know(secret);
        await password.write(secret);
      }
      await writeFileAtomically(planFile, Buffer.from(JSON.stringify(Plan.parse(next))));
      const less = plan.certificates !== '' && plan.certificates !== next.certificates;
      plan = next;
      readable = true;
      refused = null;
      // What is trusted no longer must go; `default` is what was set last.
      if (less) tls.setDefaultCACertificates([...tls.getCACertificates('bundled'), ...tls.getCACertificates('extra')]);
      if (trusted) {
        trusted = false;
        trust();
      }
      for (const listener of listeners) listener();
    },
    through,
    tunnel,
    trust,
    probe,
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

/** The certificates of a PEM text, one by one. */
export const pemsOf = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

/** Null: it is there, and nobody can read it. */
function readPlan(file: string): NetworkPlan | null {
  try {
    return Plan.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? asUsual : null;
  }
}

interface Named {
  readonly given: string | null;
  readonly proxy: WebProxy | null;
  readonly bypass: readonly string[];
}

function environmentProxy(environment: Record<string, string | undefined>): Named {
  const read = (...names: string[]) =>
    names.flatMap((name) => [name.toLowerCase(), name]).find((name) => (environment[name] ?? '') !== '') ?? null;
  const name = read('HTTPS_PROXY', 'ALL_PROXY');
  const given = name === null ? null : (environment[name] ?? null);
  const proxy = given === null ? null : proxyOf(given);
  if (proxy?.password) {
    for (const [key, value] of Object.entries(environment)) if (value === given) delete environment[key];
  }
  const list = environment[read('NO_PROXY') ?? ''] ?? '';
  return { given, proxy, bypass: list.split(/[\s,]+/).filter((rule) => rule !== '') };
}

/** Chromium's answer: the first way of the list. `DIRECT`, `PROXY host:port`, `HTTPS host:port`; SOCKS is not spoken. */
function fromSystem(answer: string): WebProxy | null {
  const [kind = '', place = ''] = (answer.split(';')[0] ?? '').trim().split(/\s+/);
  if (kind === 'DIRECT' || kind === '') return null;
  const proxy =
    kind === 'PROXY' || kind === 'HTTPS' ? proxyOf(`${kind === 'HTTPS' ? 'https' : 'http'}://${place}`) : null;
  if (proxy === null)
    throw proxyTrouble(`the one this computer names (${kind}) is of a kind the console does not speak`);
  return proxy;
}

/** Who vouches for a host, judged as sending would judge it. */
function certificateAt(
  host: string,
  socket: Socket | null,
  places: readonly ResolvedAddress[],
): Promise<{ readonly issuer: string | null; readonly trouble: IntegrationError | null }> {
  return new Promise((resolve, reject) => {
    const line = tls.connect({
      ...(socket === null ? { host, port: 443, lookup: pinnedLookup(places) } : { socket }),
      ...(isIP(host) ? {} : { servername: host }),
      minVersion: 'TLSv1.2',
      timeout: probeMs,
    });
    let issuer: string | null = null;
    // Said before it is judged; a refused one is named as well.
    line.once('secureConnect', () => {
      const raw = line.getPeerX509Certificate();
      issuer = raw === undefined ? null : issuerOf(raw);
      line.destroy();
      resolve({ issuer, trouble: null });
    });
    line.once('timeout', () => line.destroy(new Error('no answer in time')));
    line.once('error', (cause: NodeJS.ErrnoException) => {
      const trouble = certificateTrouble(host, cause);
      if (trouble === null) reject(new Error(cause.message));
      else resolve({ issuer, trouble });
    });
  });
}

const issuerOf = (certificate: X509Certificate) => certificate.issuer.split('\n').at(-1) ?? certificate.issuer;
