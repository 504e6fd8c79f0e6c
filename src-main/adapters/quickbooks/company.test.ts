import { expect, test } from 'vitest';
import { quickbooks } from './index.ts';
import { desk } from './testing/desk.ts';
import { aBill, accounts, codes } from './testing/samples.ts';

const { account, bench, deliver, copyOf } = desk;

test('a lapsed subscription, a company of another country and no company at all say so', async () => {
  const opened = await bench();
  const irish = { account: { id: '9341450000000002', name: 'x', detail: '' } };
  expect((await quickbooks.checkHealth(opened.context(irish)))[0]?.failure).toMatchObject({ code: 'forbidden' });
  expect((await quickbooks.checkHealth(opened.context({ account: null })))[0]?.failure).toMatchObject({
    code: 'misconfigured',
  });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'lapsed' });
  expect((await quickbooks.checkHealth(opened.context()))[0]?.failure).toMatchObject({ scope: 'connection' });
});

test('reference data: codes with their purchase rates, accounts, closing date, currencies', async () => {
  const opened = await bench();
  const found = await quickbooks.reference?.(opened.context());
  expect(found?.taxes.find((tax) => tax.code === codes.reverse)).toEqual({
    code: '38',
    label: '20.0% RC SG',
    rate: '20',
  });
  expect(found?.taxes.map((tax) => tax.label)).not.toContain('17.5% S');
  expect(found?.taxes.map((tax) => tax.label)).not.toContain('20.0% ECS');
  expect(found?.proposedTaxes).toEqual({
    uk_standard: '31',
    uk_reduced: '32',
    uk_zero: '33',
    exempt: '34',
    reverse_charge: '38',
    domestic_reverse_charge: null,
    flat_rate_no_claim: '31',
    no_vat_unregistered_supplier: '35',
    outside_scope: '35',
    unregistered_cost: '35',
  });
  expect(found?.accounts.map((account) => account.code)).toEqual(['80', '81', '82', '83', '88', '89']);
  expect(found).toMatchObject({ proposedAccount: '88', lockedUntil: '2024-03-31' });
  expect(found?.currencies.slice(0, 2)).toEqual(['GBP', 'USD']);
});

test('books without VAT hold costs without VAT only; one currency means pounds only', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'vat-off' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'one-currency' });
  const found = await quickbooks.reference?.(opened.context());
  expect(found).toMatchObject({ taxes: [{ code: 'NON', rate: '0' }], currencies: ['GBP'] });
  expect(found?.proposedTaxes).toEqual({
    no_vat_unregistered_supplier: 'NON',
    outside_scope: 'NON',
    unregistered_cost: 'NON',
  });
  const line = { description: 'x', net: '12.00', vat: '0.00', taxType: 'NON', accountCode: accounts.cloud };
  const { vendorId } = await deliver(
    opened,
    aBill({ lines: [line], totals: { net: '12.00', vat: '0.00', gross: '12.00' } }),
  );
  expect(await copyOf(opened, vendorId)).toMatchObject({ gross: '12.00', lines: [{ taxType: 'NON' }] });
});

test('without a company nothing is sent, and health says what to do', async () => {
  const opened = await bench();
  await expect(deliver(opened, aBill(), { account: null })).rejects.toMatchObject({
    code: 'misconfigured',
    detail: { scope: 'connection' },
  });
  expect(await quickbooks.accounts?.(opened.context({ account: null }))).toEqual([]);
  expect(await quickbooks.accounts?.(opened.context())).toEqual([
    { id: account, name: 'Bluebell & Co (sample)', detail: `UK · ${account}` },
  ]);
});
