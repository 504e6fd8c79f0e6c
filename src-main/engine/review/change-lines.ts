import type { Change } from '../../../src-shared/contract/app.ts';
import type { LinePatch } from '../../../src-shared/contract/exports.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { dropDecisionsOf } from '../../store/repositories/desk.ts';
import { reopenLedgerDuplicates } from '../../store/repositories/ledger-duplicates.ts';
import {
  changedAfter,
  getChange,
  historyOfChange,
  historyOfLine,
  insertChange,
  insertHistory,
  type LineChangeTable,
  markUndone,
} from '../../store/repositories/line-history.ts';
import { linesById, patchLines, supplierNamed } from '../../store/repositories/review.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { notFound, refused } from '../problem.ts';
import { assessLines, likesOf } from './assess-lines.ts';
import { type StoredCheck, standing } from './assess-row.ts';
import { columnsOf, type LineColumns, withGrossMinor } from './line-patch.ts';
import { outsideClosed, refuseLocked } from './locks.ts';
import type { Rechecks } from './rechecks.ts';
import { refuseWholes, unsplit } from './split-wholes.ts';
import { isCheckId, storedChecks } from './stored-line.ts';

/** Who did it, through what. */
export interface Reviewer {
  readonly personId: string;
  readonly name: string;
  readonly channel: string;
  readonly correlationId: string;
}

export interface ReviewParts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly audit: AppendAudit;
  readonly publish: (change: Change) => void;
  readonly rechecks: Pick<Rechecks, 'request'>;
}

/** What a step on lines needs; who changes suppliers needs the rechecks too. */
type StepParts = Omit<ReviewParts, 'rechecks'>;

export interface Step {
  readonly undoId: string;
  readonly changed: number;
}

/** What belongs to a step beside its lines, in the same transaction. */
export type Also = (tx: Tx, changeId: string, at: number) => Promise<void>;

const unjudged: ReadonlySet<string> = new Set(['category']);
/** What makes lines each other's duplicates. */
const likeness: ReadonlySet<string> = new Set([
  'supplier',
  'currency',
  'gross',
  'gross_minor',
  'invoice_number',
  'line_date',
]);

/** Whether another line may be this one's duplicate now that was not before, or the other way round. */
function altersLikeness({ row, after }: LineStep): boolean {
  const old = row as unknown as LineColumns;
  const out = (state: unknown) => state === 'excluded';
  return Object.entries(after).some(([column, value]) =>
    column === 'state' ? out(value) !== out(row.state) : likeness.has(column) && value !== old[column],
  );
}

interface LineStep {
  readonly row: CostLineRow;
  readonly before: LineColumns;
  readonly after: LineColumns;
}

/** Corrects fields of lines, all or none. The versions are those the person saw. */
export function editLines(
  parts: ReviewParts,
  organisationId: string,
  request: {
    readonly lines: readonly { id: string; version: number }[];
    readonly patch: LinePatch;
    readonly why: string;
  },
  who: Reviewer,
): Promise<Step> {
  const after = columnsOf(request.patch);
  if (Object.keys(after).length === 0) throw refused({ happened: 'No field was changed.' });
  return step(
    parts,
    organisationId,
    'edit',
    request.why,
    who,
    request.lines.map(({ id }) => id),
    async (tx, rows) => {
      const seen = new Map(request.lines.map(({ id, version }) => [id, version]));
      const stale = rows.find((row) => row.version !== seen.get(row.id));
      if (stale) throw await staleVersion(tx, organisationId, stale);
      const supplier = request.patch.supplier;
      const known =
        supplier === undefined ? {} : { supplier_id: await supplierNamed(tx, organisationId, supplierKey(supplier)) };
      return rows.map((row) => {
        const values = withGrossMinor(row, { ...after, ...known });
        return { row, before: pick(row, values), after: values };
      });
    },
  );
}

/** Takes lines out of every export until they are included again. */
export function excludeLines(
  parts: StepParts,
  organisationId: string,
  request: { readonly lineIds: readonly string[]; readonly reason: string },
  who: Reviewer,
  also?: Also,
): Promise<Step> {
  return step(
    parts,
    organisationId,
    'exclude',
    request.reason,
    who,
    request.lineIds,
    async (tx, rows, changeId, at) => {
      await also?.(tx, changeId, at);
      return rows
        .filter(({ state }) => state !== 'excluded')
        .map((row) => ({
          row,
          before: pick(row, { state: '', excluded_reason: '' }),
          after: { state: 'excluded', excluded_reason: request.reason },
        }));
    },
  );
}

export function includeLines(
  parts: ReviewParts,
  organisationId: string,
  lineIds: readonly string[],
  who: Reviewer,
  also?: Also,
): Promise<Step> {
  return step(parts, organisationId, 'include', '', who, lineIds, async (tx, rows, changeId, at) => {
    await refuseWholes(tx, organisationId, rows);
    await also?.(tx, changeId, at);
    return rows
      .filter(({ state }) => state === 'excluded')
      .map((row) => ({
        row,
        before: pick(row, { state: '', excluded_reason: '' }),
        after: { state: 'review', excluded_reason: null },
      }));
  });
}

/** What a person said of lines beside their fields; they are judged by it anew. `after`: what it changes on a line. */
export function markLines(
  parts: ReviewParts,
  organisationId: string,
  request: {
    readonly lineIds: readonly string[];
    readonly reason: string;
    readonly after: (row: CostLineRow) => LineColumns;
  },
  who: Reviewer,
  also: Also,
): Promise<Step> {
  return step(
    parts,
    organisationId,
    'acknowledge',
    request.reason,
    who,
    request.lineIds,
    async (tx, rows, changeId, at) => {
      await also(tx, changeId, at);
      return rows.map((row) => {
        const after = request.after(row);
        return { row, before: pick(row, after), after };
      });
    },
  );
}

/** Confirms open warnings by name: those given, or all. A blocking check cannot be waived. */
export function acknowledgeLines(
  parts: ReviewParts,
  organisationId: string,
  request: {
    readonly lineIds: readonly string[];
    readonly checks?: readonly string[] | undefined;
    readonly note: string;
  },
  who: Reviewer,
  also?: Also,
): Promise<Step> {
  const at = isoOf(parts.runtime.clock.now());
  const meant = request.checks;
  return step(
    parts,
    organisationId,
    'acknowledge',
    request.note,
    who,
    request.lineIds,
    async (tx, rows, changeId, stepAt) => {
      await also?.(tx, changeId, stepAt);
      const unknown = meant?.find((id) => !isCheckId(id));
      if (unknown !== undefined) throw refused({ happened: `There is no check "${unknown}".` });
      return rows.flatMap((row) => {
        const old = storedChecks(row);
        const blocking = old.find(({ id, severity }) => severity === 'block' && meant?.includes(id));
        if (blocking) {
          throw refused({
            happened: `${blocking.id} on ${row.supplier} ${row.invoice_number} blocks the line and cannot be waived.`,
            means: blocking.message,
            remedy: blocking.fix,
          });
        }
        const confirmed = old.map((check): StoredCheck => {
          const asked = check.severity === 'warn' && check.acknowledged === null && (meant?.includes(check.id) ?? true);
          return asked ? { ...check, acknowledged: { by: who.name, note: request.note, at } } : check;
        });
        const after = standing(row.state, confirmed);
        return after.checks === JSON.stringify(old) ? [] : [{ row, before: pick(row, after), after }];
      });
    },
  );
}

/** Takes one step back as a whole, unless somebody changed one of its lines since. */
export async function undoStep(
  parts: ReviewParts,
  organisationId: string,
  undoId: string,
  who: Reviewer,
): Promise<{ changed: number }> {
  const change = await getChange(parts.store.read, organisationId, undoId);
  if (!change)
    throw notFound({
      happened: 'That step is not known.',
      means: 'Each change says the step it can be taken back by; with an undone import its steps are gone.',
      remedy: 'Open the line: its history names every step.',
    });
  if (change.what === 'undo' || change.what === 'supplier') {
    throw refused({ happened: 'This step cannot be taken back.', remedy: 'Change the lines again instead.' });
  }
  const history = await historyOfChange(parts.store.read, organisationId, undoId);
  const { changed } = await step(
    parts,
    organisationId,
    'undo',
    `takes back: ${change.what}`,
    who,
    history.map(({ line_id }) => line_id),
    async (tx, rows, undoChangeId) => {
      const current = await getChange(tx, organisationId, undoId);
      if (current?.undone_by) throw refused({ happened: 'This step was already taken back.' });
      const [later] = await changedAfter(tx, organisationId, change);
      if (later) {
        throw refused({
          happened: `${later.actor} changed one of these lines afterwards, at ${isoOf(asInstant(later.at))}.`,
          means: 'Taking your step back would undo that change too; nothing was changed.',
          remedy: 'Take the later change back first, or correct the line by hand.',
        });
      }
      await markUndone(tx, organisationId, undoId, undoChangeId);
      await dropDecisionsOf(tx, organisationId, undoId);
      await reopenLedgerDuplicates(tx, organisationId, undoId);
      await unsplit(tx, organisationId, undoId);
      const before = new Map(history.map((entry) => [entry.line_id, JSON.parse(entry.before) as LineColumns]));
      return rows.map((row) => {
        const values = before.get(row.id) ?? {};
        return { row, before: pick(row, values), after: values };
      });
    },
  );
  return { changed };
}

/**
 * One action on lines: refused as a whole or done as a whole, with its history, its audit entry and the rules applied
 * again to the lines and to whatever they could be a duplicate of.
 */
async function step(
  { store, runtime, audit, publish }: StepParts,
  organisationId: string,
  what: LineChangeTable['what'],
  why: string,
  who: Reviewer,
  lineIds: readonly string[],
  plan: (tx: Tx, rows: readonly CostLineRow[], changeId: string, at: number) => Promise<readonly LineStep[]>,
): Promise<Step> {
  const changeId = runtime.ids.next();
  const at = runtime.clock.now();
  const ids = [...new Set(lineIds)];
  return store.transaction(async (tx, after) => {
    const rows = await linesById(tx, organisationId, ids);
    if (rows.length < ids.length) {
      throw notFound({
        happened:
          ids.length === 1 ? 'There is no such line.' : `${ids.length - rows.length} of the lines are not there.`,
        means: 'Nothing was changed.',
        remedy: 'Read the list again; an import may have been undone.',
      });
    }
    const fixed = rows.find(({ state }) => state === 'batched' || state === 'posted');
    if (fixed) throw frozen(fixed);

    await refuseLocked(tx, organisationId, ids);
    const steps = await plan(tx, rows, changeId, at);
    if (steps.length === 0) return { undoId: changeId, changed: 0 };
    const columns = Object.keys(steps[0]?.after ?? {}) as (keyof CostLineRow)[];
    await patchLines(
      tx,
      organisationId,
      at,
      columns,
      steps.map(({ row, after: values }) => ({ id: row.id, values })),
    );
    await insertChange(tx, {
      organisation_id: organisationId,
      id: changeId,
      at,
      actor: who.name,
      what,
      why,
      lines: steps.length,
    });
    await insertHistory(
      tx,
      steps.map(({ row, before, after: values }) => ({
        organisation_id: organisationId,
        line_id: row.id,
        change_id: changeId,
        before: JSON.stringify(before),
        after: JSON.stringify(values),
      })),
    );
    const touched = steps.map(({ row }) => row.id);
    // A category changes no rule's answer, and a treatment nobody's duplicates: what cannot change is not worked out again.
    if (columns.some((column) => !unjudged.has(column))) {
      const likes = await likesOf(
        tx,
        organisationId,
        steps.filter(altersLikeness).flatMap(({ row, after: values }) => [row, { ...row, ...values } as CostLineRow]),
      );
      // What a closed month holds is no longer anybody's duplicate, nor set free, by what is done in an open one.
      const open = await outsideClosed(tx, organisationId, likes);
      await assessLines(tx, organisationId, { lineIds: [...touched, ...open] }, at);
    }
    // Nothing may be moved into a closed month either.
    await refuseLocked(tx, organisationId, touched);
    await audit(tx, {
      organisationId,
      actor: who.name,
      channel: who.channel,
      action: `lines.${what}`,
      object: touched.length === 1 ? `line:${touched[0] ?? ''}` : `lines:${changeId}`,
      before: auditSide(steps, 'before'),
      after: auditSide(steps, 'after'),
      reason: why,
      correlationId: who.correlationId,
    });
    after(() => publish({ topic: 'lines', organisationId, ids: touched.length > 100 ? [] : touched }));
    return { undoId: changeId, changed: touched.length };
  });
}

/** One line in full, many as a count: the line history holds the rest. Warnings are named, their texts left out. */
function auditSide(steps: readonly LineStep[], side: 'before' | 'after'): unknown {
  const [first] = steps;
  if (steps.length !== 1 || !first) return { lines: steps.length };
  const { checks, ...rest } = first[side];
  return checks === undefined ? rest : { ...rest, checks: checkStandings(String(checks)) };
}

/** `LARGE-AMT confirmed by Alex Morgan` of a checks column. */
export function checkStandings(checks: string): string {
  return storedChecks({ checks })
    .map(({ id, acknowledged }) => (acknowledged ? `${id} confirmed by ${acknowledged.by}` : id))
    .join(', ');
}

export function frozen(row: CostLineRow) {
  const name = `${row.supplier} ${row.invoice_number}`.trim();
  return row.state === 'posted'
    ? refused({
        happened: `${name} is already posted to the ledger.`,
        means: 'What was posted is never changed here; nothing was changed.',
        remedy: 'Reverse the posted document, then correct the line.',
      })
    : refused({
        happened: `${name} is in a prepared batch.`,
        means: 'A batch is frozen from the moment it is prepared; nothing was changed.',
        remedy: 'Discard the batch, then change the line.',
      });
}

export async function staleVersion(tx: Tx, organisationId: string, row: CostLineRow) {
  const [last] = await historyOfLine(tx, organisationId, row.id, 1);
  const name = `${row.supplier} ${row.invoice_number}`.trim();
  return refused({
    happened: last
      ? `${last.actor} changed ${name} at ${isoOf(asInstant(last.at))}, after you opened it.`
      : `${name} was changed by an import or a newer rate after you opened it.`,
    means: 'Nothing was changed, so neither change is lost.',
    remedy: 'Look at the line as it is now, then change it again.',
  });
}

const asInstant = (at: number) => at as Parameters<typeof isoOf>[0];

function pick(row: CostLineRow, like: LineColumns): LineColumns {
  const values = row as unknown as LineColumns;
  return Object.fromEntries(Object.keys(like).map((column) => [column, values[column] ?? null]));
}
