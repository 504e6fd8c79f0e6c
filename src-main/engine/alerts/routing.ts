import { defaultRouting, RoutingConfig } from '../../../src-shared/domain/alert/routing-config.ts';
import { Silence } from '../../../src-shared/domain/alert/silence.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { Reader } from '../../ports/store.ts';
import { liveSilences, type SilenceRow } from '../../store/repositories/alerts.ts';
import { getOpsSetting, putOpsSetting } from '../../store/repositories/weddings.ts';
import { refused } from '../problem.ts';
import { actorName } from '../weekend/weekend.ts';
import type { Actor, AlertParts } from './parts.ts';

/** Routing settings and silences of each organisation, kept in memory until they change. */
export function createRouting(parts: Pick<AlertParts, 'store' | 'runtime' | 'audit' | 'publish'>) {
  const { store, runtime, audit, publish } = parts;
  const configs = new Map<string, Promise<RoutingConfig>>();

  async function load(organisationId: string): Promise<RoutingConfig> {
    const text = await getOpsSetting(store.read, organisationId, 'routing');
    return text === null ? defaultRouting : RoutingConfig.parse(JSON.parse(text));
  }

  function config(organisationId: string): Promise<RoutingConfig> {
    const known = configs.get(organisationId);
    if (known) return known;
    const loading = load(organisationId);
    configs.set(organisationId, loading);
    loading.catch(() => configs.delete(organisationId));
    return loading;
  }

  return {
    config,
    /** The settings were changed by somebody else. */
    forget: (organisationId: string) => void configs.delete(organisationId),

    /** Replaces the settings; audited with both versions. Destinations named by a rule must exist. */
    async save(organisationId: string, wanted: RoutingConfig, actor: Actor): Promise<RoutingConfig> {
      const missing = unknownDestinations(wanted);
      if (missing.length > 0) {
        throw refused({
          happened: `A rule names a destination that does not exist: ${missing.join(', ')}.`,
          means: 'Nothing was changed.',
          remedy: 'Add the destination first, or take it out of the rule.',
        });
      }
      const before = await config(organisationId);
      await store.transaction(async (tx, after) => {
        await putOpsSetting(tx, organisationId, 'routing', JSON.stringify(wanted), runtime.clock.now());
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'setting.changed',
          object: 'setting:alert-routing',
          before: forRecord(before),
          after: forRecord(wanted),
          correlationId: actor.correlationId,
        });
        after(() => {
          configs.delete(organisationId);
          publish({ topic: 'alerts', organisationId, ids: [] });
        });
      });
      return wanted;
    },
  };
}
export type Routing = ReturnType<typeof createRouting>;

/** Enough of a phone or an address to tell two apart; the whole of it is personal. */
function forRecord(config: RoutingConfig): RoutingConfig {
  const masked = ({ channel, address }: RoutingConfig['destinations'][number]) =>
    channel === 'sms'
      ? `••••${address.slice(-3)}`
      : channel === 'email'
        ? `${address.slice(0, 1)}••••${address.slice(address.lastIndexOf('@'))}`
        : address;
  return { ...config, destinations: config.destinations.map((each) => ({ ...each, address: masked(each) })) };
}

function unknownDestinations(config: RoutingConfig): readonly string[] {
  const known = new Set([...config.destinations.map((each) => each.id), 'on-call']);
  const named = [
    ...Object.values(config.usual).flat(),
    ...config.management,
    ...config.regionRoutes.flatMap((route) => route.destinations),
  ];
  return [...new Set(named.filter((id) => !known.has(id)))];
}

/** Silences that are not over, as the pure rules read them. One that cannot be read hides nothing and stops no alert. */
export async function silencesOf(db: Reader, organisationId: string, at: Instant): Promise<readonly Silence[]> {
  return (await liveSilences(db, organisationId, at)).flatMap((row) => silenceOf(row) ?? []);
}

function silenceOf(row: SilenceRow): Silence | null {
  const read = Silence.safeParse({
    id: row.id,
    kind: row.kind,
    matcher: JSON.parse(row.matcher),
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    recurring: row.recurring === null ? null : JSON.parse(row.recurring),
    includeEmergencies: row.include_emergencies === 1,
    author: row.author,
    reason: row.reason,
  });
  return read.success ? read.data : null;
}
