import { supplierKey } from '../../../src-shared/domain/vat/history.ts';
import { formatMoney } from '../../../src-shared/format/money.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { type CostLineRow, refusedRowOf } from '../../store/repositories/costs.ts';
import type { LineBeside } from '../../store/repositories/exports.ts';
import type { Blocked } from './documents.ts';

type OfInvoice = Pick<CostLineRow, 'supplier' | 'invoice_number' | 'document_type' | 'line_date' | 'currency'>;

/** What makes lines one supplier document: supplier, number, type, day and currency. */
export function invoiceKey(line: OfInvoice): string {
  return [
    supplierKey(line.supplier),
    line.invoice_number.trim().toLowerCase(),
    line.document_type === 'credit_note' ? 'credit' : 'invoice',
    line.line_date,
    line.currency,
  ].join('\u0000');
}

/** Lines that are no part of an invoice, though they may bear its number. */
const noInvoice: ReadonlySet<string> = new Set(['proforma', 'statement', 'order']);

const isCopy = ({ check_ids }: Pick<CostLineRow, 'check_ids'>) => check_ids?.includes(' DUP ') === true;

export type Beside = ReadonlyMap<string, LineBeside>;

/** By invoice, one line that would be missing on it. A copy that another file brought (DUP) is no part of it. */
export function besideByInvoice(lines: readonly CostLineRow[], others: readonly LineBeside[]): Beside {
  const imports = new Map<string, Set<string | null>>();
  for (const line of lines) {
    const key = invoiceKey(line);
    imports.set(key, (imports.get(key) ?? new Set()).add(line.import_id));
  }
  const beside = new Map<string, LineBeside>();
  for (const other of others) {
    const key = invoiceKey(other);
    const from = imports.get(key);
    if (from === undefined || noInvoice.has(other.document_type)) continue;
    if (!isCopy(other) || from.has(other.import_id)) beside.set(key, other);
  }
  return beside;
}

/** Half an invoice is never posted: the ledger would refuse its number for the rest, or hold less than the supplier asks. */
export function partElsewhere(group: readonly CostLineRow[], other: LineBeside | undefined): Blocked[] {
  if (other === undefined) return [];
  const [where, remedy] = ((): [string, string] => {
    if (other.state === 'review') return ['is still in the review', 'Put it right or leave it out first.'];
    if (other.state === 'ready')
      return [`has its tax point on ${formatDay(other.tax_date)}`, 'Prepare a longer period that has all of them.'];
    if (other.state === 'posted' && other.target === 'file')
      return [`went out as files in batch ${other.batch_id ?? ''}`, besideFiles(other.invoice_number)];
    const undo = other.state === 'posted' ? 'Reverse what was posted' : 'Take that batch apart';
    return [`is in batch ${other.batch_id ?? ''} already`, `${undo} and prepare them together, or leave this one out.`];
  })();
  return group.map(({ id, invoice_number }) => ({
    lineId: id,
    check: 'INV-PARTS',
    reason: `Another line of invoice ${invoice_number} ${where}; half an invoice is never posted. ${remedy}`,
  }));
}

/** What may be done about more of an invoice that went out as files: what became of them the console does not see. */
export const besideFiles = (number: string) =>
  `Files cannot be taken back: give this one a number of its own, such as ${number.trim()}-2, and it goes out by itself; or leave it out and enter it by hand where the files were imported.`;

/** What one number of a supplier names: one document, whatever its day and currency. No ledger of ours takes it twice. */
export function numberKey(line: Pick<OfInvoice, 'supplier' | 'invoice_number' | 'document_type'>): string {
  const kind = line.document_type === 'credit_note' ? 'credit' : 'invoice';
  return [supplierKey(line.supplier), line.invoice_number.trim().toLowerCase(), kind].join('\u0000');
}

/** A corrected file may give an invoice another day or currency: it would go out beside the first as a document of its own. */
export function oneNumber(
  groups: Iterable<readonly CostLineRow[]>,
  waiting: readonly CostLineRow[] = [],
): ReadonlyMap<string, string> {
  const named = new Map<string, Map<string, readonly CostLineRow[]>>();
  const add = (group: readonly CostLineRow[]) => {
    const [first] = group;
    if (first === undefined) return;
    const documents = named.get(numberKey(first)) ?? new Map<string, readonly CostLineRow[]>();
    // More of a group is told as part of it (INV-PARTS).
    if (!documents.has(invoiceKey(first))) documents.set(invoiceKey(first), group);
    named.set(numberKey(first), documents);
  };
  for (const group of groups) add(group);
  for (const line of waiting) if (!noInvoice.has(line.document_type) && !isCopy(line)) add([line]);
  const reasons = new Map<string, string>();
  for (const [key, found] of named) {
    const documents = [...found.values()];
    if (documents.length < 2) continue;
    const each = documents.map((lines) => `of ${formatDay(lines[0]?.line_date ?? null)} with ${netsOf(lines)} net`);
    const what = `Invoice ${documents[0]?.[0]?.invoice_number} stands here ${each.join(' and ')}; one number is one document.`;
    const remedy =
      'Leave out what was replaced; give lines of one invoice one day and currency; correct a wrong number.';
    reasons.set(key, `${what} ${remedy}`);
  }
  return reasons;
}

const netsOf = (lines: readonly CostLineRow[]) =>
  lines.map(({ net, currency }) => formatMoney(net, currency)).join(' and ');

/** Where a line came from: its file, or the one typing of it; parts of a split came with their whole. */
const sourceOf = ({ origin, import_id, document_key }: CostLineRow) =>
  origin === 'hand' ? document_key.replace(/\|part .*$/, '') : import_id;

const linesOf = ({ length }: readonly unknown[]) => (length === 1 ? '1 line' : `${length} lines`);

/** Whether a person said, of each line and with all that is known since `since` before the eyes, that the invoice has so many. */
function isKnown(group: readonly CostLineRow[], said: LinesSaid, since = 0): boolean {
  const newest = Math.max(since, ...group.map(({ created_at }) => created_at));
  return group.every(({ id, document_lines }) => document_lines >= group.length && (said.get(id) ?? -1) >= newest);
}

/** By import, a row of it that could not be read and may be of any invoice it brought; `at`: when it came in, ms UTC. */
export type Unread = ReadonlyMap<string, { readonly text: string; readonly at: number }>;

/** A row that was refused when its file came in is missing on the invoice, until a person says how many lines that has. */
export function refusedRows(
  group: readonly CostLineRow[],
  said: LinesSaid = new Map(),
  unread: Unread = new Map(),
): Blocked[] {
  const block = (reason: (number: string) => string) =>
    group.map(({ id, invoice_number }) => ({ lineId: id, check: 'INV-PARTS', reason: reason(invoice_number) }));
  const has = `say on each line that the invoice has ${linesOf(group)}`;
  const refused = newest(group.flatMap((line) => refusedRowOf(line) ?? []));
  if (refused !== undefined && !isKnown(group, said, refused.at))
    return block(
      (number) =>
        `A row of invoice ${number} was refused: ${refused.text}; half an invoice is never posted. Correct it and import the file again, then ${has}; say so as well where that row is no line of it.`,
    );
  const lost = newest(group.flatMap(({ import_id }) => unread.get(import_id ?? '') ?? []));
  if (lost === undefined || isKnown(group, said, lost.at)) return [];
  return block(
    (number) =>
      `A row of its file could not be read and may be one of invoice ${number}: ${lost.text}; half an invoice is never posted. Correct or delete that row and import the file again; where it is no line of this invoice, ${has}.`,
  );
}

const newest = <Row extends { readonly at: number }>(rows: readonly Row[]): Row | undefined =>
  rows.toSorted((a, b) => b.at - a.at)[0];

/** By line, when a person said last how many lines its invoice has, ms UTC. */
export type LinesSaid = ReadonlyMap<string, number>;

/**
 * A file that was corrected and imported again brings an invoice a second time, with another amount; added to the first it
 * would be paid twice. Where the invoice does have that many lines, a person says so on each, once all of them are there: what
 * a file says of its invoice it says of both editions.
 */
export function severalSources(group: readonly CostLineRow[], said: LinesSaid = new Map()): Blocked[] {
  // Usage is summed by account, and a row of it that comes again is known: more files bring more accounts.
  const [origin, another] = new Set(group.map((line) => line.origin));
  const isUsage = another === undefined && (origin === 'focus' || origin === 'api');
  if (isUsage || isKnown(group, said) || new Set(group.map(sourceOf)).size < 2) return [];
  return group.map(({ id, invoice_number }) => ({
    lineId: id,
    check: 'INV-SOURCES',
    reason: `Invoice ${invoice_number} came in more than once, with ${netsOf(group)} net. Leave out what was replaced; where all are lines of it, say on each that the invoice has ${linesOf(group)}.`,
  }));
}
