import { expect, test } from 'vitest';
import { xero } from './index.ts';
import { calls, desk } from './testing/desk.ts';

const { account, bench } = desk;

test('health names the permission that is missing and what stops without it', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'drop-scope', value: 'accounting.attachments' });
  const checks = await xero.checkHealth(opened.context());
  expect(checks.filter((check) => check.failure)).toEqual([
    {
      id: 'attachments',
      label: 'Evidence files',
      neededFor: ['post-bill', 'reverse-bill'],
      failure: expect.objectContaining({
        code: 'forbidden',
        scope: 'connection',
        message: 'Xero did not grant: evidence files',
      }),
    },
  ]);
});

test('health sees an organisation that was disconnected, and a permission proven is not asked again within the hour', async () => {
  const opened = await bench();
  const { clock } = opened;
  await xero.checkHealth(opened.context({ clock }));
  const before = calls(opened).length;
  await xero.checkHealth(opened.context({ clock }));
  expect(calls(opened).slice(before)).toEqual(['GET /Organisation']);
  opened.sandbox.misbehave({ system: 'xero', fault: 'disconnect' });
  const [first] = await xero.checkHealth(opened.context({ clock }));
  expect(first?.failure).toMatchObject({ code: 'forbidden' });
});

test('only company files are offered, and those of another country say so', async () => {
  const opened = await bench();
  expect(await xero.accounts?.(opened.context({ account: null }))).toEqual([
    { id: account, name: 'Bluebell & Co (sample)', detail: 'UK · GBP · GB731884223' },
    { id: expect.any(String), name: 'Bluebell Ireland (sample)', detail: 'Cannot be used: not UK books (IE, EUR)' },
  ]);
});

test('reference data: codes by rate, accounts without system ones, lock date, currencies', async () => {
  const opened = await bench();
  const found = await xero.reference?.(opened.context());
  expect(found?.proposedTaxes).toEqual({
    uk_standard: 'INPUT2',
    uk_reduced: 'RRINPUT',
    uk_zero: 'ZERORATEDINPUT',
    exempt: 'EXEMPTINPUT',
    reverse_charge: 'REVERSECHARGES',
    domestic_reverse_charge: 'DRCHARGESUPPLY20',
    flat_rate_no_claim: 'INPUT2',
    no_vat_unregistered_supplier: 'NONE',
    outside_scope: 'NONE',
    unregistered_cost: 'NONE',
  });
  expect(found?.accounts.map((account) => account.code)).toEqual([
    '310',
    '400',
    '404',
    '429',
    '441',
    '463',
    '464',
    '489',
  ]);
  expect(found).toMatchObject({ proposedAccount: '464', currencies: ['GBP', 'USD', 'EUR'], lockedUntil: '2024-03-31' });
});
