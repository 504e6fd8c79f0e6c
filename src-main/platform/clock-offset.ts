import type { HttpClient } from '../ports/http.ts';
import type { Clock } from '../ports/runtime.ts';

const REMEMBERED_MS = 15 * 60_000;
/** A `Date` header has no fraction: what it says was true at some moment of the second that follows. */
const GRAIN_MS = 1_000;
/** A reply that took longer says too little about now. */
const SLOWEST_MS = 2_000;

export interface ClockOffset {
  /** The same client, with its answers listened to. */
  listenTo(http: HttpClient): HttpClient;
  /** How far this machine's clock is ahead, ms, negative: behind; null: nothing was heard lately. */
  ahead(): number | null;
}

/**
 * Compares this machine's clock with the `Date` of answers that come anyway (R34). The middle of all hosts counts, so that
 * one provider with a wrong clock decides nothing.
 */
export function createClockOffset(clock: Clock): ClockOffset {
  const latest = new Map<string, { readonly ahead: number; readonly heardAt: number }>();
  return {
    listenTo: (http) => ({
      async send(request) {
        const sentAt = clock.monotonicMs();
        const reply = await http.send(request);
        const heardAt = clock.monotonicMs();
        const said = Date.parse(reply.headers.date ?? '');
        if (heardAt - sentAt <= SLOWEST_MS && !Number.isNaN(said)) {
          const ahead = Math.round(clock.now() - (heardAt - sentAt) / 2 - (said + GRAIN_MS / 2));
          latest.set(new URL(request.url).host, { ahead, heardAt });
        }
        return reply;
      },
    }),
    ahead() {
      const since = clock.monotonicMs() - REMEMBERED_MS;
      const recent = [...latest.values()].flatMap(({ ahead, heardAt }) => (heardAt >= since ? [ahead] : []));
      return recent.sort((a, b) => a - b)[Math.floor(recent.length / 2)] ?? null;
    },
  };
}
