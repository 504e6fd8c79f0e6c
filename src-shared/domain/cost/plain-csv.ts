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
  return { read: (cells) => readRow(cells, at, options) };
}

/** Thrown inside one row only, and caught there: the first field that cannot be read ends the row. */
class FieldError extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

function readRow(
  cells: readonly string[],
  at: Partial<Record<PlainField, number>>,
  options: PlainOptions,
): RowResult<PlainLine> {
  const text = (field: PlainField) => {
    const index = at[field];
    const cell = index === undefined ? '' : (cells[index] ?? '');
    return isNull(cell) ? '' : cell.trim();
  };
  try {
    return { ok: true, value: readFields(text, at, options) };
  } catch (thrown) {
    if (thrown instanceof FieldError)
      return refuse(options.columns[thrown.field as PlainField] ?? thrown.field, thrown.message);
    throw thrown;
  }
}

function readFields(
  text: (field: PlainField) => string,
  at: Partial<Record<PlainField, number>>,
  options: PlainOptions,
): PlainLine {
  const day = (field: PlainField) => {
    const cell = text(field);
    if (cell === '') return null;
    const read = readDate(cell, options.dateOrder);
    if (read.ok) return read.day;
    throw new FieldError(
      field,
      read.ambiguous
        ? `"${cell}" can be read two ways and nothing in the file says which; choose the date order when importing (day first or month first), or name a mapping that has it.`
        : `"${cell}" is not a real date; write it as 2026-02-28.`,
    );
  };
  const date = day('date');
  if (date === null) throw new FieldError('date', 'The date is empty; enter it and import the file again.');
  const supplier = text('supplier');
  if (!supplier) throw new FieldError('supplier', 'The supplier is empty; enter it and import the file again.');

  const { currency, net, vat, gross } = amountsOf(text, at, options.decimal);
  const id = text('id');
  const { text: description, attributes: found } = readDescription(text('description'), id);
  const columnNumber = text('invoice_number');
  const invoiceNumber =
    columnNumber || (at.invoice_number === undefined ? found.inv : found.inv === id ? '' : found.inv);
  const documentType = readType(text('document_type'), found.doc);
  const periodStart = day('period_start') ?? found.period?.from ?? null;
  const rate = text('fx_rate_to_gbp');
  const line = {
    date,
    supplier,
    supplierCountry: readCountry(text('supplier_country')),
    supplierVatNumber: text('supplier_vat_no'),
    ukEstablishment: found.ukEstablishment,
    invoiceNumber,
    documentType,
    description,
    category: text('category'),
    currency,
    net,
    vat,
    gross,
    hint: text('treatment_hint').toLowerCase(),
    fxRateToGbp: rate ? readRate(rate, options.decimal) : null,
    periodStart,
    periodEnd: day('period_end') ?? found.period?.to ?? null,
    taxPoint: day('tax_point') ?? found.taxPoint,
    paid: day('paid') ?? found.paid,
    due: day('due') ?? found.due,
    originalInvoice: text('original_invoice') || found.orig,
    lines: /^[1-9]\d{0,5}$/.test(text('lines')) ? Number(text('lines')) : found.lines,
    gbpVat: text('gbp_vat') ? amount('gbp_vat', text('gbp_vat'), options.decimal).text : found.gbpVat,
    attributes: keptAttributes(text),
  };
  return { ...line, id, numbered: id !== '' || invoiceNumber !== '' };
}

/**
 * A row of a plain CSV is known by its own content, however the columns are ordered or quoted. With a number or id in it,
 * an equal row further down the same file is the same line written twice and counts as a duplicate. Without one, two equal
 * rows may be two purchases: they are counted, as FOCUS rows are, and the review asks about them.
 */
export function identityOf({ id, numbered: _numbered, ...line }: PlainLine): string {
  return JSON.stringify([id, ...Object.values(line)]);
}

function amountsOf(text: (field: PlainField) => string, at: Partial<Record<PlainField, number>>, mark: DecimalMark) {
  const read = (field: 'net' | 'vat' | 'gross') => {
    const cell = text(field);
    return at[field] === undefined || cell === '' ? null : amount(field, cell, mark);
  };
  const net = read('net');
  const vat = read('vat');
  const gross = read('gross');
  const given = [net, vat, gross].filter((one) => one !== null);
  if (given.length < 2) {
    const field = at.net !== undefined && net === null ? 'net' : at.vat !== undefined && vat === null ? 'vat' : 'gross';
    throw new FieldError(field, 'The amount is empty; two of net, VAT and gross are needed.');
  }
  const minus = (a: string, b: string) =>
    new ExactSum()
      .add(a)
      .add(b.startsWith('-') ? b.slice(1) : `-${b}`)
      .text();
  const netText = net?.text ?? minus(gross?.text ?? '0', vat?.text ?? '0');
  const vatText = vat?.text ?? minus(gross?.text ?? '0', netText);
  return {
    currency: currencyOf(text('currency'), at.currency !== undefined, given.map((one) => one.sign).find(Boolean) ?? ''),
    net: netText,
    vat: vatText,
    gross: gross?.text ?? new ExactSum().add(netText).add(vatText).text(),
  };
}

function amount(field: PlainField, cell: string, mark: DecimalMark) {
  const read = readAmount(cell, mark);
  if (!read.ok) throw new FieldError(field, `The amount ${read.reason}; correct the cell and import the file again.`);
  return read;
}

/** The currency of a row: its own cell, else the sign on its amounts, else pounds when the file has no such column. */
function currencyOf(cell: string, hasColumn: boolean, sign: string): string {
  const code = cell.toUpperCase();
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

function keptAttributes(text: (field: PlainField) => string): Record<string, string> {
  const kept: Record<string, string> = {};
  const described = text('description');
  for (const pair of described.includes(';') ? described.split(';').slice(1) : []) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)).trim();
    if (keptPairs.includes(key)) kept[key] = pair.slice(at + 1).trim();
  }
  for (const field of ['customer_vat_registered', 'customer_country'] as const) {
    if (text(field)) kept[field] = text(field);
  }
  return kept;
}
