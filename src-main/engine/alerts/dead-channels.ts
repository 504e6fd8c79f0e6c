import { engineActor, type OwnAlerts } from './parts.ts';
import type { Stage } from './stage.ts';

/** The console's own alert that no channel takes alerts; see `isLocal`. */
export const DEAD_CHANNELS_KEY = 'console:channels';

/**
 * When no channel accepts (R19, FT-51): one alert at this computer, however many are waiting to be told, until the first
 * channel accepts again. What waits drains by itself.
 */
export function createDeadChannels(stage: Stage, alerts: OwnAlerts) {
  const { runtime } = stage.parts;
  /** False: known to be over. Not known after a restart. */
  const open = new Map<string, boolean>();
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
      if (open.get(organisationId) === true) return;
      open.set(organisationId, true);
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
      if (open.get(organisationId) === false) return;
      open.set(organisationId, false);
      inTurn(() => alerts.resolveKey(organisationId, DEAD_CHANNELS_KEY, engineActor));
    },
  };
}
