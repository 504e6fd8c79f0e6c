import { crm as crmContract } from '../../../src-shared/contract/crm.ts';
import type { Crm } from '../crm/index.ts';
import type { Organisations } from '../organisations/organisations.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ crm: crmContract });

/** `contract/crm.ts`: thin, the rules are in the capability. */
export function crmHandlers({ crm, organisations }: { crm: Crm; organisations: Organisations }) {
  async function acting(organisationId: string, { caller, correlationId }: CallContext) {
    const person = await organisations.requireRole(organisationId, caller.personId, ['ops', 'admin']);
    return { actor: `person:${person.id}`, name: person.name, channel: caller.via, correlationId };
  }

  return {
    summary: os.crm.summary.handler(({ input }) => crm.summary(input.organisationId, input.period)),
    list: os.crm.list.handler(({ input: { organisationId, ...filter } }) => crm.list(organisationId, filter)),
    push: os.crm.push.handler(({ input }) => crm.push(input.organisationId, input.id)),
    previews: os.crm.previews.handler(({ input: { organisationId, ...filter } }) =>
      crm.previews(organisationId, filter),
    ),
    prepare: os.crm.prepare.handler(async ({ input: { organisationId, ...wish }, context }) => {
      await acting(organisationId, context);
      const { ids: _ids, ...prepared } = await crm.prepare(organisationId, wish, context.correlationId);
      return prepared;
    }),
    approve: os.crm.approve.handler(async ({ input, context }) => {
      const actor = await acting(input.organisationId, context);
      const decide = input.send ? crm.approveAndSend : crm.approve;
      return decide(input.organisationId, input.ids, actor, input.hashes);
    }),
    hold: os.crm.hold.handler(async ({ input, context }) =>
      crm.hold(input.organisationId, input.ids, input.reason, await acting(input.organisationId, context)),
    ),
    release: os.crm.release.handler(async ({ input, context }) =>
      crm.release(input.organisationId, input.ids, await acting(input.organisationId, context)),
    ),
    choose: os.crm.choose.handler(async ({ input, context }) => {
      await crm.choose(input.organisationId, input.id, input.take, await acting(input.organisationId, context));
      return crm.push(input.organisationId, input.id);
    }),
    setNote: os.crm.setNote.handler(async ({ input, context }) => {
      await crm.setNote(input.organisationId, input.id, input.note, await acting(input.organisationId, context));
      return crm.push(input.organisationId, input.id);
    }),
    send: os.crm.send.handler(async ({ input: { organisationId, ...which }, context }) =>
      crm.send(organisationId, which, await acting(organisationId, context)),
    ),
    putBack: os.crm.putBack.handler(async ({ input, context }) => {
      await crm.putBack(input.organisationId, input.id, input.reason, await acting(input.organisationId, context));
      return crm.push(input.organisationId, input.id);
    }),
    vendors: os.crm.vendors.handler(({ input }) => crm.vendors(input.organisationId)),
    saveVendor: os.crm.saveVendor.handler(async ({ input: { organisationId, ...wish }, context }) =>
      crm.saveVendor(organisationId, wish, await acting(organisationId, context)),
    ),
    confirmVendor: os.crm.confirmVendor.handler(async ({ input: { organisationId, ...wish }, context }) => ({
      changed: await crm.confirm(organisationId, wish, await acting(organisationId, context)),
    })),
    map: os.crm.map.handler(async ({ input: { organisationId, ...wish }, context }) =>
      crm.map(organisationId, wish, await acting(organisationId, context)),
    ),
    watchClients: os.crm.watchClients.handler(async ({ input: { organisationId, ...wish }, context }) =>
      crm.watchClients(organisationId, wish, await acting(organisationId, context)),
    ),
    signIn: os.crm.signIn.handler(async ({ input: { organisationId, ...wish }, context }) =>
      crm.signIn(organisationId, wish, await acting(organisationId, context)),
    ),
    history: os.crm.history.handler(async ({ input: { organisationId, vendorId } }) => {
      const { rows } = await crm.list(organisationId, { vendorId, text: '', offset: 0, limit: 5_000 });
      return rows.toSorted((a, b) => b.period.localeCompare(a.period));
    }),
    unmap: os.crm.unmap.handler(async ({ input, context }) =>
      crm.unmap(input.organisationId, input.vendorId, input.crm, await acting(input.organisationId, context)),
    ),
    automatic: os.crm.automatic.handler(async ({ input: { organisationId, ...wish }, context }) =>
      crm.automatic(organisationId, wish, await acting(organisationId, context)),
    ),
    value: os.crm.value.handler(async ({ input }) => {
      const { value, ...rest } = await crm.value(input.organisationId, input.vendorId, input.period);
      return {
        ...rest,
        figures: value.figures.map((figure) => ({ ...figure, inputs: [...figure.inputs] })),
        readiness: { ...value.readiness, checks: [...value.readiness.checks] },
      };
    }),
    report: os.crm.report.handler(({ input }) => crm.report(input.organisationId, input.vendorId, input.period)),
    valueSettings: os.crm.valueSettings.handler(({ input }) => crm.valueSettings(input.organisationId)),
    saveValueSettings: os.crm.saveValueSettings.handler(async ({ input, context }) => {
      await organisations.requireRole(input.organisationId, context.caller.personId, ['admin']);
      return crm.saveValueSettings(input.organisationId, input.settings, await acting(input.organisationId, context));
    }),
    newClient: os.crm.newClient.handler(async ({ input, context }) => {
      await acting(input.organisationId, context);
      return crm.newClient(input.organisationId, input.vendor);
    }),
  };
}
