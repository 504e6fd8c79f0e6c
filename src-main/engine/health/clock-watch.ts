import type { Alerts } from '../alerts/index.ts';
import type { Actor } from '../alerts/parts.ts';

/** R34: from here on times on screen and in messages mislead, and tokens and signatures begin to fail. */
const OFF_MS = 30_000;
/** Well within again; between the two nothing is said, so that a clock at the edge does not flap. */
const RIGHT_MS = 20_000;
const key = 'console:clock';
const console: Actor = { personId: null, name: 'console', channel: 'engine', correlationId: '' };

/** Looks now and then whether this machine's clock agrees with the systems that answer, and says so when it does not. */
export function createClockWatch(deps: {
  /** How far this machine's clock is ahead, ms; null: no system has answered lately. */
  readonly ahead: () => number | null;
  readonly alerts: Pick<Alerts, 'raise' | 'resolveKey'>;
}) {
  const told = new Map<string, boolean>();
  return async (organisationId: string): Promise<void> => {
    const ahead = deps.ahead();
    if (ahead === null) return;
    const off = Math.abs(ahead);
    const before = told.get(organisationId);
    if (off > OFF_MS && before !== true) {
      const seconds = Math.round(off / 1_000);
      await deps.alerts.raise(
        organisationId,
        {
          source: 'console',
          key,
          severity: 'critical',
          title: `The clock of this computer is ${seconds} s ${ahead > 0 ? 'ahead' : 'behind'}`,
          detail:
            'Escalations, schedules and wedding-day mode go by it, and signatures fail when it is minutes off. Let the operating system set the clock by itself.',
        },
        console,
      );
      told.set(organisationId, true);
      // After a restart an alert from before may still be open.
    } else if (off < RIGHT_MS && before !== false) {
      await deps.alerts.resolveKey(organisationId, key, console);
      told.set(organisationId, false);
    }
  };
}
