import { z } from 'zod';
import type { PushField } from '../../../src-shared/contract/crm.ts';
import type { Tx } from '../../ports/store.ts';
import { getMapping, getPush, type PushRecord, updatePush } from '../../store/repositories/crm.ts';
import { notFound, refused } from '../problem.ts';
import { each, explain } from './decision.ts';
import { readFields } from './fields.ts';
import type { Actor, CrmParts } from './parts.ts';
import { restated, writtenOf } from './prepare.ts';

const putBackMs = 30 * 86_400_000;

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

export function hold(parts: CrmParts, organisationId: string, ids: readonly string[], reason: string, actor: Actor) {
  return each(
    parts,
    organisationId,
    ids,
    actor,
    [
      {
        what: 'held',
        decide: async (tx, row) => {
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
      },
    ],
    reason,
  );
}

export function release(parts: CrmParts, organisationId: string, ids: readonly string[], actor: Actor) {
  return each(parts, organisationId, ids, actor, [
    {
      what: 'released',
      decide: async (tx, row) => {
        if (row.state !== 'held') return { refuse: 'It is not held.' };
        const conflict = readFields(row.fields).some((field) => field.conflict);
        await updatePush(tx, organisationId, row.id, {
          state: conflict ? 'conflict' : 'to_approve',
          hold_reason: null,
          updated_at: parts.runtime.clock.now(),
        });
        return { detail: '' };
      },
    },
  ]);
}

/** Per field: keep theirs or write ours. The push waits for approval afterwards. */
export async function choose(
  parts: CrmParts,
  organisationId: string,
  id: string,
  take: Readonly<Record<string, PushField['take']>>,
  actor: Actor,
): Promise<void> {
  const answer = await each(parts, organisationId, [id], actor, [
    {
      what: 'chosen',
      decide: async (tx, row) => {
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
      },
    },
  ]);
  if (answer.refused[0]) throw refused({ happened: answer.refused[0].reason });
}

export async function setNote(
  parts: CrmParts,
  organisationId: string,
  id: string,
  note: string,
  actor: Actor,
): Promise<void> {
  const answer = await each(parts, organisationId, [id], actor, [
    {
      what: 'noted',
      decide: async (tx, row) => {
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
      },
    },
  ]);
  if (answer.refused[0]) throw refused({ happened: answer.refused[0].reason });
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
    [
      {
        what: 'put_back',
        decide: async (tx, row) => {
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
      },
    ],
    reason,
  );
  if (answer.refused[0]) throw refused({ happened: answer.refused[0].reason });
}
