import type { Tx } from '../../ports/store.ts';
import { getMapping, listPushes, type PushRecord, pushIds, updatePush } from '../../store/repositories/crm.ts';
import { getVendor } from '../../store/repositories/usage.ts';
import { deliveryKey } from '../outbox/enqueue.ts';
import { type Answered, each, explain, type Step } from './decision.ts';
import { readFields } from './fields.ts';
import { type Actor, adapterOf, type CrmParts, isPushedFor, pushAction } from './parts.ts';
import { payloadOf, restated } from './prepare.ts';

/** An approval is of what was seen; a day later it is not believed any more (push protocol). */
const approvalMs = 86_400_000;
/** CRM work comes after alerts and ledgers. */
const crmPriority = 5;

type Hashes = Readonly<Record<string, string>>;

/** Why a push cannot be approved, or null. `hashes`: what a person looked at; a push that changed since is refused. */
function approvalRefused(parts: CrmParts, row: PushRecord, hashes: Hashes): string | null {
  const seen = hashes[row.id];
  if (seen !== undefined && seen !== row.hash) return 'It changed since you looked. Look again.';
  if (!['to_approve', 'held', 'refused'].includes(row.state)) return explain[row.state] ?? row.state;
  if (row.changes === 0) return 'Nothing would change there.';
  if (row.read_at === null && adapterOf(parts, row.crm)?.actions[pushAction]?.current)
    return `What the CRM holds now could not be read${row.problem ? ` (${row.problem})` : ''}. Read again first.`;
  return null;
}

function approving(parts: CrmParts, organisationId: string, actor: Actor, hashes: Hashes): Step {
  const at = parts.runtime.clock.now();
  return {
    what: 'approved',
    decide: async (tx, row) => {
      const refuse = approvalRefused(parts, row, hashes);
      if (refuse !== null) return { refuse };
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
    },
  };
}

/** Approves what was looked at (`hashes`); what cannot be approved is named with its reason. */
export function approve(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  actor: Actor,
  hashes: Hashes = {},
): Promise<Answered> {
  return each(parts, organisationId, ids, actor, [approving(parts, organisationId, actor, hashes)]);
}

/** Approves and hands to the outbox at once: both are kept, or neither. `done` are those on their way. */
export async function approveAndSend(
  parts: CrmParts,
  organisationId: string,
  ids: readonly string[],
  actor: Actor,
  hashes: Hashes = {},
): Promise<Answered> {
  const rows = await listPushes(parts.store.read, organisationId, { ids });
  const going = rows.filter((row) => approvalRefused(parts, row, hashes) === null);
  return each(parts, organisationId, ids, actor, [
    approving(parts, organisationId, actor, hashes),
    sending(parts, organisationId, going),
  ]);
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
  const ids = which.ids ?? rows.map(({ id }) => id);
  return each(parts, organisationId, ids, actor, [sending(parts, organisationId, rows)]);
}

/** `together`: all that is to go now, of which each record takes the latest period. */
function sending(parts: CrmParts, organisationId: string, together: readonly PushRecord[]): Step {
  const at = parts.runtime.clock.now();
  const latest = latestPeriods(together);
  const outOfDate = async (tx: Tx, row: PushRecord): Promise<string | null> => {
    const later = latest.get(placeOf(row)) ?? row.period;
    if (row.approved_at === null || at - row.approved_at > approvalMs)
      return 'Its approval is older than a day. Read again and approve.';
    if (later > row.period) return `A later period (${later}) goes there instead: a record shows one.`;
    // Asked where it is written: somebody else may have sent one since this began.
    const { vendor_id: vendorId, crm } = row;
    const moving = await pushIds(tx, organisationId, { vendorId, crm, states: ['sending', 'in_doubt'] });
    return moving.length > 0
      ? 'Another push is on its way to this record. Read again once it is there, and approve.'
      : null;
  };
  return {
    what: 'sent',
    decide: async (tx, row) => {
      if (row.state !== 'approved') return { refuse: explain[row.state] ?? 'It has not been approved.' };
      const refuse = await outOfDate(tx, row);
      if (refuse !== null) {
        const again = { state: 'to_approve' as const, approved_by: null, approved_at: null, updated_at: at };
        await updatePush(tx, organisationId, row.id, { ...again, problem: refuse });
        return { refuse };
      }
      const adapter = adapterOf(parts, row.crm);
      const action = adapter?.actions[pushAction];
      const mapping = await getMapping(tx, organisationId, row.vendor_id, row.crm);
      const vendor = await getVendor(tx, organisationId, row.vendor_id);
      if (!vendor || !isPushedFor(vendor))
        return { refuse: `${vendor?.name ?? row.vendor_id} is not to be pushed for.` };
      if (!action || !mapping) return { refuse: 'The vendor no longer uses this CRM here.' };
      if (!(await parts.connected(organisationId, row.crm)))
        return { refuse: `${adapter.manifest.name} is not connected.` };
      const job = await parts.enqueue(tx, {
        organisationId,
        system: row.crm,
        action: pushAction,
        deliveryClass: action.deliveryClass,
        priority: crmPriority,
        payload: payloadOf(row, vendor.name, mapping.target, readFields(row.fields)),
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
    },
  };
}
