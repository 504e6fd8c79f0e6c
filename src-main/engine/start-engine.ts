import { createCapabilities } from './capabilities.ts';
import type { EngineParts } from './engine-parts.ts';
import { createLeaving } from './leaving.ts';
import { bringSamples } from './practice/samples.ts';
import { routerOf } from './router.ts';

export type StartedEngine = ReturnType<typeof createEngine>;

/** The capabilities with what the outside calls. Nothing runs yet. */
export function createEngine(parts: EngineParts) {
  const own = createCapabilities(parts);
  const { store, runtime, temporaryFolder } = parts;
  const { imports, review, alerts, crm, weekend, kpis, organisations, standing, seats } = own;
  return {
    ...own,
    router: routerOf(parts, own),
    /** Brings in what practice has to show; `folder` holds its cost files. */
    samples: (folder: string) =>
      bringSamples({ store, runtime, imports, review, alerts, crm, weekend, kpis, folder, temporaryFolder }),
    /** From the tray or a notification: whoever is signed in at this machine. */
    async acknowledge(via: 'tray' | 'notification', organisationId: string, alertId: string): Promise<string> {
      const { id, name } = await organisations.requireRole(organisationId, null, ['ops', 'admin']);
      const actor = { personId: id, name, channel: via, correlationId: runtime.ids.next() };
      await alerts.acknowledge(organisationId, alertId, { note: '', forMs: null }, actor);
      return name;
    },
    leaving: createLeaving({
      clock: runtime.clock,
      organisations,
      weekend,
      standing,
      alerts,
      sendsHere: seats.sendsHere,
    }),
  };
}
