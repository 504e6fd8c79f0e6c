import { later } from '../../../src-shared/domain/time-and-ids.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store } from '../../ports/store.ts';
import { renewLeases } from '../../store/repositories/outbox-statements.ts';

export const leaseMs = 60_000;
const renewEveryMs = 20_000;
/** Longer than any time-out of the http port: a try that takes so long hangs. */
const longestFlightMs = 180_000;

/** A try that is under way. */
export interface Flight {
  readonly abort: AbortController;
  readonly startedMs: number;
}

/** Renews what this program start has under way (R7), and cuts off tries that hang, until `ended`. */
export async function keepLeases(
  { store, runtime: { clock, log }, owner }: { store: Store; runtime: Runtime; owner: string },
  flights: readonly Flight[],
  ended: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(renewEveryMs, ended);
    if (ended.aborted) return;
    if (flights.length === 0) continue;
    for (const { abort, startedMs } of flights) {
      if (clock.monotonicMs() - startedMs > longestFlightMs) abort.abort();
    }
    await store.batch([renewLeases(owner, later(clock.now(), leaseMs))]).catch((thrown: unknown) => {
      log.error('outbox.renew-failed', { error: String(thrown) });
    });
  }
}
