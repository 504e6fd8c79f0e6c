import { z } from 'zod';
import { numberOf, taxOf, toPennies, unitsOf } from '../../../sandbox/amounts.ts';
import { bodyOf, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';
import { partsOf } from '../../../sandbox/multipart.ts';
import type { Books } from './books.ts';
import { type Flaw, missing, notFound, paged, refused, refusedNewly, result, unknown, wrong } from './replies.ts';
import { vendors } from './vendors.ts';

interface MoneyDoc {
  amount: string;
  code: string;
}
interface FileDoc {
  id: number;
  jwt: string;
  media_type: string;
  size: number;
}
type AttachmentDoc = Pick<FileDoc, 'id' | 'jwt' | 'media_type'>;

export interface BillDoc {
  createdAt: number;
  body: {
    id: number;
    vendorid: number;
    bill_number: string | null;
    issue_date: string;
    due_date: string;
    due_offset_days: number;
    currency_code: string;
    language: string;
    lines: object[];
    attachment: AttachmentDoc | null;
    amount: MoneyDoc;
    tax_amount: MoneyDoc;
    total_amount: MoneyDoc;
    outstanding: MoneyDoc;
    status: 'unpaid';
    vis_state: number;
    created_at: string;
    updated_at: string;
  };
}
export interface ExpenseDoc {
  createdAt: number;
  body: {
    id: number;
    expenseid: number;
    categoryid: number;
    staffid: number;
    date: string;
    amount: MoneyDoc;
    vendor: string;
    notes: string;
    taxName1: string | null;
    taxPercent1: string | null;
    taxAmount1: MoneyDoc | null;
    has_receipt: boolean;
    include_receipt: boolean;
    attachment: AttachmentDoc | null;
    status: number;
    vis_state: number;
    updated: string;
  };
}

const Id = z.union([z.string(), z.number()]).transform(String);
const Percent = z.union([z.string(), z.number()]).transform(String).nullish();
const Money = z.object({ amount: z.string().regex(/^-?\d+(\.\d+)?$/), code: z.string() });
const File = z.object({ jwt: z.string(), media_type: z.string() }).nullish();
const BillInput = z.object({
  vendorid: Id.optional(),
  bill_number: z.string().nullish(),
  issue_date: z.string().optional(),
  due_offset_days: z.number().int().optional(),
  currency_code: z.string().optional(),
  language: z.string().optional(),
  lines: z
    .array(
      z.object({
        categoryid: Id.optional(),
        description: z.string().default(''),
        quantity: z.union([z.string(), z.number()]).transform(Number),
        unit_cost: Money,
        tax_name1: z.string().nullish(),
        tax_percent1: Percent,
      }),
    )
    .optional(),
  attachment: File,
  vis_state: z.number().optional(),
});
const ExpenseInput = z.object({
  categoryid: Id.optional(),
  staffid: Id.optional(),
  date: z.string().optional(),
  amount: Money.optional(),
  vendor: z.string().optional(),
  notes: z.string().optional(),
  taxName1: z.string().nullish(),
  taxPercent1: Percent,
  taxAmount1: Money.nullish(),
  has_receipt: z.boolean().optional(),
  include_receipt: z.boolean().optional(),
  attachment: File,
  vis_state: z.number().optional(),
});
type BillInput = z.output<typeof BillInput>;
type ExpenseInput = z.output<typeof ExpenseInput>;

export const bills = (world: SandboxWorld, books: Books) => world.documents<BillDoc>(`bills ${books.accountId}`);
export const expenses = (world: SandboxWorld, books: Books) =>
  world.documents<ExpenseDoc>(`expenses ${books.accountId}`);
const files = (world: SandboxWorld) => world.documents<FileDoc>('files');

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
const unitsIn = (text: string) => unitsOf(Number(text));
const text = (units: bigint) => numberOf(units).toFixed(2);
const lagOf = (world: SandboxWorld) => Number(world.documents<{ ms: number }>('switches').get('lag')?.ms ?? 0);
/** Bills tell the time in UTC; expenses in New York's, without saying so. */
const utc = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
const eastern = (ms: number) => utc(ms - 5 * 3_600_000);

function attachmentOf(given: z.output<typeof File>, world: SandboxWorld): AttachmentDoc | null | 'unknown' {
  if (!given) return null;
  const file = files(world).get(given.jwt);
  return file && file.media_type === given.media_type
    ? { id: file.id, jwt: file.jwt, media_type: file.media_type }
    : 'unknown';
}

function nextId(world: SandboxWorld, kind: string, first: number): number {
  const counter = world.documents<{ next: number }>('counters');
  const next = counter.get(kind)?.next ?? first;
  counter.put(kind, { next: next + 1 });
  return next;
}

/** Taxes are named on a document; one of that name and percent must be there. */
function* taxFlaws(
  name: string | null | undefined,
  percent: string | null | undefined,
  field: string,
  books: Books,
): Generator<Flaw> {
  if (!name) return;
  const known = books.taxes.find((one) => one.name === name);
  if (!known) yield unknown(field, `Tax ${name}`);
  else if (Number(known.amount) !== Number(percent)) yield wrong(field, `Tax ${name} is ${known.amount} percent`);
}

const categoryFlaw = (id: string | undefined, books: Books): Flaw[] => {
  if (id === undefined) return [missing('categoryid')];
  const found = books.categories.find((one) => String(one.categoryid) === id);
  return found?.vis_state === 0 ? [] : [unknown('categoryid', 'Category')];
};

/** A search by days; a filter that is no day is refused. */
function searchedDays({ query }: SandboxRequest, from: string, to: string): { from: string; to: string } | Flaw {
  for (const name of [from, to]) {
    const day = query.get(`search[${name}]`);
    if (day !== null && !isDay(day)) return wrong(name, 'Invalid date');
  }
  return { from: query.get(`search[${from}]`) ?? '', to: query.get(`search[${to}]`) ?? '9999' };
}

export function listBills(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const days = searchedDays(request, 'start_date', 'end_date');
  if ('errno' in days) return refusedNewly([days]);
  const number = query.get('search[bill_number]');
  const state = query.get('search[vis_state]');
  const found = bills(world, books)
    .all()
    .filter((doc) => doc.createdAt <= world.now() - lagOf(world))
    .map(({ body: { attachment: _hidden, ...body } }) => body)
    .filter((body) => number === null || (body.bill_number ?? '').toLowerCase().includes(number.toLowerCase()))
    .filter((body) => state === null || String(body.vis_state) === state)
    .filter((body) => days.from <= body.issue_date && body.issue_date <= days.to);
  return paged('bills', found, request);
}

/** The attachment is shown to those who ask for it. */
export function getBill(request: SandboxRequest, id: string, books: Books, world: SandboxWorld): SandboxReply {
  const doc = bills(world, books).get(id);
  if (!doc) return notFound('Bill');
  const asked = request.query.getAll('include[]').join(',').includes('attachment');
  const { attachment, ...body } = doc.body;
  return result({ bill: asked ? { ...body, attachment } : body });
}

function* billFlaws(input: BillInput, books: Books, world: SandboxWorld): Generator<Flaw> {
  const vendor = vendors(world, books).get(input.vendorid ?? '');
  if (input.vendorid === undefined) yield missing('vendorid');
  else if (vendor?.vis_state !== 0) yield unknown('vendorid', 'Vendor');
  if (input.issue_date === undefined) yield missing('issue_date');
  else if (!isDay(input.issue_date)) yield wrong('issue_date', 'Invalid date');
  if (input.currency_code === undefined) yield missing('currency_code');
  if (input.language === undefined) yield missing('language');
  if ((input.lines ?? []).length === 0) yield missing('lines');
  for (const line of input.lines ?? []) {
    yield* categoryFlaw(line.categoryid, books);
    if (line.unit_cost.code !== input.currency_code)
      yield wrong('unit_cost', 'The currency code of a line must be the bill’s');
    if (!(line.quantity > 0)) yield wrong('quantity', 'quantity must be more than zero');
    if (Number(line.unit_cost.amount) < 0) yield wrong('unit_cost', 'unit_cost must not be below zero');
    yield* taxFlaws(line.tax_name1, line.tax_percent1, 'tax_name1', books);
  }
  if (attachmentOf(input.attachment, world) === 'unknown') yield unknown('attachment', 'Attachment');
}

/** Creates without an id; with one only its state is changed here: 1 deletes. Numbers may be there twice. */
export function saveBill(request: SandboxRequest, id: string | null, books: Books, world: SandboxWorld): SandboxReply {
  const input = bodyOf(request, z.object({ bill: BillInput }))?.bill;
  if (!input) return refusedNewly([wrong('bill', 'The body cannot be read')]);
  const now = world.now();
  if (id !== null) {
    const before = bills(world, books).get(id);
    if (!before) return notFound('Bill');
    const body = { ...before.body, vis_state: input.vis_state ?? before.body.vis_state, updated_at: utc(now) };
    bills(world, books).put(id, { ...before, body });
    return result({ bill: body });
  }
  const flaws = [...billFlaws(input, books, world)];
  if (flaws.length > 0) return refusedNewly(flaws);
  const code = input.currency_code ?? '';
  const money = (units: bigint): MoneyDoc => ({ amount: text(units), code });
  const penny = world.fault('penny') ? 100n : 0n;
  let net = 0n;
  let tax = penny;
  const lines = (input.lines ?? []).map((line, i) => {
    const amount = toPennies((unitsIn(line.unit_cost.amount) * unitsOf(line.quantity)) / 10_000n);
    // Worked out here, line by line; nobody may say otherwise.
    const vat = line.tax_name1 ? taxOf(amount, Number(line.tax_percent1 ?? 0), false) : 0n;
    net += amount;
    tax += vat;
    return {
      id: i + 1,
      categoryid: Number(line.categoryid),
      description: line.description,
      quantity: String(line.quantity),
      unit_cost: line.unit_cost,
      tax_name1: line.tax_name1 ?? null,
      tax_percent1: line.tax_name1 ? String(line.tax_percent1) : null,
      amount: money(amount),
      tax_amount1: line.tax_name1 ? money(vat) : null,
      total_amount: money(amount + vat),
    };
  });
  const issued = input.issue_date ?? '';
  const offset = input.due_offset_days ?? 0;
  const attachment = attachmentOf(input.attachment, world);
  const body: BillDoc['body'] = {
    id: nextId(world, 'bill', 12_000),
    vendorid: Number(input.vendorid),
    bill_number: input.bill_number ?? null,
    issue_date: issued,
    due_date: new Date(Date.parse(issued) + offset * 86_400_000).toISOString().slice(0, 10),
    due_offset_days: offset,
    currency_code: code,
    language: input.language ?? 'en',
    lines,
    attachment: attachment === 'unknown' ? null : attachment,
    amount: money(net),
    tax_amount: money(tax),
    total_amount: money(net + tax),
    outstanding: money(net + tax),
    status: 'unpaid',
    vis_state: 0,
    created_at: utc(now),
    updated_at: utc(now),
  };
  bills(world, books).put(String(body.id), { createdAt: now, body });
  return result({ bill: body });
}

export function listExpenses(request: SandboxRequest, books: Books, world: SandboxWorld): SandboxReply {
  const { query } = request;
  const days = searchedDays(request, 'date_min', 'date_max');
  if ('errno' in days) return refused([days], 'expense');
  const state = query.get('search[vis_state]');
  const found = expenses(world, books)
    .all()
    .filter((doc) => doc.createdAt <= world.now() - lagOf(world))
    .map(({ body: { attachment: _hidden, ...body } }) => body)
    .filter((body) => days.from <= body.date && body.date <= days.to)
    .filter((body) => state === null || String(body.vis_state) === state);
  return paged('expenses', found, request);
}

export function getExpense(request: SandboxRequest, id: string, books: Books, world: SandboxWorld): SandboxReply {
  const doc = expenses(world, books).get(id);
  if (!doc) return notFound('Expense');
  const asked = request.query.getAll('include[]').join(',').includes('attachment');
  const { attachment, ...body } = doc.body;
  return result({ expense: asked ? { ...body, attachment } : body });
}

function* expenseFlaws(input: ExpenseInput, books: Books, world: SandboxWorld): Generator<Flaw> {
  yield* categoryFlaw(input.categoryid, books);
  if (input.staffid === undefined) yield missing('staffid');
  else if (input.staffid !== '1') yield unknown('staffid', 'Staff');
  if (input.date === undefined) yield missing('date');
  else if (!isDay(input.date)) yield wrong('date', 'Invalid date');
  if (input.amount === undefined) yield missing('amount');
  else {
    const negativeRefused = world.documents<{ on: boolean }>('switches').get('no-negative')?.on === true;
    if (Number(input.amount.amount) < 0 && negativeRefused) yield wrong('amount', 'amount must not be below zero');
    const tax = Number(input.taxAmount1?.amount ?? 0);
    if (Math.abs(tax) > Math.abs(Number(input.amount.amount)))
      yield wrong('taxAmount1', 'The tax is more than the amount');
    if (input.taxAmount1 && input.taxAmount1.code !== input.amount.code) {
      yield wrong('taxAmount1', 'The currency code of the tax must be the amount’s');
    }
  }
  yield* taxFlaws(input.taxName1, input.taxPercent1, 'taxName1', books);
  if (attachmentOf(input.attachment, world) === 'unknown') yield unknown('attachment', 'Attachment');
}

export function saveExpense(
  request: SandboxRequest,
  id: string | null,
  books: Books,
  world: SandboxWorld,
): SandboxReply {
  const input = bodyOf(request, z.object({ expense: ExpenseInput }))?.expense;
  if (!input) return refused([wrong('expense', 'The body cannot be read')], 'expense');
  const now = world.now();
  if (id !== null) {
    const before = expenses(world, books).get(id);
    if (!before) return notFound('Expense');
    const body = { ...before.body, vis_state: input.vis_state ?? before.body.vis_state, updated: eastern(now) };
    expenses(world, books).put(id, { ...before, body });
    return result({ expense: body });
  }
  const flaws = [...expenseFlaws(input, books, world)];
  if (flaws.length > 0) return refused(flaws, 'expense');
  const { amount = { amount: '0', code: 'GBP' } } = input;
  const penny = world.fault('penny') ? 100n : 0n;
  const gross = unitsIn(amount.amount) + penny;
  // Said, it stands; else it is worked out of what is inside the amount.
  const inside = input.taxName1 ? taxOf(gross, Number(input.taxPercent1 ?? 0), true) : 0n;
  const tax = input.taxAmount1 ? unitsIn(input.taxAmount1.amount) + penny : inside;
  const attachment = attachmentOf(input.attachment, world);
  const number = nextId(world, 'expense', 88_000);
  const body: ExpenseDoc['body'] = {
    id: number,
    expenseid: number,
    categoryid: Number(input.categoryid),
    staffid: Number(input.staffid),
    date: input.date ?? '',
    amount: { amount: text(gross), code: amount.code },
    vendor: input.vendor ?? '',
    notes: input.notes ?? '',
    taxName1: input.taxName1 ?? null,
    taxPercent1: input.taxName1 ? String(input.taxPercent1) : null,
    taxAmount1: input.taxName1 ? { amount: text(tax), code: amount.code } : null,
    has_receipt: input.has_receipt ?? false,
    include_receipt: input.include_receipt ?? false,
    attachment: attachment === 'unknown' ? null : attachment,
    status: 0,
    vis_state: 0,
    updated: eastern(now),
  };
  expenses(world, books).put(String(number), { createdAt: now, body });
  const { attachment: _hidden, ...shown } = body;
  return result({ expense: shown });
}

/** Pictures and PDFs; the file belongs to nothing until its jwt stands on a document. */
export function upload(request: SandboxRequest, world: SandboxWorld): SandboxReply {
  const part = partsOf(request)?.find((one) => one.name === 'content');
  if (!part || part.bytes.length === 0) return refused([missing('content')], 'attachment', 400);
  if (!/^(application\/pdf|image\/(png|jpeg|gif))$/.test(part.contentType)) {
    return refused([wrong('content', `Unsupported file type ${part.contentType}`)], 'attachment', 422);
  }
  const file: FileDoc = {
    id: nextId(world, 'file', 4_000),
    jwt: `eyJ${world.text()}.${world.text()}`,
    media_type: part.contentType,
    size: part.bytes.length,
  };
  files(world).put(file.jwt, file);
  return { status: 200, json: { attachment: { id: file.id, jwt: file.jwt, media_type: file.media_type } } };
}
