import Papa from 'papaparse';
import { countryOf } from '../../../src-shared/domain/cost/country.ts';
import { fromMinor } from '../../../src-shared/domain/money/index.ts';
import { type Assessment, assess } from '../../../src-shared/domain/vat/assess.ts';
import type { Check } from '../../../src-shared/domain/vat/checks.ts';
import { DocumentHistory } from '../../../src-shared/domain/vat/history.ts';
import { readDescription, rulebookDate, type VatLine } from '../../../src-shared/domain/vat/line.ts';
import type { Treatment } from '../../../src-shared/domain/vat/tax-codes.ts';

/** Amounts are decimal text in pounds with two decimals. */
interface CheckedLine {
  readonly id: string;
  readonly treatment: Treatment;
  readonly vatGbp: string;
  readonly box1: string;
  readonly box4: string;
  readonly box6: string;
  readonly box7: string;
  readonly checks: readonly Check[];
  readonly xeroTaxType: string;
  readonly qboTaxCode: string;
}

export interface VatCheckResult {
  readonly lines: readonly CheckedLine[];
  /**
   * Sums in pounds of the lines that passed the structure checks: `net` and `gross` as invoiced, converted line by line;
   * `vat` and the boxes as shown on the lines. Boxes 6 and 7 keep their pence: whole pounds belong to the return.
   */
  readonly totals: Readonly<Record<'net' | 'vat' | 'gross' | 'box1' | 'box4' | 'box6' | 'box7', string>>;
  /** Lines with at least one blocking check. */
  readonly blocked: number;
  /** Rows that could not be read at all. `row` counts the records of the file that are not empty; 1 is the header. They have no line above. */
  readonly problems: readonly { readonly row: number; readonly field: string; readonly reason: string }[];
}

const COLUMNS = [
  'id',
  'date',
  'supplier',
  'supplier_country',
  'supplier_vat_no',
  'customer_vat_registered',
  'customer_country',
  'description',
  'currency',
  'net',
  'vat_charged',
  'gross',
  'treatment_hint',
  'fx_rate_to_gbp',
] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Record<Column, string>>;

/**
 * VAT treatment and checks of a CSV with one cost line a row (UTF-8, comma, header row). Nothing is stored. Rows are
 * taken in order and share one duplicate history. Columns may stand in any order; further ones are ignored.
 * @param seen the evaluation date of rows that name none
 */
export function checkVatFile(csv: string, seen = rulebookDate): VatCheckResult {
  const lines: CheckedLine[] = [];
  const problems: { row: number; field: string; reason: string }[] = [];
  const totals = { net: 0, vat: 0, gross: 0, box1: 0, box4: 0, box6: 0, box7: 0 };
  const history = new DocumentHistory();
  let blocked = 0;
  let places: readonly number[] | null = null;
  let row = 0;

  function take(cells: readonly string[]): void {
    row += 1;
    if (places === null) {
      places = columnPlaces(cells);
      COLUMNS.forEach((column, i) => {
        if (places?.[i] === -1) problems.push({ row, field: column, reason: `The column "${column}" is missing.` });
      });
      return;
    }
    if (problems.length > 0 && problems[0]?.row === 1) return;
    if (cells.length <= Math.max(...places)) {
      problems.push({ row, field: '', reason: `The row has ${cells.length} cells, fewer than the header.` });
      return;
    }
    const values = rowOf(cells, places);
    const unreadable = (['net', 'vat_charged', 'gross'] as const).find((field) => !DECIMAL.test(values[field].trim()));
    if (unreadable) {
      const reason = `"${values[unreadable].slice(0, 40)}" is not an amount such as 1234.50.`;
      problems.push({ row, field: unreadable, reason });
      return;
    }
    const line = vatLineOf(values, seen);
    try {
      const result = assess(line, { history, label: `${line.attributes.inv || 'no number'} in row ${row}` });
      lines.push(shown(line.id, result));
      if (result.checks.some(({ severity }) => severity === 'block')) blocked += 1;
      totals.net += result.netGbp ?? 0;
      totals.gross += result.grossGbp ?? 0;
      totals.vat += result.vatGbp;
      for (const box of ['box1', 'box4', 'box6', 'box7'] as const) totals[box] += result[box];
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      problems.push({ row, field: 'gross', reason: thrown.message });
    }
  }

  Papa.parse<string[]>(csv.replace(/^\uFEFF/, ''), {
    delimiter: ',',
    skipEmptyLines: 'greedy',
    step: ({ data, errors }) => {
      if (errors.length > 0) {
        row += 1;
        problems.push({ row, field: '', reason: `The row cannot be read: ${errors[0]?.message ?? 'bad quoting'}.` });
      } else take(data);
    },
  });
  if (row === 0) problems.push({ row: 1, field: '', reason: 'The file is empty.' });
  return {
    lines,
    totals: {
      net: fromMinor(totals.net, 'GBP'),
      vat: fromMinor(totals.vat, 'GBP'),
      gross: fromMinor(totals.gross, 'GBP'),
      ...boxText(totals),
    },
    blocked,
    problems,
  };
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$/;

function columnPlaces(header: readonly string[]): number[] {
  const names = header.map((name) => name.trim().toLowerCase());
  return COLUMNS.map((column) => names.indexOf(column));
}

function rowOf(cells: readonly string[], places: readonly number[]): Row {
  const row: Partial<Record<Column, string>> = {};
  for (let i = 0; i < COLUMNS.length; i++) {
    const column = COLUMNS[i];
    if (column) row[column] = cells[places[i] ?? -1] ?? '';
  }
  return row as Row;
}

function vatLineOf(row: Row, seen: string): VatLine {
  const { text, attributes } = readDescription(row.description, row.id.trim(), seen);
  const registered = row.customer_vat_registered.trim().toLowerCase();
  const rate = row.fx_rate_to_gbp.trim();
  return {
    id: row.id.trim(),
    date: row.date.trim(),
    supplier: row.supplier,
    // What is no country is not judged as one abroad: the check for a missing one says so.
    supplierCountry: countryOf(row.supplier_country) ?? '',
    supplierVatNumber: row.supplier_vat_no,
    customerRegistered: registered === 'true' ? true : registered === 'false' ? false : null,
    customerCountry: countryOf(row.customer_country) ?? '',
    text,
    currency: row.currency.trim(),
    net: row.net.trim(),
    vat: row.vat_charged.trim(),
    gross: row.gross.trim(),
    hint: row.treatment_hint.trim(),
    fx: rate === '' ? null : { gbpPerUnit: rate },
    attributes,
  };
}

function shown(id: string, result: Assessment): CheckedLine {
  return {
    id,
    treatment: result.treatment,
    vatGbp: fromMinor(result.vatGbp, 'GBP'),
    ...boxText(result),
    checks: result.checks,
    xeroTaxType: result.xeroTaxType,
    qboTaxCode: result.qboTaxCode,
  };
}

function boxText(boxes: Readonly<Record<'box1' | 'box4' | 'box6' | 'box7', number>>) {
  return {
    box1: fromMinor(boxes.box1, 'GBP'),
    box4: fromMinor(boxes.box4, 'GBP'),
    box6: fromMinor(boxes.box6, 'GBP'),
    box7: fromMinor(boxes.box7, 'GBP'),
  };
}
