import type { Change } from '../../../src-shared/contract/app.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { formatInstant } from '../../../src-shared/format/time.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Store, Tx } from '../../ports/store.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import {
  historyOfLine,
  insertChange,
  insertHistory,
  type LineChangeTable,
} from '../../store/repositories/line-history.ts';
import { getOrganisation } from '../../store/repositories/organisations.ts';
import { linesById, patchLines } from '../../store/repositories/review.ts';
import type { AppendAudit } from '../audit/audit.ts';
import { notFound, refused } from '../problem.ts';
import { assessLines, likesOf } from './assess-lines.ts';
import { frozen } from './fixed-lines.ts';
import type { LineColumns } from './line-patch.ts';
import { outsideClosed, refuseLocked } from './locks.ts';
import type { Rechecks } from './rechecks.ts';
import { storedChecks } from './stored-line.ts';

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
export type StepParts = Omit<ReviewParts, 'rechecks'>;

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

export interface LineStep {
  readonly row: CostLineRow;
  readonly before: LineColumns;
  readonly after: LineColumns;
}

/**
 * One action on lines: refused as a whole or done as a whole, with its history, its audit entry and the rules applied
 * again to the lines and to whatever they could be a duplicate of.
 */
export async function step(
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
    if (fixed) throw await frozen(tx, fixed);

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

/** A moment as people of the organisation read it. */
export async function wallAt(tx: Tx, organisationId: string, at: number): Promise<string> {
  const organisation = await getOrganisation(tx, organisationId);
  return formatInstant(isoOf(asInstant(at)), organisation?.time_zone ?? 'Europe/London');
}

export async function staleVersion(tx: Tx, organisationId: string, row: CostLineRow) {
  const [last] = await historyOfLine(tx, organisationId, row.id, 1);
  const name = `${row.supplier} ${row.invoice_number}`.trim();
  return refused({
    happened: last
      ? `${last.actor} changed ${name} at ${await wallAt(tx, organisationId, last.at)}, after you opened it.`
      : `${name} was changed by an import or a newer rate after you opened it.`,
    means: 'Nothing was changed, so neither change is lost.',
    remedy: 'Look at the line as it is now, then change it again.',
  });
}

const asInstant = (at: number) => at as Parameters<typeof isoOf>[0];

export function pick(row: CostLineRow, like: LineColumns): LineColumns {
  const values = row as unknown as LineColumns;
  return Object.fromEntries(Object.keys(like).map((column) => [column, values[column] ?? null]));
}
