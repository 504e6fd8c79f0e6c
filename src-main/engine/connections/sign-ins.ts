import { IntegrationError, NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import { isoOf, later } from '../../../src-shared/domain/time-and-ids.ts';
import type { OAuthSpec } from '../../adapters/kit/adapter.ts';
import { authorization, exchangeCode, type OAuthClient, tokensName } from '../../adapters/kit/oauth.ts';
import type { OAuthReturn } from '../../ports/oauth-return.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Entropy, Redactor } from '../../ports/secrets.ts';
import { refused } from '../problem.ts';
import type { Contexts, World } from './contexts.ts';

const waitMs = 5 * 60_000;
/** A person signs in, finds the address and copies it: longer than a browser that comes back by itself. */
const pasteMs = 15 * 60_000;

export interface SignInActor {
  readonly id: string;
  readonly channel: string;
  readonly correlationId?: string;
}

/** What must be remembered of one sign-in until its answer comes. */
interface UnderWay {
  readonly spec: OAuthSpec;
  readonly client: OAuthClient;
  readonly world: World;
  readonly expected: { readonly state: string; readonly redirectUri: string; readonly verifier: string | null };
}

/**
 * Sign-ins under way: one per connection, each with its own state and verifier (SEC-27). The answer comes to a listener of
 * its own, or, where the vendor takes no loopback address, as the address of a page that a person pastes.
 */
export function createSignIns(deps: {
  readonly contexts: Contexts;
  readonly runtime: Runtime;
  readonly entropy: Entropy;
  readonly oauthReturn: OAuthReturn;
  readonly redactor: Redactor;
  /** Called once the tokens are stored; with the account the answer named, where the vendor settles that. */
  readonly signedIn: (
    organisationId: string,
    system: string,
    actor: SignInActor,
    accountId: string | null,
  ) => Promise<void>;
  /** Called when a sign-in ended some other way. */
  readonly changed: (organisationId: string, system: string) => void;
}) {
  const { contexts, runtime, entropy, oauthReturn, redactor } = deps;
  const open = new Map<string, { close(): Promise<void> }>();
  const problems = new Map<string, string>();

  const pages = new Map<string, UnderWay & { readonly until: number }>();

  async function begin(organisationId: string, system: string, actor: SignInActor) {
    const { manifest } = contexts.adapterOf(system);
    const oauth = await contexts.signInSpec(organisationId, system);
    if (!oauth) {
      throw new NeedsAttentionError(
        'misconfigured',
        `${manifest.name} has no sign-in in the browser: enter its key under Settings, or by wedops secrets set ${system} NAME`,
      );
    }
    const client = await contexts.oauthClient(organisationId, system);
    const world = await contexts.worldOf(organisationId);
    const key = `${organisationId}/${system}`;
    await open.get(key)?.close();
    pages.delete(key);

    const state = entropy.text(32);
    problems.delete(key);
    if (oauth.redirect === 'page') {
      const redirectUri = client.redirectUrl ?? '';
      if (redirectUri === '') {
        throw new NeedsAttentionError('misconfigured', `${manifest.name} has no redirect page yet`, {
          hint: 'Enter the https page registered with the vendor',
          scope: 'connection',
        });
      }
      const { url, verifier } = authorization(oauth, client, redirectUri, state, entropy);
      const until = later(runtime.clock.now(), pasteMs);
      pages.set(key, { spec: oauth, client, world, expected: { state, redirectUri, verifier }, until });
      return { url: world.signInPage(url), expiresAt: isoOf(until), answer: 'pasted' as const };
    }

    const back = await oauthReturn.listen({
      ports: oauth.redirectPorts,
      path: oauth.redirectPath ?? '/callback',
      state,
      waitMs,
    });
    open.set(key, back);
    const { url, verifier } = authorization(oauth, client, back.redirectUri, state, entropy);
    const underWay = { spec: oauth, client, world, expected: { state, redirectUri: back.redirectUri, verifier } };
    void back.answer
      .then((answer) => (answer === null ? undefined : finish(organisationId, system, actor, underWay, answer)))
      .catch((thrown: unknown) => failed(organisationId, system, thrown))
      .finally(() => {
        if (open.get(key) === back) open.delete(key);
      });
    return {
      url: world.signInPage(url),
      expiresAt: isoOf(later(runtime.clock.now(), waitMs)),
      answer: 'loopback' as const,
    };
  }

  async function finish(
    organisationId: string,
    system: string,
    actor: SignInActor,
    underWay: UnderWay,
    answer: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { manifest } = contexts.adapterOf(system);
    const { client, world, expected, spec } = underWay;
    const accountId = spec.accountField === undefined ? null : (answer[spec.accountField] ?? '');
    const tokens = await exchangeCode({ http: world.http, clock: runtime.clock }, spec, client, answer, expected);
    if (accountId === '') {
      throw new NeedsAttentionError('auth', `The answer of ${manifest.name} does not say which books it is for`);
    }
    redactor.know(tokens.accessToken);
    if (tokens.refreshToken !== null) redactor.know(tokens.refreshToken);
    contexts.endSignIn(organisationId, system);
    await world.secrets.write({ organisationId, system, name: tokensName }, JSON.stringify(tokens));
    await deps.signedIn(organisationId, system, actor, accountId);
  }

  function failed(organisationId: string, system: string, thrown: unknown): void {
    const known = thrown instanceof IntegrationError;
    problems.set(
      `${organisationId}/${system}`,
      known ? redactor.redact(thrown.message) : 'The sign-in did not succeed.',
    );
    runtime.log.warn('sign-in.failed', {
      organisation: organisationId,
      system,
      error: redactor.redact(thrown instanceof Error ? thrown.message : String(thrown)),
    });
    deps.changed(organisationId, system);
  }

  /**
   * The second half of a sign-in whose answer a person pastes: the address of the page the vendor led to, or its query.
   * Counts once, like any answer; throws what went wrong instead of keeping it for later.
   */
  async function complete(organisationId: string, system: string, pasted: string, actor: SignInActor): Promise<void> {
    const key = `${organisationId}/${system}`;
    const underWay = pages.get(key);
    if (!underWay || underWay.until < runtime.clock.now()) {
      throw refused({
        happened: 'No sign-in is waiting for this address.',
        means: 'It was finished, or it took longer than 15 minutes.',
        remedy: 'Begin the sign-in again.',
      });
    }
    const answer = answerIn(pasted);
    if (answer.state === undefined || (answer.code === undefined && answer.error === undefined)) {
      throw refused({
        happened: 'This is not the address the sign-in ends at.',
        means: 'It carries no code. The sign-in still waits.',
        remedy: 'Copy the whole address from the browser once the page you set has opened.',
      });
    }
    if (answer.code !== undefined) redactor.know(answer.code);
    pages.delete(key);
    try {
      await finish(organisationId, system, actor, underWay, answer);
    } catch (thrown) {
      failed(organisationId, system, thrown);
      throw thrown;
    }
  }

  return {
    begin,
    complete,
    cancel(organisationId: string, system: string): void {
      problems.delete(`${organisationId}/${system}`);
      pages.delete(`${organisationId}/${system}`);
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

/** The fields of a pasted address, of its query alone, or of the text a redirect page shows. */
function answerIn(pasted: string): Readonly<Record<string, string>> {
  const text = pasted.trim().replace(/#.*$/s, '');
  return Object.fromEntries(new URLSearchParams(text.slice(text.indexOf('?') + 1)));
}
