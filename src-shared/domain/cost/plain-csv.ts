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

export interface PlainLayout {
  read(cells: readonly string[]): RowResult<PlainLine>;
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
  const places = Object.fromEntries(plainFields.map((field) => [field, at[field] ?? -1])) as Places;
  return { read: (cells) => readRow(cells, places, options) };
}

/** Where each field stands in a row; -1: nowhere. */
type Places = Readonly<Record<PlainField, number>>;

/** What a row says of a field, without blanks around it. Asked two dozen times a row. */
function textOf(cells: readonly string[], index: number): string {
  if (index < 0) return '';
  const cell = cells[index] ?? '';
  return isNull(cell) ? '' : cell.trim();
}

/** Thrown inside one row only, and caught there: the first field that cannot be read ends the row. */
class FieldError extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

function readRow(cells: readonly string[], at: Places, options: PlainOptions): RowResult<PlainLine> {
  try {
    return { ok: true, value: readFields(cells, at, options) };
  } catch (thrown) {
    if (thrown instanceof FieldError)
      return refuse(options.columns[thrown.field as PlainField] ?? thrown.field, thrown.message);
    throw thrown;
  }
}

function dayOf(cells: readonly string[], index: number, field: PlainField, order: DateOrder | null): string | null {
  const cell = textOf(cells, index);
  if (cell === '') return null;
  const read = readDate(cell, order);
  if (read.ok) return read.day;
  throw new FieldError(
    field,
    read.ambiguous
      ? `"${cell}" can be read two ways and nothing in the file says which; choose the date order when importing (day first or month first), or name a mapping that has it.`
      : `"${cell}" is not a real date; write it as 2026-02-28.`,
  );
}

/** What a description without attributes carries. */
const nothingSaid = readDescription('', '').attributes;

function readFields(cells: readonly string[], at: Places, { dateOrder, decimal: mark }: PlainOptions): PlainLine {
  const date = dayOf(cells, at.date, 'date', dateOrder);
  if (date === null) throw new FieldError('date', 'The date is empty; enter it and import the file again.');
  const supplier = textOf(cells, at.supplier);
  if (!supplier) throw new FieldError('supplier', 'The supplier is empty; enter it and import the file again.');

  const net = amountAt(cells, at.net, 'net', mark);
  const vat = amountAt(cells, at.vat, 'vat', mark);
  const gross = amountAt(cells, at.gross, 'gross', mark);
  if ((net === null ? 0 : 1) + (vat === null ? 0 : 1) + (gross === null ? 0 : 1) < 2) {
    const field = at.net >= 0 && net === null ? 'net' : at.vat >= 0 && vat === null ? 'vat' : 'gross';
    throw new FieldError(field, 'The amount is empty; two of net, VAT and gross are needed.');
  }
  const currency = currencyOf(
    textOf(cells, at.currency),
    at.currency >= 0,
    net?.sign || vat?.sign || gross?.sign || '',
  );
  const netText = net?.text ?? minus(gross?.text ?? '0', vat?.text ?? '0');
  const vatText = vat?.text ?? minus(gross?.text ?? '0', netText);

  const id = textOf(cells, at.id);
  const described = textOf(cells, at.description);
  // Most carry nothing but their text, and files have millions of them.
  const says = described.includes(';') ? readDescription(described, id) : null;
  const found = says?.attributes ?? nothingSaid;
  const saidNumber = says === null ? id : says.attributes.inv;
  const invoiceNumber =
    textOf(cells, at.invoice_number) || (at.invoice_number < 0 ? saidNumber : saidNumber === id ? '' : saidNumber);
  const documentType = readType(textOf(cells, at.document_type), found.doc);
  const periodStart = dayOf(cells, at.period_start, 'period_start', dateOrder) ?? found.period?.from ?? null;
  const rate = textOf(cells, at.fx_rate_to_gbp);
  const lines = textOf(cells, at.lines);
  const gbpVat = textOf(cells, at.gbp_vat);
  return {
    date,
    supplier,
    supplierCountry: readCountry(textOf(cells, at.supplier_country)),
    supplierVatNumber: textOf(cells, at.supplier_vat_no),
    ukEstablishment: found.ukEstablishment,
    invoiceNumber,
    documentType,
    description: says === null ? described : says.text,
    category: textOf(cells, at.category),
    currency,
    net: netText,
    vat: vatText,
    gross: gross?.text ?? new ExactSum().add(netText).add(vatText).text(),
    hint: textOf(cells, at.treatment_hint).toLowerCase(),
    fxRateToGbp: rate ? readRate(rate, mark) : null,
    periodStart,
    periodEnd: dayOf(cells, at.period_end, 'period_end', dateOrder) ?? found.period?.to ?? null,
    taxPoint: dayOf(cells, at.tax_point, 'tax_point', dateOrder) ?? found.taxPoint,
    paid: dayOf(cells, at.paid, 'paid', dateOrder) ?? found.paid,
    due: dayOf(cells, at.due, 'due', dateOrder) ?? found.due,
    originalInvoice: textOf(cells, at.original_invoice) || found.orig,
    lines: /^[1-9]\d{0,5}$/.test(lines) ? Number(lines) : found.lines,
    gbpVat: gbpVat ? amount('gbp_vat', gbpVat, mark).text : found.gbpVat,
    attributes: keptAttributes(cells, at, described),
    id,
    numbered: id !== '' || invoiceNumber !== '',
  };
}

/**
 * A row of a plain CSV is known by its own content, however the columns are ordered or quoted. With a number or id in it,
 * an equal row further down the same file is the same line written twice and counts as a duplicate. Without one, two equal
 * rows may be two purchases: they are counted, as FOCUS rows are, and the review asks about them.
 */
export function identityOf({ id, numbered: _numbered, ...line }: PlainLine): string {
  return JSON.stringify([id, ...Object.values(line)]);
}

function amountAt(cells: readonly string[], index: number, field: PlainField, mark: DecimalMark) {
  const cell = textOf(cells, index);
  return cell === '' ? null : amount(field, cell, mark);
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

/** The currency of a row: its own cell, else the sign on its amounts, else pounds when the file has no such column. */
function currencyOf(cell: string, hasColumn: boolean, sign: string): string {
  const code = isCurrency(cell) ? cell : cell.toUpperCase();
  if (code) {
    if (!isCurrency(code))
      throw new FieldError('currency', `"${cell}" is no currency code; use three letters such as GBP.`);
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

function readType(cell: string, fromText: string): DocumentType {
  if (cell === '' && fromText === 'invoice') return fromText;
  const wanted = columnKey(cell || fromText);
  const found = documentTypes.find((type) => columnKey(type) === wanted);
  if (found) return found;
  if (['bill', 'purchase', 'taxinvoice', 'accpay', 'expense'].includes(wanted)) return 'invoice';
  if (['credit', 'refund', 'cn', 'creditmemo', 'accpaycredit'].includes(wanted)) return 'credit_note';
  throw new FieldError(
    'document_type',
    `"${cell || fromText}" is no kind of document we know; use ${documentTypes.join(', ')}.`,
  );
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

function keptAttributes(cells: readonly string[], at: Places, described: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const pair of described.includes(';') ? described.split(';').slice(1) : []) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0)).trim();
    if (keptPairs.includes(key)) kept[key] = pair.slice(equals + 1).trim();
  }
  for (const field of ['customer_vat_registered', 'customer_country'] as const) {
    const text = textOf(cells, at[field]);
    if (text) kept[field] = text;
  }
  return kept;
}
