import type { SandboxWorld } from '../../../sandbox/kit.ts';

/** Per company: 10 calls in any second, 500 in any minute (accounting notes 2.8). */
const usual = { perSecond: 10, perMinute: 500 };

/** Other limits than the usual ones, for runs that cannot wait. */
export function setLimits(perSecond: number, perMinute: number, world: SandboxWorld): void {
  world.documents<typeof usual>('switches').put('limits', { perSecond, perMinute });
}

/** False: too many. */
export function withinLimits(realmId: string, world: SandboxWorld): boolean {
  const { perSecond, perMinute } = world.documents<typeof usual>('switches').get('limits') ?? usual;
  const store = world.documents<{ recent: number[] }>('usage');
  const now = world.now();
  const recent = (store.get(realmId)?.recent ?? []).filter((at) => at > now - 60_000 && at <= now);
  const first = recent.at(-perSecond);
  if (recent.length >= perMinute || (first !== undefined && first > now - 1_000)) return false;
  store.put(realmId, { recent: [...recent, now] });
  return true;
}
