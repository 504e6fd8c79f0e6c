import type { Organisations } from '../organisations/organisations.ts';
import type { Sources } from '../sources/index.ts';
import { type CallContext, os } from './base.ts';

/** `contract/sources.ts`. */
export function sourceHandlers({
  sources,
  organisations,
}: {
  sources: Sources;
  organisations: Pick<Organisations, 'requireRole'>;
}) {
  async function actor(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, [
      'finance_preparer',
      'finance_approver',
      'admin',
    ]);
    return { actor: `person:${person.id}`, channel: caller.via, correlationId };
  }
  return {
    list: os.sources.list.handler(({ input }) => sources.list(input.organisationId)),
    invoices: os.sources.invoices.handler(({ input }) => sources.invoices(input.organisationId)),
    connect: os.sources.connect.handler(async ({ input: { organisationId, source, key }, context }) =>
      sources.connect(organisationId, source, key, await actor(organisationId, context)),
    ),
    disconnect: os.sources.disconnect.handler(async ({ input: { organisationId, source }, context }) =>
      sources.disconnect(organisationId, source, await actor(organisationId, context)),
    ),
    fetch: os.sources.fetch.handler(async ({ input: { organisationId, source, month }, context }) =>
      sources.fetch(organisationId, source, month, await actor(organisationId, context)),
    ),
    fetchRates: os.sources.fetchRates.handler(async ({ input: { organisationId, month }, context }) =>
      sources.fetchRates(organisationId, month, await actor(organisationId, context)),
    ),
  };
}
