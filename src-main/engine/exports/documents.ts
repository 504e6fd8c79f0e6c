import { createHash } from 'node:crypto';
import { Big, decimal, fromMinor } from '../../../src-shared/domain/money/index.ts';
import { formatDay } from '../../../src-shared/format/time.ts';
import { type Evidence, LedgerDocument, type LedgerLine, mostEvidence, mostLines } from '../../adapters/kit/ledger.ts';
import type { CostLineRow } from '../../store/repositories/costs.ts';
import { type Booked, booked, codedAs, REVERSE } from './booked.ts';
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
  type Unread,
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
    readonly unread?: Unread;
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
      ...refusedRows(group, scope.said, scope.unread),
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
