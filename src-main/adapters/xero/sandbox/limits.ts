import type { SandboxReply, SandboxRequest, SandboxWorld } from '../../../sandbox/kit.ts';

/** Per organisation: 60 calls in any minute, 5,000 in any day, 5 at once (accounting notes 0 and 1.9). */
export const perMinute = 60;
const perDay = 5_000;
const atOnce = 5;
const minute = 60_000;
const day = 24 * 60 * minute;

interface Usage {
  recent: number[];
  dayStart: number;
  today: number;
}

/** Other limits than the usual ones, for runs that cannot wait: calls a minute, and a day. */
export interface OtherLimits {
  perMinute: number;
  perDay: number;
}

/** null: go on, with the headers for the answer. */
export function meter(
  request: SandboxRequest,
  tenantId: string,
  world: SandboxWorld,
): { refused: SandboxReply | null; headers: Record<string, string> } {
  const store = world.documents<Usage>('usage');
  const limits = world.documents<OtherLimits>('switches').get('limits') ?? { perMinute, perDay };
  const now = world.now();
  const held = store.get(tenantId) ?? { recent: [], dayStart: now, today: 0 };
  const fresh = now - held.dayStart >= day ? { ...held, dayStart: now, today: 0 } : held;
  const recent = fresh.recent.filter((at) => at > now - minute && at <= now);

  const refuse = (problem: string, waitMs: number) => ({
    refused: {
      status: 429,
      headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))), 'x-rate-limit-problem': problem },
    },
    headers: headersOf(limits, recent.length, fresh.today),
  });
  if (request.inFlight > atOnce) return refuse('concurrency', 1_000);
  if (fresh.today >= limits.perDay) return refuse('day', fresh.dayStart + day - now);
  if (recent.length >= limits.perMinute) return refuse('minute', (recent[0] ?? now) + minute - now);

  const next: Usage = { recent: [...recent, now], dayStart: fresh.dayStart, today: fresh.today + 1 };
  store.put(tenantId, next);
  return { refused: null, headers: headersOf(limits, next.recent.length, next.today) };
}

function headersOf(limits: OtherLimits, inMinute: number, today: number): Record<string, string> {
  return {
    'x-minlimit-remaining': String(Math.max(0, limits.perMinute - inMinute)),
    'x-daylimit-remaining': String(Math.max(0, limits.perDay - today)),
    'x-appminlimit-remaining': String(10_000 - inMinute),
  };
}
