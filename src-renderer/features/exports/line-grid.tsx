import { type Ref, useMemo } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../../ui/data-grid.tsx';
import { CellEditor } from './cell-editor.tsx';
import { Reason } from './common.tsx';
import { useReview } from './review-state.ts';
import { hints, treatmentWord } from './strings.ts';
import { cellValue, useCellEdits } from './use-cell-edits.ts';
import type { useLines } from './use-lines.ts';

const columns: readonly GridColumn<CostLine>[] = [
  { id: 'date', title: 'Date', track: '108px', cell: (line) => formatDay(line.date) },
  { id: 'supplier', title: 'Supplier', track: 'minmax(120px, 1.2fr)', cell: (line) => line.supplier || '—' },
  {
    id: 'description',
    title: 'Description',
    track: 'minmax(96px, 1fr)',
    from: 900,
    cell: (line) => line.description || '—',
  },
  {
    id: 'category',
    title: 'Category',
    track: 'minmax(90px, 0.6fr)',
    from: 1_180,
    cell: (line) => line.category || '—',
  },
  {
    id: 'net',
    title: 'Net',
    track: '106px',
    right: true,
    cell: (line) => formatMoney(line.net, line.currency),
  },
  {
    id: 'vat',
    title: 'VAT',
    track: '92px',
    right: true,
    from: 760,
    cell: (line) => formatMoney(line.vat, line.currency),
  },
  { id: 'treatment', title: 'Treatment', track: 'minmax(112px, 0.8fr)', cell: (line) => treatmentWord(line.treatment) },
  { id: 'check', title: 'Check', track: 'minmax(130px, 2.2fr)', cell: (line) => <Reason line={line} /> },
];

/** The lines of a filter: a row opens with Enter, a cell is changed in place with E. */
export function LineGrid({
  organisationId,
  lines,
  openId,
  onOpen,
  handle,
}: {
  organisationId: string;
  lines: ReturnType<typeof useLines>;
  openId: string | null;
  onOpen: (line: CostLine) => void;
  handle: Ref<GridHandle>;
}) {
  const review = useReview();
  const { editing } = review;
  const edits = useCellEdits({ organisationId, lines, handle });
  const shown = useMemo(
    () =>
      editing === null
        ? columns
        : columns.map((column) =>
            column.id === editing.column
              ? {
                  ...column,
                  from: 0,
                  cell: (line: CostLine) =>
                    line.id === editing.id ? (
                      <CellEditor
                        key={`${line.id} ${column.id}`}
                        label={`${column.title} of ${line.supplier} ${line.invoiceNumber}`.trim()}
                        value={cellValue(line, editing.column)}
                        choices={editing.column === 'treatment' ? hints : null}
                        selected={review.selected.size}
                        onCommit={edits.commit}
                        onPaste={edits.fillDown}
                        onCancel={edits.cancel}
                      />
                    ) : (
                      column.cell(line)
                    ),
                }
              : column,
          ),
    [editing, edits, review.selected.size],
  );
  const selectTo = (index: number) => {
    const [from, to] = [Math.min(review.anchor, index), Math.max(review.anchor, index)];
    const entries = new Map(review.selected);
    for (let at = from; at <= to; at += 1) {
      const line = lines.rowAt(at);
      if (line) entries.set(line.id, line.version);
    }
    review.select(entries);
  };
  return (
    <DataGrid
      label="Cost lines"
      columns={shown}
      total={lines.total}
      rowAt={lines.rowAt}
      idOf={(line) => line.id}
      cursor={review.cursor}
      onCursor={(index, extend) => {
        review.setCursor(index);
        if (extend) selectTo(index);
        else review.setAnchor(index);
      }}
      onOpen={onOpen}
      isSelected={(id) => review.selected.has(id)}
      onToggle={(line, range) => (range ? selectTo(review.cursor) : review.toggle(line.id, line.version))}
      openId={openId}
      onRange={lines.onRange}
      handle={handle}
    />
  );
}
