import { expect, onTestFinished, test } from 'vitest';
import { updateOrganisation } from '../../store/repositories/organisations.ts';
import { createReview } from './index.ts';
import { setLock } from './locks.ts';
import { createRechecks } from './rechecks.ts';
import { costLine } from './testing/cost-lines.ts';
import { alex, given, org, parts, problem, review, reviewDesk, shown, store } from './testing/review-desk.ts';

reviewDesk();

const abroad = { name: 'Big Cloud', country: 'US', vatNumber: '', ukEstablishment: false, aliases: [] };
const close = (period: string, locked = true) => setLock(parts, org, { period, locked, reason: 'Filed' }, alex);

test.each([1, 150])(
  'what is said of a supplier later does not change %i lines of a month that was closed',
  async (many) => {
    const its = {
      supplier: 'Big Cloud',
      supplier_vat_number: '',
      supplier_country: '',
      net: '100.00',
      vat: '0.00',
      gross: '100.00',
    };
    await given(
      ...Array.from({ length: many }, (_, i) =>
        costLine(`a${i}`, { ...its, invoice_number: `A-${i}`, line_date: '2026-09-10' }),
      ),
      ...Array.from({ length: many }, (_, i) =>
        costLine(`b${i}`, { ...its, invoice_number: `B-${i}`, line_date: '2026-11-10' }),
      ),
    );
    const before = await shown('a0');
    await close('2026-09');
    const rechecks = createRechecks({ store, runtime: parts.runtime, publish: () => undefined });
    const { saveSupplier } = createReview({ ...parts, rechecks });
    const saved = await saveSupplier(org, abroad, alex);
    await rechecks.settled(org);
    expect(await shown('a0')).toEqual(before);
    expect(await shown('b0')).toMatchObject({ supplierCountry: 'US', treatment: 'reverse_charge' });
    await close('2026-09', false);
    await saveSupplier(org, { ...saved, vatNumber: 'EU372' }, alex);
    await rechecks.settled(org);
    expect(await shown('a0')).toMatchObject({ supplierCountry: 'US', treatment: 'reverse_charge' });
  },
);

test('under cash accounting a payment moves no VAT into a closed month, nor out of it', async () => {
  await store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'cash' }));
  onTestFinished(() => store.transaction((tx) => updateOrganisation(tx, org, { vat_scheme: 'standard' })));
  await given(
    costLine('a', { line_date: '2026-10-10' }),
    costLine('b', { line_date: '2026-10-11', paid_on: '2026-09-20' }),
  );
  await close('2026-09');
  const pay = async (id: string, paidOn: string | null) =>
    review.edit(org, { lines: [{ id, version: (await shown(id)).version }], patch: { paidOn }, why: 'Bank' }, alex);
  expect((await problem(pay('a', '2026-09-14'))).problem.happened).toContain('2026-09 is closed');
  expect((await problem(pay('b', '2026-10-14'))).problem.happened).toContain('2026-09 is closed');
  await pay('a', '2026-10-14');
});
