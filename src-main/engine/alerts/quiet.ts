import { z } from 'zod';
import { ClockTime } from '../../../src-shared/domain/alert/routing-config.ts';
import type { WeekendFacts } from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Reader } from '../../ports/store.ts';
import { listPeople } from '../../store/repositories/organisations.ts';
import { getOpsSetting, putOpsSetting } from '../../store/repositories/weddings.ts';
import { actorName } from '../weekend/weekend.ts';
import type { Actor, InnerParts } from './parts.ts';

/** Local times between which this person's computer stays quiet; null: never (U41). */
export const PersonQuiet = z.object({ from: ClockTime, to: ClockTime }).nullable();
export type PersonQuiet = z.infer<typeof PersonQuiet>;

const usual: PersonQuiet = { from: '22:00', to: '07:00' };
const All = z.record(z.string(), PersonQuiet);
const SETTING = 'person-quiet';

/** Whether notifications are held at this moment; never in wedding-day mode. `to` at or before `from` runs over midnight. */
export function isQuiet(hours: PersonQuiet, { weddingDay, local }: WeekendFacts): boolean {
  if (hours === null || weddingDay.active) return false;
  const now = `${String(local.hour).padStart(2, '0')}:${String(local.minute).padStart(2, '0')}`;
  return hours.from < hours.to ? hours.from <= now && now < hours.to : now >= hours.from || now < hours.to;
}

/**
 * Quiet hours of the person at this machine: they hold native notifications and nothing else; routing, sending, escalation
 * and the record go on (U41). When they end, one notification says what was held.
 */
export function createQuiet({
  store,
  runtime,
  audit,
  publish,
  notices,
}: Omit<InnerParts, 'channelsDead' | 'channelAccepted'>) {
  const known = new Map<string, Promise<PersonQuiet>>();
  const held = new Map<string, Set<string>>();

  async function all(organisationId: string): Promise<z.infer<typeof All>> {
    const text = await getOpsSetting(store.read, organisationId, SETTING);
    return text === null ? {} : All.parse(JSON.parse(text));
  }
  async function of(organisationId: string, personId: string | null): Promise<PersonQuiet> {
    const set = personId === null ? undefined : (await all(organisationId))[personId];
    return set === undefined ? usual : set;
  }

  return {
    of,

    /** Of whoever is signed in at this machine; remembered until it changes. */
    here(organisationId: string): Promise<PersonQuiet> {
      const found =
        known.get(organisationId) ?? current(store.read, organisationId).then((id) => of(organisationId, id));
      known.set(organisationId, found);
      found.catch(() => known.delete(organisationId));
      return found;
    },
    /** Somebody else signed in, or a setting changed. */
    forget: (organisationId: string) => void known.delete(organisationId),

    async set(organisationId: string, hours: PersonQuiet, actor: Actor): Promise<PersonQuiet> {
      const personId = actor.personId ?? '';
      await store.transaction(async (tx, after) => {
        const text = await getOpsSetting(tx, organisationId, SETTING);
        const before = text === null ? {} : All.parse(JSON.parse(text));
        const now = runtime.clock.now();
        await putOpsSetting(tx, organisationId, SETTING, JSON.stringify({ ...before, [personId]: hours }), now);
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'setting.changed',
          object: `setting:quiet-hours:${personId}`,
          before: before[personId] ?? usual,
          after: hours,
          correlationId: actor.correlationId,
        });
        after(() => {
          known.delete(organisationId);
          publish({ topic: 'alerts', organisationId, ids: [] });
        });
      });
      return hours;
    },

    hold(organisationId: string, alertId: string): void {
      const mine = held.get(organisationId) ?? new Set();
      held.set(organisationId, mine.add(alertId));
    },

    /** Says once what was held. `open`: those of them that are not over. */
    async ended(organisationId: string, open: (ids: readonly string[]) => Promise<number>): Promise<void> {
      const ids = [...(held.get(organisationId) ?? [])];
      if (ids.length === 0) return;
      held.delete(organisationId);
      const still = await open(ids);
      notices?.show({
        key: `quiet:${organisationId}`,
        title: `While quiet: ${ids.length} ${ids.length === 1 ? 'alert' : 'alerts'}`,
        body: `${ids.length - still} over by now, ${still} open.`,
        urgent: false,
        address: '/alerts',
      });
    },
  };
}
export type Quiet = ReturnType<typeof createQuiet>;

async function current(db: Reader, organisationId: string): Promise<string | null> {
  return (await listPeople(db, organisationId)).find((person) => person.current === 1)?.id ?? null;
}
