import { type Assessment, assess, type VatContext } from '../assess.ts';
import { DocumentHistory } from '../history.ts';
import { readDescription, type VatLine } from '../line.ts';

export type Change = Partial<Omit<VatLine, 'attributes' | 'text'>> & { description?: string };

/** A sound UK invoice: £40.00 net, £8.00 VAT, looked at on 1 March 2026. */
export function line({ description = 'Cache service', ...change }: Change = {}): VatLine {
  return {
    id: 'L1',
    date: '2026-02-10',
    supplier: 'Ferry Compute Ltd',
    supplierCountry: 'GB',
    supplierVatNumber: 'GB 713 0246 81',
    customerRegistered: true,
    customerCountry: 'GB',
    currency: 'GBP',
    net: '40.00',
    vat: '8.00',
    gross: '48.00',
    hint: '',
    fx: null,
    ...readDescription(description, 'L1', '2026-03-01'),
    ...change,
  };
}
export const foreign: Change = { supplierCountry: 'US', supplierVatNumber: '', vat: '0.00', gross: '40.00' };
export const run = (change: Change = {}, context: Partial<VatContext> = {}): Assessment =>
  assess(line(change), { history: new DocumentHistory(), ...context });
export const ids = (result: Assessment) => result.checks.map(({ id }) => id).join(' ');

/** `treatment: checks` */
export const verdict = (change: Change = {}) => {
  const result = run(change);
  return `${result.treatment}: ${ids(result)}`.trim();
};
export const amounts = (net: string, vat: string) => {
  const pence = (text: string) => Math.round(Number(text) * 100);
  return { net, vat, gross: ((pence(net) + pence(vat)) / 100).toFixed(2) };
};
