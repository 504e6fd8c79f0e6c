import { columnKey } from './columns.ts';

/** Our fields of a cost line that a column of a plain CSV may feed. */
export const plainFields = [
  'id',
  'date',
  'supplier',
  'supplier_country',
  'supplier_vat_no',
  'invoice_number',
  'document_type',
  'description',
  'category',
  'currency',
  'net',
  'vat',
  'gross',
  'treatment_hint',
  'fx_rate_to_gbp',
  'period_start',
  'period_end',
  'tax_point',
  'paid',
  'due',
  'original_invoice',
  'lines',
  'gbp_vat',
  'customer_vat_registered',
  'customer_country',
] as const;
export type PlainField = (typeof plainFields)[number];

/** Our field to the header of the file that feeds it. */
export type PlainColumns = Readonly<Partial<Record<PlainField, string>>>;

/** Names seen in exports of ledgers, banks, cards and vendors, in the order in which they are preferred. */
const names: Readonly<Record<PlainField, readonly string[]>> = {
  id: ['id', 'rowid', 'lineid', 'transactionid', 'recordid'],
  date: [
    'date',
    'invoicedate',
    'dateofinvoice',
    'billdate',
    'documentdate',
    'issuedate',
    'issuedon',
    'dateissued',
    'transactiondate',
    'taxdate',
  ],
  supplier: [
    'supplier',
    'suppliername',
    'vendor',
    'vendorname',
    'contactname',
    'contact',
    'payee',
    'merchant',
    'merchantname',
    'company',
    'from',
    'issuer',
    'invoiceissuername',
  ],
  supplier_country: ['suppliercountry', 'suppliercountrycode', 'vendorcountry', 'countrycode', 'country', 'pocountry'],
  supplier_vat_no: [
    'suppliervatno',
    'suppliervatnumber',
    'vatnumber',
    'vatno',
    'vatregistrationnumber',
    'vatregno',
    'taxid',
    'vatid',
    'suppliertaxid',
  ],
  invoice_number: [
    'invoicenumber',
    'invoiceno',
    'invoiceid',
    'invoice',
    'invoice#',
    'billnumber',
    'billno',
    'documentnumber',
    'docnumber',
    'reference',
    'ref',
    'number',
    'receiptnumber',
  ],
  document_type: ['documenttype', 'doctype', 'type', 'transactiontype'],
  description: [
    'description',
    'details',
    'memo',
    'item',
    'itemdescription',
    'lineitem',
    'narrative',
    'product',
    'service',
    'notes',
  ],
  category: ['category', 'expensecategory', 'costcategory', 'account', 'accountname'],
  currency: ['currency', 'currencycode', 'ccy', 'invoicecurrency'],
  net: [
    'net',
    'netamount',
    'netvalue',
    'nettotal',
    'subtotal',
    'amountexvat',
    'amountexclvat',
    'amountexcludingvat',
    'exvat',
    'amountexcltax',
    'pretax',
    'totalexvat',
    'net£',
    'amountbeforetax',
  ],
  vat: ['vatcharged', 'vat', 'vatamount', 'tax', 'taxamount', 'totaltax', 'salestax', 'vat£', 'totalvat', 'vattotal'],
  gross: [
    'gross',
    'grossamount',
    'grosstotal',
    'total',
    'totalamount',
    'invoicetotal',
    'amountincvat',
    'amountinclvat',
    'amountincludingvat',
    'totalincvat',
    'amountincltax',
    'amountdue',
    'total£',
    'gross£',
    'amountpaid',
  ],
  treatment_hint: ['treatmenthint', 'vattreatment', 'treatment', 'taxtype', 'vatcode', 'taxcode'],
  fx_rate_to_gbp: ['fxratetogbp', 'fxrate', 'exchangerate', 'ratetogbp', 'gbprate'],
  period_start: ['periodstart', 'serviceperiodstart', 'serviceperiodfrom', 'periodfrom'],
  period_end: ['periodend', 'serviceperiodend', 'serviceperiodto', 'periodto'],
  tax_point: ['taxpoint', 'taxpointdate'],
  paid: ['paid', 'paidon', 'datepaid', 'paymentdate', 'paiddate'],
  due: ['due', 'duedate', 'dueon', 'paymentdue'],
  original_invoice: ['originalinvoice', 'orig', 'creditfor', 'originalinvoicenumber'],
  lines: ['lines', 'linecount', 'invoicelines'],
  gbp_vat: ['gbpvat', 'vatgbp', 'vatinsterling', 'sterlingvat'],
  customer_vat_registered: ['customervatregistered'],
  customer_country: ['customercountry'],
};

export interface AutoMapping {
  readonly columns: PlainColumns;
  /** Names of our fields nothing in the file feeds, without which no line can be made. */
  readonly missing: readonly string[];
}

/** Finds the columns of a plain CSV by well-known names. Two of net, VAT and gross are enough: the third follows exactly. */
export function autoMap(headers: readonly string[]): AutoMapping {
  const keys = headers.map(columnKey);
  const taken = new Set<number>();
  const columns: Partial<Record<PlainField, string>> = {};
  for (const field of plainFields) {
    for (const name of names[field]) {
      const index = keys.findIndex((key, i) => key === name && !taken.has(i));
      const header = headers[index];
      if (header === undefined) continue;
      taken.add(index);
      columns[field] = header;
      break;
    }
  }
  return { columns, missing: missingFields(columns) };
}

/** What a set of columns lacks to make cost lines; empty when it will do. */
export function missingFields(columns: PlainColumns): string[] {
  const missing: string[] = [];
  if (!columns.date) missing.push('date');
  if (!columns.supplier) missing.push('supplier');
  const amounts = [columns.net, columns.vat, columns.gross].filter(Boolean).length;
  if (amounts < 2) {
    const lacking = (['net', 'vat', 'gross'] as const).filter((field) => !columns[field]);
    missing.push(amounts === 1 ? `${lacking.join(' or ')}` : 'two of net, VAT and gross');
  }
  return missing;
}
