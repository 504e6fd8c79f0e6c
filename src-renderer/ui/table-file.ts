import { useEffect } from 'react';
import { csvText } from '../../src-shared/format/csv.ts';
import { formatCounted } from '../../src-shared/format/number.ts';
import { saveAs } from '../data/transport.ts';

/** A table as a file: machine values (ISO instants, decimal text), every row of the filter and not only what is on screen. */
export interface TableFile {
  /** Without its ending, such as `alerts`. */
  readonly name: string;
  readonly head: readonly string[];
  /** Where the list may be longer than a file should be: at least so many rows are the newest of more. */
  readonly most?: number;
  readonly rows: () => Promise<readonly (readonly (string | number | null)[])[]>;
}

/** What the lists on screen offer, the newest last; null: a list that has no file. */
const offered: (TableFile | null)[] = [];

/** Offers the table of a list for as long as the list is on screen. */
export function useTableFile(file: TableFile | undefined): void {
  useEffect(() => {
    const offer = file ?? null;
    offered.push(offer);
    return () => {
      offered.splice(offered.indexOf(offer), 1);
    };
  }, [file]);
}

/** Saves the table on screen as CSV: the list's own, else the plain table where the keyboard is, else the longest. */
export async function saveTable(): Promise<string> {
  const [list] = offered.slice(-1);
  if (list === null) return 'This list cannot be saved as a file here.';
  const file = list ?? plainTable();
  if (!file) return 'There is no table on this screen.';
  const rows = await file.rows();
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))));
  const isSaved = await saveAs(`${file.name}.csv`, { text: csvText(file.head, cells) });
  if (!isSaved) return 'Not saved.';
  const isCut = file.most !== undefined && rows.length >= file.most;
  return `${file.name}.csv: ${formatCounted(rows.length, 'row', 'rows')} saved${isCut ? ', the newest; there are more' : ''}.`;
}

function plainTable(): TableFile | null {
  const shown = [...document.querySelectorAll<HTMLTableElement>('main table')].filter(
    (one) => one.getClientRects().length > 0,
  );
  const table =
    shown.find((one) => one.parentElement?.contains(document.activeElement)) ??
    shown.sort((a, b) => b.rows.length - a.rows.length)[0];
  if (!table) return null;
  const cellsOf = (row: Element) => [...row.querySelectorAll('th, td')].map(textOf);
  const name = table.closest('[aria-label]')?.getAttribute('aria-label') ?? 'table';
  return {
    name: name.toLowerCase().replaceAll(/\W+/g, '-'),
    head: cellsOf(table.querySelector('thead tr') ?? table),
    rows: () => Promise.resolve([...table.querySelectorAll('tbody tr')].map(cellsOf)),
  };
}

/** A moment as ISO, an unknown value as nothing, anything else as it reads; what can be pressed is no value. */
function textOf(shown: Element): string {
  const cell = shown.cloneNode(true) as Element;
  for (const button of cell.querySelectorAll('button')) button.remove();
  const moment = cell.querySelector('time');
  if (moment && moment.textContent === cell.textContent) return moment.dateTime;
  const text = (cell.textContent ?? '').trim();
  return text === '—' ? '' : text;
}
