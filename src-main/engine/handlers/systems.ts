import { systems as systemsContract } from '../../../src-shared/contract/systems.ts';
import type { Diagnostics } from '../health/diagnostics.ts';
import type { Health } from '../health/index.ts';
import type { Asker, Organisations } from '../organisations/organisations.ts';
import type { Receiver } from '../receiver/index.ts';
import { type CallContext, implementGuarded } from './base.ts';
import { deskActor } from './weekend.ts';

const os = implementGuarded({ systems: systemsContract });

const asker = ({ caller, correlationId }: CallContext): Asker => ({
  personId: caller.personId,
  channel: caller.via,
  correlationId,
});

/** `contract/systems.ts`. */
export function systemHandlers({
  health,
  receiver,
  diagnostics,
  organisations,
}: {
  readonly health: Health;
  readonly receiver: Pick<Receiver, 'sources'>;
  readonly diagnostics: Diagnostics;
  readonly organisations: Organisations;
}) {
  const on = os.systems;
  const actor = deskActor({ organisations });
  return {
    list: on.list.handler(({ input }) => health.list(input.organisationId)),
    detail: on.detail.handler(({ input }) => health.detail(input.organisationId, input.system)),
    checkNow: on.checkNow.handler(({ input }) => health.checkNow(input.organisationId, input.system)),
    checkAll: on.checkAll.handler(({ input }) => health.checkAll(input.organisationId)),
    sendTest: on.sendTest.handler(async ({ input, context }) =>
      health.sendTest(input.organisationId, input.system, await actor(input.organisationId, context)),
    ),
    setMode: on.setMode.handler(({ input, context }) =>
      health.setMode(input.organisationId, input.system, input.mode, input.reason, asker(context)),
    ),
    history: on.history.handler(({ input }) => health.history(input.organisationId, input.system)),
    sources: on.sources.handler(({ input }) => receiver.sources.list(input.organisationId)),
    saveSource: on.saveSource.handler(({ input: { organisationId, ...wish }, context }) =>
      receiver.sources.save(organisationId, wish, asker(context)),
    ),
    diagnosticsPreview: on.diagnosticsPreview.handler(async () => ({ files: await diagnostics.preview() })),
    diagnosticsSave: on.diagnosticsSave.handler(() => diagnostics.save()),
  };
}
