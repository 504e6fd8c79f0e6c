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
import { everyLine, type LineFilter, type useLines } from './use-lines.ts';

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
    track: '118px',
    right: true,
    cell: (line) => formatMoney(line.net, line.currency),
  },
  {
    id: 'vat',
    title: 'VAT',
    track: '118px',
    right: true,
    from: 760,
    cell: (line) => formatMoney(line.vat, line.currency),
  },
  { id: 'treatment', title: 'Treatment', track: 'minmax(112px, 0.8fr)', cell: (line) => treatmentWord(line.treatment) },
  { id: 'check', title: 'Check', track: 'minmax(130px, 2.2fr)', cell: (line) => <Reason line={line} /> },
];

const fileHead = [
  'date',
  'supplier',
  'invoice_number',
  'description',
  'category',
  'currency',
  'net',
  'vat',
  'gross',
  'net_gbp',
  'vat_gbp',
  'treatment',
  'state',
  'reason',
  'id',
];
const fileRow = (line: CostLine) => [
  line.date,
  line.supplier,
  line.invoiceNumber,
  line.description,
  line.category,
  line.currency,
  line.net,
  line.vat,
  line.gross,
  line.netGbp,
  line.vatGbp,
  line.treatment,
  line.state,
  line.reason,
  line.id,
];

/** The lines of a filter: a row opens with Enter, a cell is changed in place with E. */
export function LineGrid({
  organisationId,
  filter,
  lines,
  openId,
  onOpen,
  handle,
}: {
  organisationId: string;
  filter: LineFilter;
  lines: ReturnType<typeof useLines>;
  openId: string | null;
  onOpen: (line: CostLine) => void;
  handle: Ref<GridHandle>;
}) {
  const review = useReview();
  const { editing } = review;
  const edits = useCellEdits({ organisationId, lines, handle });
  const { tab, text, period, check } = filter;
  const file = useMemo(
    () => ({
      name: `cost-lines-${tab}`,
      head: fileHead,
      rows: async () => (await everyLine(organisationId, { tab, text, period, check })).lines.map(fileRow),
    }),
    [organisationId, tab, text, period, check],
  );
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
  return (
    <DataGrid
      label="Cost lines"
      columns={shown}
      total={lines.total}
      rowAt={lines.rowAt}
      idOf={(line) => line.id}
      cursor={review.cursor}
      onCursor={review.setCursor}
      onOpen={onOpen}
      isSelected={(id) => review.selected.has(id)}
      onToggle={(line) => review.toggle(line.id, line.version)}
      onExtend={(some) =>
        review.select([...review.selected, ...some.map(({ id, version }): [string, number] => [id, version])])
      }
      file={file}
      openId={openId}
      onRange={lines.onRange}
      handle={handle}
    />
  );
}
