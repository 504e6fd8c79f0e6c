import type { Clock } from '../ports/runtime.ts';
import type { Alerts } from './alerts/index.ts';
import type { Organisations } from './organisations/organisations.ts';
import type { Standing } from './standing.ts';
import type { Weekend } from './weekend/weekend.ts';

/** The hand-over alert has this long to leave before the console goes. */
const HAND_OVER_MS = 5_000;
const LOOK_MS = 100;

/** What would no longer happen if this computer stopped now (U35). */
export interface Consequence {
  /** Real organisations in wedding-day mode. */
  readonly organisations: number;
  /** Deliveries waiting in them. */
  readonly waiting: number;
}

export interface Leaving {
  /** null: nobody would miss this computer now. Practice organisations miss nobody. */
  consequence(): Promise<Consequence | null>;
  /** Tells the team of each such organisation that this computer stops sending, and waits until that has left, at most 5 s. */
  handOver(): Promise<void>;
}

export function createLeaving(deps: {
  readonly clock: Clock;
  readonly organisations: Pick<Organisations, 'list'>;
  readonly weekend: Pick<Weekend, 'calendar'>;
  readonly standing: Pick<Standing, 'counts'>;
  readonly alerts: Pick<Alerts, 'raise'>;
  readonly sendsHere: (organisationId: string) => boolean;
}): Leaving {
  const { clock, organisations, weekend, standing, alerts, sendsHere } = deps;

  async function concerned(): Promise<string[]> {
    const real = (await organisations.list()).filter(({ id, practice }) => !practice && sendsHere(id));
    const active = await Promise.all(
      real.map(async ({ id }) => ((await weekend.calendar(id)).at(clock.now()).weddingDay.active ? [id] : [])),
    );
    return active.flat();
  }
  const waitingIn = async (ids: readonly string[]) =>
    (await Promise.all(ids.map((id) => standing.counts(id)))).reduce((sum, { waiting }) => sum + waiting, 0);

  return {
    async consequence() {
      const ids = await concerned();
      return ids.length === 0 ? null : { organisations: ids.length, waiting: await waitingIn(ids) };
    },
    async handOver() {
      const ids = await concerned();
      const before = await waitingIn(ids);
      for (const id of ids) {
        await alerts.raise(
          id,
          {
            source: 'console',
            key: `console-stops:${clock.now()}`,
            severity: 'critical',
            title: 'The operations console stops sending',
            detail: 'A person quit it during wedding-day mode. Start it again, here or on another computer, to go on.',
          },
          { personId: null, name: 'console', channel: 'engine', correlationId: '' },
        );
      }
      for (let waited = 0; waited < HAND_OVER_MS && (await waitingIn(ids)) > before; waited += LOOK_MS) {
        await clock.sleep(LOOK_MS);
      }
    },
  };
}
