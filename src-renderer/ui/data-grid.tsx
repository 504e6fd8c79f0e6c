import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useCommands } from '../state/commands.ts';
import css from './data-grid.module.css';
import { HEAD_PX, ROW_PX, useRowWindow } from './row-window.ts';
import { type TableFile, useTableFile } from './table-file.ts';

/** A column: its heading, CSS grid width, and what a cell shows. */
export interface GridColumn<Row> {
  readonly id: string;
  readonly title: string;
  /** A CSS grid track, e.g. `110px` or `minmax(160px, 2fr)`. */
  readonly track: string;
  readonly right?: boolean;
  /** Shown only where the list is at least this wide (px): what the detail says as well gives way to what decides. */
  readonly from?: number;
  /** Follows from the row and from what made these columns: another look needs other columns, or a component with hooks. */
  readonly cell: (row: Row) => ReactNode;
}

export interface GridHandle {
  focus: () => void;
}

interface GridProps<Row> {
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  readonly total: number;
  /** Undefined while the page of that row is on its way. A row that did not change stays the same object. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly idOf: (row: Row) => string;
  readonly cursor: number;
  readonly onCursor: (index: number) => void;
  readonly onOpen?: (row: Row) => void;
  /** Absent: rows cannot be selected. */
  readonly isSelected?: (id: string) => boolean;
  readonly onToggle?: (row: Row) => void;
  /** Rows to select as well: Shift with an arrow or a click takes all from where it began. Absent: it only moves. */
  readonly onExtend?: (rows: readonly Row[]) => void;
  /** The whole list as a file (Ctrl+Shift+E); the same object until it changes. */
  readonly file?: TableFile | undefined;
  readonly openId?: string | null;
  /** First and last index on screen, so that the pages around them are loaded. */
  readonly onRange?: (first: number, last: number) => void;
  readonly handle?: Ref<GridHandle>;
}

/**
 * A list of any length as a real ARIA grid: only the rows on screen exist, but counts and positions are those of the
 * whole. One element holds the focus and names the active row, so scrolling never loses it.
 */
export function DataGrid<Row>(props: GridProps<Row>) {
  const { total, rowAt, idOf, cursor, onCursor, onOpen, onRange, isSelected, onToggle } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last, turns, order, width, measured } = useRowWindow(scroller, total);
  const columns = useMemo(() => props.columns.filter(({ from = 0 }) => width >= from), [props.columns, width]);
  const [isPeeking, setPeeking] = useState(false);
  /** Where the present range of Shift began, and where it has come to. */
  const range = useRef({ from: -1, to: -1 });
  useTableFile(props.file);
  useCommands([
    {
      id: 'peek',
      title: 'Peek: the marked row in full, without opening it',
      group: 'Lists',
      keys: ['space'],
      unavailable: total === 0 ? 'There is no row.' : null,
      run: () => setPeeking(!isPeeking),
    },
  ]);

  useImperativeHandle(props.handle, () => ({ focus: () => scroller.current?.focus({ preventScroll: true }) }), []);
  useEffect(() => onRange?.(first, Math.max(first, last)), [first, last, onRange]);
  useEffect(() => {
    if (measured && scroller.current && cursor >= 0 && cursor < total) reveal(scroller.current, cursor);
  }, [cursor, total, measured]);

  const name = props.label.replaceAll(/\W+/g, '-');
  const tracks = `${onToggle ? '34px ' : ''}${columns.map((column) => column.track).join(' ')}`;

  /** Moves the mark; with Shift everything between where that began and here is selected as well. */
  const goTo = (index: number, isRange: boolean) => {
    onCursor(index);
    if (!isRange || !props.onExtend) return;
    const from = range.current.to === cursor ? range.current.from : cursor;
    range.current = { from, to: index };
    const rows: Row[] = [];
    for (let at = Math.min(from, index); at <= Math.max(from, index); at += 1) {
      const row = rowAt(at);
      if (row !== undefined) rows.push(row);
    }
    props.onExtend(rows);
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && isPeeking) {
      event.preventDefault();
      setPeeking(false);
      return;
    }
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
    goTo(Math.min(total - 1, Math.max(0, target)), event.shiftKey);
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const position = target.closest(`.${css.row}`)?.getAttribute('aria-rowindex');
    if (!position) return;
    const index = Number(position) - 2;
    const row = rowAt(index);
    if (target.matches(`.${css.check} > input`)) {
      if (event.shiftKey) goTo(index, true);
      else if (row !== undefined) onToggle?.(row);
      return;
    }
    goTo(index, event.shiftKey);
    if (row !== undefined && !event.shiftKey) onOpen?.(row);
  };

  const rows = order.map((index) => {
    const row = rowAt(index);
    const id = row === undefined ? undefined : idOf(row);
    return (
      <GridRow
        key={index % turns}
        name={name}
        index={index}
        row={row}
        columns={columns as readonly GridColumn<unknown>[]}
        selected={onToggle ? id !== undefined && isSelected?.(id) === true : undefined}
        marked={index === cursor}
        open={id !== undefined && id === props.openId}
      />
    );
  });

  const peeked = isPeeking ? rowAt(cursor) : undefined;
  return (
    <div className={css.frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: a virtual grid of any length cannot be a table element */}
      <div
        ref={scroller}
        className={css.grid}
        role="grid"
        tabIndex={0}
        aria-label={props.label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length + (onToggle ? 1 : 0)}
        aria-multiselectable={onToggle ? true : undefined}
        aria-activedescendant={cursor >= first && cursor <= last ? `${name}-row-${cursor}` : undefined}
        style={{ '--tracks': tracks } as CSSProperties}
        onKeyDown={onKey}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: rows of the virtual grid */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus */}
        <div className={css.head} role="row" aria-rowindex={1}>
          {onToggle && (
            // biome-ignore lint/a11y/useSemanticElements: header cell of the virtual grid
            // biome-ignore lint/a11y/useFocusableInteractive: not operable
            <div role="columnheader">
              <span className="visually-hidden">Selected</span>
            </div>
          )}
          {columns.map(({ id, title, right }) => (
            // biome-ignore lint/a11y/useSemanticElements: header cell of the virtual grid
            // biome-ignore lint/a11y/useFocusableInteractive: not operable
            <div key={id} role="columnheader" data-right={right || undefined}>
              {title}
            </div>
          ))}
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: rows of the virtual grid */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys */}
        {/* biome-ignore lint/a11y/useKeyWithMouseEvents: a row opens with Enter and shows all */}
        <div
          className={css.body}
          role="rowgroup"
          style={{ height: total * ROW_PX }}
          onClick={onClick}
          onMouseOver={tellCut}
        >
          {rows}
        </div>
      </div>
      {peeked !== undefined && (
        <Peek
          columns={props.columns}
          row={peeked}
          isAbove={isLow(scroller.current, cursor)}
          onClose={() => {
            setPeeking(false);
            scroller.current?.focus({ preventScroll: true });
          }}
        />
      )}
    </div>
  );
}

/** Everything the list knows of one row, uncut, with what gave way for want of room; follows the mark. */
function Peek<Row>({
  columns,
  row,
  isAbove,
  onClose,
}: {
  columns: readonly GridColumn<Row>[];
  row: Row;
  isAbove: boolean;
  onClose: () => void;
}) {
  return (
    <section
      className={css.peek}
      data-above={isAbove || undefined}
      aria-label="The row in full"
      aria-live="polite"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (U44)
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
    >
      <dl>
        {columns.map(({ id, title, cell }) => (
          <div key={id}>
            <dt>{title}</dt>
            <dd>{cell(row)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface RowProps {
  readonly name: string;
  readonly index: number;
  readonly row: unknown;
  readonly columns: readonly GridColumn<unknown>[];
  /** Undefined where rows cannot be selected. */
  readonly selected: boolean | undefined;
  readonly marked: boolean;
  readonly open: boolean;
}

/** Drawn anew only when something of it changed: scrolling costs the rows that come in, a key the two it concerns. */
const GridRow = memo(function GridRow({ name, index, row, columns, selected, marked, open }: RowProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: row of the virtual grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
    <div
      id={`${name}-row-${index}`}
      className={css.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-cursor={marked || undefined}
      data-open={open || undefined}
      style={{ transform: `translateY(${index * ROW_PX}px)` }}
    >
      {selected !== undefined && (
        // biome-ignore lint/a11y/useSemanticElements: cell of the virtual grid
        // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
        <div role="gridcell" className={css.check}>
          <input
            type="checkbox"
            tabIndex={-1}
            checked={selected}
            disabled={row === undefined}
            aria-label={`Select row ${index + 1}`}
            onChange={clickTells}
          />
        </div>
      )}
      {columns.map(({ id, right, cell }) => (
        // biome-ignore lint/a11y/useSemanticElements: cell of the virtual grid
        // biome-ignore lint/a11y/useFocusableInteractive: the grid itself holds the focus
        <div key={id} role="gridcell" data-right={right || undefined}>
          {row === undefined ? <span className={css.pending} /> : cell(row)}
        </div>
      ))}
    </div>
  );
});

/** What is cut off is told in full where the pointer rests; for the keyboard a row opens with Enter. */
function tellCut({ target }: MouseEvent): void {
  const cell = (target as Element).closest<HTMLElement>('[role=gridcell]');
  if (cell === null) return;
  const isCut = [cell, ...cell.querySelectorAll('*')].some((part) => part.scrollWidth > part.clientWidth);
  if (isCut) cell.title = cell.textContent;
  else cell.removeAttribute('title');
}

/** The rows' one click handler toggles; React wants a handler of its own where a box shows a state. */
const clickTells = () => undefined;

/** In the lower half of what is seen: what is laid over the list goes to its upper edge then. */
const isLow = (box: HTMLElement | null, index: number): boolean =>
  box !== null && HEAD_PX + index * ROW_PX - box.scrollTop > box.clientHeight / 2;

/** Scrolls as little as brings the row between the heading and the lower edge. */
function reveal(box: HTMLElement, index: number): void {
  const top = index * ROW_PX;
  const bottom = HEAD_PX + top + ROW_PX - box.clientHeight;
  if (box.scrollTop > top) box.scrollTop = top;
  else if (box.scrollTop < bottom) box.scrollTop = bottom;
}
