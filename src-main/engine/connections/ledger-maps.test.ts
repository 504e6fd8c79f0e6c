import { expect, test } from 'vitest';
import { practiceOrganisationId as org } from '../organisations/seed-practice.ts';
import { booksDesk, by, connections, signIn, vendor } from './testing/books-desk.ts';

booksDesk();

test('ledger codes are proposed, confirmed by a person, and void when the ledger changes them', async () => {
  await signIn();
  const proposed = await connections.ledgers.map(org, 'xero');
  expect(proposed.taxes[0]).toMatchObject({ treatment: 'uk_standard', code: 'INPUT2', rate: '20', confirmed: false });
  expect(proposed.accounts).toMatchObject([{ category: '', code: '463', label: 'Software' }]);
  expect((await connections.ledgers.books(org, 'xero')).taxes).toMatchObject({ uk_standard: null });

  const choice = { taxes: { uk_standard: 'INPUT2', outside_scope: 'NONE' }, accounts: { '': '463' } };
  await expect(connections.ledgers.confirm(org, 'xero', choice, by('sam'))).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
  });
  const wrong = { taxes: { uk_standard: 'INPUT9' }, accounts: {} };
  await expect(connections.ledgers.confirm(org, 'xero', wrong, by())).rejects.toThrow('INPUT9');
  expect(await connections.ledgers.confirm(org, 'xero', choice, by())).toBe(3);
  expect(await connections.ledgers.books(org, 'xero')).toMatchObject({
    taxes: { uk_standard: 'INPUT2', outside_scope: 'NONE', exempt: null },
    accounts: { '': '463' },
  });

  vendor.reference = {
    ...vendor.reference,
    taxes: [{ code: 'INPUT2', label: '20% (VAT on Expenses)', rate: '22' }],
    accounts: [],
  };
  const after = await connections.ledgers.books(org, 'xero');
  expect([after.taxes.uk_standard, after.taxes.outside_scope, after.accounts['']]).toEqual([null, null, null]);
  expect((await connections.ledgers.map(org, 'xero')).taxes[0]).toMatchObject({ confirmed: false });
});
