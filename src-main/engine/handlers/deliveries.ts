import { deliveries as deliveriesContract } from '../../../src-shared/contract/deliveries.ts';
import type { Deliveries } from '../deliveries/index.ts';
import type { Asker } from '../organisations/organisations.ts';
import type { Receiver } from '../receiver/index.ts';
import { type CallContext, implementGuarded } from './base.ts';

const os = implementGuarded({ deliveries: deliveriesContract });

const asker = ({ caller, correlationId }: CallContext): Asker => ({
  personId: caller.personId,
  channel: caller.via,
  correlationId,
});

/** `contract/deliveries.ts`. */
export function deliveryHandlers({
  deliveries,
  receiver,
}: {
  readonly deliveries: Deliveries;
  readonly receiver: Pick<Receiver, 'log'>;
}) {
  const on = os.deliveries;
  return {
    list: on.list.handler(({ input: { organisationId, after, ...filter } }) =>
      deliveries.list(organisationId, filter, after),
    ),
    tabs: on.tabs.handler(({ input }) => deliveries.tabs(input.organisationId)),
    waits: on.waits.handler(({ input }) => deliveries.waits(input.organisationId)),
    detail: on.detail.handler(({ input }) => deliveries.detail(input.organisationId, input.id)),
    retry: on.retry.handler(({ input, context }) => deliveries.retry(input.organisationId, input.id, asker(context))),
    replay: on.replay.handler(({ input, context }) =>
      deliveries.replay(input.organisationId, input.id, input.how, asker(context)),
    ),
    hold: on.hold.handler(({ input, context }) =>
      deliveries.hold(input.organisationId, input.id, input.reason, asker(context)),
    ),
    release: on.release.handler(({ input, context }) =>
      deliveries.release(input.organisationId, input.id, asker(context)),
    ),
    discard: on.discard.handler(({ input, context }) =>
      deliveries.discard(input.organisationId, input.id, input.reason, asker(context)),
    ),
    check: on.check.handler(({ input, context }) => deliveries.check(input.organisationId, input.id, asker(context))),
    decide: on.decide.handler(({ input: { organisationId, id, ...answer }, context }) =>
      deliveries.decide(organisationId, id, answer, asker(context)),
    ),
    bulkEstimate: on.bulkEstimate.handler(({ input }) =>
      deliveries.bulkEstimate(input.organisationId, input.chosen, input.kind),
    ),
    bulk: on.bulk.handler(({ input, context }) =>
      deliveries.bulk(input.organisationId, input.chosen, input.kind, input.reason, asker(context)),
    ),
    depth: on.depth.handler(({ input }) => deliveries.depth(input.organisationId, input.hours)),
    inbound: on.inbound.handler(({ input: { organisationId, after, ...filter } }) =>
      receiver.log.list(organisationId, filter, after),
    ),
    inboundDetail: on.inboundDetail.handler(({ input }) => receiver.log.detail(input.organisationId, input.id)),
    inboundReplay: on.inboundReplay.handler(({ input, context }) =>
      receiver.log.replay(input.organisationId, input.id, input.force, asker(context)),
    ),
  };
}
