import type { LinePatch } from '../../../src-shared/contract/exports.ts';
import { isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { dropDecisionsOf } from '../../store/repositories/desk.ts';
import { reopenLedgerDuplicates } from '../../store/repositories/ledger-duplicates.ts';
import { changedAfter, getChange, historyOfChange, markUndone } from '../../store/repositories/line-history.ts';
import { supplierNamed } from '../../store/repositories/review.ts';
import { notFound, refused } from '../problem.ts';
import { type StoredCheck, standing } from './assess-row.ts';
import { columnsOf, type LineColumns, withGrossMinor } from './line-patch.ts';
import { refuseWholes, unsplit } from './split-wholes.ts';
import {
  type Also,
  pick,
  type Reviewer,
  type ReviewParts,
  type Step,
  type StepParts,
  staleVersion,
  step,
  wallAt,
} from './step.ts';
import { isCheckId, storedChecks } from './stored-line.ts';

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
          happened: `${later.actor} changed one of these lines afterwards, at ${await wallAt(tx, organisationId, later.at)}.`,
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
