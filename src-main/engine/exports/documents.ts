import { createHash } from 'node:crypto';
import { fixedText } from '../../../src-shared/domain/money/fixed.ts';
import { Big, decimal, fromMinor, r2 } from '../../../src-shared/domain/money/index.ts';
import { readOptional } from '../../../src-shared/domain/vat/facts.ts';
import { harmlessCell } from '../../../src-shared/format/spreadsheet.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { type Evidence, LedgerDocument, type LedgerLine, mostEvidence, mostLines } from '../../adapters/kit/ledger.ts';
import type { CostContribution, CostLineRow } from '../../store/repositories/costs.ts';
import type { LedgerBooks } from './ledgers.ts';
import {
  type Beside,
  invoiceKey,
  type LinesSaid,
  numberKey,
  oneNumber,
  partElsewhere,
  refusedRows,
  severalSources,
} from './whole.ts';

/** A line that may not leave for this target, and why (stage X of the VAT rulebook's checks). */
export interface Blocked {
  readonly lineId: string;
  readonly check: string;
  readonly reason: string;
}

/** One supplier document before its evidence is written. */
export interface DraftDocument {
  /** The same for the same content, whatever became of it before. */
  readonly identity: string;
  readonly document: Omit<LedgerDocument, 'evidence' | 'note'>;
  readonly lines: readonly CostLineRow[];
  /** What each of the lines puts on it, in pence. */
  readonly booked: readonly Pick<Booked, 'netGbpMinor' | 'vatGbpMinor'>[];
  /** Pence: what the document costs in sterling, as the ledger will hold it. */
  readonly netGbpMinor: number;
  readonly vatGbpMinor: number;
}

/** Treatments whose VAT the buyer accounts for itself: the document carries none. */
export const REVERSE: ReadonlySet<string> = new Set(['reverse_charge', 'domestic_reverse_charge']);
/** Treatments whose VAT, if any, is part of the cost: the ledger gets the gross under its no-VAT code. */
const GROSS_COST = new Set(['no_vat_unregistered_supplier', 'outside_scope', 'unregistered_cost']);

/** Treatments whose VAT is claimed, unless a person said of a line that it may not be. */
const CLAIMED = new Set(['uk_standard', 'uk_reduced', 'flat_rate_no_claim']);

/** The treatment whose ledger code a line takes: VAT that may not be reclaimed is cost, and goes under no VAT. */
function codedAs(line: CostLineRow): string {
  return line.deductible === 0 && CLAIMED.has(line.treatment) ? 'outside_scope' : line.treatment;
}

/** What a line puts on the document, in the document's currency and in pence. */
export interface Booked {
  readonly net: Big;
  readonly vat: Big;
  readonly netGbpMinor: number;
  readonly vatGbpMinor: number;
}

/** `grossCost`: treatments whose VAT this ledger would claim if it were shown it. */
export function booked(line: CostLineRow, grossCost: readonly string[] = []): Booked {
  const net = decimal(line.net);
  const vat = decimal(line.vat);
  const netGbp = line.net_gbp_minor ?? 0;
  const vatGbp = pence(vat.eq(0) ? vat : sterling(vat, line));
  const code = codedAs(line);
  if (GROSS_COST.has(code) || grossCost.includes(code)) {
    return { net: net.plus(vat), vat: new Big(0), netGbpMinor: netGbp + vatGbp, vatGbpMinor: 0 };
  }
  if (REVERSE.has(line.treatment)) return { net, vat: new Big(0), netGbpMinor: netGbp, vatGbpMinor: 0 };
  return {
    net,
    vat,
    netGbpMinor: netGbp,
    vatGbpMinor: printedVat(line) ?? vatGbp,
  };
}

/** As the rules take it (see `assess`): of VAT in another currency only, where it can be read, and a credit mirrors its invoice. */
function printedVat({ currency, vat, printed_vat_gbp }: CostLineRow): number | null {
  const printed = currency === 'GBP' || decimal(vat).eq(0) ? null : readOptional(printed_vat_gbp);
  if (printed === null) return null;
  const found = pence(decimal(fixedText(printed.digits, printed.scale)));
  return found < 0 === decimal(vat).lt(0) ? found : 0 - found;
}

/** Divides by the official units per pound where there are any, else multiplies with the rate typed in. */
function sterling(amount: Big, line: CostLineRow): Big {
  if (line.currency === 'GBP') return amount;
  if (line.fx_units_per_gbp !== null) return r2(amount.div(decimal(line.fx_units_per_gbp)));
  return r2(amount.times(decimal(line.fx_rate_to_gbp ?? '0')));
}

function pence(amount: Big): number {
  return Number(r2(amount).times(100).toFixed(0));
}

/**
 * Groups ready lines into supplier documents (supplier, number, type, day, currency) and translates them into the
 * ledger's codes. Lines the target cannot take are returned as blocked; the others of their document are blocked with
 * them, since half an invoice is never posted.
 */
export function buildDocuments(
  lines: readonly CostLineRow[],
  scope: {
    readonly organisationId: string;
    readonly target: string;
    readonly vatRegistered: boolean;
    /** null for the file target, which needs no ledger codes. */
    readonly books: LedgerBooks | null;
    /** Lines of the same invoices that are not among `lines`. */
    readonly beside?: Beside;
    readonly said?: LinesSaid;
    /** Lines that are still under review, of whatever invoice: what bears a number of ours is a second edition of it. */
    readonly waiting?: readonly CostLineRow[];
  },
): { readonly documents: readonly DraftDocument[]; readonly blocked: readonly Blocked[] } {
  const groups = new Map<string, CostLineRow[]>();
  for (const line of lines) {
    const key = invoiceKey(line);
    const group = groups.get(key);
    if (group) group.push(line);
    else groups.set(key, [line]);
  }

  const documents: DraftDocument[] = [];
  const blocked: Blocked[] = [];
  const twice = oneNumber(groups.values(), scope.waiting);
  for (const [key, group] of groups) {
    const repeated = group.flatMap((line) => {
      const reason = twice.get(numberKey(line));
      return reason === undefined ? [] : [{ lineId: line.id, check: 'INV-SOURCES', reason }];
    });
    const problems = [
      ...group.flatMap((line) => targetChecks(line, scope.books)),
      ...oneRate(group),
      ...partElsewhere(group, scope.beside?.get(key)),
      ...refusedRows(group, scope.said),
      ...severalSources(group, scope.said),
      ...repeated,
    ];
    if (problems.length > 0) {
      blocked.push(...problems);
      const named = new Set(problems.map((problem) => problem.lineId));
      for (const line of group) {
        if (named.has(line.id)) continue;
        const reason = `Another line of invoice ${line.invoice_number} is blocked; half an invoice is never posted.`;
        blocked.push({ lineId: line.id, check: problems[0]?.check ?? 'MAP-TAX', reason });
      }
      continue;
    }
    documents.push(draft(group, scope));
  }
  return { documents, blocked };
}

/** A document carries one exchange rate; its lines may have tax points, and so rates, of different months. */
function oneRate(group: readonly CostLineRow[]): Blocked[] {
  const [first] = group;
  if (first === undefined || first.currency === 'GBP') return [];
  const rates = [...new Set(group.map(unitsPerGbp))];
  if (rates.length < 2) return [];
  const reason = `Its lines have the exchange rates ${rates.join(' and ')} (${first.currency} for £1), and a ledger document carries one. Type the same rate into each line of it.`;
  return group.map((line) => ({ lineId: line.id, check: 'FX-MIXED', reason }));
}

function targetChecks(line: CostLineRow, books: LedgerBooks | null): Blocked[] {
  if (books === null) return [];
  const found: Blocked[] = [];
  const block = (check: string, reason: string) => found.push({ lineId: line.id, check, reason });
  const code = codedAs(line);
  const impossible = books.reference.cannotHold?.[line.treatment] ?? books.reference.cannotHold?.[line.document_type];
  if (impossible) {
    block(impossible.check, impossible.reason);
  } else if (line.deductible === 0 && REVERSE.has(line.treatment)) {
    const why = 'Its VAT is owed and may not be reclaimed; every reverse-charge code of a ledger does both.';
    block('MAP-TAX', `${why} Leave the line out and book it there by a journal.`);
  } else if ((books.taxes[code] ?? null) === null) {
    block('MAP-TAX', `No confirmed tax code for "${code.replaceAll('_', ' ')}". Confirm it under Settings.`);
  }
  if (accountOf(line, books) === null) {
    block('MAP-ACCOUNT', `Choose a ledger account for "${line.category || 'uncategorised'}" under Settings.`);
  }
  if (!books.reference.currencies.includes(line.currency)) {
    block('CCY-NOTENABLED', `${line.currency} is not enabled in the ledger. Enable it there first.`);
  }
  const lock = books.reference.lockedUntil;
  if (lock !== null && line.line_date <= lock) {
    block(
      'LOCK-DATE',
      `The books are locked to ${formatDay(lock)}; this document is dated ${formatDay(line.line_date)}.`,
    );
  }
  return found;
}

function accountOf(line: CostLineRow, books: LedgerBooks): string | null {
  const own = books.accounts[line.category];
  return (own === undefined ? books.accounts[''] : own) ?? null;
}

function draft(group: readonly CostLineRow[], scope: Parameters<typeof buildDocuments>[1]): DraftDocument {
  const [first] = group;
  if (first === undefined) throw new Error('A document has at least one line');
  const credit = first.document_type === 'credit_note';
  // Credit notes carry positive amounts in ledgers; their type says which way they count.
  const signed = (amount: Big) => (credit ? amount.times(-1) : amount).toFixed(2);

  let net = new Big(0);
  let vat = new Big(0);
  let netGbpMinor = 0;
  let vatGbpMinor = 0;
  const bookings = group.map((line) => booked(line, scope.books?.reference.grossCost));
  const lines: LedgerLine[] = group.map((line, index) => {
    const amounts = bookings[index] ?? booked(line);
    net = net.plus(amounts.net);
    vat = vat.plus(amounts.vat);
    netGbpMinor += amounts.netGbpMinor;
    vatGbpMinor += amounts.vatGbpMinor;
    return {
      description: line.description || `${line.supplier} ${line.invoice_number}`,
      net: signed(amounts.net),
      vat: signed(amounts.vat),
      taxType: scope.books?.taxes[codedAs(line)] ?? codedAs(line),
      accountCode: (scope.books === null ? line.category : accountOf(line, scope.books)) || 'Software and Technology',
    };
  });

  const base = [scope.target, scope.organisationId, first.supplier, first.invoice_number, first.document_type];
  const content = lines.map((line) => [line.description, line.net, line.vat].join('|')).join('\n');
  const identity = hash([...base, first.currency, content].join('\u0000'));

  return {
    identity,
    document: {
      documentType: credit ? 'credit_note' : 'invoice',
      reference: referenceOf(identity, 0),
      supplier: { name: first.supplier, country: first.supplier_country, vatNumber: first.supplier_vat_number },
      invoiceNumber: first.invoice_number,
      date: first.line_date,
      dueDate: first.due_on ?? daysAfter(first.line_date, 30),
      currency: first.currency,
      ...(first.currency === 'GBP' ? {} : { currencyRate: unitsPerGbp(first) }),
      lineAmounts: scope.vatRegistered ? 'exclusive' : 'none',
      lines,
      totals: { net: signed(net), vat: signed(vat), gross: signed(net.plus(vat)) },
    },
    lines: group,
    booked: bookings,
    netGbpMinor,
    vatGbpMinor,
  };
}

/** `revision`: how often this very document was posted and reversed, or refused, before; each makes a reference of its own. */
export function referenceOf(identity: string, revision: number): string {
  return `WS:${hash(`${identity}:${revision}`).slice(0, 16)}`;
}

/** Ledgers keep six places of foreign units per pound. */
function unitsPerGbp(line: CostLineRow): string {
  const units =
    line.fx_units_per_gbp === null
      ? new Big(1).div(decimal(line.fx_rate_to_gbp ?? '1'))
      : decimal(line.fx_units_per_gbp);
  return units.round(6, Big.roundHalfUp).toFixed();
}

function daysAfter(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What the approval freezes: SHA-256 over every frozen document in order. */
export function batchHash(frozen: readonly string[]): string {
  const sum = createHash('sha256');
  for (const document of frozen) sum.update(document).update('\n');
  return sum.digest('hex');
}

/** What proves a document when no invoice was filed by hand: its source files, rows and exact sums, as a small CSV. */
export function evidenceCsv(
  draftDocument: DraftDocument,
  source: (importId: string | null) => { readonly fileName: string; readonly sha256: string } | null,
  contributions: readonly CostContribution[] = [],
): { readonly fileName: string; readonly contentType: string; readonly text: string } {
  const cell = (value: string | number) => {
    return `"${harmlessCell(String(value)).replaceAll('"', '""')}"`;
  };
  const rows: (string | number)[][] = [
    [
      'reference',
      'supplier',
      'invoice',
      'file',
      'file sha256',
      'first row',
      'last row',
      'service',
      'rows',
      'exact amount',
      'currency',
    ],
  ];
  for (const line of draftDocument.lines) {
    const given = contributions.filter(({ line_id }) => line_id === line.id);
    for (const part of given.length > 0 ? given : [{ ...line, rows: line.source_rows }]) {
      const file = source(part.import_id);
      const head = [
        draftDocument.document.reference,
        line.supplier,
        line.invoice_number,
        file?.fileName ?? 'typed by hand',
        file?.sha256 ?? '',
        part.first_row ?? '',
        part.last_row ?? '',
      ];
      const services = breakdownOf(part);
      if (services.length === 0) rows.push([...head, line.description, part.rows, part.exact_net, line.currency]);
      for (const one of services) rows.push([...head, one.label, one.rows, one.amount, line.currency]);
    }
  }
  return {
    fileName: `${draftDocument.document.reference.replace(':', '-')}-evidence.csv`,
    contentType: 'text/csv',
    text: `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`,
  };
}

function breakdownOf(line: Pick<CostLineRow, 'breakdown'>): readonly { label: string; rows: number; amount: string }[] {
  const parsed: unknown = JSON.parse(line.breakdown);
  return Array.isArray(parsed) ? parsed : [];
}

/** The document as it will be stored, approved and sent. */
export function freeze(draftDocument: DraftDocument, evidence: readonly Evidence[], note: string): LedgerDocument {
  return { ...draftDocument.document, evidence: [...evidence], note };
}

/** What one document of a ledger cannot hold, before it is approved: afterwards it would stop the whole batch. */
export function notHeld({ lines }: Pick<DraftDocument, 'lines'>, document: LedgerDocument): Blocked[] {
  const issue = LedgerDocument.safeParse(document).error?.issues[0];
  if (issue === undefined) return [];
  const [field, at] = issue.path;
  const why = (() => {
    if (field === 'lines' && at === undefined)
      return `has ${document.lines.length} lines, and a ledger document takes ${mostLines}. Import its totals instead, and attach the list as evidence`;
    if (field === 'evidence' && at === undefined)
      return `has ${document.evidence.length} files of evidence, and a ledger document takes ${mostEvidence}. Put them into one PDF`;
    return `cannot be held by a ledger: ${issue.path.join(' ')}: ${issue.message.replace(/\.$/, '')}. Correct that on its lines, or leave them out and book it in the ledger by hand`;
  })();
  const reason = `Invoice ${document.invoiceNumber.slice(0, 60)} ${why}.`;
  return lines.map(({ id }) => ({ lineId: id, check: 'DOC-SIZE', reason }));
}

/** `"1234.50"` from pence. */
export function pounds(minor: number): string {
  return fromMinor(minor, 'GBP');
}
