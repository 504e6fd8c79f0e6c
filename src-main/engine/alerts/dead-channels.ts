import { engineActor, type OwnAlerts } from './parts.ts';
import type { Stage } from './stage.ts';

/** The console's own alert that no channel takes alerts; see `isLocal`. */
export const DEAD_CHANNELS_KEY = 'console:channels';
const SAY_AGAIN_MS = 5 * 60_000;

/**
 * When no channel accepts (R19, FT-51): one alert at this computer, however many are waiting to be told, until the first
 * channel accepts again. What waits drains by itself.
 */
export function createDeadChannels(stage: Stage, alerts: OwnAlerts) {
  const { runtime } = stage.parts;
  /** When it was said last; null: known to be over. Not known after a restart. */
  const said = new Map<string, number | null>();
  /** One after the other: an end must not be looked for before its beginning is stored. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<unknown>): void => {
    last = last
      .then(work)
      .catch((thrown: unknown) => runtime.log.error('alerts.dead-channels', { error: String(thrown) }));
  };

  return {
    /** Call after the commit that found it. */
    found(organisationId: string): void {
      // Not for each alert that is waiting, but again while it lasts: somebody may have ended it by mistake.
      const now = runtime.clock.monotonicMs();
      const before = said.get(organisationId) ?? null;
      if (before !== null && now - before < SAY_AGAIN_MS) return;
      said.set(organisationId, now);
      inTurn(() =>
        alerts.raise(
          organisationId,
          {
            source: 'console',
            key: DEAD_CHANNELS_KEY,
            severity: 'critical',
            title: 'No channel accepts alerts',
            detail:
              'Every channel refuses or does not answer. Alerts are kept and tried again; nobody is told until one accepts. Call the people who must know.',
          },
          engineActor,
        ),
      );
    },
    /** Call after the commit of a message that a channel accepted. */
    over(organisationId: string): void {
      if (said.get(organisationId) === null) return;
      said.set(organisationId, null);
      inTurn(() => alerts.resolveKey(organisationId, DEAD_CHANNELS_KEY, engineActor));
    },
  };
}
