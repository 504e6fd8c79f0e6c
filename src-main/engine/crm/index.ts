import type { PushRow, PushView } from '../../../src-shared/contract/crm.ts';
import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import type { ValueSettings } from '../../../src-shared/domain/value/settings.ts';
import type { Tx } from '../../ports/store.ts';
import {
  type CrmName,
  countPushes,
  listMappings,
  listPushes,
  listPushRows,
  type PushFilter,
  pushHistory,
  putCrmSetting,
} from '../../store/repositories/crm.ts';
import { getVendor, listVendors, usageMonths, vendorsWithUsage } from '../../store/repositories/usage.ts';
import { notFound } from '../problem.ts';
import { approve, approveAndSend, send } from './approve.ts';
import { sendAutomatic } from './automatic.ts';
import { choose, hold, pushOf, putBack, release, setNote } from './decide.ts';
import { createDirectory } from './directory.ts';
import { monthsOf, periodOf, presentMonth, valueSettings, valuesOf } from './figures.ts';
import { type Actor, adapterOf, type CrmParts, crmNames, pushAction } from './parts.ts';
import { type Prepared, type PrepareWish, poundsOf, preparePushes } from './prepare.ts';
import { pushSettled } from './settle.ts';
import { writeReport } from './value-report.ts';
import { pushView, rowView } from './view.ts';

export type { Actor, CrmParts } from './parts.ts';
export type Crm = ReturnType<typeof createCrm>;

const historyMonths = 12;

/** AI usage as business value in the vendors' own systems: derived, previewed, approved, sent, read back (V1 to V7). */
export function createCrm(parts: CrmParts) {
  const { store, runtime } = parts;
  const directory = createDirectory(parts);
  /** Months in which usage changed since somebody prepared them last; automatic vendors follow by themselves. */
  const following = new Set<Promise<unknown>>();

  const canRead = (crm: CrmName) => adapterOf(parts, crm)?.actions[pushAction]?.current !== undefined;

  async function prepare(organisationId: string, wish: PrepareWish, correlationId: string): Promise<Prepared> {
    const prepared = await preparePushes(parts, organisationId, wish);
    await sendAutomatic(parts, organisationId, prepared.ids, correlationId);
    return prepared;
  }

  async function push(organisationId: string, id: string): Promise<PushView> {
    const row = await pushOf(parts, organisationId, id);
    const [vendor, mappings, history] = await Promise.all([
      getVendor(store.read, organisationId, row.vendor_id),
      listMappings(store.read, organisationId, row.vendor_id),
      pushHistory(store.read, organisationId, id),
    ]);
    const mapping = mappings.find(({ crm }) => crm === row.crm);
    return pushView(row, vendor?.name ?? row.vendor_id, mapping, canRead(row.crm), history);
  }

  /** The newest month with usage that is over; else the newest. */
  function usualPeriod(months: readonly string[], present: string): string {
    return months.find((month) => month < present) ?? months[0] ?? present;
  }

  return {
    ...directory,
    prepare,
    push,

    async summary(organisationId: string, wanted: string | undefined) {
      const months = await usageMonths(store.read, organisationId);
      const present = await presentMonth(store.read, organisationId, runtime.clock.now());
      const period = wanted === undefined ? usualPeriod(months, present) : periodOf(wanted).label;
      const [counts, vendors, mappings, usage] = await Promise.all([
        countPushes(store.read, organisationId, period),
        listVendors(store.read, organisationId),
        listMappings(store.read, organisationId),
        vendorsWithUsage(store.read, organisationId, monthsOf(periodOf(period))),
      ]);
      const mapped = new Set(mappings.map(({ vendor_id }) => vendor_id));
      const waiting = counts.find(({ state }) => state === 'to_approve');
      const active = vendors.filter(({ id }) => usage.has(id));
      return {
        period,
        periods: months.includes(period) ? months : [period, ...months],
        states: {
          to_approve: 0,
          approved: 0,
          held: 0,
          conflict: 0,
          sending: 0,
          sent: 0,
          verified: 0,
          refused: 0,
          in_doubt: 0,
          ...Object.fromEntries(counts.map(({ state, count }) => [state, count])),
        },
        changing: waiting?.changing ?? 0,
        same: counts.reduce((sum, one) => sum + (one.state === 'verified' || one.state === 'sent' ? one.count : 0), 0),
        savingToApprove: poundsOf(waiting?.saving ?? 0),
        vendorsToApprove: waiting?.vendors ?? 0,
        asked: active.filter(({ state }) => state === 'asked').length,
        unmapped: active.filter(({ id, state }) => state === 'confirmed' && !mapped.has(id)).length,
        crms: await Promise.all(
          crmNames
            .filter((id) => adapterOf(parts, id) !== undefined)
            .map(async (id) => ({
              id,
              name: adapterOf(parts, id)?.manifest.name ?? id,
              connected: await parts.connected(organisationId, id),
              canRead: canRead(id),
            })),
        ),
      };
    },

    async list(
      organisationId: string,
      {
        text,
        offset,
        limit,
        ...filter
      }: PushFilter & { readonly text: string; readonly offset: number; readonly limit: number },
    ): Promise<{ rows: PushRow[]; total: number }> {
      const [rows, mappings] = await Promise.all([
        listPushRows(store.read, organisationId, filter),
        listMappings(store.read, organisationId),
      ]);
      const automatic = new Set(
        mappings.filter((one) => one.automatic === 1).map((one) => `${one.vendor_id} ${one.crm}`),
      );
      const wanted = text.trim().toLowerCase();
      const found = wanted === '' ? rows : rows.filter(({ vendor }) => vendor.toLowerCase().includes(wanted));
      return {
        rows: found
          .slice(offset, offset + limit)
          .map((row) => rowView(row, automatic.has(`${row.vendor_id} ${row.crm}`))),
        total: found.length,
      };
    },

    async previews(organisationId: string, filter: PushFilter): Promise<PushView[]> {
      const [rows, mappings] = await Promise.all([
        listPushes(store.read, organisationId, filter),
        listMappings(store.read, organisationId),
      ]);
      const mappingOf = new Map(mappings.map((one) => [`${one.vendor_id} ${one.crm}`, one]));
      return rows.map((row) =>
        pushView(row, row.vendor, mappingOf.get(`${row.vendor_id} ${row.crm}`), canRead(row.crm), []),
      );
    },

    approve: (
      organisationId: string,
      ids: readonly string[],
      actor: Actor,
      hashes?: Readonly<Record<string, string>>,
    ) => approve(parts, organisationId, ids, actor, hashes),
    approveAndSend: (
      organisationId: string,
      ids: readonly string[],
      actor: Actor,
      hashes?: Readonly<Record<string, string>>,
    ) => approveAndSend(parts, organisationId, ids, actor, hashes),
    hold: (organisationId: string, ids: readonly string[], reason: string, actor: Actor) =>
      hold(parts, organisationId, ids, reason, actor),
    release: (organisationId: string, ids: readonly string[], actor: Actor) =>
      release(parts, organisationId, ids, actor),
    choose: (organisationId: string, id: string, take: Readonly<Record<string, 'ours' | 'theirs'>>, actor: Actor) =>
      choose(parts, organisationId, id, take, actor),
    setNote: (organisationId: string, id: string, note: string, actor: Actor) =>
      setNote(parts, organisationId, id, note, actor),
    send: (
      organisationId: string,
      which: { readonly period?: string | undefined; readonly ids?: readonly string[] | undefined },
      actor: Actor,
    ) => send(parts, organisationId, which, actor),
    putBack: (organisationId: string, id: string, reason: string, actor: Actor) =>
      putBack(parts, organisationId, id, reason, actor),

    async value(organisationId: string, vendorId: string, periodText: string) {
      const period = periodOf(periodText);
      const vendor = await directory.find(organisationId, vendorId);
      if (!vendor) throw notFound({ happened: 'There is no such vendor.' });
      const value = (await valuesOf(store.read, organisationId, period, vendor.id)).get(vendor.id);
      if (!value) {
        throw notFound({
          happened: `${vendor.name} has no AI usage in ${period.label}.`,
          remedy: 'Import it, or choose another period.',
        });
      }
      const last = monthsOf(period).at(-1) ?? period.label;
      const months = (await usageMonths(store.read, organisationId))
        .filter((month) => month <= last)
        .slice(0, historyMonths);
      const history = await Promise.all(
        months.map(async (month) => {
          const of = (await valuesOf(store.read, organisationId, periodOf(month), vendor.id)).get(vendor.id);
          const shown = (key: string) => of?.figures.find((figure) => figure.key === key)?.shown ?? '0';
          return { month, requests: shown('ai_requests'), saving: of ? shown('cost_savings_gbp') : '0.00' };
        }),
      );
      return { vendorId: vendor.id, vendor: vendor.name, period: period.label, value, months: history.toReversed() };
    },

    async report(organisationId: string, vendorId: string, period: string) {
      return writeReport(parts, organisationId, await this.value(organisationId, vendorId, period));
    },

    valueSettings: (organisationId: string) => valueSettings(store.read, organisationId),
    async saveValueSettings(organisationId: string, settings: ValueSettings, actor: Actor): Promise<ValueSettings> {
      const before = await valueSettings(store.read, organisationId);
      await store.transaction(async (tx, after) => {
        await putCrmSetting(tx, organisationId, 'value', settings, runtime.clock.now());
        await parts.audit(tx, {
          organisationId,
          actor: actor.actor,
          channel: actor.channel,
          correlationId: actor.correlationId,
          action: 'value-settings.changed',
          object: 'settings:value',
          before,
          after: settings,
        });
        after(() => parts.publish({ topic: 'crm', organisationId, ids: [] }));
      });
      return settings;
    },

    /**
     * A CRM told of a new client (V7): this vendor's pushes of the present month are made anew at once; where the vendor is
     * automatic they are sent, else they wait for a person. `vendorRef` is an id, e-mail, name or alias of the directory.
     * @throws ProblemError when nobody is called that
     */
    async newClient(organisationId: string, vendorRef: string): Promise<{ vendorId: string; pushes: string[] }> {
      const at = runtime.clock.now();
      const vendor = await directory.find(organisationId, vendorRef);
      if (vendor?.state !== 'confirmed') {
        throw notFound({
          happened: `No vendor of the directory is called "${vendorRef.slice(0, 80)}".`,
          remedy: 'Add or confirm the vendor under CRM, Vendors.',
        });
      }
      const months = await usageMonths(store.read, organisationId);
      const present = await presentMonth(store.read, organisationId, at);
      const period = months.includes(present) ? present : usualPeriod(months, present);
      const { ids } = await prepare(
        organisationId,
        { period, vendorId: vendor.id, readAgain: true, eventAt: at },
        `new-client:${vendor.id}`,
      );
      return { vendorId: vendor.id, pushes: ids };
    },

    /** Usage of these months changed: pushes made for them before are derived again, automatic vendors sent. */
    usageChanged(organisationId: string, months: readonly string[]): void {
      const work = (async () => {
        const mappings = await listMappings(store.read, organisationId);
        if (!mappings.some(({ automatic }) => automatic === 1)) return;
        const ids: string[] = [];
        for (const period of months) ids.push(...(await preparePushes(parts, organisationId, { period })).ids);
        // Together: one record shows one period, so of a vendor's months only the latest is to be written.
        await sendAutomatic(parts, organisationId, ids, 'usage-import');
      })().catch((thrown: unknown) =>
        runtime.log.error('crm.follow-failed', { error: thrown instanceof Error ? thrown.message : String(thrown) }),
      );
      following.add(work);
      void work.finally(() => following.delete(work));
    },

    /** To be registered with the outbox for every CRM. */
    settled: (tx: Tx, job: OutboxJob) => pushSettled(parts, tx, job),
    async close(): Promise<void> {
      await Promise.all(following);
    },
  };
}
