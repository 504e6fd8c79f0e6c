import { BlockList, isIP, type LookupFunction } from 'node:net';
import { NeedsAttentionError, RetryableError } from '../../src-shared/domain/failure.ts';
import { systemNames } from './names.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** IPv4 that is nobody's public server: private, loopback, link-local, CGNAT, documentation, benchmarks, multicast, reserved. */
const refusedV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** IPv6 is refused unless global unicast (2000::/3), and these parts of that range are refused too. */
const refusedV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

/** Names that are nobody's public server; a proxy would look them up inside. */
const insideOnly = /\.(localhost|local|internal|intranet|lan|corp|home|home\.arpa|private)\.?$/i;

const refused = new BlockList();
for (const [net, bits] of refusedV4) refused.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of refusedV6) refused.addSubnet(net, bits, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/**
 * True when a connection to this literal leaves for the public internet. IPv4 inside IPv6 (mapped, compatible, NAT64,
 * 6to4, Teredo) is outside 2000::/3 or in its refused parts, so every such form is refused whatever it carries.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refused.check(address, 'ipv4');
  if (family === 6 && !address.includes('%')) {
    return globalUnicast.check(address, 'ipv6') && !refused.check(address, 'ipv6');
  }
  return false;
}

/** True for `localhost`, 127.0.0.0/8 and ::1, as a URL's hostname spells them. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** A look-up that knows these addresses alone, for a name that was checked. */
export function pinnedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (host, { all }, done) => {
    const [first] = addresses;
    if (all) done(null, [...addresses]);
    else if (first === undefined) done(new Error(`${host} has no address`), '');
    else done(null, first.address, first.family);
  };
}

/** Asked anew each time: where a name leads is judged at every attempt. */
export const systemResolve: Resolve = (host) => systemNames.ask(host);

/**
 * SEC-36 for one attempt at a user-supplied address: https, no user info, port 443 or 8443, and every address the name
 * resolves to is public. Returns the addresses to connect to, so a second look-up cannot answer differently.
 * `byProxy`: the proxy looks the name up (SEC-37); one this machine cannot resolve is left to it, one it can is still judged.
 * Throws NeedsAttentionError('misconfigured') when refused, RetryableError('network') when the name is not found.
 */
export async function checkedAddress(
  url: URL,
  resolve: Resolve,
  { byProxy = false }: { readonly byProxy?: boolean } = {},
): Promise<readonly ResolvedAddress[]> {
  if (url.protocol !== 'https:') throw refusal(`${url.host} must be reached by https`);
  if (url.username !== '' || url.password !== '') throw refusal('An address may not carry a user name or password');
  if (!['', '443', '8443'].includes(url.port)) throw refusal(`Port ${url.port} is not one of 443 and 8443`);

  return checkedHost(
    url.hostname.replace(/^\[|\]$/g, ''),
    byProxy ? (host) => resolve(host).catch(() => []) : resolve,
    {
      byProxy,
    },
  );
}

/** The part of {@link checkedAddress} that is about where a name leads; for protocols other than https. Same errors. */
export async function checkedHost(
  host: string,
  resolve: Resolve,
  { byProxy = false }: { readonly byProxy?: boolean } = {},
): Promise<readonly ResolvedAddress[]> {
  const family = isIP(host);
  const found =
    family === 0 ? await resolved(host, resolve) : [{ address: host, family: family === 6 ? 6 : 4 } as const];
  if (found.length === 0 && !byProxy) throw new RetryableError('network', `${host} has no address`);
  // One private answer among public ones is how a rebinding attack looks. `localhost` is never somebody else's name.
  const unjudged = found.length === 0 && (!host.includes('.') || insideOnly.test(host));
  if (unjudged || isLoopbackHost(host) || !found.every(({ address }) => isPublicAddress(address))) {
    throw refusal(`${host} leads into a private or reserved network`);
  }
  return found;
}

async function resolved(host: string, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  try {
    return await resolve(host);
  } catch (cause) {
    throw new RetryableError('network', `${host} was not found`, { cause });
  }
}

function refusal(message: string): NeedsAttentionError {
  return new NeedsAttentionError('misconfigured', message, {
    hint: 'Enter a public address, or have an administrator allow this internal host',
  });
}
