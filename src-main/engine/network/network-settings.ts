import { X509Certificate } from 'node:crypto';
import type { NetworkProbe, NetworkView } from '../../../src-shared/contract/network.ts';
import type { Network, NetworkPlan } from '../../ports/network.ts';
import type { Clock } from '../../ports/runtime.ts';
import { type SecretStore, SecretsNotReady } from '../../ports/secrets.ts';
import type { Store } from '../../ports/store.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { refused } from '../problem.ts';

/** Where the proxy's password lies in the secret store. */
export const proxyPassword = { organisationId: 'system', system: 'network', name: 'proxy-password' };
/** Stands for any host on the internet where the question is which way is taken. */
const anyHost = 'api.xero.com';

/** Left out: stays. */
interface Wish {
  readonly proxy?: NetworkPlan['proxy'] | undefined;
  readonly address?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly bypass?: readonly string[] | undefined;
  readonly certificates?: string | undefined;
}

export type NetworkSettings = ReturnType<typeof createNetworkSettings>;

/** The proxy and the certificates of this computer, seen and changed by an administrator (FT-44, FT-45). */
export function createNetworkSettings(deps: {
  readonly network: Network;
  readonly secrets: SecretStore;
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: AppendAudit;
  readonly organisations: Pick<Organisations, 'requireRole'>;
}) {
  const { network, secrets, store, audit, clock } = deps;

  const kept = () => secrets.read(proxyPassword).catch(() => null);

  async function view(): Promise<NetworkView> {
    const { proxy, address, user, bypass, certificates } = network.plan();
    let problem: string | null = null;
    const through = await network.through(anyHost).catch((thrown: unknown) => {
      problem = thrown instanceof Error ? thrown.message : String(thrown);
      return null;
    });
    return {
      proxy,
      address: address ?? '',
      user: user ?? '',
      passwordPresent: user !== null && (await kept()) !== null,
      bypass: [...bypass],
      certificates: read(certificates).map((one) => ({
        subject: oneLine(one.subject),
        issuer: oneLine(one.issuer),
        expiresAt: one.validToDate.toISOString(),
        expired: one.validToDate.getTime() < clock.now(),
      })),
      through,
      problem,
    };
  }

  async function save(organisationId: string, wish: Wish, by: Asker): Promise<NetworkView> {
    await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
    const before = network.plan();
    const proxy = wish.proxy ?? before.proxy;
    const address = wish.address ?? before.address ?? '';
    const user = wish.user ?? before.user ?? '';
    if (proxy === 'address' && !isProxyAddress(address)) {
      throw refused({
        happened: address === '' ? 'The address of the proxy is missing.' : 'This is not the address of a proxy.',
        means: 'Nothing was changed.',
        remedy: 'Enter it as http://proxy.example:3128, without name and password. SOCKS is not spoken.',
      });
    }
    const certificates = wish.certificates === undefined ? before.certificates : wish.certificates.trim();
    for (const one of readOrRefuse(certificates)) if (!one.ca) throw notAnAuthority(one);
    const plan: NetworkPlan = {
      proxy,
      address: proxy === 'address' ? address : null,
      user: proxy === 'address' && user !== '' ? user : null,
      bypass: (wish.bypass ?? before.bypass).map((rule) => rule.trim()).filter((rule) => rule !== ''),
      certificates,
    };
    // A password belongs to its name: without one nobody could say where it goes.
    const password = plan.user === null ? (before.user === null ? undefined : null) : wish.password;
    await network.change(plan, password === '' ? null : password).catch((thrown: unknown) => {
      if (!(thrown instanceof SecretsNotReady)) throw thrown;
      throw refused({
        happened: 'The password cannot be kept: the keychain is not ready.',
        means: 'Nothing was changed.',
        remedy: 'Unlock the keychain, or give the proxy in HTTPS_PROXY where the console is started.',
      });
    });
    await store.transaction((tx) =>
      audit(tx, {
        organisationId,
        actor: by.personId === null ? 'system' : `person:${by.personId}`,
        channel: by.channel,
        correlationId: by.correlationId,
        action: 'network.changed',
        object: 'console:network',
        before: told(before),
        after: { ...told(plan), newPassword: wish.password !== undefined },
      }),
    );
    return view();
  }

  return {
    view,
    save,
    async probe(organisationId: string, host: string, by: Asker): Promise<NetworkProbe> {
      await deps.organisations.requireRole(organisationId, by.personId, ['admin']);
      return { host, ...(await network.probe(host)) };
    },
  };
}

function told({ certificates, ...plan }: NetworkPlan) {
  return { ...plan, bypass: [...plan.bypass], certificates: read(certificates).map((one) => oneLine(one.subject)) };
}

function isProxyAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname, pathname, search } = new URL(text);
  const plain = username === '' && password === '' && hostname !== '' && pathname === '/' && search === '';
  return plain && (protocol === 'http:' || protocol === 'https:');
}

const pems = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
const read = (text: string) => pems(text).map((pem) => new X509Certificate(pem));

function readOrRefuse(text: string): X509Certificate[] {
  if (text === '') return [];
  try {
    const found = read(text);
    if (found.length > 0) return found;
  } catch {
    // Said below: it does not matter which byte of it was wrong.
  }
  throw refused({
    happened: 'No certificate could be read from this text.',
    means: 'Nothing was changed.',
    remedy: 'Paste the file as text. It begins with -----BEGIN CERTIFICATE-----.',
  });
}

const notAnAuthority = (one: X509Certificate) =>
  refused({
    happened: `${oneLine(one.subject)} is the certificate of a server, not of an authority.`,
    means: 'Nothing was changed.',
    remedy: 'Ask for the certificate of the authority that signed it.',
  });

const oneLine = (name: string) => name.split('\n').reverse().join(', ');
