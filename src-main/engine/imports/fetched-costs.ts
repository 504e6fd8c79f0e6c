import { type BreakdownPart, type DocumentSum, exactPlus } from '../../../src-shared/domain/cost/document-sum.ts';
import type { CostContribution } from '../../store/repositories/costs.ts';

/** Begins the key of every document of a fetched month. */
export const fetchedPrefix = (source: string, month: string) => `["api","${source}","${month}",`;
export const fetchedKey = (source: string, month: string, account: string, currency: string) =>
  `${fetchedPrefix(source, month)}${JSON.stringify([account, currency]).slice(1)}`;

const minus = (amount: string) => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);
const isZero = (amount: string) => /^-?0*(\.0*)?$/.test(amount);

/**
 * What a month fetched again adds to what was fetched of it before, document by document: the differences alone, so that a
 * line is again the sum of its imports, an undo takes back the last one, and a line already exported gets a supplement. A
 * document the vendor no longer has is taken back to nothing.
 */
export function differencesOf(
  documents: readonly (DocumentSum & { readonly number: number })[],
  earlier: readonly CostContribution[],
  {
    unchanged,
  }: { /** Gives them too, with nothing to add: something else about them changed. */ readonly unchanged: boolean },
): (DocumentSum & { readonly number: number })[] {
  const before = new Map<string, CostContribution[]>();
  for (const one of earlier) before.set(one.document_key, [...(before.get(one.document_key) ?? []), one]);
  const gone = [...before].filter(([key]) => !documents.some((document) => document.key === key));
  const all = [...documents, ...gone.map(([key, parts], index) => emptied(key, parts, documents, index))];
  return all.flatMap((document) => {
    const parts = before.get(document.key);
    if (!parts) return [document];
    const breakdown = partDifferences(document.breakdown, parts);
    if (breakdown.length === 0 && !unchanged) return [];
    const exactNet = parts.reduce((sum, { exact_net }) => exactPlus(sum, minus(exact_net)), document.exactNet);
    const rows = Math.max(0, document.rows - parts.reduce((sum, part) => sum + part.rows, 0));
    return [{ ...document, exactNet, breakdown, rows }];
  });
}

function partDifferences(now: readonly BreakdownPart[], before: readonly CostContribution[]): BreakdownPart[] {
  const left = new Map(now.map((part) => [part.label, part]));
  for (const { label, rows, amount } of before.flatMap((one) => JSON.parse(one.breakdown) as BreakdownPart[])) {
    const part = left.get(label) ?? { label, rows: 0, amount: '0' };
    left.set(label, { label, rows: part.rows - rows, amount: exactPlus(part.amount, minus(amount)) });
  }
  return [...left.values()].filter(({ rows, amount }) => rows !== 0 || !isZero(amount));
}

/** A document of an earlier fetch that this one does not have. */
function emptied(
  key: string,
  parts: readonly CostContribution[],
  documents: readonly (DocumentSum & { readonly number: number })[],
  index: number,
): DocumentSum & { readonly number: number } {
  const [, , month = '', account = '', currency = ''] = JSON.parse(key) as string[];
  const [sample] = documents;
  return {
    key,
    number: documents.length + index,
    issuer: sample?.issuer ?? '',
    account,
    accountName: account,
    currency,
    invoiceId: '',
    periodStart: `${month}-01`,
    periodEnd: sample?.periodEnd ?? `${month}-28`,
    exactNet: '0',
    exactVat: '0',
    breakdown: [],
    rows: 0,
    firstRow: parts[0]?.first_row ?? 1,
    lastRow: parts[0]?.last_row ?? 1,
  };
}
