import type { Keychain } from '../../../src-shared/contract/settings.ts';
import type { AnyAdapter } from '../../adapters/kit/adapter.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { SecretStore } from '../../ports/secrets.ts';
import type { Reader, Store } from '../../ports/store.ts';
import { listConnections, updateConnection } from '../../store/repositories/connections.ts';
import type { AppendAudit } from '../audit/audit.ts';
import type { Events } from '../events.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import { refused } from '../problem.ts';

export type ChangedKeychain = ReturnType<typeof createChangedKeychain>;

/**
 * The way out when the keychain is not the one the data folder knows (X14, FT-77): a moved folder, a new profile, another
 * desktop. Either the person signs in as before, or an administrator takes the present one, and every system set up waits
 * to be connected again.
 */
export function createChangedKeychain(deps: {
  readonly store: Store;
  readonly clock: Clock;
  /** Of real organisations; practice keeps samples of its own. */
  readonly secrets: SecretStore;
  readonly adapters: readonly AnyAdapter[];
  readonly organisations: Pick<Organisations, 'requireRole' | 'list' | 'get'>;
  readonly audit: AppendAudit;
  readonly events: Pick<Events, 'publish'>;
}) {
  const { store, clock, secrets, adapters, organisations, audit, events } = deps;

  /** Set up here, not switched off, and nothing without a secret. */
  async function systemsOf(db: Reader, organisationId: string) {
    const rows = await listConnections(db, organisationId);
    return adapters
      .filter(({ manifest }) => manifest.auth !== 'none')
      .filter(({ manifest }) => rows.some(({ system, mode }) => system === manifest.id && mode !== 'off'))
      .map(({ manifest }) => ({ system: manifest.id, name: manifest.name }));
  }

  async function view(organisationId: string): Promise<Keychain> {
    const { practice } = await organisations.get(organisationId);
    return { state: await secrets.state(), systems: practice ? [] : await systemsOf(store.read, organisationId) };
  }

  return {
    view,

    /** @throws ProblemError when the keychain is not *changed* (nothing to decide), SecretsNotReady when it cannot be written */
    async accept(organisationId: string, by: Asker): Promise<Keychain> {
      const person = await organisations.requireRole(organisationId, by.personId, ['admin']);
      if ((await organisations.get(organisationId)).practice)
        throw refused({
          happened: 'Practice keeps samples of its own and no secret in the keychain.',
          remedy: 'Choose the organisation whose systems are to be connected again.',
        });
      const state = await secrets.state();
      if (state !== 'changed' || !secrets.acceptChanged)
        throw refused({
          happened: `The keychain is ${state}, not another one than before.`,
          means: 'There is nothing to decide; nothing was changed.',
        });
      await secrets.acceptChanged();
      const real = (await organisations.list()).filter(({ practice }) => !practice);
      await store.transaction(async (tx, after) => {
        for (const { id } of real) {
          const systems = await systemsOf(tx, id);
          for (const { system, name } of systems) {
            await updateConnection(tx, id, system, {
              parked_code: 'auth',
              parked_message: `The keychain that held the sign-in of ${name} is not used any more. Connect it again.`,
              updated_at: clock.now(),
            });
          }
          await audit(tx, {
            organisationId: id,
            actor: `person:${person.id}`,
            channel: by.channel,
            action: 'keychain.accepted',
            object: 'keychain',
            after: { toConnectAgain: systems.map(({ system }) => system) },
            correlationId: by.correlationId,
          });
          after(() => {
            events.publish({ topic: 'connections', organisationId: id, ids: systems.map(({ system }) => system) });
            events.publish({ topic: 'status', organisationId: id, ids: [] });
          });
        }
      });
      return view(organisationId);
    },
  };
}
