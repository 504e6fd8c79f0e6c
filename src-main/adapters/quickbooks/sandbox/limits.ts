import type { SandboxWorld } from '../../../sandbox/kit.ts';

/** Per company: 500 calls in any minute, 10 in any second (accounting notes 2.8). */
const perMinute = 500;
const perSecond = 10;

/** False: too many. A clock that stands still measures no second. */
export function withinLimits(realmId: string, world: SandboxWorld): boolean {
  const store = world.documents<{ recent: number[] }>('usage');
  const now = world.now();
  const recent = (store.get(realmId)?.recent ?? []).filter((at) => at > now - 60_000 && at <= now);
  const tenth = recent.at(-perSecond);
  if (recent.length >= perMinute || (tenth !== undefined && tenth > now - 1_000 && tenth !== now)) return false;
  store.put(realmId, { recent: [...recent, now] });
  return true;
}
