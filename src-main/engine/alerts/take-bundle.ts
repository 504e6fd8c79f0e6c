import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Tx } from '../../ports/store.ts';
import { appendToBundled, bundleNeeding, getBundle } from '../../store/repositories/alerts.ts';
import { ProblemError } from '../problem.ts';
import type { Actions } from './actions.ts';
import { refreshBundle } from './bundles.ts';
import type { Actor } from './parts.ts';
import type { Stage } from './stage.ts';

type Beside = (tx: Tx) => Promise<void>;

/**
 * Somebody took a whole bundle elsewhere (A15): each member that still needs a person is taken, one by one, and stays an
 * alert of its own. Each returns how many. `beside` runs when all of it is done: taking a member twice does nothing.
 */
export function createTakingBundles(stage: Stage, actions: Actions) {
  const { store, publish } = stage.parts;

  async function take(
    organisationId: string,
    bundleId: string,
    one: (alertId: string) => Promise<void>,
    beside: Beside | undefined,
  ): Promise<number> {
    let taken = 0;
    for (const id of await bundleNeeding(store.read, organisationId, bundleId)) {
      try {
        await one(id);
        taken += 1;
      } catch (thrown) {
        // Somebody was quicker with this one; the others are still to be taken.
        if (!(thrown instanceof ProblemError)) throw thrown;
      }
    }
    if (taken === 0 && !beside) return taken;
    const scene = await stage.scene(organisationId);
    await store.transaction(async (tx) => {
      await beside?.(tx);
      // Its members changed without it, so that Slack is asked for one change and not for forty.
      const bundle = taken === 0 ? null : await getBundle(tx, organisationId, bundleId);
      if (bundle?.channel === 'slack') await refreshBundle(stage.parts, tx, bundleId, 'slack', scene);
    });
    return taken;
  }

  return {
    /** Closing the bundle there ends none of its alerts: nobody has looked at each. */
    takeBundle(
      organisationId: string,
      bundleId: string,
      how: 'acknowledged' | 'resolved',
      actor: Actor,
      beside?: Beside,
    ): Promise<number> {
      const note =
        how === 'acknowledged'
          ? 'With the bundle it was told in.'
          : 'The bundle it was told in was closed there; the alert itself goes on until its source or a person ends it.';
      const acknowledge = (id: string) =>
        actions.acknowledge(organisationId, id, { note, forMs: null, bundleId }, actor);
      return take(organisationId, bundleId, acknowledge, beside);
    },

    snoozeBundle(
      organisationId: string,
      bundleId: string,
      until: Instant,
      actor: Actor,
      beside?: Beside,
    ): Promise<number> {
      const note = 'With the bundle it was told in.';
      const snooze = (id: string) => actions.snooze(organisationId, id, until, { note, bundleId }, actor);
      return take(organisationId, bundleId, snooze, beside);
    },

    /** A press by somebody we do not know: nothing happens, and it is shown at each member. */
    async refuseStrangerAtBundle(
      organisationId: string,
      bundleId: string,
      words: string,
      actor: Actor,
      beside?: Beside,
    ): Promise<void> {
      const at = stage.parts.runtime.clock.now();
      await store.transaction(async (tx, after) => {
        await beside?.(tx);
        const line = { at, kind: 'refused', text: words.slice(0, 300), actor: actor.name, channel: actor.channel };
        await appendToBundled(tx, organisationId, bundleId, line);
        after(() => publish({ topic: 'alerts', organisationId, ids: [] }));
      });
    },
  };
}
