import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import type { ScoreCard } from '../src-shared/contract/weekend.ts';
import type { RoutingConfig } from '../src-shared/domain/alert/routing-config.ts';
import { Instant } from '../src-shared/domain/time-and-ids.ts';
import { addDays, instantOf, localAt } from '../src-shared/domain/wedding-time/local-time.ts';
import type { Composed, HostParts } from './compose.ts';
import { practiceOrganisationId } from './engine/organisations/seed-practice.ts';
import { playSaturday } from './engine/rehearsal/saturday.ts';
import { createSkippingClock } from './engine/rehearsal/skipping-clock.ts';
import { createMemorySecrets } from './platform/memory-secrets.ts';

const SATURDAY = 6;
const quiet = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet };

/**
 * Plays a busy Saturday in a console of its own: temporary folder, moved clock, the sandbox for every outside side, no
 * keychain. It tells by the routing of the organisation it is for; addresses are the sample's, so no real number or
 * mailbox is even written down there.
 */
export async function rehearseSaturday(
  compose: (host: HostParts) => Promise<Composed>,
  host: Pick<HostParts, 'runtime' | 'redactor' | 'files' | 'resourcesFolder' | 'version'>,
  organisation: { readonly routing: RoutingConfig; readonly zone: string },
): Promise<ScoreCard> {
  const { clock: real } = host.runtime;
  const today = localAt(real.now(), organisation.zone);
  const saturday = addDays(today.date, (SATURDAY - today.weekday + 7) % 7);
  const clock = createSkippingClock(real, Instant.parse(instantOf(saturday, '13:50', organisation.zone)));
  const runtime = { ...host.runtime, clock, log: quiet };
  const folder = await mkdtemp(join(tmpdir(), 'wedsync-rehearsal-'));
  try {
    const { engine } = await compose({
      dataFolder: folder,
      host: 'agent',
      practice: true,
      empty: true,
      safeMode: 'off',
      rehearsal: true,
      secrets: createMemorySecrets(),
      runtime,
      redactor: host.redactor,
      files: host.files,
      resourcesFolder: host.resourcesFolder,
      version: host.version,
      environment: {},
    });
    try {
      const client = createRouterClient(engine.router, {
        context: () => ({
          caller: { via: 'window' as const, access: 'admin' as const, personId: null },
          correlationId: runtime.ids.next(),
          log: quiet,
        }),
      });
      const organisationId = practiceOrganisationId;
      const sample = await client.alerts.routing({ organisationId });
      const routing = withSampleAddresses(organisation.routing, sample);
      await client.alerts.saveRouting({ organisationId, routing });
      return await playSaturday({
        clock,
        real,
        routing,
        desk: {
          raise: (report) => client.alerts.raise({ organisationId, ...report }),
          get: (alertId) => client.alerts.get({ organisationId, alertId }),
          acknowledge: (alertId) => client.alerts.acknowledge({ organisationId, alertId }),
          tickStep: (alertId, stepId) => client.alerts.tickStep({ organisationId, alertId, stepId }),
          resolve: (alertId) => client.alerts.resolve({ organisationId, alertId }),
          view: () => client.weekend.view({ organisationId }),
          preview: (severity, venue) => client.alerts.preview({ organisationId, severity, venue }),
        },
      });
    } finally {
      await engine.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same people and places by name, each at an address the sandbox plays. */
function withSampleAddresses(routing: RoutingConfig, sample: RoutingConfig): RoutingConfig {
  const destinations = routing.destinations.map((each) => {
    const alike = sample.destinations.filter(({ channel }) => channel === each.channel);
    const known = alike.find(({ id }) => id === each.id) ?? alike[0];
    return known === undefined ? each : { ...each, address: known.address };
  });
  return { ...routing, destinations };
}
