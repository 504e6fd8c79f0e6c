import type { AnyAdapter, OAuthSpec } from './adapters/kit/adapter.ts';
import { authorization, exchangeCode, tokensName } from './adapters/kit/oauth.ts';
import type { Connections } from './engine/connections/connections.ts';
import type { World } from './engine/connections/contexts.ts';
import { practiceOrganisationId } from './engine/organisations/seed-practice.ts';
import type { Runtime } from './ports/runtime.ts';
import type { Entropy } from './ports/secrets.ts';
import { practiceSamples } from './practice-samples.ts';

const organisationId = practiceOrganisationId;
/** Systems connected beside each other; as many as there are ledgers. */
const atOnce = 3;
const by = { personId: null, channel: 'practice', correlationId: 'practice' };

export interface PracticeParts {
  readonly adapters: readonly AnyAdapter[];
  readonly connections: Connections;
  readonly world: World;
  readonly runtime: Runtime;
  readonly entropy: Entropy;
}

/**
 * Connects the practice organisation to every system the sandbox plays, so that nothing has to be signed in to before the
 * first try (X9): the sign-in runs its real two halves, only the person who presses *Allow* is played. Runs at each start;
 * does nothing where the connection already works. A system that cannot be connected is logged and left for a person.
 */
export async function connectPractice(parts: PracticeParts): Promise<void> {
  // Ledgers begin: they are asked most, and QuickBooks keeps a pace, so that the others fill the time it waits.
  const isLedger = ({ reference }: AnyAdapter) => Number(reference !== undefined);
  const waiting = parts.adapters.toSorted((a, b) => isLedger(b) - isLedger(a)).values();
  const next = async () => {
    for (const adapter of waiting) {
      const system = adapter.manifest.id;
      try {
        await connect(parts, adapter, system);
      } catch (thrown) {
        parts.runtime.log.warn('practice.not-connected', {
          system,
          error: thrown instanceof Error ? thrown.message : String(thrown),
        });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

/** Keys of the sandbox's own cost APIs, so that a fetch can be tried before any account exists. */
export async function connectPracticeSources({ secrets }: World): Promise<void> {
  const keys = { openai: 'sk-admin-practice-bluebell', anthropic: 'sk-ant-admin01-practice-bluebell' };
  for (const [system, key] of Object.entries(keys)) {
    const address = { organisationId, system, name: 'adminKey' };
    if ((await secrets.read(address)) === null) await secrets.write(address, key);
  }
}

async function connect(parts: PracticeParts, adapter: AnyAdapter, system: string): Promise<void> {
  const { connections } = parts;
  if (await works(connections, adapter)) return;
  const { settings = {}, secrets = {} } = practiceSamples[system] ?? {};
  await connections.save(organisationId, system, { settings, secrets }, by);
  if (adapter.oauth?.redirect === 'page') await signInByPage(parts, system);
  else if (adapter.oauth) await signIn(parts, adapter.oauth, system);
  // Settled at the vendor's own page, or the only one there is.
  const chosen = await connections.chosenAccount(organisationId, system);
  if (chosen !== null && (!adapter.reference || (await confirmed(connections, system)))) return;
  for (const books of await connections.accounts(organisationId, system)) {
    await connections.chooseAccount(organisationId, system, books.id, by);
    if (!adapter.reference || (await confirmed(connections, system))) return;
  }
}

/** Confirms the codes the ledger proposes. False: these books are of no use here (not UK books, say). */
async function confirmed(connections: Connections, system: string): Promise<boolean> {
  const map = await connections.ledgers.map(organisationId, system).catch(() => null);
  if (map === null) return false;
  const chosen = <T extends { readonly code: string | null }>(rows: readonly T[], key: (row: T) => string) =>
    Object.fromEntries(rows.flatMap((row) => (row.code === null ? [] : [[key(row), row.code]])));
  await connections.ledgers.confirm(
    organisationId,
    system,
    {
      taxes: chosen(map.taxes, ({ treatment }) => treatment),
      accounts: chosen(map.accounts, ({ category }) => category),
    },
    by,
  );
  return true;
}

/** Asks for the books with what is stored; tokens of a sandbox that forgot them do not count as connected. */
async function works(connections: Connections, { manifest, accounts }: AnyAdapter): Promise<boolean> {
  const system = manifest.id;
  const { account, state, secretsPresent } = await connections.get(organisationId, system);
  if (!accounts) {
    const typed = Object.keys(practiceSamples[system]?.secrets ?? {});
    return state === 'connected' && typed.every((name) => secretsPresent.includes(name));
  }
  if (account === null) return false;
  return connections.accounts(organisationId, system).then(
    (books) => books.length > 0,
    () => false,
  );
}

async function signIn({ connections, world, runtime, entropy }: PracticeParts, spec: OAuthSpec, system: string) {
  const view = await connections.get(organisationId, system);
  const client = { id: String(view.settings.clientId ?? ''), secret: null };
  const redirectUri = `http://localhost:${spec.redirectPorts[0] ?? 80}${spec.redirectPath ?? '/callback'}`;
  const state = entropy.text(32);
  const { url, verifier } = authorization(spec, client, redirectUri, state, entropy);
  const consent = new URL(url);
  consent.searchParams.set('decision', 'allow');
  const reply = await world.http.send({ method: 'GET', url: consent.href });
  const answer = Object.fromEntries(new URL(reply.headers.location ?? redirectUri).searchParams);
  const tokens = await exchangeCode({ http: world.http, clock: runtime.clock }, spec, client, answer, {
    state,
    redirectUri,
    verifier,
  });
  await world.secrets.write({ organisationId, system, name: tokensName }, JSON.stringify(tokens));
}

/** The whole road a person takes: the page the vendor leads to is pasted back. */
async function signInByPage({ connections, world }: PracticeParts, system: string): Promise<void> {
  const { url } = await connections.beginSignIn(organisationId, system, by);
  // The sandbox's address of the page, back to the vendor's own, which the practice port takes.
  const page = new URL(url);
  const consent = new URL(`https:/${page.pathname}${page.search}`);
  consent.searchParams.set('decision', 'allow');
  const reply = await world.http.send({ method: 'GET', url: consent.href });
  await connections.completeSignIn(organisationId, system, reply.headers.location ?? '', by);
}
