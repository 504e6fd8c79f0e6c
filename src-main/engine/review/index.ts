import { z } from 'zod';
import { ExactSum, fromMinor } from '../../../src-shared/domain/money/index.ts';
import { parsePeriod } from '../../../src-shared/domain/period.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { getImport } from '../../store/repositories/imports.ts';
import { historyOfLine } from '../../store/repositories/line-history.ts';
import {
  type LineFilter,
  type LineSort,
  linesById,
  listLines,
  monthsWithLines,
  type StateSums,
  sumsByState,
} from '../../store/repositories/review.ts';
import { notFound, refused } from '../problem.ts';
import { acknowledgeLines, editLines, excludeLines, includeLines, undoStep } from './change-lines.ts';
import type { createDesk } from './desk.ts';
import { historyView, lineView } from './line-views.ts';
import { noteFixedPayments, undoFixedPayments } from './payments.ts';
import { splitOf } from './split.ts';
import type { ReviewParts } from './step.ts';
import { listSuppliers, saveSupplier } from './suppliers.ts';

export { assessLines } from './assess-lines.ts';
export { createDesk } from './desk.ts';
export { createRechecks } from './rechecks.ts';
export type { Reviewer, ReviewParts } from './step.ts';

const Breakdown = z.array(z.object({ label: z.string(), rows: z.number().int(), amount: z.string() }));

/** Review of cost lines: reading them, correcting them, confirming what the rules ask about, and taking steps back. */
export function createReview(parts: ReviewParts) {
  const { store } = parts;
  type Who = Parameters<typeof editLines>[3];

  return {
    /** Counts by state and control totals in pounds as invoiced, for everything or one period. */
    async summary(organisationId: string, period: string | undefined) {
      const [sums, months] = await Promise.all([
        sumsByState(store.read, organisationId, periodOf(period)),
        monthsWithLines(store.read, organisationId),
      ]);
      const of = (state: CostLineRow['state']) => sums.find((sum) => sum.state === state);
      const count = (state: CostLineRow['state']) => of(state)?.lines ?? 0;
      return {
        review: count('review'),
        ready: count('ready'),
        excluded: count('excluded'),
        batched: count('batched'),
        posted: count('posted'),
        vatInQuestion: fromMinor(of('review')?.inQuestion ?? 0, 'GBP'),
        periods: withQuarters(months),
        totals: { file: totals(sums), ready: totals(sums.filter(({ state }) => state === 'ready')) },
      };
    },

    async lines(
      organisationId: string,
      query: {
        readonly filter: Omit<LineFilter, 'period'> & { readonly period?: string | undefined };
        readonly sort: LineSort;
        readonly offset: number;
        readonly limit: number;
      },
    ) {
      const filter = { ...query.filter, period: periodOf(query.filter.period) };
      const { rows, total } = await listLines(store.read, organisationId, { ...query, filter });
      return { rows: rows.map(lineView), total };
    },

    /** One line with its history, the rule steps, the services it sums and where it came from. */
    async line(organisationId: string, lineId: string) {
      const [row] = await linesById(store.read, organisationId, [lineId]);
      if (!row) throw notFound({ happened: 'There is no such line.', remedy: 'Its import may have been undone.' });
      const [history, split, source] = await Promise.all([
        historyOfLine(store.read, organisationId, lineId),
        splitOf(store.read, organisationId, lineId),
        row.import_id === null ? undefined : getImport(store.read, organisationId, row.import_id),
      ]);
      return {
        line: lineView(row),
        history: historyView(history),
        split,
        derivation: z.array(z.string()).parse(JSON.parse(row.derivation)),
        breakdown: byLabel(Breakdown.parse(JSON.parse(row.breakdown))),
        source:
          source && row.first_row !== null
            ? { fileName: source.file_name, firstRow: row.first_row, lastRow: row.last_row ?? row.first_row }
            : null,
      };
    },

    async edit(organisationId: string, request: Parameters<typeof editLines>[2], who: Who) {
      const { patch, lines, why } = request;
      const { paidOn, ...others } = patch;
      if (paidOn !== undefined && Object.keys(others).length === 0) {
        const ids = lines.map(({ id }) => id);
        const rows = await linesById(store.read, organisationId, ids);
        const fixed = rows.filter(({ state }) => state === 'batched' || state === 'posted').length;
        if (fixed > 0 && fixed === new Set(ids).size) {
          return noteFixedPayments(parts, organisationId, { lines, paidOn, why }, who);
        }
      }
      return editLines(parts, organisationId, request, who);
    },
    exclude: (organisationId: string, request: Parameters<typeof excludeLines>[2], who: Who) =>
      excludeLines(parts, organisationId, request, who),
    include: (organisationId: string, lineIds: readonly string[], who: Who) =>
      includeLines(parts, organisationId, lineIds, who),
    acknowledge: (organisationId: string, request: Parameters<typeof acknowledgeLines>[2], who: Who) =>
      acknowledgeLines(parts, organisationId, request, who),
    async undo(organisationId: string, undoId: string, who: Who) {
      const paid = await undoFixedPayments(parts, organisationId, undoId, who);
      return paid ?? undoStep(parts, organisationId, undoId, who);
    },
    suppliers: (organisationId: string) => listSuppliers(store.read, organisationId),
    saveSupplier: (organisationId: string, supplier: Parameters<typeof saveSupplier>[2], who: Who) =>
      saveSupplier(parts, organisationId, supplier, who),
  };
}

export type Review = ReturnType<typeof createReview>;
export type Desk = ReturnType<typeof createDesk>;

/** @throws ProblemError on text that is no period */
function periodOf(text: string | undefined) {
  if (text === undefined || text === '') return undefined;
  const period = parsePeriod(text);
  if (period) return period;
  throw refused({
    happened: `"${text}" is not a period.`,
    remedy: 'Write a month (2026-09), a quarter (2026-Q3) or a year (2026).',
  });
}

function totals(sums: readonly StateSums[]) {
  const sum = (of: (one: StateSums) => number) =>
    fromMinor(
      sums.reduce((total, one) => total + of(one), 0),
      'GBP',
    );
  return { net: sum(({ net }) => net), vat: sum(({ charged }) => charged), gross: sum(({ gross }) => gross) };
}

/** Each quarter before its months, newest first. */
function withQuarters(months: readonly string[]): string[] {
  const found: string[] = [];
  for (const month of months) {
    const quarter = `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5)) / 3)}`;
    if (!found.includes(quarter)) found.push(quarter);
    found.push(month);
  }
  return found;
}

/** Parts of several imports under one label are one row. */
function byLabel(parts: z.infer<typeof Breakdown>) {
  const labels = new Map<string, { rows: number; sum: ExactSum }>();
  for (const { label, rows, amount } of parts) {
    const known = labels.get(label) ?? { rows: 0, sum: new ExactSum() };
    labels.set(label, { rows: known.rows + rows, sum: known.sum.add(amount) });
  }
  return [...labels].map(([label, { rows, sum }]) => ({ label, rows, amount: sum.text() }));
}
