import { sources as sourcesContract } from '../../../src-shared/contract/sources.ts';
import { money } from '../../../src-shared/contract/who-may.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Sources } from '../sources/index.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ sources: sourcesContract });

/** `contract/sources.ts`. */
export function sourceHandlers({
  sources,
  organisations,
}: {
  sources: Sources;
  organisations: Pick<Organisations, 'requireRole'>;
}) {
  async function actor(
    organisationId: string,
    { caller, correlationId }: CallContext,
    roles: Parameters<Organisations['requireRole']>[2] = money,
  ) {
    const person = await organisations.requireRole(organisationId, caller.personId, roles);
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
    usage: os.sources.usage.handler(({ input }) => sources.usage.view(input.organisationId)),
    connectUsage: os.sources.connectUsage.handler(async ({ input: { organisationId, ...given }, context }) =>
      sources.usage.connect(organisationId, given, await actor(organisationId, context, ['admin'])),
    ),
    disconnectUsage: os.sources.disconnectUsage.handler(async ({ input, context }) =>
      sources.usage.disconnect(input.organisationId, await actor(input.organisationId, context, ['admin'])),
    ),
    fetchUsage: os.sources.fetchUsage.handler(async ({ input: { organisationId, again }, context }) =>
      sources.usage.fetch(organisationId, again, await actor(organisationId, context, ['ops', 'admin'])),
    ),
  };
}
