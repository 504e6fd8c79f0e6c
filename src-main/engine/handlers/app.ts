import { app as appContract } from '../../../src-shared/contract/app.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { SecretStoreState } from '../../ports/secrets.ts';
import type { Events } from '../events.ts';
import type { Organisations } from '../organisations/organisations.ts';
import type { Standing } from '../standing.ts';
import type { StorageState } from '../storage-guard.ts';
import { implementGuarded } from './base.ts';

const os = implementGuarded({ app: appContract });

/** `contract/app.ts`: frame, status bar, and the stream of what changed. */
export function appHandlers(deps: {
  readonly version: string;
  readonly host: 'desktop' | 'agent' | 'cli';
  readonly dataFolder: string;
  readonly safeMode: boolean;
  readonly storage: () => StorageState;
  readonly now: () => number;
  readonly organisations: Pick<Organisations, 'list' | 'get'>;
  readonly keychain: () => Promise<SecretStoreState>;
  readonly standing: Standing;
  readonly events: Events;
}) {
  const { organisations, events, standing } = deps;
  return {
    status: os.app.status.handler(async () => {
      const all = (await organisations.list()).map(({ id, name, practice, timeZone }) => ({
        id,
        name,
        practice,
        timeZone,
      }));
      return {
        version: deps.version,
        host: deps.host,
        dataFolder: deps.dataFolder,
        practice: all.length > 0 && all.every(({ practice }) => practice),
        organisations: all,
        keychain: await deps.keychain(),
        safeMode: deps.safeMode,
        storage: deps.storage(),
        now: isoOf(deps.now() as Parameters<typeof isoOf>[0]),
      };
    }),
    counts: os.app.counts.handler(async ({ input }) => {
      await organisations.get(input.organisationId);
      return standing.counts(input.organisationId);
    }),
    changes: os.app.changes.handler(({ signal }) => {
      // Subscribed now, not when the first change is asked for.
      const changes = events.stream(signal);
      return (async function* () {
        yield* changes;
      })();
    }),
  };
}
