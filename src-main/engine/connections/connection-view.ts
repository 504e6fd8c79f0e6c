import { z } from 'zod';
import { ConnectionView } from '../../../src-shared/contract/settings.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import { readTokens, tokensName } from '../../adapters/kit/oauth.ts';
import type { Redactor, SecretAddress } from '../../ports/secrets.ts';
import type { ConnectionRow } from '../../store/repositories/connections.ts';
import { formOf } from './adapter-facts.ts';
import { accountOf, type Contexts, type World } from './contexts.ts';

/** What the secret store holds of one organisation, read once for all its systems. */
interface Held {
  readonly addresses: readonly SecretAddress[];
  readonly problem: string | null;
}

const StoredBreaker = z.object({ state: ConnectionView.shape.breaker });

/** Connections as the screens show them: secrets by name only, every trouble in words. */
export function createViews(deps: {
  readonly contexts: Contexts;
  readonly redactor: Pick<Redactor, 'redact'>;
  /** Why the last sign-in of this connection did not succeed. */
  readonly problemOf: (organisationId: string, system: string) => string | null;
}) {
  const { contexts, redactor, problemOf } = deps;

  async function view(
    organisationId: string,
    adapter: AnyAdapter,
    row: ConnectionRow | null,
    world: World,
    held: Held,
  ) {
    const { manifest } = adapter;
    const stored = await storedFacts(organisationId, adapter, world, held);
    const missing = formOf(adapter).find(
      (field) => field.secret && field.required && !stored.names.includes(field.name),
    );
    const spec = await contexts.signInSpec(organisationId, manifest.id);
    const signedIn = spec === null || stored.names.includes(tokensName);
    const account = row && accountOf(row);
    const connected = row !== null && signedIn && (missing === undefined || stored.problem !== null);
    const problem =
      row?.parked_message ??
      stored.problem ??
      problemOf(organisationId, manifest.id) ??
      (connected && adapter.accounts && account === null ? 'Choose which books to use.' : null);
    const breaker = StoredBreaker.safeParse(JSON.parse(row?.breaker ?? 'null'));
    return ConnectionView.parse({
      system: manifest.id,
      name: manifest.name,
      category: manifest.category,
      mode: row?.mode ?? 'on',
      state: problem !== null && row !== null ? 'needs_attention' : connected ? 'connected' : 'not_connected',
      problem,
      account: account?.name ?? null,
      settings: row ? JSON.parse(row.settings) : {},
      secretsPresent: stored.names.filter((name) =>
        formOf(adapter).some((field) => field.secret && field.name === name),
      ),
      fields: formOf(adapter),
      auth: spec === null ? manifest.auth : 'oauth2',
      tokenExpiresAt: stored.endsAt,
      breaker: breaker.success ? breaker.data.state : 'closed',
    });
  }

  /** Addresses of the secrets at hand; a secret store that is not ready is a problem to show, not an error of the page. */
  async function heldBy(organisationId: string, world: World): Promise<Held> {
    try {
      return { addresses: await world.secrets.list(organisationId), problem: null };
    } catch (thrown) {
      return { addresses: [], problem: problemIn(thrown) };
    }
  }

  async function storedFacts(organisationId: string, { manifest }: AnyAdapter, world: World, held: Held) {
    const names = held.addresses.filter(({ system }) => system === manifest.id).map(({ name }) => name);
    if (!names.includes(tokensName)) return { names, endsAt: null, problem: held.problem };
    try {
      const text = await world.secrets.read({ organisationId, system: manifest.id, name: tokensName });
      const tokens = text === null ? null : readTokens(text);
      // A sign-in that cannot be renewed ends with its access token; another when the vendor says, if it says.
      const ends = tokens === null ? null : tokens.refreshToken === null ? tokens.expiresAt : tokens.endsAt;
      const lost = tokens?.spent === true && !contexts.renewing(organisationId, manifest.id);
      return {
        names,
        endsAt: ends === null ? null : isoOf(Instant.parse(ends)),
        problem: lost ? 'The sign-in was lost. Reconnect.' : null,
      };
    } catch (thrown) {
      return { names, endsAt: null, problem: problemIn(thrown) };
    }
  }

  function problemIn(thrown: unknown): string {
    if (thrown instanceof IntegrationError) return redactor.redact(thrown.message);
    throw thrown;
  }

  return { view, heldBy };
}
