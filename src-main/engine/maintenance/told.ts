import type { Store } from '../../ports/store.ts';
import { listOrganisations } from '../../store/repositories/organisations.ts';
import type { Alerts } from '../alerts/index.ts';
import type { Actor } from '../alerts/parts.ts';

const console: Actor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

/** One matter of the console itself, such as the backup: an alert in every organisation, and its end. */
export function createTold({
  store,
  alerts,
  key,
}: {
  readonly store: Store;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey'>;
  readonly key: string;
}) {
  let told = false;
  return {
    get isTold() {
      return told;
    },
    async tell(severity: 'warning' | 'critical', title: string, detail: string): Promise<void> {
      for (const { id } of await listOrganisations(store.read)) {
        await alerts.raise(id, { source: 'console', key, severity, title, detail }, console);
      }
      told = true;
    },
    async over(): Promise<void> {
      for (const { id } of await listOrganisations(store.read)) await alerts.resolveKey(id, key, console);
      told = false;
    },
  };
}
