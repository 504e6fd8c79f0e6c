import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { type CrmName, getMapping, putMapping } from '../../store/repositories/crm.ts';
import { notFound, refused } from '../problem.ts';
import { type Actor, adapterOf, type CrmParts } from './parts.ts';

/** In a mapping's target: the CRM tells us of this vendor's new clients. */
export const watchedKey = 'clientHook';

/** Asks a vendor's CRM to tell of new clients (V7), or takes that back. */
export function createClientHooks(parts: CrmParts) {
  const { store, audit, publish } = parts;

  async function ask(organisationId: string, vendorId: string, crm: CrmName, on: boolean): Promise<void> {
    const adapter = adapterOf(parts, crm);
    const base = await parts.hookAddress(organisationId, crm);
    if (!adapter?.clientHooks) {
      throw refused({
        happened: `${adapter?.manifest.name ?? crm} cannot be asked to tell of new clients.`,
        remedy:
          'Where the vendor has an automation there (a Zap, say), let it call the address under Systems, Inbound.',
      });
    }
    if (base === null) {
      throw refused({
        happened: 'There is no address at which the CRM could reach this console.',
        means: 'New clients are seen with the next push only.',
        remedy: 'Enter the public address, and a token, under Systems, Inbound, Táve; then ask again.',
      });
    }
    const url = new URL(base);
    url.searchParams.set('vendor', vendorId);
    const ctx = await parts.contextOf(organisationId, crm, AbortSignal.timeout(60_000));
    await adapter.clientHooks[on ? 'subscribe' : 'unsubscribe'](ctx, { vendorId, url: url.href });
  }

  /** @throws ProblemError when the CRM cannot be asked, or refuses */
  async function watch(
    organisationId: string,
    vendorId: string,
    crm: CrmName,
    on: boolean,
    actor: Actor,
  ): Promise<void> {
    if (!(await getMapping(store.read, organisationId, vendorId, crm)))
      throw notFound({ happened: 'This vendor does not use that CRM here.', remedy: 'Map it first.' });
    await ask(organisationId, vendorId, crm, on).catch((thrown: unknown) => {
      if (!(thrown instanceof IntegrationError)) throw thrown;
      throw refused({ happened: thrown.message, remedy: thrown.detail.hint ?? 'Try again later.' });
    });
    await store.transaction(async (tx, after) => {
      const mapping = await getMapping(tx, organisationId, vendorId, crm);
      if (!mapping) return;
      const { [watchedKey]: _was, ...target } = JSON.parse(mapping.target) as Record<string, string>;
      await putMapping(tx, {
        ...mapping,
        target: JSON.stringify(on ? { ...target, [watchedKey]: 'asked' } : target),
      });
      const { actor: who, channel, correlationId } = actor;
      await audit(tx, {
        organisationId,
        actor: who,
        channel,
        correlationId,
        action: on ? 'vendor.clients-watched' : 'vendor.clients-unwatched',
        object: `vendor:${vendorId}`,
        after: { crm },
      });
      after(() => publish({ topic: 'crm', organisationId, ids: [] }));
    });
  }

  return {
    watch,

    /** With a new key: asks at once where the CRM can be asked and reach us. Without, the mapping stands all the same. */
    async watchIfPossible(organisationId: string, vendorId: string, crm: CrmName, actor: Actor): Promise<void> {
      if (!adapterOf(parts, crm)?.clientHooks) return;
      if ((await parts.hookAddress(organisationId, crm)) === null) return;
      await watch(organisationId, vendorId, crm, true, actor).catch((thrown: unknown) =>
        parts.runtime.log.warn('crm.clients-not-watched', { vendorId, crm, error: String(thrown) }),
      );
    },

    /** Before a vendor's key goes: a hook left behind would call for ever. What cannot be reached is told, not waited for. */
    async unwatchIfAsked(organisationId: string, vendorId: string, crm: CrmName, actor: Actor): Promise<void> {
      const mapping = await getMapping(store.read, organisationId, vendorId, crm);
      if (!mapping || !(watchedKey in (JSON.parse(mapping.target) as object))) return;
      await watch(organisationId, vendorId, crm, false, actor).catch((thrown: unknown) =>
        parts.runtime.log.warn('crm.hook-left-behind', { vendorId, crm, error: String(thrown) }),
      );
    },
  };
}
