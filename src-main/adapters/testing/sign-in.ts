import { createMemorySecrets } from '../../platform/memory-secrets.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { AnyAdapter } from '../kit/adapter.ts';
import { authorization, createTokenSource, exchangeCode, readTokens, type TokenSet, tokensName } from '../kit/oauth.ts';
import type { BenchOptions } from './bench.ts';

/** A sign-in with its tokens in a store of its own. */
export interface SignedIn {
  readonly tokens: TokenSet;
  /** What the vendor's page sent back. */
  readonly answer: Readonly<Record<string, string>>;
  /** The tokens as they are stored now. */
  read(): Promise<TokenSet>;
  /** A console that starts with them. */
  source(): ReturnType<typeof createTokenSource>;
}

export const specOf = (adapter: AnyAdapter, options: BenchOptions) =>
  adapter.oauth ?? adapter.oauthFor?.(adapter.settings.schema.parse(options.settings)) ?? null;

/** The console's own sign-in, with a person's click played by `consent`. */
export async function signIn(
  adapter: AnyAdapter,
  options: BenchOptions,
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
  know: (secret: string) => void = () => undefined,
): Promise<SignedIn> {
  const spec = specOf(adapter, options);
  if (!spec || !options.consent) throw new Error(`${adapter.manifest.id} signs in with OAuth: the test must consent`);
  const given = { ...(options.settings as Record<string, string>), ...options.secrets };
  const redirectUrl = given.redirectUrl ?? null;
  const client = { id: given.clientId ?? 'practice', secret: given.clientSecret ?? null, redirectUrl };
  const redirectUri =
    spec.redirect === 'page'
      ? (redirectUrl ?? '')
      : `http://localhost:${spec.redirectPorts[0]}${spec.redirectPath ?? '/callback'}`;
  const entropy = { text: (bytes: number) => 'e'.repeat(Math.ceil((bytes * 4) / 3)) };
  const { url, verifier } = authorization(spec, client, redirectUri, 'state-1', entropy);
  const answer = await options.consent(http, url);
  const tokens = await exchangeCode({ http, clock }, spec, client, answer, { state: 'state-1', redirectUri, verifier });
  const secrets = createMemorySecrets();
  const address = { organisationId: 'bluebell', system: adapter.manifest.id };
  await secrets.write({ ...address, name: tokensName }, JSON.stringify(tokens));
  return {
    tokens,
    answer,
    read: async () => readTokens((await secrets.read({ ...address, name: tokensName })) ?? ''),
    source: () => createTokenSource({ spec, client: async () => client, secrets, address, http, clock, know }),
  };
}
