import type { Ref } from 'react';
import type { CostLine } from '../../../src-shared/contract/exports.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../../ui/data-grid.tsx';
import { Money } from '../../ui/text.tsx';
import { Reason } from './common.tsx';
import { useReview } from './review-state.ts';
import { treatmentWord } from './strings.ts';
import type { useLines } from './use-lines.ts';

const columns: readonly GridColumn<CostLine>[] = [
  { id: 'date', title: 'Date', track: '96px', cell: (line) => formatDay(line.date) },
  { id: 'supplier', title: 'Supplier', track: 'minmax(96px, 1.1fr)', cell: (line) => line.supplier || '—' },
  { id: 'description', title: 'Description', track: 'minmax(72px, 1.5fr)', cell: (line) => line.description || '—' },
  {
    id: 'net',
    title: 'Net',
    track: '106px',
    right: true,
    cell: (line) => <Money amount={line.net} currency={line.currency} />,
  },
  {
    id: 'vat',
    title: 'VAT',
    track: '92px',
    right: true,
    cell: (line) => <Money amount={line.vat} currency={line.currency} />,
  },
  { id: 'treatment', title: 'Treatment', track: 'minmax(96px, 0.9fr)', cell: (line) => treatmentWord(line.treatment) },
  { id: 'check', title: 'Check', track: 'minmax(110px, 1.6fr)', cell: (line) => <Reason line={line} /> },
];

/** Beside an open line the list keeps what tells lines apart. */
const narrow = columns.filter(({ id }) => id !== 'description' && id !== 'vat');

export function LineGrid({
  lines,
  openId,
  onOpen,
  handle,
}: {
  lines: ReturnType<typeof useLines>;
  openId: string | null;
  onOpen: (line: CostLine) => void;
  handle: Ref<GridHandle>;
}) {
  const review = useReview();
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
      columns={openId ? narrow : columns}
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
