import { decimal, ExactSum } from '../money/index.ts';
import { readDescription } from '../vat/line.ts';
import { type DecimalMark, readAmount } from './amounts.ts';
import { columnKey, isCurrency, isNull, type RowResult, refuse } from './columns.ts';
import { countryOf } from './country.ts';
import { type DateOrder, readDate } from './dates.ts';
import { missingFields, type PlainColumns, type PlainField, plainFields } from './plain-fields.ts';

const documentTypes = ['invoice', 'credit_note', 'receipt', 'proforma', 'statement', 'order'] as const;
type DocumentType = (typeof documentTypes)[number];

/** One row of a plain CSV as a cost line. Amounts are decimal text in `currency`, digits as written; days `YYYY-MM-DD`. */
export interface PlainLine {
  readonly date: string;
  readonly supplier: string;
  readonly supplierCountry: string;
  readonly supplierVatNumber: string;
  readonly ukEstablishment: boolean;
  readonly invoiceNumber: string;
  readonly documentType: DocumentType;
  readonly description: string;
  readonly category: string;
  readonly currency: string;
  readonly net: string;
  readonly vat: string;
  readonly gross: string;
  readonly hint: string;
  /** GBP for one unit; null when the file names none. */
  readonly fxRateToGbp: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly taxPoint: string | null;
  readonly paid: string | null;
  readonly due: string | null;
  readonly originalInvoice: string | null;
  readonly lines: number;
  readonly gbpVat: string | null;
  /** Pairs and columns we keep without reading them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The row's own id, if it has one. */
  readonly id: string;
  /** Whether the row carries a number or id of its own: then an equal row in the same file is the same line. */
  readonly numbered: boolean;
}

type AmountField = 'net' | 'vat' | 'gross';

/** What one row says. Where it is wrong, `checked` and `amount` throw what `PlainLayout.read` makes a refusal of. */
export interface PlainCells {
  /** Whether the file has a column for it. */
  has(field: PlainField): boolean;
  /** A field without blanks around it; empty where the row says nothing. */
  text(field: PlainField): string;
  /** A field that can be wrong, as a line has it; empty where the row says nothing. */
  checked(field: CheckedField): string;
  /** Decimal text, and the currency the cell itself names; null where the row says nothing. */
  amount(field: AmountField): { readonly text: string; readonly sign: string } | null;
}

export interface PlainLayout {
  read(cells: readonly string[]): RowResult<PlainLine>;
  /** Of which invoice a row is that is refused, as far as it says. */
  named(cells: readonly string[]): Pick<PlainLine, 'supplier' | 'invoiceNumber'>;
  readonly options: PlainOptions;
  /** Where each field stands in a row; -1: nowhere. */
  readonly places: Readonly<Record<PlainField, number>>;
  /** A cell of a field that can be wrong, as `read` takes it; null where it refuses the row. */
  check(field: CheckedField, cell: string): string | null;
  /** The line of a row in which nothing is wrong. */
  lineOf(cells: PlainCells): PlainLine;
}

export interface PlainOptions {
  readonly columns: PlainColumns;
  /** null: neither told nor proven; a date that can be read two ways is then refused. */
  readonly dateOrder: DateOrder | null;
  readonly decimal: DecimalMark;
}

const keptPairs = ['scheme', 'reg_from', 'pe', 'period_open', 'seen'];

/**
 * Reads rows of a plain CSV by a mapping of its columns.
 * @returns the layout, or the fields or headers that are missing
 */
export function plainLayout(
  headers: readonly string[],
  options: PlainOptions,
): PlainLayout | { readonly missing: readonly string[] } {
  const keys = headers.map(columnKey);
  const at: Partial<Record<PlainField, number>> = {};
  const missing: string[] = [];
  for (const field of plainFields) {
    const header = options.columns[field];
    if (header === undefined) continue;
    const exact = headers.indexOf(header);
    const index = exact >= 0 ? exact : keys.indexOf(columnKey(header));
    if (index < 0) missing.push(header);
    else at[field] = index;
  }
  missing.push(...missingFields(options.columns));
  if (missing.length > 0) return { missing };
  const places = Object.fromEntries(plainFields.map((field) => [field, at[field] ?? -1])) as PlainLayout['places'];
  return {
    options,
    places,
    read(cells) {
      try {
        return { ok: true, value: readFields(new TextCells(cells, places, options)) };
      } catch (thrown) {
        if (thrown instanceof FieldError)
          return refuse(options.columns[thrown.field as PlainField] ?? thrown.field, thrown.message);
        throw thrown;
      }
    },
    named(cells) {
      const read = new TextCells(cells, places, options);
      const id = read.text('id');
      return {
        supplier: read.text('supplier'),
        invoiceNumber: numberOf(read, id, saidIn(read.text('description'), id)),
      };
    },
    check(field, cell) {
      try {
        return checks[field](textOf(cell), options);
      } catch (thrown) {
        if (thrown instanceof FieldError) return null;
        throw thrown;
      }
    },
    lineOf: readFields,
  };
}

/** What a cell says, without blanks around it. Asked two dozen times a row. */
export function textOf(cell: string): string {
  return isNull(cell) ? '' : cell.trim();
}

class TextCells implements PlainCells {
  readonly #cells: readonly string[];
  readonly #places: PlainLayout['places'];
  readonly #options: PlainOptions;

  constructor(cells: readonly string[], places: PlainLayout['places'], options: PlainOptions) {
    this.#cells = cells;
    this.#places = places;
    this.#options = options;
  }

  has(field: PlainField): boolean {
    return this.#places[field] >= 0;
  }

  text(field: PlainField): string {
    const at = this.#places[field];
    return at < 0 ? '' : textOf(this.#cells[at] ?? '');
  }

  checked(field: CheckedField): string {
    return this.#places[field] < 0 ? '' : checks[field](this.text(field), this.#options);
  }

  amount(field: AmountField) {
    const cell = this.text(field);
    return cell === '' ? null : amount(field, cell, this.#options.decimal);
  }
}

/** Thrown inside one row only, and caught there: the first field that cannot be read ends the row. */
class FieldError extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

const day =
  (field: PlainField) =>
  (cell: string, { dateOrder }: PlainOptions) => {
    if (cell === '') return '';
    const read = readDate(cell, dateOrder);
    if (read.ok) return read.day;
    throw new FieldError(
      field,
      read.ambiguous
        ? `"${cell}" can be read two ways and nothing in the file says which; choose the date order when importing (day first or month first), or name a mapping that has it.`
        : `"${cell}" is not a real date; write it as 2026-02-28.`,
    );
  };

/** Fields whose cells can be wrong by themselves, and how each is read; the amounts of the line come beside them. */
const checks = {
  date: day('date'),
  period_start: day('period_start'),
  period_end: day('period_end'),
  tax_point: day('tax_point'),
  paid: day('paid'),
  due: day('due'),
  supplier_country: readCountry,
  document_type: (cell: string) => (cell === '' ? '' : readType(cell)),
  currency: readCurrency,
  fx_rate_to_gbp: (cell: string, { decimal: mark }: PlainOptions) => (cell === '' ? '' : readRate(cell, mark)),
  gbp_vat: (cell: string, { decimal: mark }: PlainOptions) => (cell === '' ? '' : amount('gbp_vat', cell, mark).text),
} satisfies Partial<Record<PlainField, (cell: string, options: PlainOptions) => string>>;
export type CheckedField = keyof typeof checks;
export const checkedFields = Object.keys(checks) as readonly CheckedField[];

/** What a description without attributes carries. */
const nothingSaid = readDescription('', '').attributes;

function readFields(cells: PlainCells): PlainLine {
  const date = cells.checked('date');
  if (date === '') throw new FieldError('date', 'The date is empty; enter it and import the file again.');
  const supplier = cells.text('supplier');
  if (!supplier) throw new FieldError('supplier', 'The supplier is empty; enter it and import the file again.');

  const net = cells.amount('net');
  const vat = cells.amount('vat');
  const gross = cells.amount('gross');
  if ((net === null ? 0 : 1) + (vat === null ? 0 : 1) + (gross === null ? 0 : 1) < 2) {
    const field = cells.has('net') && net === null ? 'net' : cells.has('vat') && vat === null ? 'vat' : 'gross';
    throw new FieldError(field, 'The amount is empty; two of net, VAT and gross are needed.');
  }
  const currency = currencyOf(
    cells.checked('currency'),
    cells.has('currency'),
    net?.sign || vat?.sign || gross?.sign || '',
  );
  const netText = net?.text ?? minus(gross?.text ?? '0', vat?.text ?? '0');
  const vatText = vat?.text ?? minus(gross?.text ?? '0', netText);

  const id = cells.text('id');
  const described = cells.text('description');
  const says = saidIn(described, id);
  const found = says?.attributes ?? nothingSaid;
  const invoiceNumber = numberOf(cells, id, says);
  const documentType = (cells.checked('document_type') || readType(found.doc)) as DocumentType;
  const periodStart = cells.checked('period_start') || (found.period?.from ?? null);
  const lines = cells.text('lines');
  return {
    date,
    supplier,
    supplierCountry: cells.checked('supplier_country'),
    supplierVatNumber: cells.text('supplier_vat_no'),
    ukEstablishment: found.ukEstablishment,
    invoiceNumber,
    documentType,
    description: says === null ? described : says.text,
    category: cells.text('category'),
    currency,
    net: netText,
    vat: vatText,
    gross: gross?.text ?? new ExactSum().add(netText).add(vatText).text(),
    hint: cells.text('treatment_hint').toLowerCase(),
    fxRateToGbp: cells.checked('fx_rate_to_gbp') || null,
    periodStart,
    periodEnd: cells.checked('period_end') || (found.period?.to ?? null),
    taxPoint: cells.checked('tax_point') || found.taxPoint,
    paid: cells.checked('paid') || found.paid,
    due: cells.checked('due') || found.due,
    originalInvoice: cells.text('original_invoice') || found.orig,
    lines: /^[1-9]\d{0,5}$/.test(lines) ? Number(lines) : found.lines,
    gbpVat: cells.checked('gbp_vat') || (found.gbpVat && amount('gbp_vat', found.gbpVat, '.').text),
    attributes: keptAttributes(cells, described),
    id,
    numbered: id !== '' || invoiceNumber !== '',
  };
}

/** null: most carry nothing but their text, and files have millions of them. */
const saidIn = (described: string, id: string) => (described.includes(';') ? readDescription(described, id) : null);

/** Its own cell, else what the description says; the row's id where no column is for numbers. */
function numberOf(cells: PlainCells, id: string, says: ReturnType<typeof saidIn>): string {
  const said = says === null ? id : says.attributes.inv;
  return cells.text('invoice_number') || (cells.has('invoice_number') && said === id ? '' : said);
}

/**
 * A row of a plain CSV is known by its own content, however the columns are ordered or quoted. With a number or id in it,
 * an equal row further down the same file is the same line written twice and counts as a duplicate. Without one, two equal
 * rows may be two purchases: they are counted, as FOCUS rows are, and the review asks about them.
 */
export function identityOf({ id, numbered: _numbered, ...line }: PlainLine): string {
  return JSON.stringify([id, ...Object.values(line)]);
}

function minus(a: string, b: string): string {
  return new ExactSum()
    .add(a)
    .add(b.startsWith('-') ? b.slice(1) : `-${b}`)
    .text();
}

function amount(field: PlainField, cell: string, mark: DecimalMark) {
  const read = readAmount(cell, mark);
  if (!read.ok) throw new FieldError(field, `The amount ${read.reason}; correct the cell and import the file again.`);
  return read;
}

function readCurrency(cell: string): string {
  const code = isCurrency(cell) ? cell : cell.toUpperCase();
  if (code === '' || isCurrency(code)) return code;
  throw new FieldError('currency', `"${cell}" is no currency code; use three letters such as GBP.`);
}

/** The currency of a row: its own cell, else the sign on its amounts, else pounds when the file has no such column. */
function currencyOf(code: string, hasColumn: boolean, sign: string): string {
  if (code) {
    const named = sign === '$' || sign === '¥' ? null : sign;
    if (named && named !== code)
      throw new FieldError(
        'currency',
        `The amounts are marked ${named}, the currency says ${code}; correct one of them.`,
      );
    return code;
  }
  if (sign && isCurrency(sign)) return sign;
  if (sign) throw new FieldError('currency', `"${sign}" is the sign of several currencies; add a currency column.`);
  if (hasColumn) throw new FieldError('currency', 'The currency is empty; enter its code, such as GBP.');
  return 'GBP';
}

function readType(text: string): DocumentType {
  if (text === 'invoice') return text;
  const wanted = columnKey(text);
  const found = documentTypes.find((type) => columnKey(type) === wanted);
  if (found) return found;
  if (['bill', 'purchase', 'taxinvoice', 'accpay', 'expense'].includes(wanted)) return 'invoice';
  if (['credit', 'refund', 'cn', 'creditmemo', 'accpaycredit'].includes(wanted)) return 'credit_note';
  throw new FieldError('document_type', `"${text}" is no kind of document we know; use ${documentTypes.join(', ')}.`);
}

/** A rate of zero or below stays as written: the review says what is wrong with it. */
function readRate(cell: string, mark: DecimalMark): string {
  const rate = amount('fx_rate_to_gbp', cell, mark).text;
  return decimal(rate).toFixed();
}

/** Two letters must be a country; one written out is looked up, and stays empty when we do not know it: the review asks. */
function readCountry(cell: string): string {
  const country = countryOf(cell);
  if (country !== null) return country;
  if (!/^[A-Za-z]{2}$/.test(cell)) return '';
  throw new FieldError(
    'supplier_country',
    `"${cell}" is no country code; write its two letters, such as GB, IE or US, and import the file again.`,
  );
}

function keptAttributes(cells: PlainCells, described: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const pair of described.includes(';') ? described.split(';').slice(1) : []) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0)).trim();
    if (keptPairs.includes(key)) kept[key] = pair.slice(equals + 1).trim();
  }
  for (const field of ['customer_vat_registered', 'customer_country'] as const) {
    const text = cells.text(field);
    if (text) kept[field] = text;
  }
  return kept;
}
