import type { Kpis } from '../kpis/index.ts';
import { monitoringSystems } from '../kpis/index.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { type CallContext, os } from './base.ts';

/** `contract/kpis.ts`: thin, the rules are in the capability. */
export function kpiHandlers({
  kpis,
  organisations,
}: {
  kpis: Kpis;
  organisations: Pick<Organisations, 'requireRole'>;
}) {
  async function acting(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, ['ops', 'admin']);
    return { id: `person:${person.id}`, channel: caller.via, correlationId };
  }
  return {
    view: os.kpis.view.handler(({ input }) => kpis.view(input.organisationId, input.period)),
    push: os.kpis.push.handler(async ({ input, context }) => {
      await acting(input.organisationId, context);
      return kpis.push(input.organisationId, input.systems ?? monitoringSystems);
    }),
    handIn: os.kpis.handIn.handler(async ({ input: { organisationId, at, ...figure }, context }) => {
      await kpis.handIn(organisationId, { ...figure, at: Date.parse(at) }, await acting(organisationId, context));
      return {};
    }),
  };
}
