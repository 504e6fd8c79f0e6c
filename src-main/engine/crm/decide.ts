import { z } from 'zod';
import type { PushField } from '../../../src-shared/contract/crm.ts';
import type { Tx } from '../../ports/store.ts';
import {
  addPushHistory,
  getMapping,
  getPush,
  listPushes,
  type PushRecord,
  pushIds,
  updatePush,
} from '../../store/repositories/crm.ts';
import { getVendor } from '../../store/repositories/usage.ts';
import { deliveryKey } from '../outbox/enqueue.ts';
import { notFound, refused } from '../problem.ts';
import { readFields } from './fields.ts';
import { type Actor, adapterOf, type CrmParts, pushAction } from './parts.ts';
import { payloadOf, restated, writtenOf } from './prepare.ts';

/** An approval is of what was seen; a day later it is not believed any more (push protocol). */
const approvalMs = 86_400_000;
/** CRM work comes after alerts and ledgers. */
const crmPriority = 5;
const putBackMs = 30 * 86_400_000;

export interface Answered {
  readonly done: string[];
  readonly refused: { id: string; reason: string }[];
}

export async function pushOf(
  { store }: CrmParts,
  organisationId: string,
  id: string,
  db: Tx | null = null,
): Promise<PushRecord> {
  const row = await getPush(db ?? store.read, organisationId, id);
  if (!row) throw notFound({ happened: 'There is no such push.', remedy: 'Prepare the period again.' });
  return row;
}

/** The same decision for many pushes, in short transactions; each refusal names its push and the rest goes on. */
async function each(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  actor: Actor,
  what: string,
  decide: (tx: Tx, row: PushRecord) => Promise<{ refuse: string } | { detail: string }>,
  reason?: string,
): Promise<Answered> {
  const answer: Answered = { done: [], refused: [] };
  const { store, runtime } = parts;
  for (let from = 0; from < ids.length; from += 200) {
    await store.transaction(async (tx, after) => {
      const done: string[] = [];
      const refused: Answered['refused'] = [];
      after(() => {
        answer.done.push(...done);
        answer.refused.push(...refused);
      });
      for (const id of ids.slice(from, from + 200)) {
        const row = await getPush(tx, organisationId, id);
        const result = row ? await decide(tx, row) : { refuse: 'There is no such push.' };
        if ('refuse' in result) {
          refused.push({ id, reason: result.refuse });
          continue;
        }
        done.push(id);
        await addPushHistory(tx, {
          organisation_id: organisationId,
          push_id: id,
          at: runtime.clock.now(),
          who: actor.name,
          what,
          detail: result.detail,
        });
      }
      if (done.length === 0) return;
      await parts.audit(tx, {
        organisationId,
        actor: actor.actor,
        channel: actor.channel,
        correlationId: actor.correlationId,
        action: `push.${what}`,
        object: done.length === 1 ? `push:${done[0]}` : `pushes:${done.length}`,
        after: { pushes: done },
        ...(reason === undefined ? {} : { reason }),
      });
      after(() => parts.publish({ topic: 'crm', organisationId, ids: done }));
    });
  }
  return answer;
}

const explain: Readonly<Record<string, string>> = {
  conflict: 'Somebody edited it in the CRM: choose per field first.',
  sending: 'It is on its way already.',
  in_doubt: 'Its answer was lost; it is looked up before anything else.',
  approved: 'It is approved already.',
  verified: 'The CRM holds these values already; there is nothing to write.',
  sent: 'It was sent with these values already; there is nothing to write.',
};

/** `hashes`: what a person looked at; a push that changed since is refused. */
export function approve(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  actor: Actor,
  hashes: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const at = parts.runtime.clock.now();
  return each(parts, organisationId, ids, actor, 'approved', async (tx, row) => {
    const seen = hashes[row.id];
    if (seen !== undefined && seen !== row.hash) return { refuse: 'It changed since you looked. Look again.' };
    if (!['to_approve', 'held', 'refused'].includes(row.state)) return { refuse: explain[row.state] ?? row.state };
    if (row.changes === 0) return { refuse: 'Nothing would change there.' };
    const action = adapterOf(parts, row.crm)?.actions[pushAction];
    if (action?.current && row.read_at === null)
      return {
        refuse: `What the CRM holds now could not be read${row.problem ? ` (${row.problem})` : ''}. Read again first.`,
      };
    // A refused push went out under its key already: the next try is a new one.
    const revision = row.state === 'refused' ? row.revision + 1 : row.revision;
    await updatePush(tx, organisationId, row.id, {
      ...restated(row, readFields(row.fields), { revision, note: row.note }),
      revision,
      state: 'approved',
      approved_by: actor.name,
      approved_at: at,
      hold_reason: null,
      problem: null,
      updated_at: at,
    });
    return { detail: `${row.changes} of ${readFields(row.fields).length} fields` };
  });
}

export function hold(parts: CrmParts, organisationId: string, ids: readonly string[], reason: string, actor: Actor) {
  return each(
    parts,
    organisationId,
    ids,
    actor,
    'held',
    async (tx, row) => {
      if (!['to_approve', 'approved', 'conflict', 'refused'].includes(row.state))
        return { refuse: explain[row.state] ?? row.state };
      await updatePush(tx, organisationId, row.id, {
        state: 'held',
        hold_reason: reason,
        approved_by: null,
        approved_at: null,
        updated_at: parts.runtime.clock.now(),
      });
      return { detail: reason };
    },
    reason,
  );
}

export function release(parts: CrmParts, organisationId: string, ids: readonly string[], actor: Actor) {
  return each(parts, organisationId, ids, actor, 'released', async (tx, row) => {
    if (row.state !== 'held') return { refuse: 'It is not held.' };
    const conflict = readFields(row.fields).some((field) => field.conflict);
    await updatePush(tx, organisationId, row.id, {
      state: conflict ? 'conflict' : 'to_approve',
      hold_reason: null,
      updated_at: parts.runtime.clock.now(),
    });
    return { detail: '' };
  });
}

/** Per field: keep theirs or write ours. The push waits for approval afterwards. */
export async function choose(
  parts: CrmParts,
  organisationId: string,
  id: string,
  take: Readonly<Record<string, PushField['take']>>,
  actor: Actor,
): Promise<void> {
  const answer = await each(parts, organisationId, [id], actor, 'chosen', async (tx, row) => {
    if (['sending', 'in_doubt'].includes(row.state)) return { refuse: explain[row.state] ?? row.state };
    const fields = readFields(row.fields).map((field) => {
      const chosen = take[field.key];
      if (chosen === undefined) return field;
      return { ...field, take: chosen, decidedOn: field.now ?? '', conflict: false };
    });
    const next = restated(row, fields, row);
    const conflict = fields.some((field) => field.conflict);
    await updatePush(tx, organisationId, row.id, {
      ...next,
      state: conflict ? 'conflict' : next.changes === 0 ? 'verified' : 'to_approve',
      problem: conflict ? row.problem : null,
      approved_by: null,
      approved_at: null,
      updated_at: parts.runtime.clock.now(),
    });
    return {
      detail: Object.entries(take)
        .map(([key, side]) => `${key}: ${side}`)
        .join(', '),
    };
  });
  if (answer.refused[0]) throw refused({ happened: answer.refused[0].reason });
}

export async function setNote(
  parts: CrmParts,
  organisationId: string,
  id: string,
  note: string,
  actor: Actor,
): Promise<void> {
  const answer = await each(parts, organisationId, [id], actor, 'noted', async (tx, row) => {
    if (!['to_approve', 'approved', 'held', 'conflict', 'refused'].includes(row.state))
      return { refuse: explain[row.state] ?? row.state };
    await updatePush(tx, organisationId, row.id, {
      ...restated(row, readFields(row.fields), { revision: row.revision, note }),
      note,
      state: row.state === 'approved' ? 'to_approve' : row.state,
      approved_by: null,
      approved_at: null,
      updated_at: parts.runtime.clock.now(),
    });
    return { detail: note.slice(0, 200) };
  });
  if (answer.refused[0]) throw refused({ happened: answer.refused[0].reason });
}

/** The one record a push is written to. */
export const placeOf = ({ vendor_id, crm }: Pick<PushRecord, 'vendor_id' | 'crm'>) => `${vendor_id} ${crm}`;

/** Of several periods for one record, the last. */
export function latestPeriods(rows: readonly PushRecord[]): ReadonlyMap<string, string> {
  const latest = new Map<string, string>();
  for (const row of rows) {
    const known = latest.get(placeOf(row));
    if (known === undefined || row.period > known) latest.set(placeOf(row), row.period);
  }
  return latest;
}

/**
 * Hands approved pushes to the outbox. A record shows one period: of several the latest goes. That one's approval is taken
 * back that is older than a day, or whose record another push changes, so that it is no longer as it was seen.
 */
export async function send(
  parts: CrmParts,
  organisationId: string,
  which: { readonly period?: string | undefined; readonly ids?: readonly string[] | undefined },
  actor: Actor,
): Promise<Answered> {
  const rows = await listPushes(parts.store.read, organisationId, { ...which, states: ['approved'] });
  const at = parts.runtime.clock.now();
  const names = new Map(rows.map((row) => [row.id, row.vendor]));
  const wanted = which.ids ?? rows.map(({ id }) => id);
  const asked = new Set(wanted);
  const latest = latestPeriods(rows.filter(({ id }) => asked.has(id)));
  const going = await pushIds(parts.store.read, organisationId, { states: ['sending', 'in_doubt'] });
  const moving = new Set(going.map(placeOf));
  const outOfDate = (row: PushRecord): string | null => {
    const later = latest.get(placeOf(row)) ?? row.period;
    if (row.approved_at === null || at - row.approved_at > approvalMs)
      return 'Its approval is older than a day. Read again and approve.';
    if (later > row.period) return `A later period (${later}) goes there instead: a record shows one.`;
    return moving.has(placeOf(row))
      ? 'Another push is on its way to this record. Read again once it is there, and approve.'
      : null;
  };
  return each(parts, organisationId, wanted, actor, 'sent', async (tx, row) => {
    if (row.state !== 'approved') return { refuse: explain[row.state] ?? 'It has not been approved.' };
    const refuse = outOfDate(row);
    if (refuse !== null) {
      const again = { state: 'to_approve' as const, approved_by: null, approved_at: null, updated_at: at };
      await updatePush(tx, organisationId, row.id, { ...again, problem: refuse });
      return { refuse };
    }
    const adapter = adapterOf(parts, row.crm);
    const action = adapter?.actions[pushAction];
    const mapping = await getMapping(tx, organisationId, row.vendor_id, row.crm);
    const vendor = names.get(row.id) ?? (await getVendor(tx, organisationId, row.vendor_id))?.name ?? row.vendor_id;
    if (!action || !mapping) return { refuse: 'The vendor no longer uses this CRM here.' };
    if (!(await parts.connected(organisationId, row.crm)))
      return { refuse: `${adapter.manifest.name} is not connected.` };
    const job = await parts.enqueue(tx, {
      organisationId,
      system: row.crm,
      action: pushAction,
      deliveryClass: action.deliveryClass,
      priority: crmPriority,
      payload: payloadOf(row, vendor, mapping.target, readFields(row.fields)),
      payloadVersion: action.payloadVersion,
      idempotencyKey: deliveryKey(
        organisationId,
        row.crm,
        'push',
        `${row.vendor_id}/${row.period}`,
        `r${row.revision}-${row.hash.slice(0, 12)}`,
      ),
      orderKey: row.vendor_id,
    });
    await updatePush(tx, organisationId, row.id, { state: 'sending', job_id: job.id, problem: null, updated_at: at });
    return { detail: adapter.manifest.name };
  });
}

const Evidence = z.object({
  before: z.record(z.string(), z.string().nullable()),
  pictures: z.array(z.string()),
});

/** What was there before our write, and pictures of a driven page. */
export function evidenceOf(row: Pick<PushRecord, 'evidence'>): z.infer<typeof Evidence> {
  return row.evidence === null ? { before: {}, pictures: [] } : Evidence.parse(JSON.parse(row.evidence));
}

export const putBackUntil = (row: PushRecord) =>
  row.evidence !== null && row.settled_at !== null && ['verified', 'sent'].includes(row.state)
    ? row.settled_at + putBackMs
    : null;

/** Turns a push round: the values there before ours become what is to be written; a person approves that as well. */
export async function putBack(
  parts: CrmParts,
  organisationId: string,
  id: string,
  reason: string,
  actor: Actor,
): Promise<void> {
  const answer = await each(
    parts,
    organisationId,
    [id],
    actor,
    'put_back',
    async (tx, row) => {
      const until = putBackUntil(row);
      const at = parts.runtime.clock.now();
      if (until === null || at > until) return { refuse: 'There is nothing to put back, or its 30 days are over.' };
      const { before } = evidenceOf(row);
      const mapping = await getMapping(tx, organisationId, row.vendor_id, row.crm);
      const written = writtenOf(mapping);
      const fields = readFields(row.fields).map((field) => ({
        ...field,
        now: written?.[field.key] ?? field.now,
        next: field.key in before ? (before[field.key] ?? '') : field.next,
        formula: field.key in before ? 'the value before our push' : field.formula,
        inputs: [],
        conflict: false,
        take: 'ours' as const,
        decidedOn: null,
      }));
      const revision = row.revision + 1;
      await updatePush(tx, organisationId, row.id, {
        ...restated(row, fields, { revision, note: row.note }),
        revision,
        state: 'to_approve',
        read_at: at,
        approved_by: null,
        approved_at: null,
        problem: 'Puts back the values from before our push.',
        updated_at: at,
      });
      return { detail: reason };
    },
    reason,
  );
  if (answer.refused[0]) throw refused({ happened: answer.refused[0].reason });
}
