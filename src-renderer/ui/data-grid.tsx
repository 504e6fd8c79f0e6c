import { type ColumnDef, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import css from './data-grid.module.css';

const features = tableFeatures({});
type Features = typeof features;

/** A column: its heading, CSS grid width, and what a cell shows. */
export interface GridColumn<Row extends RowData> {
  readonly id: string;
  readonly title: string;
  /** A CSS grid track, e.g. `110px` or `minmax(160px, 2fr)`. */
  readonly track: string;
  readonly right?: boolean;
  /** Shown only where the list is at least this wide (px): what the detail says as well gives way to what decides. */
  readonly from?: number;
  readonly cell: (row: Row) => ReactNode;
}

export interface GridHandle {
  focus: () => void;
}

interface GridProps<Row extends RowData> {
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  readonly total: number;
  /** Undefined while the page of that row is on its way. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly idOf: (row: Row) => string;
  readonly cursor: number;
  readonly onCursor: (index: number, extend: boolean) => void;
  readonly onOpen?: (row: Row) => void;
  /** Absent: rows cannot be selected. */
  readonly isSelected?: (id: string) => boolean;
  readonly onToggle?: (row: Row, range: boolean) => void;
  readonly openId?: string | null;
  /** First and last index on screen, so that the pages around them are loaded. */
  readonly onRange?: (first: number, last: number) => void;
  readonly handle?: Ref<GridHandle>;
}

const ROW_PX = 34;
const OVERSCAN = 2;

interface Placed<Row> {
  readonly index: number;
  readonly row: Row | undefined;
}

/**
 * A list of any length as a real ARIA grid: only the rows on screen exist, but counts and positions are those of the
 * whole. One element holds the focus and names the active row, so scrolling never loses it.
 */
export function DataGrid<Row extends RowData>(props: GridProps<Row>) {
  const { total, rowAt, idOf, cursor, onCursor, onRange, isSelected, onToggle } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const columns = useMemo(
    () => props.columns.filter(({ from = 0 }) => width === null || width >= from),
    [props.columns, width],
  );
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollPaddingStart: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;

  useImperativeHandle(props.handle, () => ({ focus: () => scroller.current?.focus({ preventScroll: true }) }), []);
  useEffect(() => onRange?.(first, last), [first, last, onRange]);
  useEffect(() => {
    if (cursor >= 0 && cursor < total) virtual.scrollToIndex(cursor, { align: 'auto' });
  }, [cursor, total, virtual]);

  const definitions = useMemo<ColumnDef<Features, Placed<Row>>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.title,
        cell: ({ row }) =>
          row.original.row === undefined ? <span className={css.pending} /> : column.cell(row.original.row),
      })),
    [columns],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: items.map(({ index }) => ({ index, row: rowAt(index) })),
    getRowId: ({ index }) => String(index),
  });
  const rights = new Map(columns.map((column) => [column.id, column.right === true]));
  const template = `${onToggle ? '34px ' : ''}${columns.map((column) => column.track).join(' ')}`;
  const rowId = (index: number) => `${props.label.replaceAll(/\W+/g, '-')}-row-${index}`;

  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / ROW_PX) - 2);
    const moves: Record<string, number> = {
      ArrowDown: cursor + 1,
      ArrowUp: cursor - 1,
      PageDown: cursor + page,
      PageUp: cursor - page,
      Home: 0,
      End: total - 1,
    };
    const target = moves[event.key];
    if (target === undefined || total === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onCursor(Math.min(total - 1, Math.max(0, target)), event.shiftKey);
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual grid of any length cannot be a table element
    <div
      ref={scroller}
      className={css.grid}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length + (onToggle ? 1 : 0)}
      aria-multiselectable={onToggle ? true : undefined}
      aria-activedescendant={cursor >= first && cursor <= last && total > 0 ? rowId(cursor) : undefined}
      onKeyDown={onKey}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: rows of the virtual grid */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus */}
      <div className={css.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {onToggle && (
          // biome-ignore lint/a11y/useSemanticElements: header cell of the virtual grid
          // biome-ignore lint/a11y/useFocusableInteractive: not operable
          <div role="columnheader">
            <span className="visually-hidden">Selected</span>
          </div>
        )}
        {table.getHeaderGroups()[0]?.headers.map((header) => (
          // biome-ignore lint/a11y/useSemanticElements: header cell of the virtual grid
          // biome-ignore lint/a11y/useFocusableInteractive: not operable
          <div key={header.id} role="columnheader" data-right={rights.get(header.id) || undefined}>
            <table.FlexRender header={header} />
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of the virtual grid */}
      <div className={css.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {table.getRowModel().rows.map((placed) => {
          const { index, row } = placed.original;
          const id = row === undefined ? undefined : idOf(row);
          const selected = id !== undefined && isSelected?.(id) === true;
          return (
            // biome-ignore lint/a11y/useSemanticElements: row of the virtual grid
            // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys
            <div
              key={index}
              id={rowId(index)}
              className={css.row}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={onToggle ? selected : undefined}
              data-cursor={index === cursor || undefined}
              data-open={(id !== undefined && id === props.openId) || undefined}
              style={{ gridTemplateColumns: template, transform: `translateY(${index * ROW_PX}px)` }}
              onClick={(event) => {
                onCursor(index, event.shiftKey);
                if (row !== undefined && !event.shiftKey) props.onOpen?.(row);
              }}
            >
              {onToggle && (
                // biome-ignore lint/a11y/useSemanticElements: cell of the virtual grid
                // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
                <div role="gridcell" className={css.check}>
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    checked={selected}
                    disabled={row === undefined}
                    aria-label={`Select row ${index + 1}`}
                    onChange={() => undefined}
                    onClick={(event) => {
                      event.stopPropagation();
                      if (row !== undefined) onToggle(row, event.shiftKey);
                    }}
                  />
                </div>
              )}
              {placed.getAllCells().map((cell) => (
                // biome-ignore lint/a11y/useSemanticElements: cell of the virtual grid
                // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
                <div key={cell.id} role="gridcell" data-right={rights.get(cell.column.id) || undefined}>
                  <table.FlexRender cell={cell} />
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** How wide an element is now (px); null before it was measured. */
function useWidth(element: { readonly current: HTMLElement | null }): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const watched = element.current;
    if (!watched) return;
    setWidth(watched.clientWidth);
    const observer = new ResizeObserver(() => setWidth(watched.clientWidth));
    observer.observe(watched);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
