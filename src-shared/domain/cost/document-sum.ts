import { Big, decimal, ExactSum, fromMinor, minorUnits, toMinor } from '../money/index.ts';
import type { FocusCharge, RefusedCharge, Used } from './focus.ts';

/** Part of a document: the exact sum of the rows of one service, before any rounding. */
export interface BreakdownPart {
  readonly label: string;
  readonly rows: number;
  readonly amount: string;
  /** In what one import gave; absent where nobody said. */
  readonly used?: Used;
}

/** What the rows of one file add up to for one document. Sums are exact decimal text. */
export interface DocumentSum {
  readonly key: string;
  readonly issuer: string;
  readonly account: string;
  readonly accountName: string;
  readonly currency: string;
  readonly invoiceId: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly exactNet: string;
  readonly exactVat: string;
  readonly breakdown: readonly BreakdownPart[];
  readonly rows: number;
  readonly firstRow: number;
  readonly lastRow: number;
}

/**
 * Which document a charge belongs to: the invoice it names, else issuer × billing account × currency × billing period.
 * The currency is always part of it, because a line has one currency.
 */
export function documentKey(charge: FocusCharge): string {
  const parts = charge.invoiceId
    ? ['invoice', charge.issuer, charge.invoiceId, charge.currency]
    : ['period', charge.issuer, charge.account, charge.currency, charge.periodStart, charge.periodEnd];
  return JSON.stringify(parts);
}

/**
 * What the keys begin with of the documents a refused charge may belong to: those among `keys`, and wherever else it names one.
 * A charge nothing can be read of may belong to any among `keys`.
 */
export function* documentsOf(charge: RefusedCharge, keys: Iterable<string>): Generator<string> {
  const { issuer, account, currency, periodStart, periodEnd, invoiceId } = charge;
  if (issuer && invoiceId) yield `${JSON.stringify(['invoice', issuer, invoiceId]).slice(0, -1)},`;
  const isSame = (said: string | null, known: string | undefined) => said === null || said === known;
  for (const key of keys) {
    const [form, of, named, ...rest] = JSON.parse(key) as string[];
    if (!isSame(issuer, of) || !isSame(currency, rest[0])) continue;
    const isIt =
      form === 'invoice'
        ? isSame(invoiceId, named)
        : !invoiceId && isSame(account, named) && isSame(periodStart, rest[1]) && isSame(periodEnd, rest[2]);
    if (isIt) yield key;
  }
  if (issuer && account && currency && periodStart && periodEnd && invoiceId === '')
    yield JSON.stringify(['period', issuer, account, currency, periodStart, periodEnd]);
}

interface Part {
  rows: number;
  readonly sum: ExactSum;
}

interface TimedPart extends Part {
  used: Used | null;
}

/** Adds up the charges of one file, document by document, exactly. */
export class DocumentSums {
  readonly #documents = new Map<string, Growing>();

  /** The number of the document within this file, from 0; a new key makes a new one. */
  numberOf(key: string): number {
    let found = this.#documents.get(key);
    if (!found) {
      found = {
        number: this.#documents.size,
        first: null,
        net: new ExactSum(),
        vat: new ExactSum(),
        parts: new Map(),
        rows: 0,
        firstRow: 0,
        lastRow: 0,
        start: '',
        end: '',
      };
      this.#documents.set(key, found);
    }
    return found.number;
  }

  add(key: string, charge: FocusCharge, row: number): void {
    this.numberOf(key);
    const document = this.#documents.get(key);
    if (!document) return;
    document.first ??= charge;
    if (document.rows === 0) document.firstRow = row;
    document.lastRow = row;
    document.rows++;
    if (document.start === '' || charge.periodStart < document.start) document.start = charge.periodStart;
    if (charge.periodEnd > document.end) document.end = charge.periodEnd;
    (charge.isTax ? document.vat : document.net).add(charge.amount);
    const label = charge.isTax ? `Tax: ${charge.service}` : charge.service;
    let part = document.parts.get(label);
    if (!part) {
      part = { rows: 0, sum: new ExactSum(), used: charge.used };
      document.parts.set(label, part);
    }
    part.used = spanOf(part.used, charge.used);
    part.rows++;
    part.sum.add(charge.amount);
  }

  /** Of every document of the file, also of those that got no new row. */
  keys(): Iterable<string> {
    return this.#documents.keys();
  }

  /** Documents that got at least one new row, in the order in which they were met, with the number given before. */
  *results(): Generator<DocumentSum & { readonly number: number }> {
    for (const [key, document] of this.#documents) {
      const { first } = document;
      if (!first) continue;
      yield {
        key,
        number: document.number,
        issuer: first.issuer,
        account: first.account,
        accountName: first.accountName,
        currency: first.currency,
        invoiceId: first.invoiceId,
        periodStart: document.start,
        periodEnd: document.end,
        exactNet: document.net.text(),
        exactVat: document.vat.text(),
        breakdown: [...document.parts].map(([label, { rows, sum, used }]) => ({
          ...{ label, rows, amount: sum.text() },
          ...(used && { used }),
        })),
        rows: document.rows,
        firstRow: document.firstRow,
        lastRow: document.lastRow,
      };
    }
  }
}

function spanOf(one: Used | null, other: Used | null): Used | null {
  if (!one || !other) return one ?? other;
  const isInside = other.from >= one.from && other.to <= one.to;
  return isInside ? one : { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}

interface Growing {
  readonly number: number;
  first: FocusCharge | null;
  readonly net: ExactSum;
  readonly vat: ExactSum;
  readonly parts: Map<string, TimedPart>;
  rows: number;
  firstRow: number;
  lastRow: number;
  start: string;
  end: string;
}

/** The amounts of a document, rounded once from the exact sums to the smallest unit of its currency; gross is their sum. */
export function roundedAmounts(exactNet: string, exactVat: string, currency: string) {
  const places = minorUnits(currency);
  const net = decimal(exactNet).round(places, Big.roundHalfUp);
  const vat = decimal(exactVat).round(places, Big.roundHalfUp);
  const grossMinor = toMinor(net.plus(vat), currency);
  return {
    net: fromMinor(toMinor(net, currency), currency),
    vat: fromMinor(toMinor(vat, currency), currency),
    gross: fromMinor(grossMinor, currency),
    grossMinor,
  };
}

/** Sum of two exact decimal texts. */
export function exactPlus(a: string, b: string): string {
  return new ExactSum().add(a).add(b).text();
}

/** Difference of two exact decimal texts. */
export function exactMinus(a: string, b: string): string {
  return exactPlus(a, b.startsWith('-') ? b.slice(1) : `-${b}`);
}

/** Joins the breakdowns of several files by label; exact. */
export function mergeBreakdowns(all: readonly (readonly BreakdownPart[])[]): BreakdownPart[] {
  const parts = new Map<string, Part>();
  for (const { label, rows, amount } of all.flat()) {
    const part = parts.get(label) ?? { rows: 0, sum: new ExactSum() };
    part.rows += rows;
    part.sum.add(amount);
    parts.set(label, part);
  }
  return [...parts].map(([label, part]) => ({ label, rows: part.rows, amount: part.sum.text() }));
}

/**
 * The invoice number of a document that names none: the end of its account and its billing period, e.g. `8611537-2024-09`.
 * Readable on a bill and the same at every import.
 */
export function derivedNumber(document: Pick<DocumentSum, 'account' | 'periodStart' | 'periodEnd'>): string {
  const account = document.account.split('/').filter(Boolean).at(-1)?.slice(-24) ?? document.account.slice(-24);
  const month = document.periodStart.slice(0, 7);
  const whole = document.periodStart.endsWith('-01') && isLastOfMonth(document.periodEnd, month);
  return whole ? `${account}-${month}` : `${account}-${document.periodStart}-${document.periodEnd.slice(5)}`;
}

function isLastOfMonth(day: string, month: string): boolean {
  return (
    day.slice(0, 7) === month &&
    new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(8, 10) === '01'
  );
}
