import { expect, test } from 'vitest';
import { costLine } from './testing/cost-lines.ts';
import { alex, given, ids, org, problem, review, reviewDesk, shown } from './testing/review-desk.ts';

reviewDesk();

test('confirming a supplier settles its open lines and every name it goes by', async () => {
  const unknown = {
    supplier_country: '',
    supplier_vat_number: '',
    net: '100.00',
    vat: '0.00',
    gross: '100.00',
    gross_minor: 10000,
  };
  await given(
    costLine('a', { ...unknown, supplier: 'Big  Cloud' }),
    costLine('b', { ...unknown, supplier: 'BIG CLOUD', line_date: '2026-08-01' }),
    costLine('c', { ...unknown, supplier: 'Other' }),
  );
  expect(ids(await shown('a'))).toEqual(['SUPPLIER-COUNTRY']);
  const saved = await review.saveSupplier(
    org,
    { name: 'Big Cloud', country: 'us', vatNumber: '', ukEstablishment: false, aliases: ['Big Cloud Inc'] },
    alex,
  );
  expect(saved).toMatchObject({ confirmed: true, country: 'US', aliases: ['Big Cloud', 'Big Cloud Inc'] });
  expect(await shown('a')).toMatchObject({ supplierId: saved.id, treatment: 'reverse_charge', state: 'ready' });
  expect(await shown('b')).toMatchObject({ supplierId: saved.id, treatment: 'reverse_charge' });
  expect(ids(await shown('c'))).toEqual(['SUPPLIER-COUNTRY']);
  expect(await review.suppliers(org)).toEqual([saved]);

  await review.saveSupplier(org, { ...saved, country: 'LU', ukEstablishment: true }, alex);
  expect(await shown('a')).toMatchObject({ supplierCountry: 'LU', treatment: 'no_vat_unregistered_supplier' });
  const taken = review.saveSupplier(
    org,
    { name: 'New', country: 'US', vatNumber: '', ukEstablishment: false, aliases: ['big cloud'] },
    alex,
  );
  expect((await problem(taken)).problem.happened).toContain('already means another supplier');
});

test.each([
  ['UK', 'GB'],
  ['great britain', 'GB'],
  ['el', 'GR'],
  ['Ireland', 'IE'],
])('a supplier in %s is one in %s', async (country, letters) => {
  const supplier = { name: 'Big Cloud', country, vatNumber: '', ukEstablishment: false, aliases: [] };
  expect(await review.saveSupplier(org, supplier, alex)).toMatchObject({ country: letters });
});

test.each(['ZZ', 'QQ', 'Narnia'])('%s is no country a supplier can be established in', async (country) => {
  const supplier = { name: 'Big Cloud', country, vatNumber: '', ukEstablishment: false, aliases: [] };
  const { remedy } = (await problem(review.saveSupplier(org, supplier, alex))).problem;
  expect(remedy).toBe('Write its two letters, such as GB, IE or US.');
  expect(await review.saveSupplier(org, { ...supplier, country: 'XI' }, alex)).toMatchObject({ country: 'XI' });
});
