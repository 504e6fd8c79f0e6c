import { z } from 'zod';
import type { PushRow, PushView } from '../../../src-shared/contract/crm.ts';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { listPushRows, MappingRow, PushRecord } from '../../store/repositories/crm.ts';
import { evidenceOf, putBackUntil } from './decide.ts';
import { isChanged, readFields } from './fields.ts';
import { poundsOf } from './prepare.ts';

const iso = (at: number | null) => (at === null ? null : isoOf(at as Instant));
const ReadBack = z.record(z.string(), z.string().nullable());

type ListRow = Awaited<ReturnType<typeof listPushRows>>[number];

function actionOf(state: PushRow['state'], changes: number, fresh: boolean): PushRow['action'] {
  if (state === 'conflict') return 'conflict';
  if (changes === 0) return 'none';
  return fresh ? 'create' : 'update';
}

export function rowView(row: ListRow, automatic: boolean): PushRow {
  return {
    id: row.id,
    vendorId: row.vendor_id,
    vendor: row.vendor,
    crm: row.crm,
    period: row.period,
    state: row.state,
    action: actionOf(row.state, row.changes, row.fresh === 1),
    changes: row.changes,
    fieldCount: Number(row.field_count),
    saving: poundsOf(row.saving_minor),
    readAt: iso(row.read_at),
    problem: row.problem,
    automatic,
    updatedAt: isoOf(row.updated_at as Instant),
  };
}

export function pushView(
  row: PushRecord,
  vendor: string,
  mapping: MappingRow | undefined,
  canRead: boolean,
  history: readonly { at: number; who: string; what: string; detail: string }[],
): PushView {
  const fields = readFields(row.fields);
  const fresh = row.sent_at === null && fields.every(({ now }) => (now ?? '') === '');
  return {
    id: row.id,
    vendorId: row.vendor_id,
    vendor,
    crm: row.crm,
    period: row.period,
    state: row.state,
    action: actionOf(row.state, row.changes, fresh),
    changes: row.changes,
    fieldCount: fields.length,
    saving: poundsOf(row.saving_minor),
    readAt: iso(row.read_at),
    problem: row.problem,
    automatic: mapping?.automatic === 1,
    updatedAt: isoOf(row.updated_at as Instant),
    fields: fields.map((field) => {
      const { key, name, now, next, unit, estimate, formula, inputs, conflict, take } = field;
      return { key, name, now, next, unit, estimate, formula, inputs, changed: isChanged(field), conflict, take };
    }),
    note: row.note,
    hash: row.hash,
    canRead,
    holdReason: row.hold_reason,
    approvedBy: row.approved_by,
    approvedAt: iso(row.approved_at),
    jobId: row.job_id,
    sentAt: iso(row.sent_at),
    settledAt: iso(row.settled_at),
    readBack: row.read_back === null ? null : ReadBack.parse(JSON.parse(row.read_back)),
    putBackUntil: iso(putBackUntil(row)),
    eventAt: iso(row.event_at),
    pictures: evidenceOf(row).pictures,
    history: history.map((entry) => ({ ...entry, at: isoOf(entry.at as Instant) })),
  };
}
