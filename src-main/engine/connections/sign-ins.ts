import { IntegrationError, NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import { authorization, exchangeCode, tokensName } from '../../adapters/kit/oauth.ts';
import type { OAuthReturn } from '../../ports/oauth-return.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Entropy, Redactor } from '../../ports/secrets.ts';
import type { Contexts } from './contexts.ts';

const waitMs = 5 * 60_000;

export interface SignInActor {
  readonly id: string;
  readonly channel: string;
  readonly correlationId?: string;
}

/** Sign-ins under way: one per connection, each with its own listener, state and verifier (SEC-27). */
export function createSignIns(deps: {
  readonly contexts: Contexts;
  readonly runtime: Runtime;
  readonly entropy: Entropy;
  readonly oauthReturn: OAuthReturn;
  readonly redactor: Redactor;
  /** Called once the tokens are stored. */
  readonly signedIn: (organisationId: string, system: string, actor: SignInActor) => Promise<void>;
  /** Called when a sign-in ended some other way. */
  readonly changed: (organisationId: string, system: string) => void;
}) {
  const { contexts, runtime, entropy, oauthReturn, redactor } = deps;
  const open = new Map<string, { close(): Promise<void> }>();
  const problems = new Map<string, string>();

  async function begin(organisationId: string, system: string, actor: SignInActor) {
    const { oauth, manifest } = contexts.adapterOf(system);
    if (!oauth) throw new NeedsAttentionError('misconfigured', `${manifest.name} has no sign-in`);
    const spec = oauth;
    const client = await contexts.oauthClient(organisationId, system);
    const world = await contexts.worldOf(organisationId);
    const key = `${organisationId}/${system}`;
    await open.get(key)?.close();

    const state = entropy.text(32);
    const back = await oauthReturn.listen({
      ports: spec.redirectPorts,
      path: spec.redirectPath ?? '/callback',
      state,
      waitMs,
    });
    open.set(key, back);
    problems.delete(key);
    const { url, verifier } = authorization(spec, client, back.redirectUri, state, entropy);

    async function finish(): Promise<void> {
      const answer = await back.answer;
      if (answer === null) return;
      const expected = { state, redirectUri: back.redirectUri, verifier };
      const tokens = await exchangeCode({ http: world.http, clock: runtime.clock }, spec, client, answer, expected);
      redactor.know(tokens.accessToken);
      if (tokens.refreshToken !== null) redactor.know(tokens.refreshToken);
      contexts.endSignIn(organisationId, system);
      await world.secrets.write({ organisationId, system, name: tokensName }, JSON.stringify(tokens));
      await deps.signedIn(organisationId, system, actor);
    }

    void finish()
      .catch((thrown: unknown) => {
        const known = thrown instanceof IntegrationError;
        problems.set(key, known ? redactor.redact(thrown.message) : 'The sign-in did not succeed.');
        runtime.log.warn('sign-in.failed', {
          organisation: organisationId,
          system,
          error: redactor.redact(thrown instanceof Error ? thrown.message : String(thrown)),
        });
        deps.changed(organisationId, system);
      })
      .finally(() => {
        if (open.get(key) === back) open.delete(key);
      });
    return { url: world.signInPage(url), expiresAt: isoOf(later(runtime.clock.now(), waitMs)) };
  }

  return {
    begin,
    cancel(organisationId: string, system: string): void {
      problems.delete(`${organisationId}/${system}`);
      void open.get(`${organisationId}/${system}`)?.close();
    },
    /** Closes every listener: a process that stops must not wait five minutes for a browser. */
    async close(): Promise<void> {
      await Promise.all([...open.values()].map((one) => one.close()));
    },
    /** Why the last sign-in did not succeed; null once another was begun. */
    problemOf: (organisationId: string, system: string) => problems.get(`${organisationId}/${system}`) ?? null,
  };
}
