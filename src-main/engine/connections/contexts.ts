import { z } from 'zod';
import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { Account, AnyAdapter, Context, OAuthSpec } from '../../adapters/kit/adapter.ts';
import { bearerHttp, createTokenSource, type OAuthClient, type TokenSource } from '../../adapters/kit/oauth.ts';
import type { DatasetStore, EvidenceStore } from '../../ports/evidence.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { PageDriver } from '../../ports/pages.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Redactor, SecretStore } from '../../ports/secrets.ts';
import type { SmtpClient } from '../../ports/smtp.ts';
import type { SocketClient } from '../../ports/socket.ts';
import type { Store } from '../../ports/store.ts';
import type { WarehouseClient } from '../../ports/warehouse.ts';
import { type ConnectionRow, getConnection } from '../../store/repositories/connections.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { notFound } from '../problem.ts';
import { settingsFromEnvironment, settingsInForce, shapesOf } from './adapter-facts.ts';

/**
 * Everything outside this process. A practice organisation has a world of its own, so its work can reach nothing but the
 * sandbox, and real work never the sandbox.
 */
export interface World {
  readonly http: HttpClient;
  readonly secrets: SecretStore;
  /** Where a person's browser finds a vendor's sign-in page. */
  signInPage(url: string): string;
  /** `host:port` of the proxy a host is reached through; null: straight. Left out: never by proxy. */
  through?(hostname: string): Promise<string | null>;
  readonly smtp?: SmtpClient;
  readonly sockets?: SocketClient;
  readonly pages?: PageDriver;
  readonly warehouse?: WarehouseClient;
}

export interface ContextDeps {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly registry: readonly AnyAdapter[];
  readonly worlds: { readonly real: World; readonly practice: World };
  readonly redactor: Redactor;
  readonly evidence?: Pick<EvidenceStore, 'read'>;
  readonly datasets?: Pick<DatasetStore, 'read'>;
}

// biome-ignore lint/suspicious/noExplicitAny: parsed with the adapter's own schemas just before
export type AnyContext = Context<any, any>;
export type Contexts = ReturnType<typeof createContexts>;

/** What one call to an adapter gets: settings parsed, secrets resolved for this call only, an http port that knows its hosts. */
export function createContexts({ store, runtime, registry, worlds, redactor, evidence, datasets }: ContextDeps) {
  /** One source per connection, kept: refreshing is single-flight (R22). */
  const sources = new Map<string, TokenSource>();

  function adapterOf(system: string): AnyAdapter {
    const adapter = registry.find((one) => one.manifest.id === system);
    if (!adapter) throw notFound({ happened: `There is no system "${system}".` });
    return adapter;
  }

  async function worldOf(organisationId: string): Promise<World> {
    const organisation = await getOrganisation(store.read, organisationId);
    if (!organisation) throw notFound({ happened: 'There is no such organisation.' });
    return organisation.practice === 1 ? worlds.practice : worlds.real;
  }

  async function secretsOf(adapter: AnyAdapter, organisationId: string, world: World): Promise<Record<string, string>> {
    const system = adapter.manifest.id;
    const values: Record<string, string> = {};
    for (const name of Object.keys(shapesOf(adapter).secrets.shape)) {
      const value = await world.secrets.read({ organisationId, system, name });
      if (value === null) continue;
      redactor.know(value);
      values[name] = value;
    }
    return values;
  }

  /** Stored settings, with what the agent's environment says over them. */
  async function settingsOf(adapter: AnyAdapter, organisationId: string, row: ConnectionRow | null, world: World) {
    const values = StoredSettings.parse(JSON.parse(row?.settings ?? '{}'));
    if (world.secrets.durability !== 'environment') return values;
    for (const name of settingsFromEnvironment(adapter)) {
      const value = await world.secrets.read({ organisationId, system: adapter.manifest.id, name });
      if (value !== null) values[name] = value;
    }
    return values;
  }

  /** Client id and secret of an OAuth connection, from its settings or its secrets. Throws `misconfigured`. */
  async function oauthClient(organisationId: string, system: string): Promise<OAuthClient> {
    const adapter = adapterOf(system);
    const row = await getConnection(store.read, organisationId, system);
    const world = await worldOf(organisationId);
    const settings = await settingsOf(adapter, organisationId, row, world);
    const secrets = await secretsOf(adapter, organisationId, world);
    const id = secrets.clientId ?? settings.clientId;
    if (typeof id !== 'string' || id === '') {
      throw new NeedsAttentionError('misconfigured', `${adapter.manifest.name} has no client id yet`, {
        hint: 'Enter the client id of the app registered with the vendor',
        scope: 'connection',
      });
    }
    const { redirectUrl } = settings;
    return {
      id,
      secret: secrets.clientSecret ?? null,
      redirectUrl: typeof redirectUrl === 'string' ? redirectUrl : null,
    };
  }

  /** Settings as a sign-in needs them: what is not valid yet signs in to nothing. */
  async function signInSpec(organisationId: string, system: string): Promise<OAuthSpec | null> {
    const adapter = adapterOf(system);
    if (adapter.oauth || !adapter.oauthFor) return adapter.oauth ?? null;
    const row = await getConnection(store.read, organisationId, system);
    const world = await worldOf(organisationId);
    const settings = adapter.settings.schema.safeParse(await settingsOf(adapter, organisationId, row, world));
    return settings.success ? adapter.oauthFor(settings.data) : null;
  }

  function tokensOf(adapter: AnyAdapter, organisationId: string, world: World, settings: unknown): TokenSource | null {
    const { manifest } = adapter;
    const spec = adapter.oauth ?? adapter.oauthFor?.(settings) ?? null;
    if (!spec) return null;
    // Typed addresses are part of the name: tokens are renewed nowhere else than where they came from.
    const key = `${organisationId}/${manifest.id}${adapter.oauth ? '' : ` ${spec.tokenUrl}`}`;
    const source =
      sources.get(key) ??
      createTokenSource({
        spec,
        client: () => oauthClient(organisationId, manifest.id),
        secrets: world.secrets,
        address: { organisationId, system: manifest.id },
        http: world.http,
        clock: runtime.clock,
        know: (secret) => redactor.know(secret),
      });
    sources.set(key, source);
    return source;
  }

  return {
    adapterOf,
    worldOf,
    oauthClient,
    signInSpec,
    /** True while a renewal of the sign-in is under way: its mark in the secret store then means nothing yet. */
    renewing: (organisationId: string, system: string) => sources.get(`${organisationId}/${system}`)?.busy() ?? false,

    /** Before a sign-in is replaced or ended: a renewal under way must not bring the old tokens back. */
    endSignIn(organisationId: string, system: string): void {
      const key = `${organisationId}/${system}`;
      for (const [name, source] of sources) {
        if (name !== key && !name.startsWith(`${key} `)) continue;
        source.close();
        sources.delete(name);
      }
    },

    /** Settings alone, without asking the secret store. Throws NeedsAttentionError('misconfigured'). */
    async settingsFor(organisationId: string, system: string): Promise<unknown> {
      const adapter = adapterOf(system);
      const row = await getConnection(store.read, organisationId, system);
      const world = await worldOf(organisationId);
      return settingsInForce(
        adapter,
        await settingsOf(adapter, organisationId, row, world),
        row?.settings_version ?? 1,
      );
    },

    /** Throws NeedsAttentionError when the connection cannot be used as it stands, or the secret store is not ready. */
    async contextOf(organisationId: string, system: string, signal: AbortSignal): Promise<AnyContext> {
      const adapter = adapterOf(system);
      const row = await getConnection(store.read, organisationId, system);
      if (!row) {
        throw new NeedsAttentionError('misconfigured', `${adapter.manifest.name} is not connected`, {
          hint: 'Connect it in Settings',
          scope: 'connection',
        });
      }
      const world = await worldOf(organisationId);
      const guarded = onlyHosts(world.http, adapter.manifest.hosts);
      const stored = await settingsOf(adapter, organisationId, row, world);
      const settings = settingsInForce(adapter, stored, row.settings_version);
      const tokens = tokensOf(adapter, organisationId, world, settings);
      return {
        organisationId,
        settings,
        secrets: parsedSecrets(adapter, await secretsOf(adapter, organisationId, world)),
        account: accountOf(row),
        http: tokens ? bearerHttp(guarded, tokens) : guarded,
        clock: runtime.clock,
        random: runtime.random,
        log: runtime.log.with({ organisation: organisationId, system }),
        signal,
        async secret(name) {
          const value = await world.secrets.read({ organisationId, system, name });
          if (value !== null) redactor.know(value);
          return value;
        },
        ...(evidence === undefined ? {} : { files: { read: (id: string) => evidence.read(id) } }),
        ...(datasets === undefined ? {} : { datasets: { read: (id: string) => datasets.read(id) } }),
        ...(world.warehouse === undefined ? {} : { warehouse: world.warehouse }),
        ...(world.smtp === undefined ? {} : { smtp: world.smtp }),
        ...(world.sockets === undefined ? {} : { sockets: world.sockets }),
        ...(world.pages === undefined ? {} : { pages: world.pages }),
      };
    },
  };
}

const StoredSettings = z.record(z.string(), z.unknown());
const StoredAccount = z.object({ id: z.string(), name: z.string(), detail: z.string() });

/** The chosen account of a connection row; null until one is chosen. */
export function accountOf(row: Pick<ConnectionRow, 'account'>): Account | null {
  return row.account === null ? null : StoredAccount.parse(JSON.parse(row.account));
}

function parsedSecrets(adapter: AnyAdapter, values: Readonly<Record<string, string>>): unknown {
  const parsed = adapter.secrets.safeParse(values);
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0] ?? '');
  const field = (shapesOf(adapter).secrets.shape as Record<string, z.ZodType>)[name];
  throw new NeedsAttentionError('auth', `${adapter.manifest.name}: ${field?.meta()?.label ?? name} is missing`, {
    hint: 'Enter it in Settings',
    scope: 'connection',
  });
}

/** Refuses every host the adapter did not name (SEC-35). An address a person supplied is checked by the port itself (SEC-36). */
function onlyHosts(http: HttpClient, hosts: readonly string[]): HttpClient {
  const allowed = (hostname: string) =>
    hosts.some((host) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host));
  return {
    async send(request) {
      const hostname = URL.canParse(request.url) ? new URL(request.url).hostname : '';
      if (request.untrustedHost !== true && !allowed(hostname)) {
        throw new NeedsAttentionError('misconfigured', `${hostname || 'This address'} is not a host of this system`, {
          scope: 'connection',
        });
      }
      return http.send(request);
    },
  };
}
