import type { Clock } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { newestAttempts } from '../../store/repositories/deliveries.ts';
import type { Connections } from '../connections/connections.ts';

/** Where some deliveries go through and others are refused the sign-in, it is tried no more often than this. */
const tryAgainMs = 60 * 60_000;

/**
 * Opens a connection that was stopped for want of a sign-in once the system takes us: by itself once, then only after a
 * reason to believe it. A system may answer the health check and refuse every delivery; opened at each healthy check, such a
 * connection would be stopped and opened for ever. Kept in memory: a start tries once more.
 */
export function createReopening(parts: {
  readonly store: Pick<Store, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly connections: Pick<Connections, 'recovered'>;
}) {
  const { store, clock, connections } = parts;
  const openedAt = new Map<string, number>();

  async function proven(connectionId: string, at: number): Promise<boolean> {
    if (clock.now() - at < tryAgainMs) return false;
    const attempts = await newestAttempts(store.read, connectionId, at, 1_000);
    return attempts.some(({ failure }) => failure === null);
  }

  return {
    /** `asked`: by a person, who has reason to think that it works. */
    async healthy(organisationId: string, system: string, asked: boolean): Promise<void> {
      const id = `${organisationId}/${system}`;
      const before = openedAt.get(id);
      if (!asked && before !== undefined && !(await proven(id, before))) return;
      if (await connections.recovered(organisationId, system)) openedAt.set(id, clock.now());
    },

    /** The system, or the keychain it needs, was seen out of order: when it is well again, that is news. */
    unwell(organisationId: string, system: string): void {
      openedAt.delete(`${organisationId}/${system}`);
    },
  };
}
