import { z } from 'zod';
import { numberOf, unitsOf } from '../../../sandbox/amounts.ts';
import {
  bodyOf,
  type Params,
  type SandboxReply,
  type SandboxRequest,
  type SandboxWorld,
} from '../../../sandbox/kit.ts';
import { type Books, lockedUntil, xeroDate, xeroDay } from './books.ts';
import { type ContactInput, contactById, contactFor, contactView } from './contacts.ts';
import { type LineAmountTypes, type LineDoc, LineInput, readLine, totalsOf } from './lines.ts';
import { badPost, badQuery, type Element, listFilter, notFound, ok, paged, validation, zeroId } from './replies.ts';
import { parseWhere } from './where.ts';

/** Bills and supplier credits: the same thing under two names. */
export interface Kind {
  readonly collection: 'Invoices' | 'CreditNotes';
  readonly types: readonly string[];
  readonly id: 'InvoiceID' | 'CreditNoteID';
  readonly number: 'InvoiceNumber' | 'CreditNoteNumber';
}
export const invoices: Kind = {
  collection: 'Invoices',
  types: ['ACCPAY', 'ACCREC'],
  id: 'InvoiceID',
  number: 'InvoiceNumber',
};
export const creditNotes: Kind = {
  collection: 'CreditNotes',
  types: ['ACCPAYCREDIT', 'ACCRECCREDIT'],
  id: 'CreditNoteID',
  number: 'CreditNoteNumber',
};

const Status = z.enum(['DRAFT', 'SUBMITTED', 'AUTHORISED', 'DELETED', 'VOIDED', 'PAID']);
type Status = z.output<typeof Status>;
const Input = z.object({
  InvoiceID: z.string().optional(),
  CreditNoteID: z.string().optional(),
  Type: z.string().optional(),
  Status: Status.optional(),
  Contact: z.object({ ContactID: z.string().optional(), Name: z.string().optional() }).optional(),
  InvoiceNumber: z.string().optional(),
  CreditNoteNumber: z.string().optional(),
  Reference: z.string().optional(),
  Date: z.string().optional(),
  DueDate: z.string().optional(),
  LineAmountTypes: z.enum(['Exclusive', 'Inclusive', 'NoTax']).optional(),
  CurrencyCode: z.string().optional(),
  CurrencyRate: z.number().positive().optional(),
  LineItems: z.array(LineInput).optional(),
});
type Input = z.output<typeof Input>;

export interface LedgerDoc {
  id: string;
  type: string;
  status: Status;
  contactId: string;
  number: string;
  reference: string;
  date: string;
  dueDate: string | null;
  types: LineAmountTypes;
  currency: string;
  rate: number;
  lines: LineDoc[];
  SubTotal: number;
  TotalTax: number;
  Total: number;
  createdAt: number;
  updatedAt: number;
}

/** Xero's own rate of the day, used when a client sends none: never the one HMRC published. */
const ownRates: Readonly<Record<string, number>> = { USD: 1.311742, EUR: 1.148903 };

export const documentsOf = (world: SandboxWorld, books: Books, kind: Kind) =>
  world.documents<LedgerDoc>(`${kind.collection} ${books.tenantId}`);

const isDay = (text: string | undefined) =>
  /^\d{4}-\d{2}-\d{2}(T00:00:00)?$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''));

function view(doc: LedgerDoc, kind: Kind, books: Books, world: SandboxWorld, full: boolean): Record<string, unknown> {
  const contact = contactById(doc.contactId, books, world);
  const files = world.documents<{ docId: string }>(`attachments ${books.tenantId}`).all();
  return {
    Type: doc.type,
    [kind.id]: doc.id,
    [kind.number]: doc.number,
    ...(kind === creditNotes
      ? { RemainingCredit: doc.Total }
      : { AmountDue: doc.Total, AmountPaid: 0, AmountCredited: 0 }),
    Reference: doc.reference,
    CurrencyRate: doc.rate,
    HasErrors: false,
    HasAttachments: files.some((file) => file.docId === doc.id),
    Contact:
      full && contact
        ? contactView(contact)
        : { ContactID: doc.contactId, Name: contact?.name ?? '', ContactGroups: [], ContactPersons: [] },
    DateString: `${doc.date}T00:00:00`,
    Date: xeroDay(doc.date),
    ...(doc.dueDate === null ? {} : { DueDateString: `${doc.dueDate}T00:00:00`, DueDate: xeroDay(doc.dueDate) }),
    Status: doc.status,
    LineAmountTypes: doc.types,
    LineItems: full ? doc.lines : [],
    SubTotal: doc.SubTotal,
    TotalTax: doc.TotalTax,
    Total: doc.Total,
    UpdatedDateUTC: xeroDate(doc.updatedAt),
    CurrencyCode: doc.currency,
  };
}

/** Checks and completes one document. `before` is what it changes; null for a new one. */
function build(
  input: Input,
  before: LedgerDoc | null,
  kind: Kind,
  books: Books,
  world: SandboxWorld,
  query: URLSearchParams,
): LedgerDoc | string[] {
  const errors: string[] = [];
  const type = input.Type ?? before?.type ?? '';
  if (!kind.types.includes(type)) errors.push('Type must be specified and valid for this document.');
  const status = input.Status ?? before?.status ?? 'DRAFT';
  if (!before && !['DRAFT', 'SUBMITTED', 'AUTHORISED'].includes(status))
    errors.push('Invalid status for a new document.');
  const number = input[kind.number] ?? before?.number ?? '';
  if (number.length > 255) errors.push(`${kind.number} must be 255 characters or less.`);
  const contact = contactFor(
    input.Contact === undefined && before ? { ContactID: before.contactId } : contactInput(input),
    books,
    world,
  );
  if (typeof contact === 'string') errors.push(contact);

  const today = new Date(world.now()).toISOString().slice(0, 10);
  if (input.Date !== undefined && !isDay(input.Date)) errors.push('Date is not a valid date.');
  if (input.DueDate !== undefined && !isDay(input.DueDate)) errors.push('DueDate is not a valid date.');
  const date = input.Date?.slice(0, 10) ?? before?.date ?? today;
  const dueDate = input.DueDate?.slice(0, 10) ?? before?.dueDate ?? null;
  if (status === 'AUTHORISED' && kind === invoices && dueDate === null)
    errors.push('DueDate must be specified to approve.');
  const locked = lockedUntil(books);
  if (locked !== null && date <= locked) {
    errors.push(
      `The document date cannot be on or before the lock date, currently ${locked.split('-').reverse().join('/')}`,
    );
  }

  const currency = input.CurrencyCode ?? before?.currency ?? books.organisation.BaseCurrency;
  if (!books.currencies.some((one) => one.Code === currency))
    errors.push(`Organisation is not subscribed to currency ${currency}`);
  const rate =
    currency === books.organisation.BaseCurrency
      ? 1
      : Number((input.CurrencyRate ?? before?.rate ?? ownRates[currency] ?? 1).toFixed(6));

  const types = input.LineAmountTypes ?? before?.types ?? 'Exclusive';
  if (!before && (input.LineItems ?? []).length === 0) errors.push('One or more line items must be specified');
  const lines: LineDoc[] = [];
  for (const line of input.LineItems ?? before?.lines ?? []) {
    const read = readLine(line, {
      books,
      types,
      unitDecimals: query.get('unitdp') === '4' ? 4 : 2,
      complete: status !== 'DRAFT',
      newId: () => world.uuid(),
    });
    if (Array.isArray(read)) errors.push(...read);
    else lines.push(read);
  }
  if (errors.length > 0 || typeof contact === 'string') return errors;
  return {
    id: before?.id ?? world.uuid(),
    type,
    status,
    contactId: contact.id,
    number,
    reference: input.Reference ?? before?.reference ?? '',
    date,
    dueDate,
    types,
    currency,
    rate,
    lines,
    ...totalsOf(lines, types),
    createdAt: before?.createdAt ?? world.now(),
    updatedAt: world.now(),
  };
}

function contactInput(input: Input): ContactInput | undefined {
  return input.Contact;
}

function failed(input: Input, kind: Kind, messages: readonly string[]): Element {
  return {
    [kind.id]: input[kind.id] ?? zeroId,
    ...(input.Type === undefined ? {} : { Type: input.Type }),
    ...(input[kind.number] === undefined ? {} : { [kind.number]: input[kind.number] }),
    HasErrors: true,
    StatusAttributeString: 'ERROR',
    ValidationErrors: messages.map((Message) => ({ Message })),
  };
}

function readAll(request: SandboxRequest, kind: Kind): Input[] | null {
  const many = z.object({ [kind.collection]: z.array(Input).min(1).max(50) });
  const body = bodyOf(request, many);
  if (body) return body[kind.collection] ?? null;
  // One document without the wrapping list is understood too; anything with a list was simply wrong.
  const one = bodyOf(request, Input.extend({ [kind.collection]: z.undefined().optional() }));
  return one && Object.keys(one).length > 0 ? [one as Input] : null;
}

function answer(
  request: SandboxRequest,
  results: { doc: LedgerDoc | Element }[],
  kind: Kind,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const bad = results.map(({ doc }) => doc).filter((doc): doc is Element => 'ValidationErrors' in doc);
  if (bad.length > 0 && request.query.get('summarizeErrors') !== 'false') return validation(bad);
  const saved = documentsOf(world, books, kind);
  const views = results.map(({ doc }) => {
    if ('ValidationErrors' in doc) return doc;
    saved.put((doc as LedgerDoc).id, doc as LedgerDoc);
    return { ...view(doc as LedgerDoc, kind, books, world, true), StatusAttributeString: 'OK' };
  });
  return ok(books, world.now(), { [kind.collection]: views });
}

/** PUT: creates, whatever the number; bill numbers need not be unique. */
export function createDocuments(request: SandboxRequest, kind: Kind, books: Books, world: SandboxWorld): SandboxReply {
  const inputs = readAll(request, kind);
  if (!inputs) return badPost();
  const results = inputs.map((input) => {
    const doc = build(input, null, kind, books, world, request.query);
    if (Array.isArray(doc)) return { doc: failed(input, kind, doc) };
    return { doc: world.fault('penny') ? pennyMore(doc) : doc };
  });
  return answer(request, results, kind, books, world);
}

/** A ledger that rounds its own way (FT-57). */
function pennyMore(doc: LedgerDoc): LedgerDoc {
  const penny = 100n;
  return {
    ...doc,
    TotalTax: numberOf(unitsOf(doc.TotalTax) + penny),
    Total: numberOf(unitsOf(doc.Total) + penny),
  };
}

const moves: Readonly<Record<Status, readonly Status[]>> = {
  DRAFT: ['DRAFT', 'SUBMITTED', 'AUTHORISED', 'DELETED'],
  SUBMITTED: ['SUBMITTED', 'DRAFT', 'AUTHORISED', 'DELETED'],
  AUTHORISED: ['AUTHORISED', 'VOIDED'],
  PAID: [],
  DELETED: [],
  VOIDED: [],
};

/** POST with an id: changes what is given. POST without one creates, or overwrites by number: the trap of 1.5. */
export function updateDocuments(
  request: SandboxRequest,
  params: Params,
  kind: Kind,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const inputs = readAll(request, kind);
  if (!inputs) return badPost();
  const saved = documentsOf(world, books, kind);
  if (params.id !== undefined && !saved.get(params.id)) return notFound();
  const results = inputs.map((input) => {
    const id = params.id ?? input[kind.id];
    const before =
      id === undefined
        ? (saved
            .all()
            .find((doc) => doc.type === input.Type && doc.number === input[kind.number] && doc.number !== '') ?? null)
        : saved.get(id);
    if (id !== undefined && !before) return { doc: failed(input, kind, ['The document could not be found.']) };
    if (before && !moves[before.status].includes(input.Status ?? before.status)) {
      return { doc: failed(input, kind, ['Invoice not of valid status for modification']) };
    }
    if (before && (input.Status === 'DELETED' || input.Status === 'VOIDED')) {
      return { doc: { ...before, status: input.Status, updatedAt: world.now() } };
    }
    const doc = build(input, before, kind, books, world, request.query);
    if (Array.isArray(doc)) return { doc: failed(input, kind, doc) };
    // A document that was rounded oddly stays so until its lines are sent again.
    const kept =
      before && input.LineItems === undefined
        ? { SubTotal: before.SubTotal, TotalTax: before.TotalTax, Total: before.Total }
        : {};
    return { doc: { ...doc, ...kept } };
  });
  return answer(request, results, kind, books, world);
}

export function listDocuments(request: SandboxRequest, kind: Kind, books: Books, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const test = query.has('where') ? parseWhere(query.get('where') ?? '') : () => true;
  if (!test) return badQuery();
  const ids = listFilter(query, 'IDs');
  const numbers = listFilter(query, 'InvoiceNumbers');
  const contactIds = listFilter(query, 'ContactIDs');
  const statuses = listFilter(query, 'Statuses');
  const since = Date.parse(`${request.headers['if-modified-since'] ?? ''}Z`.replace('ZZ', 'Z'));
  // A list that is a moment behind (FT-58): what was created lately is there by its id only.
  const lag = Number(world.documents<{ ms: number }>('switches').get('lag')?.ms ?? 0);
  const matching = documentsOf(world, books, kind)
    .all()
    .filter((doc) => doc.createdAt <= world.now() - lag)
    .filter((doc) => ids === null || ids.has(doc.id))
    .filter((doc) => numbers === null || numbers.has(doc.number.toLowerCase()))
    .filter((doc) => contactIds === null || contactIds.has(doc.contactId))
    .filter((doc) => statuses === null || statuses.has(doc.status.toLowerCase()))
    .filter((doc) => Number.isNaN(since) || doc.updatedAt >= since)
    .filter((doc) => test(view(doc, kind, books, world, false)));
  const { items, page } = paged(matching, query);
  const full = page !== null && query.get('summaryOnly') !== 'true';
  return ok(books, world.now(), {
    ...(page ? { pagination: page } : {}),
    [kind.collection]: items.map((doc) => view(doc, kind, books, world, full)),
  });
}

export function getDocument(params: Params, kind: Kind, books: Books, world: SandboxWorld): SandboxReply {
  const doc = documentsOf(world, books, kind).get(params.id ?? '');
  return doc ? ok(books, world.now(), { [kind.collection]: [view(doc, kind, books, world, true)] }) : notFound();
}
