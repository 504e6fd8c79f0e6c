import { z } from 'zod';
import type { ConnectionView } from '../../../src-shared/contract/settings.ts';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import type { Account, Json, SenderMark } from '../../adapters/kit/adapter.ts';
import { readTokens, revoke, tokensName } from '../../adapters/kit/oauth.ts';
import type { OAuthReturn } from '../../ports/oauth-return.ts';
import type { Entropy } from '../../ports/secrets.ts';
import type { Tx } from '../../ports/store.ts';
import {
  type ConnectionRow,
  getConnection,
  insertConnection,
  listConnections,
  updateConnection,
} from '../../store/repositories/connections.ts';
import { clearLedgerMap } from '../../store/repositories/ledger-map.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { notFound, refused } from '../problem.ts';
import { formOf, secretTyped, settingsTyped } from './adapter-facts.ts';
import { createViews } from './connection-view.ts';
import { accountOf, type ContextDeps, createContexts, type World } from './contexts.ts';
import { createDeliverer } from './deliverer.ts';
import { createLedgerMaps } from './ledger-maps.ts';
import { createSignIns } from './sign-ins.ts';

export interface ConnectionsDeps extends ContextDeps {
  readonly entropy: Entropy;
  readonly oauthReturn: OAuthReturn;
  readonly organisations: Pick<Organisations, 'requireRole' | 'acting'>;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
  /** Goes with every message that has room for it. */
  readonly sentBy?: SenderMark;
}

export type Connections = ReturnType<typeof createConnections>;
type Mode = ConnectionView['mode'];

const never = new AbortController().signal;
/** The systems outside as an organisation has connected them: settings, secrets by name, sign-in, books, ledger codes. */
export function createConnections(deps: ConnectionsDeps) {
  const { store, runtime, registry, redactor, entropy, oauthReturn, organisations, audit, events } = deps;
  const contexts = createContexts(deps);
  const opened = new Set<(organisationId: string, system: string) => void>();

  /** One transaction: the row made when missing, the change, the audit entry; screens hear of it after the commit. */
  async function changed(
    organisationId: string,
    system: string,
    actor: { readonly id: string; readonly channel: string; readonly correlationId?: string },
    entry: { readonly action: string; readonly before?: unknown; readonly after?: unknown; readonly reason?: string },
    work: (tx: Tx, row: ConnectionRow) => Promise<{ readonly opens: boolean }>,
  ): Promise<void> {
    await store.transaction(async (tx, after) => {
      const { opens } = await work(tx, await rowIn(tx, organisationId, system));
      const { id, channel, correlationId } = actor;
      await audit(tx, {
        organisationId,
        actor: id,
        channel,
        object: `connection:${system}`,
        ...(correlationId === undefined ? {} : { correlationId }),
        ...entry,
      });
      after(() => {
        events.publish({ topic: 'connections', organisationId, ids: [system] });
        if (opens) for (const tell of opened) tell(organisationId, system);
      });
    });
  }

  async function rowIn(tx: Tx, organisationId: string, system: string): Promise<ConnectionRow> {
    const found = await getConnection(tx, organisationId, system);
    if (found) return found;
    const adapter = contexts.adapterOf(system);
    const at = runtime.clock.now();
    const initial = adapter.settings.schema.safeParse({});
    await insertConnection(tx, {
      id: `${organisationId}/${system}`,
      organisation_id: organisationId,
      system,
      settings: JSON.stringify(initial.success ? initial.data : {}),
      settings_version: adapter.settings.version,
      parked_code: null,
      parked_message: null,
      not_before: null,
      breaker: null,
      account: null,
      created_at: at,
      updated_at: at,
    });
    const made = await getConnection(tx, organisationId, system);
    if (!made) throw notFound({ happened: 'The connection could not be made.' });
    return made;
  }

  /** After the secrets are in place, not before: jobs released earlier would fail for want of them. */
  async function reopen(organisationId: string, system: string): Promise<void> {
    await store.transaction(async (tx, after) => {
      await updateConnection(tx, organisationId, system, unparked());
      after(() => {
        for (const tell of opened) tell(organisationId, system);
      });
    });
  }

  const unparked = () => ({
    parked_code: null,
    parked_message: null,
    not_before: null,
    updated_at: runtime.clock.now(),
  });

  async function askerOf(organisationId: string, by: Asker, roles: Parameters<Organisations['requireRole']>[2]) {
    const person = await organisations.requireRole(organisationId, by.personId, roles);
    return { id: `person:${person.id}`, channel: by.channel, correlationId: by.correlationId };
  }

  async function get(organisationId: string, system: string): Promise<ConnectionView> {
    const adapter = contexts.adapterOf(system);
    const world = await contexts.worldOf(organisationId);
    const row = await getConnection(store.read, organisationId, system);
    return views.view(organisationId, adapter, row, world, await views.heldBy(organisationId, world));
  }

  async function accounts(organisationId: string, system: string): Promise<readonly Account[]> {
    const adapter = contexts.adapterOf(system);
    return (await adapter.accounts?.(await contexts.contextOf(organisationId, system, never))) ?? [];
  }

  /** Stores the choice; other books mean other codes, so what was confirmed for the old ones is forgotten. */
  async function keepAccount(tx: Tx, row: ConnectionRow, account: Account | null): Promise<void> {
    if (accountOf(row)?.id !== account?.id) await clearLedgerMap(tx, row.organisation_id, row.system);
    await updateConnection(tx, row.organisation_id, row.system, {
      account: account && JSON.stringify({ id: account.id, name: account.name, detail: account.detail }),
      updated_at: runtime.clock.now(),
    });
  }

  const signIns = createSignIns({
    contexts,
    runtime,
    entropy,
    oauthReturn,
    redactor,
    async signedIn(organisationId, system, actor, accountId) {
      await changed(organisationId, system, actor, { action: 'connection.signed_in' }, async (tx, row) => {
        await updateConnection(tx, organisationId, system, unparked());
        // By number until its name is read.
        if (accountId !== null && accountOf(row)?.id !== accountId) {
          await keepAccount(tx, row, { id: accountId, name: accountId, detail: '' });
        }
        return { opens: true };
      });
      const offered = await accounts(organisationId, system);
      await changed(
        organisationId,
        system,
        actor,
        { action: 'connection.account', after: { offered: offered.length } },
        async (tx, row) => {
          const before = accountOf(row);
          const only = offered.length === 1 ? offered[0] : undefined;
          await keepAccount(tx, row, offered.find(({ id }) => id === before?.id) ?? only ?? null);
          return { opens: false };
        },
      );
    },
    changed: (organisationId, system) => events.publish({ topic: 'connections', organisationId, ids: [system] }),
  });

  const views = createViews({ contexts, redactor, problemOf: signIns.problemOf });

  return {
    contexts,
    deliverer: createDeliverer({ store, contexts, registry, runtime, redactor, sentBy: deps.sentBy }),
    ledgers: createLedgerMaps({ store, runtime, contexts, organisations, audit, events }),
    accounts,
    get,
    /** Ends the sign-ins under way; part of stopping the engine. */
    close: () => signIns.close(),

    /** null: none chosen yet. */
    async chosenAccount(organisationId: string, system: string): Promise<Account | null> {
      const row = await getConnection(store.read, organisationId, system);
      return row && accountOf(row);
    },

    /** Whether an organisation has set this system up at all. */
    async connected(organisationId: string, system: string): Promise<boolean> {
      return (await getConnection(store.read, organisationId, system)) !== null;
    },

    /** Told when a connection may send again: mended, signed in, taken off pause. The outbox releases its jobs (R17). */
    onOpened(listener: (organisationId: string, system: string) => void): () => void {
      opened.add(listener);
      return () => void opened.delete(listener);
    },

    async list(organisationId: string): Promise<ConnectionView[]> {
      const world = await contexts.worldOf(organisationId);
      const rows = await listConnections(store.read, organisationId);
      const rowOf = (system: string) => rows.find((row) => row.system === system) ?? null;
      const held = await views.heldBy(organisationId, world);
      return Promise.all(
        registry.map((adapter) => views.view(organisationId, adapter, rowOf(adapter.manifest.id), world, held)),
      );
    },

    /**
     * Settings to the database, secrets straight to the secret store. A changed protected setting (a target address)
     * forgets every secret of the system first: whoever moves the address must not collect the key.
     */
    async save(
      organisationId: string,
      system: string,
      wish: { readonly settings: Readonly<Record<string, Json>>; readonly secrets: Readonly<Record<string, string>> },
      by: Asker,
    ): Promise<ConnectionView> {
      const actor = await askerOf(organisationId, by, ['admin']);
      const adapter = contexts.adapterOf(system);
      const { secrets } = await contexts.worldOf(organisationId);
      const before = await getConnection(store.read, organisationId, system);
      const old = before === null ? null : z.record(z.string(), z.json()).parse(JSON.parse(before.settings));
      const settings = settingsTyped(adapter, { ...old, ...wish.settings });
      const typed = Object.entries(wish.secrets).map(
        ([name, value]) => [name, secretTyped(adapter, name, value)] as const,
      );
      const moved = formOf(adapter).some(
        ({ name, protected: guarded }) =>
          guarded && old !== null && JSON.stringify(old[name] ?? null) !== JSON.stringify(settings[name] ?? null),
      );
      // Asked before anything is saved: half of a change is worse than none.
      if (moved || typed.length > 0) await secrets.list(organisationId);
      if (moved) await forgetSecrets(organisationId, system, secrets);
      await changed(
        organisationId,
        system,
        actor,
        {
          action: 'connection.saved',
          before: old,
          after: { settings, secretsChanged: typed.map(([name]) => name), secretsForgotten: moved },
        },
        async (tx) => {
          await updateConnection(tx, organisationId, system, {
            settings: JSON.stringify(settings),
            settings_version: adapter.settings.version,
            updated_at: runtime.clock.now(),
            ...(moved ? { account: null } : {}),
          });
          if (moved) await clearLedgerMap(tx, organisationId, system);
          return { opens: false };
        },
      );
      for (const [name, value] of typed) {
        if (value === '') await secrets.forget({ organisationId, system, name });
        else {
          redactor.know(value);
          await secrets.write({ organisationId, system, name }, value);
        }
      }
      await reopen(organisationId, system);
      return get(organisationId, system);
    },

    async setMode(
      organisationId: string,
      system: string,
      mode: Mode,
      reason: string,
      by: Asker,
    ): Promise<ConnectionView> {
      const actor = await askerOf(organisationId, by, ['admin', 'ops']);
      if (reason.trim() === '' && mode !== 'on') {
        throw refused({
          happened: 'Pausing or switching off needs a reason.',
          remedy: 'Say why; it is kept in the audit log.',
        });
      }
      const before = (await getConnection(store.read, organisationId, system))?.mode ?? 'on';
      const entry = { action: 'connection.mode', before: { mode: before }, after: { mode }, reason };
      await changed(organisationId, system, actor, entry, async (tx) => {
        await updateConnection(tx, organisationId, system, { mode, updated_at: runtime.clock.now() });
        return { opens: mode === 'on' };
      });
      return get(organisationId, system);
    },

    async beginSignIn(organisationId: string, system: string, by: Asker) {
      const actor = await askerOf(organisationId, by, ['admin']);
      await changed(organisationId, system, actor, { action: 'connection.sign_in_begun' }, async () => ({
        opens: false,
      }));
      return signIns.begin(organisationId, system, actor);
    },

    /** The answer of a sign-in that a person pasted, where the vendor leads to a page instead of back to the console. */
    async completeSignIn(organisationId: string, system: string, pasted: string, by: Asker): Promise<ConnectionView> {
      const actor = await askerOf(organisationId, by, ['admin']);
      await signIns.complete(organisationId, system, pasted, actor);
      return get(organisationId, system);
    },

    async chooseAccount(organisationId: string, system: string, accountId: string, by: Asker): Promise<ConnectionView> {
      const actor = await askerOf(organisationId, by, ['admin']);
      const account = (await accounts(organisationId, system)).find(({ id }) => id === accountId);
      if (!account)
        throw notFound({ happened: 'The sign-in does not reach that account.', remedy: 'Read the list again.' });
      await changed(
        organisationId,
        system,
        actor,
        { action: 'connection.account', after: account },
        async (tx, row) => {
          await keepAccount(tx, row, account);
          return { opens: true };
        },
      );
      return get(organisationId, system);
    },

    /** Takes the tokens back at the vendor where that works, and forgets every secret whether it works or not. */
    async disconnect(organisationId: string, system: string, by: Asker): Promise<ConnectionView> {
      const actor = await askerOf(organisationId, by, ['admin']);
      const oauth = await contexts.signInSpec(organisationId, system);
      const { http, secrets } = await contexts.worldOf(organisationId);
      signIns.cancel(organisationId, system);
      let revoked: boolean | null = null;
      const text = oauth && (await secrets.read({ organisationId, system, name: tokensName }));
      if (oauth && text) {
        revoked = await contexts
          .oauthClient(organisationId, system)
          .then((client) => revoke(http, oauth, client, readTokens(text)))
          .then(
            () => true,
            () => false,
          );
      }
      await forgetSecrets(organisationId, system, secrets, { givenFromOutside: 'kept' });
      await changed(
        organisationId,
        system,
        actor,
        { action: 'connection.disconnected', after: { revoked } },
        async (tx, row) => {
          await keepAccount(tx, row, null);
          await updateConnection(tx, organisationId, system, unparked());
          return { opens: false };
        },
      );
      return get(organisationId, system);
    },

    /**
     * Asked just now, the system takes us: a connection that was stopped for want of a sign-in, or because the keychain did
     * not answer, is opened again. What was stopped for another reason needs a person, however well the system is.
     * True: it was stopped and is open now.
     */
    async recovered(organisationId: string, system: string): Promise<boolean> {
      const row = await getConnection(store.read, organisationId, system);
      if (row?.parked_code !== 'auth') return false;
      const before = { parked: row.parked_code };
      const actor = { id: 'system', channel: 'system' };
      await changed(organisationId, system, actor, { action: 'connection.recovered', before }, async (tx) => {
        await updateConnection(tx, organisationId, system, unparked());
        return { opens: true };
      });
      return true;
    },
  };

  /** What the agent's environment gives cannot be forgotten here: a disconnection keeps it, a moved address is refused. */
  async function forgetSecrets(
    organisationId: string,
    system: string,
    secrets: World['secrets'],
    { givenFromOutside }: { readonly givenFromOutside: 'kept' | 'refused' } = { givenFromOutside: 'refused' },
  ): Promise<void> {
    contexts.endSignIn(organisationId, system);
    const all = await secrets.list(organisationId);
    for (const address of all.filter((one) => one.system === system)) {
      await secrets.forget(address).catch((thrown: unknown) => {
        const outside = thrown instanceof IntegrationError && thrown.code === 'misconfigured';
        if (givenFromOutside === 'refused' || !outside) throw thrown;
      });
    }
  }
}
