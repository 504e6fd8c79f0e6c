import { type Ref, useMemo, useRef } from 'react';
import type { CostLine, LinePatch } from '../../../src-shared/contract/exports.ts';
import { attempt } from '../../data/act.tsx';
import { api, client, queryClient } from '../../data/client.ts';
import { useSession } from '../../state/session.ts';
import { useUndo } from '../../state/undo.ts';
import type { GridHandle } from '../../ui/data-grid.tsx';
import type { Onward } from './cell-editor.tsx';
import { type EditableColumn, editableColumns, useReview } from './review-state.ts';
import { offerRule } from './rule-hint.tsx';
import { hints, words } from './strings.ts';
import type { useLines } from './use-lines.ts';

const patchOf = (column: EditableColumn, value: string): LinePatch =>
  column === 'treatment' ? { treatmentHint: value } : { [column]: value };
/** What a cell holds before it is changed. */
export const cellValue = (line: CostLine, column: EditableColumn) =>
  column === 'treatment' ? line.treatmentHint : line[column];

/** A treatment as people paste it, by its word or by its id. */
const treatmentOf = (text: string) =>
  hints.find(({ value, label }) => [value, label.toLowerCase()].includes(text.trim().toLowerCase()))?.value;

interface Change {
  readonly value: string;
  readonly lines: readonly { id: string; version: number }[];
}

/** What happens to a cell's new value: stored with one undo, the list read again, and the next cell opened. */
export function useCellEdits({
  organisationId,
  lines,
  handle,
}: {
  organisationId: string;
  lines: ReturnType<typeof useLines>;
  handle: Ref<GridHandle>;
}) {
  const now = useRef(lines);
  now.current = lines;
  return useMemo(() => {
    const leave = () => {
      useReview.getState().edit(null);
      if (handle && 'current' in handle) handle.current?.focus();
    };

    /** Each value once for all lines that get it; one undo for all. */
    async function store(column: EditableColumn, changes: readonly Change[]): Promise<boolean> {
      const steps: string[] = [];
      let changed = 0;
      for (const { value, lines: some } of changes) {
        const done = await attempt(() =>
          client.exports.edit({ organisationId, lines: [...some], patch: patchOf(column, value), why: '' }),
        );
        if (!done) break;
        steps.unshift(done.undoId);
        changed += done.changed;
      }
      if (steps.length === 0) return false;
      useSession.getState().doTask('fix');
      useUndo.getState().offer({
        id: steps[0] ?? '',
        text: words.edited(changed),
        undo: () =>
          attempt(async () => {
            for (const undoId of steps) await client.exports.undo({ organisationId, undoId });
          }),
      });
      // The next cell needs the new versions, and the rows as they stand now: read, then drawn.
      await queryClient.invalidateQueries({ queryKey: api.exports.lines.key() });
      await new Promise((drawn) => setTimeout(drawn, 0));
      return true;
    }

    /** The row of a line after the list was read again: near where it was, if it is still there. */
    const rowOf = (id: string) => {
      const { cursor } = useReview.getState();
      return [0, -1, 1, -2, 2].map((by) => cursor + by).find((at) => now.current.rowAt(at)?.id === id);
    };

    function open(id: string | undefined, column: EditableColumn): void {
      const at = id === undefined ? undefined : rowOf(id);
      if (id === undefined || at === undefined) {
        leave();
        return;
      }
      const review = useReview.getState();
      review.setCursor(at);
      review.edit({ id, column });
    }

    async function commit(value: string, onward: Onward): Promise<void> {
      const { editing, cursor, selected, edit } = useReview.getState();
      const row = now.current.rowAt(cursor);
      if (!editing || row?.id !== editing.id) return leave();
      const { column } = editing;
      const all = onward === 'selected' && selected.size > 0;
      const meant = all
        ? [...selected].map(([id, version]) => ({ id, version }))
        : [{ id: row.id, version: row.version }];
      const below = now.current.rowAt(cursor + 1)?.id;
      if (all || value !== cellValue(row, column)) {
        edit(null);
        if (!(await store(column, [{ value: value.trim(), lines: meant }]))) return leave();
        if (all) useReview.getState().clear();
        if (column === 'category' && value.trim() !== '')
          offerRule({ supplier: row.supplier, contains: '', category: value.trim() });
      }
      if (onward === 'down') return open(below, column);
      if (onward === 'next' || onward === 'previous') {
        const next = editableColumns[editableColumns.indexOf(column) + (onward === 'next' ? 1 : -1)];
        return next ? open(row.id, next) : leave();
      }
      if (onward === 'stay') return useReview.getState().edit(null);
      leave();
    }

    async function fillDown(values: readonly string[]): Promise<void> {
      const { editing, cursor } = useReview.getState();
      if (!editing) return;
      const { column } = editing;
      const byValue = new Map<string, { id: string; version: number }[]>();
      for (const [i, text] of values.entries()) {
        const line = now.current.rowAt(cursor + i);
        const value = column === 'treatment' ? treatmentOf(text) : text.trim();
        if (!line || value === undefined) continue;
        byValue.set(value, [...(byValue.get(value) ?? []), { id: line.id, version: line.version }]);
      }
      await store(
        column,
        [...byValue].map(([value, some]) => ({ value, lines: some })),
      );
      leave();
    }
    return { commit, fillDown, cancel: leave };
  }, [organisationId, handle]);
}
