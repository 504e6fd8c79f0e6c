import type { NetworkSettings } from '../network/network-settings.ts';
import type { Asker } from '../organisations/organisations.ts';
import { type CallContext, os } from './base.ts';

const asker = ({ caller, correlationId }: CallContext): Asker => ({
  personId: caller.personId,
  channel: caller.via,
  correlationId,
});

/** `contract/network.ts`. */
export function networkHandlers({ network }: { readonly network: NetworkSettings }) {
  const on = os.network;
  return {
    view: on.view.handler(() => network.view()),
    save: on.save.handler(({ input: { organisationId, ...wish }, context }) =>
      network.save(organisationId, wish, asker(context)),
    ),
    probe: on.probe.handler(({ input, context }) => network.probe(input.organisationId, input.host, asker(context))),
  };
}
