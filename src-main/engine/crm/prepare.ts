import { z } from 'zod';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { fromMinor, toMinor } from '../../../src-shared/domain/money/index.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import type { CrmPush } from '../../adapters/kit/crm.ts';
import type { Tx } from '../../ports/store.ts';
import {
  type CrmName,
  getPush,
  insertPushes,
  listMappings,
  listPushes,
  type MappingRow,
  type PushRecord,
  pushIds,
  updatePush,
} from '../../store/repositories/crm.ts';
import { listVendors } from '../../store/repositories/usage.ts';
import type { AnyContext } from '../connections/contexts.ts';
import {
  besideNow,
  fieldsOfValue,
  hashOf,
  readFields,
  type StoredField,
  sameNext,
  willWrite,
  writtenFields,
} from './fields.ts';
import { periodOf, valueOfNone, valuesOf } from './figures.ts';
import { adapterOf, type CrmParts, isPushedFor, pushAction } from './parts.ts';

/** Read again only after this long, unless a person asks. */
const freshMs = 300_000;
const readAtOnce = 12;
const rowsAtOnce = 500;
/** On its way or in doubt: left alone until it has settled. */
const moving = new Set(['sending', 'in_doubt']);
const Written = z.record(z.string(), z.string().nullable());

export interface PrepareWish {
  readonly period: string;
  readonly vendorId?: string | undefined;
  readonly crm?: CrmName | undefined;
  readonly readAgain?: boolean | undefined;
  readonly eventAt?: number | undefined;
}
export interface Prepared {
  readonly pushes: number;
  readonly read: number;
  readonly problems: { vendorId: string; crm: CrmName; reason: string }[];
  readonly asked: string[];
  readonly unmapped: string[];
  /** Pushes looked at, for what follows (automatic vendors). */
  readonly ids: string[];
}

export function writtenOf(mapping: Pick<MappingRow, 'last_written'> | undefined) {
  return mapping?.last_written ? Written.parse(JSON.parse(mapping.last_written)) : null;
}

/** Values shown to a vendor as saved, in pence. */
function savingOf(fields: readonly StoredField[]): number {
  const saving = fields.find(({ key }) => key === 'cost_savings_gbp')?.next ?? '';
  return saving === '' ? 0 : toMinor(saving, 'GBP');
}
export const poundsOf = (minor: number) => fromMinor(minor, 'GBP');

/**
 * Derives what every mapped vendor's CRM should show for a period, lays it beside what is there now, and stores both as
 * pushes to approve. Writes nothing to any CRM. A push whose figures are as they were stays as it is.
 */
export async function preparePushes(parts: CrmParts, organisationId: string, wish: PrepareWish): Promise<Prepared> {
  const { store } = parts;
  const period = periodOf(wish.period);
  const [none, values, vendors, mappings, existing] = await Promise.all([
    valueOfNone(store.read, organisationId, period),
    valuesOf(store.read, organisationId, period, wish.vendorId ?? null),
    listVendors(store.read, organisationId),
    listMappings(store.read, organisationId, wish.vendorId),
    listPushes(store.read, organisationId, { period: period.label, vendorId: wish.vendorId, crm: wish.crm }),
  ]);
  const known = new Map(vendors.map((vendor) => [vendor.id, vendor]));
  const rowOf = new Map(existing.map((row) => [`${row.vendor_id} ${row.crm}`, row]));
  const mapped = new Set(mappings.map(({ vendor_id }) => vendor_id));
  const ids: string[] = [];
  const fresher = new Set<string>();
  const made: PushRecord[] = [];
  const changes: ((tx: Parameters<typeof updatePush>[0]) => Promise<void>)[] = [];

  for (const mapping of mappings) {
    const { vendor_id, crm } = mapping;
    if (wish.crm !== undefined && crm !== wish.crm) continue;
    // A push whose usage was taken back since must not go on telling of it.
    const value = values.get(vendor_id) ?? (rowOf.has(`${vendor_id} ${crm}`) ? none : undefined);
    if (!value || !isPushedFor(known.get(vendor_id))) continue;
    const fields = fieldsOfValue(value, period);
    const row = rowOf.get(`${vendor_id} ${crm}`);
    if (!row) {
      const fresh = newPush(parts, organisationId, mapping, period.label, fields, wish.eventAt ?? null);
      fresher.add(`${vendor_id} ${crm}`);
      made.push(fresh);
      continue;
    }
    ids.push(row.id);
    const patch = revised(parts, row, fields);
    if (wish.eventAt !== undefined && !moving.has(row.state)) {
      changes.push((tx) => updatePush(tx, organisationId, row.id, { ...patch, event_at: wish.eventAt ?? null }));
    } else if (patch) changes.push((tx) => updatePush(tx, organisationId, row.id, patch));
  }
  for (let from = 0; from < made.length; from += rowsAtOnce)
    await store.transaction((tx) => insertPushes(tx, made.slice(from, from + rowsAtOnce)));
  for (let from = 0; from < changes.length; from += rowsAtOnce) {
    await store.transaction(async (tx) => {
      for (const change of changes.slice(from, from + rowsAtOnce)) await change(tx);
    });
  }
  if (made.length > 0) {
    const filter = { period: period.label, vendorId: wish.vendorId, crm: wish.crm };
    const there = await pushIds(store.read, organisationId, filter);
    ids.push(...there.filter((row) => fresher.has(`${row.vendor_id} ${row.crm}`)).map(({ id }) => id));
  }
  const { read, problems } = await readNow(parts, organisationId, ids, wish.readAgain === true);
  parts.publish({ topic: 'crm', organisationId, ids: [] });
  const withUsage = [...values.keys()];
  return {
    pushes: ids.length,
    read,
    problems,
    ids,
    asked: withUsage.filter((id) => known.get(id)?.state === 'asked'),
    unmapped: withUsage.filter((id) => known.get(id)?.state === 'confirmed' && !mapped.has(id)),
  };
}

function newPush(
  { runtime }: CrmParts,
  organisationId: string,
  mapping: MappingRow,
  period: string,
  fields: StoredField[],
  eventAt: number | null,
): PushRecord {
  const { vendor_id, crm } = mapping;
  const key = { vendorId: vendor_id, crm, period, revision: 1, note: '' };
  return {
    organisation_id: organisationId,
    id: runtime.ids.next(),
    vendor_id,
    crm,
    period,
    revision: 1,
    state: 'to_approve',
    fields: JSON.stringify(fields),
    note: '',
    hash: hashOf(key, fields),
    changes: fields.filter(willWrite).length,
    saving_minor: savingOf(fields),
    read_at: null,
    problem: null,
    hold_reason: null,
    approved_by: null,
    approved_at: null,
    job_id: null,
    sent_at: null,
    settled_at: null,
    read_back: null,
    evidence: null,
    event_at: eventAt,
    updated_at: runtime.clock.now(),
  };
}

/** What new figures mean for a push that is there; null: nothing. */
function revised({ runtime }: CrmParts, row: PushRecord, next: readonly StoredField[]): Partial<PushRecord> | null {
  if (moving.has(row.state)) return null;
  const before = readFields(row.fields);
  if (sameNext(before, next)) return null;
  const done = row.sent_at !== null;
  const fields = next.map((field) => {
    const old = before.find(({ key }) => key === field.key);
    return old ? { ...field, now: old.now, conflict: old.conflict, take: old.take, decidedOn: old.decidedOn } : field;
  });
  const revision = done || row.state === 'refused' ? row.revision + 1 : row.revision;
  return {
    ...restated(row, fields, { ...row, revision }),
    revision,
    saving_minor: savingOf(fields),
    state: row.state === 'held' ? 'held' : 'to_approve',
    approved_by: null,
    approved_at: null,
    problem: null,
    updated_at: runtime.clock.now(),
  };
}

/** Fields and everything that follows from them. */
export function restated(
  row: Pick<PushRecord, 'vendor_id' | 'crm' | 'period' | 'note'>,
  fields: readonly StoredField[],
  { revision, note }: { readonly revision: number; readonly note: string },
): Pick<PushRecord, 'fields' | 'hash' | 'changes'> {
  return {
    fields: JSON.stringify(fields),
    hash: hashOf({ vendorId: row.vendor_id, crm: row.crm, period: row.period, revision, note }, fields),
    changes: fields.filter(willWrite).length,
  };
}

/** The payload an adapter gets for a push. */
export function payloadOf(
  row: Pick<PushRecord, 'id' | 'vendor_id' | 'period' | 'note' | 'revision' | 'crm' | 'organisation_id'>,
  vendorName: string,
  target: string,
  fields: readonly StoredField[],
): CrmPush {
  const period = periodOf(row.period);
  return {
    pushId: row.id,
    reference: referenceOf(row),
    vendor: { id: row.vendor_id, name: vendorName },
    period: { label: period.label, title: formatPeriod(period.label), from: period.from, to: period.to },
    fields: writtenFields(fields),
    note: row.note,
    target: Written.transform((all) => Object.fromEntries(Object.entries(all).map(([k, v]) => [k, v ?? '']))).parse(
      JSON.parse(target),
    ),
  };
}

/** The same on every retry, another for a changed push. */
function referenceOf({ id, revision }: Pick<PushRecord, 'id' | 'revision'>): string {
  return `psh_${id.replace(/[^A-Za-z0-9]/g, '').slice(-24)}_${revision}`;
}

/** Reads what the CRMs hold for these pushes, side by side, a vendor's own failure stopping nobody else. */
export async function readNow(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  again: boolean,
): Promise<{ read: number; problems: Prepared['problems'] }> {
  if (ids.length === 0) return { read: 0, problems: [] };
  const { store, runtime } = parts;
  const [rows, mappings] = await Promise.all([
    listPushes(store.read, organisationId, { ids }),
    listMappings(store.read, organisationId),
  ]);
  const mappingOf = new Map(mappings.map((mapping) => [`${mapping.vendor_id} ${mapping.crm}`, mapping]));
  const due = rows.filter(
    (row) => !moving.has(row.state) && (again || row.read_at === null || runtime.clock.now() - row.read_at > freshMs),
  );
  const contexts = new Map<CrmName, Promise<AnyContext>>();
  const problems: Prepared['problems'] = [];
  let read = 0;
  const signal = new AbortController().signal;

  async function one(row: (typeof rows)[number]): Promise<void> {
    const { crm } = row;
    const mapping = mappingOf.get(`${row.vendor_id} ${crm}`);
    const action = adapterOf(parts, crm)?.actions[pushAction];
    if (!mapping || !action) return;
    if (!action.current) return;
    try {
      let ctx = contexts.get(crm);
      if (!ctx) {
        ctx = parts.contextOf(organisationId, crm, signal);
        contexts.set(crm, ctx);
      }
      const payload = payloadOf(row, row.vendor, mapping.target, readFields(row.fields));
      const now = await action.current(action.payload.parse(payload), await ctx);
      const at = runtime.clock.now();
      read++;
      await store.transaction(async (tx) =>
        noteRead(parts, tx, await getPush(tx, organisationId, row.id), now, writtenOf(mapping), at),
      );
    } catch (thrown) {
      if (!(thrown instanceof IntegrationError)) throw thrown;
      problems.push({ vendorId: row.vendor_id, crm, reason: thrown.message });
      await store.transaction((tx) =>
        updatePush(tx, organisationId, row.id, {
          problem: `Not read: ${thrown.message}`,
          updated_at: runtime.clock.now(),
        }),
      );
    }
  }

  const readable = (crm: string) => adapterOf(parts, crm)?.actions[pushAction]?.current !== undefined;
  const unread = due.filter(({ crm }) => !readable(crm)).map(({ id }) => id);
  for (let from = 0; from < unread.length; from += rowsAtOnce) {
    await store.transaction(async (tx) => {
      for (const row of await listPushes(tx, organisationId, { ids: unread.slice(from, from + rowsAtOnce) })) {
        // Nobody can look there: what we wrote last is what we know.
        const written = writtenOf(mappingOf.get(`${row.vendor_id} ${row.crm}`));
        await noteRead(parts, tx, row, written ?? {}, written, null);
      }
    });
  }
  const waiting = due.filter(({ crm }) => readable(crm));
  await Promise.all(
    Array.from({ length: readAtOnce }, async () => {
      for (let row = waiting.shift(); row; row = waiting.shift()) await one(row);
    }),
  );
  return { read, problems };
}

/** Stores what a CRM holds now, and what that means for the push. */
async function noteRead(
  { runtime }: CrmParts,
  tx: Tx,
  row: PushRecord | undefined,
  now: Readonly<Record<string, string | null>>,
  written: Readonly<Record<string, string | null>> | null,
  readAt: number | null,
): Promise<void> {
  if (!row || moving.has(row.state)) return;
  const fields = besideNow(readFields(row.fields), now, written, row.state === 'approved' || row.state === 'conflict');
  const next = restated(row, fields, row);
  const conflict = fields.some((field) => field.conflict);
  const settled = row.state === 'verified' || row.state === 'sent';
  let state = row.state;
  if (conflict) state = 'conflict';
  else if (next.changes === 0 && readAt !== null && row.state !== 'held') state = 'verified';
  else if (next.changes === 0 && settled) state = row.state;
  else if (row.state === 'conflict' || settled || (row.state === 'approved' && next.hash !== row.hash))
    state = 'to_approve';
  if (readAt === row.read_at && state === row.state && next.fields === row.fields && row.problem === null) return;
  // Written once and changed again since: what goes next is another push.
  const again = settled && state === 'to_approve';
  const revision = again ? row.revision + 1 : row.revision;
  await updatePush(tx, row.organisation_id, row.id, {
    ...restated(row, fields, { revision, note: row.note }),
    revision,
    state,
    read_at: readAt,
    problem: conflict
      ? 'Edited in the CRM since our last write: choose per field.'
      : state === 'refused'
        ? row.problem
        : null,
    ...(state === 'to_approve' ? { approved_by: null, approved_at: null } : {}),
    updated_at: runtime.clock.now(),
  });
}
