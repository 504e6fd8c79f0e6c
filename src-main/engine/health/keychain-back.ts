import type { Clock } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { listConnections } from '../../store/repositories/connections.ts';
import type { Contexts } from '../connections/contexts.ts';
import type { createReopening } from './reopening.ts';

/** A keychain seen ready is not asked again at once, whatever else keeps a connection stopped. */
const believedMs = 60_000;
const none: ReadonlySet<string> = new Set();

/**
 * Notices that the keychain answers again. While a connection is stopped for want of a sign-in the keychain is asked at
 * every round; as soon as it is ready those connections are to be looked at, whenever their next look would be due.
 */
export function createKeychainBack(parts: {
  readonly store: Pick<Store, 'read'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly contexts: Pick<Contexts, 'worldOf'>;
  readonly reopening: Pick<ReturnType<typeof createReopening>, 'unwell'>;
}) {
  const readyAt = new Map<string, number>();

  /** The systems to look at now. */
  return async function lookAt(organisationId: string): Promise<ReadonlySet<string>> {
    const stopped = (await listConnections(parts.store.read, organisationId)).filter(
      ({ parked_code }) => parked_code === 'auth',
    );
    const before = readyAt.get(organisationId);
    if (before !== undefined && stopped.length > 0 && parts.clock.monotonicMs() - before < believedMs) return none;
    readyAt.delete(organisationId);
    if (stopped.length === 0) return none;
    const { secrets } = await parts.contexts.worldOf(organisationId);
    if ((await secrets.state()) !== 'ready') {
      for (const { system } of stopped) parts.reopening.unwell(organisationId, system);
      return none;
    }
    readyAt.set(organisationId, parts.clock.monotonicMs());
    return before === undefined ? new Set(stopped.map(({ system }) => system)) : none;
  };
}
