import { readAmount } from './amounts.ts';
import { columnKey, isCurrency, isNull, type RowResult, refuse } from './columns.ts';
import { readDate } from './dates.ts';

/** One item of an issued invoice, as FOCUS 1.4 *Invoice Detail* states it. Days are `YYYY-MM-DD`, the amount exact. */
export interface InvoiceDetail {
  readonly issuer: string;
  readonly invoiceId: string;
  readonly detailId: string;
  readonly account: string;
  readonly currency: string;
  readonly amount: string;
  readonly isTax: boolean;
  /** As the issuer writes it, e.g. `Issued` or `Voided`. */
  readonly status: string;
  readonly issuedOn: string | null;
  readonly dueOn: string | null;
  readonly description: string;
}

const required = [
  'BilledCost',
  'BillingAccountId',
  'BillingCurrency',
  'ChargeCategory',
  'InvoiceDetailId',
  'InvoiceId',
  'InvoiceIssueStatus',
  'InvoiceIssuerName',
] as const;

/** Whether the headers are those of *Invoice Detail*; *Cost and Usage* may name a detail too, but not its issue status. */
export function looksLikeInvoiceDetail(headers: readonly string[]): boolean {
  const keys = new Set(headers.map(columnKey));
  return keys.has('invoiceissuestatus') && keys.has('invoicedetailid');
}

/** Reads rows by the names of their columns. @returns the layout, or the required columns that are missing */
export function invoiceDetailLayout(
  headers: readonly string[],
): { read(cells: readonly string[]): RowResult<InvoiceDetail> } | { readonly missing: readonly string[] } {
  const keys = headers.map(columnKey);
  const missing = required.filter((name) => !keys.includes(columnKey(name)));
  if (missing.length > 0) return { missing };
  const place = (name: string) => keys.indexOf(columnKey(name));
  const at = {
    cost: place('BilledCost'),
    account: place('BillingAccountId'),
    currency: place('BillingCurrency'),
    category: place('ChargeCategory'),
    detail: place('InvoiceDetailId'),
    invoice: place('InvoiceId'),
    status: place('InvoiceIssueStatus'),
    issuer: place('InvoiceIssuerName'),
    issued: place('InvoiceIssueDate'),
    due: place('PaymentDueDate'),
    description: place('InvoiceDetailDescription'),
  };
  return {
    read(cells) {
      const text = (index: number) => {
        const cell = cells[index] ?? '';
        return isNull(cell) ? '' : cell.trim();
      };
      const day = (index: number) => {
        const read = text(index) === '' ? null : readDate(text(index), 'iso');
        return read?.ok ? read.day : null;
      };
      const [issuer, invoiceId, detailId] = [text(at.issuer), text(at.invoice), text(at.detail)];
      if (!issuer) return refuse('InvoiceIssuerName', 'Names no issuer; ask the vendor for a complete export.');
      if (!invoiceId) return refuse('InvoiceId', 'Names no invoice; ask the vendor for a complete export.');
      if (!detailId) return refuse('InvoiceDetailId', 'Has no id; ask the vendor for a complete export.');
      const currency = text(at.currency).toUpperCase();
      if (!isCurrency(currency)) return refuse('BillingCurrency', `"${currency}" is no currency code.`);
      const amount = readAmount(text(at.cost), '.');
      if (!amount.ok) return refuse('BilledCost', `The amount ${amount.reason}; export the file again.`);
      return {
        ok: true,
        value: {
          issuer,
          invoiceId,
          detailId,
          account: text(at.account),
          currency,
          amount: amount.text,
          isTax: text(at.category).toLowerCase() === 'tax',
          status: text(at.status),
          issuedOn: day(at.issued),
          dueOn: day(at.due),
          description: text(at.description),
        },
      };
    },
  };
}
