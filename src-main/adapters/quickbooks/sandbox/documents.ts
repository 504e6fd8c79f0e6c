import { z } from 'zod';
import { numberOf, taxOf, toPennies, unitsOf } from '../../../sandbox/amounts.ts';
import { bodyOf, type SandboxReply, type SandboxRequest, type SandboxWorld } from '../../../sandbox/kit.ts';
import { type Books, ownRates, type RefDoc, type TaxRateDoc } from './books.ts';
import { type Flaw, fault, flaws, intuitTime, ok } from './replies.ts';
import { vendors } from './vendors.ts';

export type Entity = 'Bill' | 'VendorCredit';

const Ref = z.object({ value: z.string() });
const TaxLineInput = z.object({
  Amount: z.number(),
  TaxLineDetail: z.object({ TaxRateRef: Ref, NetAmountTaxable: z.number().optional() }),
});
const Input = z.object({
  Id: z.string().optional(),
  SyncToken: z.string().optional(),
  DocNumber: z.string().optional(),
  TxnDate: z.string().optional(),
  DueDate: z.string().optional(),
  PrivateNote: z.string().optional(),
  CurrencyRef: Ref.optional(),
  ExchangeRate: z.number().positive().optional(),
  GlobalTaxCalculation: z.enum(['TaxExcluded', 'TaxInclusive', 'NotApplicable']).optional(),
  VendorRef: Ref.optional(),
  Line: z
    .array(
      z.object({
        Amount: z.number(),
        Description: z.string().optional(),
        DetailType: z.literal('AccountBasedExpenseLineDetail'),
        AccountBasedExpenseLineDetail: z.object({
          AccountRef: Ref.optional(),
          TaxCodeRef: Ref.optional(),
          BillableStatus: z.string().optional(),
        }),
      }),
    )
    .optional(),
  TxnTaxDetail: z.object({ TotalTax: z.number().optional(), TaxLine: z.array(TaxLineInput).default([]) }).optional(),
});
type Input = z.output<typeof Input>;

interface TaxLineDoc {
  Amount: number;
  DetailType: 'TaxLineDetail';
  TaxLineDetail: {
    TaxRateRef: RefDoc;
    PercentBased: true;
    TaxPercent: number;
    NetAmountTaxable: number;
    OverrideDeltaAmount?: number;
  };
}

/** As it travels, and when it was made: what a listing that lags goes by. */
export interface LedgerDoc {
  createdAt: number;
  body: {
    Id: string;
    SyncToken: string;
    DocNumber: string;
    TxnDate: string;
    DueDate?: string;
    PrivateNote: string;
    CurrencyRef: RefDoc;
    ExchangeRate: number;
    GlobalTaxCalculation: string;
    VendorRef: RefDoc;
    Line: object[];
    TxnTaxDetail: { TotalTax: number; TaxLine: TaxLineDoc[] };
    TotalAmt: number;
    Balance: number;
    MetaData: { CreateTime: string; LastUpdatedTime: string };
  };
}

export const documentsOf = (world: SandboxWorld, books: Books, entity: Entity) =>
  world.documents<LedgerDoc>(`${entity} ${books.realmId}`);

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
const asEntity = (entity: Entity, doc: LedgerDoc) => {
  const { DueDate, ...body } = doc.body;
  return { [entity]: entity === 'Bill' && DueDate !== undefined ? { ...body, DueDate } : body };
};

export function getDocument(id: string, entity: Entity, books: Books, world: SandboxWorld): SandboxReply {
  const doc = documentsOf(world, books, entity).get(id);
  return doc ? ok(world.now(), asEntity(entity, doc)) : fault(world.now(), [flaws.gone()]);
}

/** Creates without an id, replaces with one; `operation=delete` removes. */
export function saveDocument(request: SandboxRequest, entity: Entity, books: Books, world: SandboxWorld): SandboxReply {
  const now = world.now();
  const input = bodyOf(request, Input);
  if (!input) return fault(now, [flaws.bad('', 'Property Name:Can not parse the body')]);
  const store = documentsOf(world, books, entity);
  const before = input.Id === undefined ? null : store.get(input.Id);
  if (input.Id !== undefined && !before) return fault(now, [flaws.gone()]);
  if (before && input.SyncToken !== before.body.SyncToken) return fault(now, [flaws.stale()]);
  if (request.query.get('operation') === 'delete') {
    if (!before) return fault(now, [flaws.missing('Id')]);
    store.remove(before.body.Id);
    return ok(now, { [entity]: { Id: before.body.Id, domain: 'QBO', status: 'Deleted' } });
  }
  const errors = [...flawsOf(input, entity, books, world)];
  if (errors.length > 0) return fault(now, errors);
  const doc = build(input, before, entity, books, world);
  store.put(doc.body.Id, doc);
  return ok(now, asEntity(entity, doc));
}

function* flawsOf(input: Input, entity: Entity, books: Books, world: SandboxWorld): Generator<Flaw> {
  const vendor = input.VendorRef ? vendors(world, books).get(input.VendorRef.value) : null;
  if (!input.VendorRef) yield flaws.missing('VendorRef');
  else if (!vendor) yield flaws.badReference('Names', input.VendorRef.value);
  else if (!vendor.Active) yield flaws.inactive(`Supplier ${vendor.DisplayName}`);
  if ((input.Line ?? []).length === 0) yield flaws.missing('Line');
  if ((input.DocNumber ?? '').length > 21) yield flaws.tooLong('DocNumber', 21);
  if ((input.PrivateNote ?? '').length > 4_000) yield flaws.tooLong('PrivateNote', 4_000);
  const date = input.TxnDate ?? '';
  if (date !== '' && !isDay(date)) yield flaws.bad('TxnDate', `Invalid date ${date}`);
  if (books.bookCloseDate !== null && date !== '' && date <= books.bookCloseDate) yield flaws.closed();

  const currency = input.CurrencyRef?.value ?? vendor?.CurrencyRef.value ?? books.homeCurrency;
  if (vendor && currency !== vendor.CurrencyRef.value) {
    yield flaws.currency(
      `The currency of the transaction (${currency}) must be the supplier's (${vendor.CurrencyRef.value}).`,
    );
  }
  if (currency === books.homeCurrency && input.ExchangeRate !== undefined && input.ExchangeRate !== 1) {
    yield flaws.bad('ExchangeRate', 'The exchange rate of the home currency is 1');
  }
  const noVat = input.GlobalTaxCalculation === 'NotApplicable' && !books.usingSalesTax;
  for (const { Description, AccountBasedExpenseLineDetail: detail } of input.Line ?? []) {
    if ((Description ?? '').length > 4_000) yield flaws.tooLong('Description', 4_000);
    const account = books.accounts.find((one) => one.Id === detail.AccountRef?.value);
    if (!detail.AccountRef) yield flaws.missing('AccountRef');
    else if (!account) yield flaws.badReference('Accounts', detail.AccountRef.value);
    else if (!account.Active) yield flaws.inactive(`Account ${account.Name}`);
    const code = books.taxCodes.find((one) => one.Id === detail.TaxCodeRef?.value);
    if (!detail.TaxCodeRef) {
      if (!noVat) yield flaws.noVatRate();
    } else if (!code || !books.usingSalesTax) yield flaws.badReference('TaxCode', detail.TaxCodeRef.value);
    else if (!code.Active || code.Hidden) yield flaws.inactive(`VAT code ${code.Name}`);
  }
  for (const line of input.TxnTaxDetail?.TaxLine ?? []) {
    const id = line.TaxLineDetail.TaxRateRef.value;
    const used = (input.Line ?? []).some(({ AccountBasedExpenseLineDetail: { TaxCodeRef } }) =>
      ratesOf(TaxCodeRef?.value, books).some((rate) => rate.Id === id),
    );
    // The sales rate behind the same code is another rate.
    if (!used) yield flaws.badReference('TaxRate', id);
  }
  const twin = documentsOf(world, books, entity)
    .all()
    .find(
      ({ body }) =>
        body.Id !== input.Id &&
        input.DocNumber !== undefined &&
        body.DocNumber === input.DocNumber &&
        body.VendorRef.value === input.VendorRef?.value,
    );
  if (twin) yield flaws.duplicateNumber(twin.body.DocNumber, entity, twin.body.Id);
}

function ratesOf(codeId: string | undefined, books: Books): TaxRateDoc[] {
  const code = books.taxCodes.find((one) => one.Id === codeId);
  return (code?.PurchaseTaxRateList.TaxRateDetail ?? []).flatMap(
    ({ TaxRateRef }) => books.taxRates.find((one) => one.Id === TaxRateRef.value) ?? [],
  );
}

/** Rounds the tax of each line, then adds up: what was seen of this vendor, though not written down. */
function worked(input: Input, books: Books): TaxLineDoc[] {
  const byRate = new Map<string, { rate: TaxRateDoc; net: bigint; tax: bigint }>();
  for (const { Amount, AccountBasedExpenseLineDetail: detail } of input.Line ?? []) {
    for (const rate of ratesOf(detail.TaxCodeRef?.value, books)) {
      const net = toPennies(unitsOf(Amount));
      const held = byRate.get(rate.Id) ?? { rate, net: 0n, tax: 0n };
      const tax = rate.RateValue < 0 ? -taxOf(net, -rate.RateValue, false) : taxOf(net, rate.RateValue, false);
      byRate.set(rate.Id, { rate, net: held.net + net, tax: held.tax + tax });
    }
  }
  return [...byRate.values()].map(({ rate, net, tax }) => ({
    Amount: numberOf(tax),
    DetailType: 'TaxLineDetail',
    TaxLineDetail: {
      TaxRateRef: { value: rate.Id },
      PercentBased: true,
      TaxPercent: rate.RateValue,
      NetAmountTaxable: numberOf(net),
    },
  }));
}

/** A tax a client gives stands beside what was worked out, and the difference is kept. */
function overridden(lines: readonly TaxLineDoc[], input: Input): TaxLineDoc[] {
  return lines.map((line) => {
    const given = input.TxnTaxDetail?.TaxLine.find(
      ({ TaxLineDetail }) => TaxLineDetail.TaxRateRef.value === line.TaxLineDetail.TaxRateRef.value,
    );
    if (!given || given.Amount === line.Amount) return line;
    const delta = numberOf(unitsOf(given.Amount) - unitsOf(line.Amount));
    return { ...line, Amount: given.Amount, TaxLineDetail: { ...line.TaxLineDetail, OverrideDeltaAmount: delta } };
  });
}

function build(input: Input, before: LedgerDoc | null, entity: Entity, books: Books, world: SandboxWorld): LedgerDoc {
  const now = world.now();
  const vendor = vendors(world, books).get(input.VendorRef?.value ?? '');
  const currency = input.CurrencyRef?.value ?? vendor?.CurrencyRef.value ?? books.homeCurrency;
  const net = (input.Line ?? []).reduce((sum, line) => sum + toPennies(unitsOf(line.Amount)), 0n);
  // Faults: a penny of its own rounding, and a company that keeps to it whatever it is told.
  const penny = !before && world.fault('penny') !== null;
  const sticks = !before || world.fault('stubborn') === null;
  const lines = worked(input, books);
  const first = lines[0];
  if (first && (penny || !sticks)) {
    lines[0] = { ...first, Amount: numberOf(unitsOf(first.Amount) + 100n) };
  }
  const taxLines = sticks ? overridden(lines, input) : lines;
  const tax = taxLines.reduce((sum, line) => sum + unitsOf(line.Amount), 0n);
  const counter = world.documents<{ next: number }>('counters');
  const next = counter.get('transaction')?.next ?? 300;
  if (!before) counter.put('transaction', { next: next + 1 });
  return {
    createdAt: before?.createdAt ?? now,
    body: {
      Id: before?.body.Id ?? String(next),
      SyncToken: before ? String(Number(before.body.SyncToken) + 1) : '0',
      DocNumber: input.DocNumber ?? '',
      TxnDate: input.TxnDate ?? new Date(now).toISOString().slice(0, 10),
      ...(entity === 'Bill' && input.DueDate !== undefined ? { DueDate: input.DueDate } : {}),
      PrivateNote: input.PrivateNote ?? '',
      CurrencyRef: { value: currency },
      ExchangeRate: currency === books.homeCurrency ? 1 : (input.ExchangeRate ?? ownRates[currency] ?? 1),
      GlobalTaxCalculation: input.GlobalTaxCalculation ?? 'TaxExcluded',
      VendorRef: { value: vendor?.Id ?? '', name: vendor?.DisplayName ?? '' },
      Line: (input.Line ?? []).map((line, i) => ({ Id: String(i + 1), LineNum: i + 1, ...line })),
      TxnTaxDetail: { TotalTax: numberOf(tax), TaxLine: taxLines },
      TotalAmt: numberOf(net + tax),
      Balance: numberOf(net + tax),
      MetaData: { CreateTime: before?.body.MetaData.CreateTime ?? intuitTime(now), LastUpdatedTime: intuitTime(now) },
    },
  };
}
