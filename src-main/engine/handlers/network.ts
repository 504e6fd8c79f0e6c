import { network as networkContract } from '../../../src-shared/contract/network.ts';
import type { NetworkSettings } from '../network/network-settings.ts';
import type { Asker } from '../organisations/organisations.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ network: networkContract });

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
