import { systemEntropy } from '../../../platform/entropy.ts';
import { createOAuthReturn } from '../../../platform/oauth-return.ts';
import { createRedactor } from '../../../platform/redactor.ts';
import { systemClock } from '../../../platform/runtime.ts';
import { createOrganisations } from '../../organisations/organisations.ts';
import { createConnections } from '../connections.ts';

type Deps = Parameters<typeof createConnections>[0];

/** The capability with what no test of it varies. */
export function connectionsOver(
  deps: Pick<Deps, 'store' | 'runtime' | 'registry' | 'worlds' | 'audit'> & Partial<Pick<Deps, 'oauthReturn'>>,
) {
  const events = { publish: () => undefined };
  return createConnections({
    redactor: createRedactor(),
    entropy: systemEntropy,
    oauthReturn: createOAuthReturn({ clock: systemClock }),
    organisations: createOrganisations({
      store: deps.store,
      runtime: deps.runtime,
      entropy: systemEntropy,
      audit: deps.audit,
      events,
      personKey: async () => null,
      buyerChanged: async () => undefined,
    }),
    events,
    ...deps,
  });
}
