import { open } from 'node:fs/promises';
import { MarkEvidence } from '../../../src-shared/domain/cost/amounts.ts';
import { columnKey } from '../../../src-shared/domain/cost/columns.ts';
import { DateEvidence, type DateOrder } from '../../../src-shared/domain/cost/dates.ts';
import { focusLayout, looksLikeFocus } from '../../../src-shared/domain/cost/focus.ts';
import { invoiceDetailLayout, looksLikeInvoiceDetail } from '../../../src-shared/domain/cost/invoice-detail.ts';
import { autoMap, missingFields, type PlainColumns } from '../../../src-shared/domain/cost/plain-fields.ts';
import { ratesLayout } from '../../../src-shared/domain/cost/rates.ts';
import { noRows } from './import-problem.ts';
import { refuseJson } from './json-file.ts';
import { layoutHash, repeatedColumn } from './layout-hash.ts';
import { type FileReading, openRecords } from './read-records.ts';
import type { ImportTask, Inspected, PlainReading } from './worker-protocol.ts';

const shownRows = 20;
/** How much of a file the preview looks at for proofs; the import itself looks at all of it. */
const previewBytes = 32 * 1024 * 1024;

/** What a file is, without storing anything. Throws ImportProblem for what is no readable text. */
export async function inspectFile({ path, kind, format, plain: said, known }: ImportTask): Promise<Inspected> {
  if (await startsAsXml(path)) {
    return {
      kind: 'rates',
      format: 'hmrc',
      headers: ['currencyCode', 'rateNew'],
      firstRows: [],
      plain: null,
      ambiguousDate: null,
      otherOrder: null,
      missing: [],
      problem: null,
    };
  }
  if (kind === 'costs') await refuseJson(path);
  const reading = await openRecords(path);
  try {
    const { headers } = reading;
    const firstRows: string[][] = [];
    const found = format ?? formatOf(headers, kind);
    const plain = said ?? known[layoutHash(headers)];
    const proof = proofsOf(headers, plain?.columns ?? autoMap(headers).columns);
    let rows = 0;
    for await (const { records, bytesRead } of reading.blocks()) {
      for (const record of records) {
        rows++;
        if (firstRows.length < shownRows && record.damage === null) firstRows.push([...record.cells]);
        if (found === 'csv') proof.add(record.cells);
      }
      if (bytesRead > previewBytes || (found !== 'csv' && firstRows.length >= shownRows)) break;
    }
    const columns = plain?.columns ?? autoMap(headers).columns;
    const problem =
      repeatedColumn(headers, found === 'csv' ? Object.values(columns) : undefined) ?? (rows === 0 ? noRows : null);
    const base = { headers, firstRows, plain: null, ambiguousDate: null, otherOrder: null, problem };
    if (found === 'hmrc') return { ...base, kind: 'rates', format: 'hmrc', missing: missingOf(ratesLayout(headers)) };
    if (found === 'focus')
      return {
        ...base,
        kind: 'costs',
        format: 'focus',
        missing: missingOf((looksLikeInvoiceDetail(headers) ? invoiceDetailLayout : focusLayout)(headers)),
      };
    return {
      ...base,
      kind: 'costs',
      format: 'csv',
      plain: { columns, dateOrder: plain?.dateOrder ?? proof.dateOrder, decimal: plain?.decimal ?? proof.decimal },
      ambiguousDate: plain?.dateOrder ? null : proof.ambiguousDate,
      otherOrder: plain?.dateOrder ? proof.against(plain.dateOrder) : null,
      missing: missingFields(columns),
    };
  } finally {
    await reading.close();
  }
}

function missingOf(layout: object): readonly string[] {
  return 'missing' in layout ? (layout.missing as readonly string[]) : [];
}

/** The format the headers speak of; `kind` decides where they speak of several. */
export function formatOf(headers: readonly string[], kind: 'costs' | 'rates'): 'focus' | 'csv' | 'hmrc' {
  if (looksLikeFocus(headers)) return 'focus';
  if (kind === 'rates') return 'hmrc';
  const hmrc = headers.some((header) => /^currencyunitsper/.test(columnKey(header)));
  return hmrc ? 'hmrc' : 'csv';
}

/** Goes once over a plain CSV to learn what its dates and amounts prove about how they are written. */
export async function proveReading(path: string, columns: PlainColumns): Promise<PlainReading> {
  const reading = await openRecords(path);
  try {
    const proof = proofsOf(reading.headers, columns);
    for await (const { records } of reading.blocks()) for (const { cells } of records) proof.add(cells);
    return { columns, dateOrder: proof.dateOrder, decimal: proof.decimal };
  } finally {
    await reading.close();
  }
}

function proofsOf(headers: FileReading['headers'], columns: PlainColumns) {
  const dates = new DateEvidence();
  const marks = new MarkEvidence();
  const keys = headers.map(columnKey);
  const places = (names: readonly (string | undefined)[]) =>
    names.flatMap((name) => (name === undefined ? [] : [keys.indexOf(columnKey(name))])).filter((index) => index >= 0);
  const dateAt = places([
    columns.date,
    columns.paid,
    columns.due,
    columns.tax_point,
    columns.period_start,
    columns.period_end,
  ]);
  const amountAt = places([columns.net, columns.vat, columns.gross, columns.fx_rate_to_gbp, columns.gbp_vat]);
  return {
    add(cells: readonly string[]) {
      for (const index of dateAt) dates.add(cells[index] ?? '');
      for (const index of amountAt) marks.add(cells[index] ?? '');
    },
    get dateOrder() {
      return dates.proven;
    },
    against: (order: DateOrder) => dates.against(order),
    get ambiguousDate() {
      return dates.question;
    },
    get decimal() {
      return marks.mark;
    },
  };
}

/** Whether the file begins as XML does. */
export async function startsAsXml(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256);
    return /^\uFEFF?\s*<(?:\?xml|exchangeRate)/i.test(buffer.subarray(0, bytesRead).toString('utf8'));
  } finally {
    await file.close();
  }
}
