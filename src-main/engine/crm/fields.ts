import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Period } from '../../../src-shared/domain/period.ts';
import type { VendorValue } from '../../../src-shared/domain/value/derive.ts';
import { formatPeriod } from '../../../src-shared/format/time.ts';
import { type CrmField, sameValue } from '../../adapters/kit/crm.ts';

/** A field of a push as it is stored. */
export const StoredField = z.object({
  key: z.string(),
  name: z.string(),
  kind: z.enum(['whole', 'decimal', 'text']),
  now: z.string().nullable(),
  next: z.string(),
  unit: z.string(),
  estimate: z.boolean(),
  formula: z.string(),
  inputs: z.array(z.object({ name: z.string(), value: z.string() })),
  conflict: z.boolean(),
  take: z.enum(['ours', 'theirs']),
  /** The value a person looked at when they chose; another one asks again. */
  decidedOn: z.string().nullable(),
});
export type StoredField = z.infer<typeof StoredField>;

export const readFields = (json: string): StoredField[] => z.array(StoredField).parse(JSON.parse(json));

/** The fields a vendor's record gets: the figures of V4 and the period they are of. */
export function fieldsOfValue({ figures }: VendorValue, period: Period): StoredField[] {
  const blank = { now: null, conflict: false, take: 'ours', decidedOn: null } as const;
  return [
    ...figures.map(
      (figure): StoredField => ({
        ...blank,
        key: figure.key,
        name: figure.label,
        kind: ['GBP', '%', 'share'].includes(figure.unit) ? 'decimal' : 'whole',
        next: figure.value === null ? '' : figure.shown,
        unit: figure.unit,
        estimate: figure.estimate,
        formula: figure.formula,
        inputs: figure.inputs.map((input) => ({ ...input })),
      }),
    ),
    {
      ...blank,
      key: 'period',
      name: 'Period',
      kind: 'text',
      next: period.label,
      unit: '',
      estimate: false,
      formula: `${formatPeriod(period.label)}, ${period.from} to ${period.to}`,
      inputs: [],
    },
  ];
}

export const isChanged = (field: StoredField) => !sameValue(field.kind, field.now, field.next);

/** Will be written: differs, and nobody said to keep theirs. */
export const willWrite = (field: StoredField) => isChanged(field) && field.take === 'ours';

export const sameNext = (a: readonly StoredField[], b: readonly StoredField[]) =>
  JSON.stringify(a.map(({ key, next }) => [key, next])) === JSON.stringify(b.map(({ key, next }) => [key, next]));

/** What a person approves: the values there, the values to be, and what is left alone. */
export function hashOf(
  push: {
    readonly vendorId: string;
    readonly crm: string;
    readonly period: string;
    readonly revision: number;
    readonly note: string;
  },
  fields: readonly StoredField[],
): string {
  const { vendorId, crm, period, revision, note } = push;
  const what = [
    vendorId,
    crm,
    period,
    revision,
    note,
    fields.map(({ key, now, next, take }) => [key, now, next, take]),
  ];
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}

/** Lays what a CRM holds now beside what will be written, and marks what somebody edited since our last write (FT-59). */
export function besideNow(
  fields: readonly StoredField[],
  now: Readonly<Record<string, string | null>>,
  written: Readonly<Record<string, string | null>> | null,
  approved: boolean,
): StoredField[] {
  return fields.map((field) => {
    const found = now[field.key] ?? null;
    // Once approved, what was seen then counts: nobody approved writing over anything else.
    const own = written?.[field.key];
    const last = approved ? field.now : own;
    // Another push of ours came between: not what was approved, but nobody's edit either.
    const ours = own !== undefined && sameValue(field.kind, found, own);
    const still = field.conflict && sameValue(field.kind, found, field.now);
    const edited =
      !sameValue(field.kind, found, field.next) &&
      (still || (!ours && last !== undefined && !sameValue(field.kind, found, last)));
    const decided = field.decidedOn !== null && sameValue(field.kind, field.decidedOn, found);
    return {
      ...field,
      now: found,
      conflict: edited && !decided,
      take: decided ? field.take : 'ours',
      decidedOn: decided ? field.decidedOn : null,
    };
  });
}

/**
 * The largest change of a number, in percent of what is there; null when nothing is there yet. Figures that were zero begin
 * beside others that grow, and say nothing by themselves; where all there is are zeros, any figure is beyond every percentage.
 */
export function largestChange(fields: readonly StoredField[]): number | null {
  let largest: number | null = null;
  let fromZero: number | null = null;
  for (const field of fields) {
    if (field.kind === 'text' || !willWrite(field)) continue;
    const before = Number(field.now ?? '');
    if (field.now === null || field.now === '') continue;
    if (before === 0) {
      if (Number(field.next) !== 0) fromZero = Number.POSITIVE_INFINITY;
      continue;
    }
    const change = Math.abs((Number(field.next) - before) / before) * 100;
    largest = Math.max(largest ?? 0, change);
  }
  return largest ?? fromZero;
}

/** As the adapter gets them: only what is written. */
export function writtenFields(fields: readonly StoredField[]): CrmField[] {
  return fields
    .filter(({ take }) => take === 'ours')
    .map(({ key, name, kind, next, now }) => ({ key, label: name, kind, value: next, before: now }));
}
