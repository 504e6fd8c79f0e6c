import type { Change } from '../../../src-shared/contract/app.ts';
import { Instant, type IsoDate, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { bankHolidaysKnown, Nation } from '../../../src-shared/domain/wedding-time/bank-holidays.ts';

import { localAt } from '../../../src-shared/domain/wedding-time/local-time.ts';
import {
  LONGEST_SWITCH_MS,
  type ManualSwitch,
  type WeekendFacts,
  weekendAt,
} from '../../../src-shared/domain/wedding-time/weekend-at.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import * as rows from '../../store/repositories/weddings.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { notFound, refused } from '../problem.ts';
import { applyWeddings, type WeddingsApplied } from './apply-weddings.ts';
import { confirmedDates, type Wedding, type WeddingRejection, type WeddingsRead } from './wedding.ts';
import { resultFrom, type WeekendResult } from './weekend-at.ts';

/** Who does something, and through what. `personId` null: a provider or the program itself. */
export interface Actor {
  readonly personId: string | null;
  readonly name: string;
  /** `window`, `http`, `cli`, `slack`, `pagerduty`, `sms`, `tray`, `notification`, `webhook`, `engine`. */
  readonly channel: string;
  readonly correlationId: string;
}

/** As the audit names an actor. */
export function actorName(actor: Actor): string {
  return actor.personId === null
    ? actor.channel === 'engine'
      ? 'system'
      : `provider:${actor.name}`
    : `person:${actor.personId}`;
}

export interface WeekendParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly publish: (change: Change) => void;
}

/** Everything about one organisation's wedding time that does not depend on the moment; kept until it changes. */
export interface Calendar {
  readonly organisation: { readonly id: string; readonly name: string; readonly practice: boolean };
  readonly zone: string;
  readonly nation: Nation;
  /** By date, with their names: the nation's own and those imported. */
  readonly bankHolidays: ReadonlyMap<string, string>;
  /** The facts of any moment, remembered until they change. */
  at(moment: Instant): WeekendFacts;
  /** The switch by hand in force at a moment; the last one decides. */
  manualAt(moment: Instant): ManualSwitch | null;
}

export type Weekend = ReturnType<typeof createWeekend>;

/** Wedding time and the wedding calendar of every organisation. */
export function createWeekend({ store, runtime, audit, publish }: WeekendParts) {
  const calendars = new Map<string, Promise<Calendar>>();
  const days = new Map<string, Promise<readonly rows.WeddingRow[]>>();

  function forget(organisationId: string): void {
    calendars.delete(organisationId);
    for (const key of days.keys()) if (key.startsWith(`${organisationId}\n`)) days.delete(key);
  }

  function changed(organisationId: string): void {
    forget(organisationId);
    publish({ topic: 'weddings', organisationId, ids: [] });
  }

  async function load(organisationId: string): Promise<Calendar> {
    const organisation = await getOrganisation(store.read, organisationId);
    if (!organisation) throw notFound({ happened: 'There is no such organisation.' });
    const [spans, switches, imported, nationText] = await Promise.all([
      rows.confirmedSpans(store.read, organisationId),
      // A switch that ended long ago still shapes nothing we are asked about.
      rows.listModeSwitches(store.read, organisationId, runtime.clock.now() - 60 * 86_400_000),
      rows.listBankHolidays(store.read, organisationId),
      rows.getOpsSetting(store.read, organisationId, 'nation'),
    ]);
    const nation = Nation.catch('england-and-wales').parse(nationText === null ? undefined : JSON.parse(nationText));
    const weddingDates = confirmedDates(
      spans.map((span) => ({ date: span.date, lastDate: span.last_date, status: 'confirmed' })),
    );
    const bankHolidays = bankHolidaysKnown(nation, imported);
    const manual = switches.map(
      (row): ManualSwitch => ({
        mode: row.mode,
        reason: row.reason,
        by: row.by_person,
        startsAt: Instant.parse(row.starts_at),
        endsAt: Instant.parse(row.ends_at),
      }),
    );
    const zone = organisation.time_zone;
    let known: WeekendFacts | null = null;
    return {
      organisation: { id: organisation.id, name: organisation.name, practice: organisation.practice === 1 },
      zone,
      nation,
      bankHolidays,
      manualAt: (moment) => manual.findLast((entry) => entry.startsAt <= moment && moment < entry.endsAt) ?? null,
      at(moment) {
        if (known && moment >= known.at && moment < known.validUntil) {
          return { ...known, at: moment, local: localAt(moment, zone) };
        }
        known = weekendAt({ at: moment, zone, weddingDates, bankHolidays, manual });
        return known;
      },
    };
  }

  /** The calendar of one organisation; throws NOT_FOUND for an unknown one. */
  function calendar(organisationId: string): Promise<Calendar> {
    const known = calendars.get(organisationId);
    if (known) return known;
    const loading = load(organisationId);
    calendars.set(organisationId, loading);
    loading.catch(() => calendars.delete(organisationId));
    return loading;
  }

  /** Confirmed weddings that touch one local day, by time. */
  function weddingsOn(organisationId: string, date: IsoDate): Promise<readonly rows.WeddingRow[]> {
    const key = `${organisationId}\n${date}`;
    const known = days.get(key);
    if (known) return known;
    if (days.size > 50) days.clear();
    const loading = rows
      .weddingsBetween(store.read, organisationId, date, date)
      .then((found) => found.filter((row) => row.status === 'confirmed'));
    days.set(key, loading);
    loading.catch(() => days.delete(key));
    return loading;
  }

  async function result(organisationId: string, at: Instant): Promise<WeekendResult> {
    const facts = (await calendar(organisationId)).at(at);
    const shown = [facts.local.date, ...facts.weekendDates].sort();
    const [first = facts.local.date] = shown;
    const last = shown.at(-1) ?? first;
    const found = await rows.weddingsBetween(store.read, organisationId, first, last);
    return resultFrom(facts, found.map(weddingOf));
  }

  return {
    calendar,
    weddingsOn,
    result,
    /** After the organisation's zone or its calendar changed elsewhere. */
    forget,

    /** Confirmed and tentative weddings between two local days, both included. */
    weddingsBetween: (organisationId: string, first: IsoDate, last: IsoDate) =>
      rows.weddingsBetween(store.read, organisationId, first, last),
    couplesOf: (organisationId: string, keys: readonly string[]) => rows.couplesOf(store.read, organisationId, keys),
    venues: (organisationId: string) => rows.listVenues(store.read, organisationId),
    countWeddings: (organisationId: string) => rows.countWeddings(store.read, organisationId),

    /** When the calendar was last brought in; null: never. */
    async importedAt(organisationId: string): Promise<Instant | null> {
      const value = await rows.getOpsSetting(store.read, organisationId, 'calendar-imported');
      return value === null ? null : Instant.parse(JSON.parse(value));
    },

    /** Brings weddings in: new ones are added, changed ones replaced by UID and SEQUENCE, the rest counted as duplicates. */
    async importWeddings(organisationId: string, read: WeddingsRead): Promise<WeddingsApplied> {
      const applied = await applyWeddings(store, runtime, organisationId, read);
      changed(organisationId);
      return applied;
    },

    /** Replaces the years an official calendar file covers. */
    async importBankHolidays(
      organisationId: string,
      text: string,
      actor: Actor,
    ): Promise<{ imported: number; rejected: readonly WeddingRejection[] }> {
      const { readBankHolidaysIcs } = await import('./read-ics.ts');
      const { days: found, rejections } = readBankHolidaysIcs(text);
      if (found.length === 0) {
        throw refused({
          happened: 'The file holds no bank holidays.',
          means: 'Nothing was changed.',
          remedy: 'Use the calendar file (ICS) of the official bank-holiday list.',
        });
      }
      await store.transaction(async (tx, after) => {
        await rows.replaceBankHolidays(tx, organisationId, found);
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'bank-holidays.imported',
          object: 'calendar:bank-holidays',
          after: { days: found.length, years: [...new Set(found.map((day) => day.date.slice(0, 4)))] },
          correlationId: actor.correlationId,
        });
        after(() => changed(organisationId));
      });
      return { imported: found.length, rejected: rejections };
    },

    async setNation(organisationId: string, nation: Nation, actor: Actor): Promise<void> {
      const before = (await calendar(organisationId)).nation;
      await store.transaction(async (tx, after) => {
        await rows.putOpsSetting(tx, organisationId, 'nation', JSON.stringify(nation), runtime.clock.now());
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'setting.changed',
          object: 'setting:bank-holiday-nation',
          before: { nation: before },
          after: { nation },
          correlationId: actor.correlationId,
        });
        after(() => changed(organisationId));
      });
    },

    /** Switches wedding-day mode on or off from now to `endsAt`; both a reason and an end are required (T2). */
    async switchMode(
      organisationId: string,
      wanted: { readonly mode: 'on' | 'off'; readonly reason: string; readonly endsAt: Instant },
      actor: Actor,
      /** In the same transaction. */
      beside: (tx: Tx) => Promise<void> = async () => undefined,
    ): Promise<WeekendResult> {
      const at = runtime.clock.now();
      const reason = wanted.reason.trim();
      if (reason === '')
        throw refused({ happened: 'A reason is missing.', remedy: 'Say why the mode is switched by hand.' });
      if (wanted.endsAt <= at) throw refused({ happened: 'The end must lie ahead.', remedy: 'Choose a later end.' });
      if (wanted.endsAt - at > LONGEST_SWITCH_MS) {
        throw refused({
          happened: 'The mode can be switched by hand for 14 days at most.',
          remedy: 'Choose an earlier end.',
        });
      }
      const before = (await calendar(organisationId)).at(at).weddingDay.active;
      await store.transaction(async (tx, after) => {
        await beside(tx);
        await rows.insertModeSwitch(tx, {
          organisation_id: organisationId,
          mode: wanted.mode,
          reason,
          by_person: actor.name,
          starts_at: at,
          ends_at: wanted.endsAt,
        });
        await audit(tx, {
          organisationId,
          actor: actorName(actor),
          channel: actor.channel,
          action: 'wedding-mode.switched',
          object: 'mode:wedding-day',
          before: { active: before },
          after: { mode: wanted.mode, endsAt: isoOf(wanted.endsAt) },
          reason,
          correlationId: actor.correlationId,
        });
        after(() => changed(organisationId));
      });
      return result(organisationId, at);
    },
  };
}

/** A stored wedding as the pure functions see it; without the couple. */
export function weddingOf(row: rows.WeddingRow): Wedding {
  return {
    key: row.key,
    series: row.series,
    sequence: row.sequence,
    status: row.status,
    date: row.date,
    lastDate: row.last_date,
    startsAt: row.starts_at === null ? null : Instant.parse(row.starts_at),
    venue: row.venue,
    region: row.region,
    reference: row.reference,
    couple: '',
  };
}
