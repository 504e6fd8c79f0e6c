import type { InvoiceTotal } from '../../../src-shared/contract/sources.ts';
import { exactPlus } from '../../../src-shared/domain/cost/document-sum.ts';
import { decimal } from '../../../src-shared/domain/money/index.ts';
import type { Reader } from '../../ports/store.ts';
import { currentDetails, usageOfInvoices } from '../../store/repositories/invoice-details.ts';

interface Sums {
  net: string;
  vat: string;
}

/** Issued invoices against the usage imported for them, exactly; usage of an issuer without invoices is not asked about. */
export async function invoiceTotals(db: Reader, organisationId: string): Promise<InvoiceTotal[]> {
  const [details, usage] = await Promise.all([currentDetails(db, organisationId), usageOfInvoices(db, organisationId)]);
  const used = new Map<string, Sums>();
  for (const { document_key, exact_net, exact_vat } of usage) {
    const sums = used.get(document_key) ?? { net: '0', vat: '0' };
    used.set(document_key, { net: exactPlus(sums.net, exact_net), vat: exactPlus(sums.vat, exact_vat) });
  }
  const invoices = new Map<
    string,
    Sums & Pick<InvoiceTotal, 'issuer' | 'invoiceId' | 'currency' | 'issuedOn' | 'status'>
  >();
  for (const one of details) {
    const key = JSON.stringify(['invoice', one.issuer, one.invoice_id, one.currency]);
    const sums = invoices.get(key) ?? {
      issuer: one.issuer,
      invoiceId: one.invoice_id,
      currency: one.currency,
      issuedOn: one.issued_on,
      status: one.status,
      net: '0',
      vat: '0',
    };
    if (one.is_tax) sums.vat = exactPlus(sums.vat, one.amount);
    else sums.net = exactPlus(sums.net, one.amount);
    invoices.set(key, sums);
  }
  const issuers = new Set(details.map(({ issuer }) => issuer));
  for (const key of used.keys()) {
    const [, issuer = '', invoiceId = '', currency = ''] = JSON.parse(key) as string[];
    if (invoices.has(key) || !issuers.has(issuer)) continue;
    invoices.set(key, { issuer, invoiceId, currency, issuedOn: null, status: '', net: '0', vat: '0' });
  }
  return [...invoices].map(([key, { net, vat, ...invoice }]) => {
    const sums = used.get(key) ?? { net: '0', vat: '0' };
    const difference = decimal(net).plus(decimal(vat)).minus(decimal(sums.net)).minus(decimal(sums.vat));
    const agrees = decimal(net).eq(decimal(sums.net)) && decimal(vat).eq(decimal(sums.vat));
    return {
      ...invoice,
      net,
      vat,
      usageNet: sums.net,
      usageVat: sums.vat,
      difference: difference.toFixed(),
      state: !used.has(key) ? 'no_usage' : invoice.status === '' ? 'no_invoice' : agrees ? 'agrees' : 'differs',
    } satisfies InvoiceTotal;
  });
}
