import type { OutboxJob } from '../../../src-shared/domain/delivery/job.ts';
import { CrmPush, CrmReceipt, sameValue } from '../../adapters/kit/crm.ts';
import type { Tx } from '../../ports/store.ts';
import {
  addPushHistory,
  getMapping,
  getPush,
  type PushRecord,
  putMapping,
  updatePush,
} from '../../store/repositories/crm.ts';
import { followAutomatic } from './automatic.ts';
import { readFields } from './fields.ts';
import type { CrmParts } from './parts.ts';
import { readNow, restated, writtenOf } from './prepare.ts';

/** What became of a push; runs in the transaction that settles its job, so that the two never tell different stories. */
export async function pushSettled(parts: CrmParts, tx: Tx, job: OutboxJob): Promise<void> {
  const payload = CrmPush.safeParse(job.payload);
  if (!payload.success) return;
  const row = await getPush(tx, job.organisationId, payload.data.pushId);
  if (!row || row.job_id !== job.id) return;
  const at = parts.runtime.clock.now();
  const set = (patch: Partial<PushRecord>) => updatePush(tx, job.organisationId, row.id, { ...patch, updated_at: at });
  const problem =
    job.lastFailure === null ? null : [job.lastFailure.message, job.lastFailure.hint].filter(Boolean).join(' ');

  if (job.state === 'delivered') await delivered(parts, tx, job, payload.data, row);
  else if (job.state === 'failed' || job.state === 'cancelled') {
    const stale = job.lastFailure?.code === 'superseded';
    const next = { revision: row.revision + 1, note: row.note };
    await set({
      state: stale ? 'conflict' : 'refused',
      problem: problem ?? 'Cancelled before it was sent.',
      approved_by: null,
      approved_at: null,
      // It went out under its key: the same values approved once more are another push, or nothing would be sent.
      ...restated(row, readFields(row.fields), next),
      revision: next.revision,
      ...(stale ? { read_at: null } : {}),
    });
    await note(parts, tx, row, stale ? 'conflict' : 'refused', problem ?? 'cancelled');
  } else if (job.inDoubt) await set({ state: 'in_doubt', problem });
  else await set({ state: 'sending', problem });
  parts.store.after(tx, () => parts.publish({ topic: 'crm', organisationId: job.organisationId, ids: [row.id] }));
  if (['delivered', 'failed', 'cancelled'].includes(job.state))
    parts.store.after(tx, () => void afterwards(parts, row, job.lastFailure?.code === 'superseded'));
}

/** A stopped push is read anew, so that a person can choose per field; then goes what waited behind it. */
async function afterwards(parts: CrmParts, row: PushRecord, stale: boolean): Promise<void> {
  try {
    if (stale) await readNow(parts, row.organisation_id, [row.id], true);
    await followAutomatic(parts, row);
  } catch (thrown) {
    parts.runtime.log.warn('crm.follow-failed', { push: row.id, error: String(thrown) });
  }
}

async function delivered(parts: CrmParts, tx: Tx, job: OutboxJob, push: CrmPush, row: PushRecord): Promise<void> {
  const at = parts.runtime.clock.now();
  const { organisationId } = job;
  const receipt = CrmReceipt.safeParse(job.receipt?.document);
  const seen = receipt.success && receipt.data.readBack ? receipt.data.fields : null;
  const different =
    seen === null ? [] : push.fields.filter(({ key, kind, value }) => !sameValue(kind, seen[key] ?? null, value));
  const mapping = await getMapping(tx, organisationId, row.vendor_id, row.crm);
  if (mapping) {
    const written = { ...writtenOf(mapping), ...Object.fromEntries(push.fields.map(({ key, value }) => [key, value])) };
    await putMapping(tx, {
      ...mapping,
      last_written: JSON.stringify(written),
      last_written_at: at,
      last_period: row.period,
      target: JSON.stringify({
        ...(JSON.parse(mapping.target) as object),
        ...(receipt.success ? receipt.data.target : {}),
      }),
    });
  }
  const state = seen === null ? 'sent' : different.length === 0 ? 'verified' : 'refused';
  const fields = (JSON.parse(row.fields) as Record<string, unknown>[]).map((field) => {
    const own = push.fields.find(({ key }) => key === field.key);
    return own ? { ...field, now: seen === null ? own.value : (seen[own.key] ?? null), conflict: false } : field;
  });
  await updatePush(tx, organisationId, row.id, {
    state,
    fields: JSON.stringify(fields),
    changes: different.length,
    problem:
      different.length === 0
        ? null
        : `Read back differently: ${different.map(({ label, key, value }) => `${label} shows ${seen?.[key] ?? 'nothing'}, not ${value}`).join('; ')}`,
    sent_at: at,
    settled_at: at,
    read_at: seen === null ? row.read_at : at,
    read_back: seen === null ? null : JSON.stringify(seen),
    // What was there before, so that it can be put back.
    evidence: JSON.stringify({
      before: Object.fromEntries(push.fields.map(({ key, before }) => [key, before])),
      pictures: receipt.success ? (receipt.data.pictures ?? []) : [],
    }),
    updated_at: at,
  });
  await note(parts, tx, row, state, job.receipt?.note ?? '');
  await parts.audit(tx, {
    organisationId,
    actor: 'console',
    channel: job.system,
    action: `push.${state === 'refused' ? 'mismatch' : state === 'sent' ? 'accepted' : state}`,
    object: `push:${row.id}`,
    after: {
      vendor: row.vendor_id,
      crm: row.crm,
      period: row.period,
      fields: Object.fromEntries(push.fields.map(({ key, value }) => [key, value])),
    },
    correlationId: job.id,
  });
}

function note(parts: CrmParts, tx: Tx, row: PushRecord, what: string, detail: string): Promise<void> {
  return addPushHistory(tx, {
    organisation_id: row.organisation_id,
    push_id: row.id,
    at: parts.runtime.clock.now(),
    who: 'console',
    what,
    detail: detail.slice(0, 500),
  });
}
