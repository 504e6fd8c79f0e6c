import { expect, test } from 'vitest';
import { costLine } from './testing/cost-lines.ts';
import { alex, desk, given, org, review, reviewDesk, shown, store } from './testing/review-desk.ts';

reviewDesk();

/** All that is stored of the lines but how often and when they were written: not only what a screen shows. */
async function stored() {
  const lines = await store.read.selectFrom('cost_line').selectAll().orderBy('id').execute();
  const pairs = await store.read.selectFrom('line_duplicate').selectAll().orderBy('line_id').execute();
  const parts = await store.read.selectFrom('line_split').selectAll().execute();
  const rules = await store.read.selectFrom('category_rule').selectAll().execute();
  return { lines: lines.map(({ version: _v, updated_at: _u, ...line }) => line), pairs, parts, rules };
}
const versions = async (...ids: string[]) =>
  Promise.all(ids.map(async (id) => ({ id, version: (await shown(id)).version })));
const twin = { supplier: 'Twin Ltd', net: '50.00', vat: '10.00', gross: '60.00' };

/** Every action of the review that U32 lists, as one step. */
const actions: Record<string, () => Promise<{ undoId: string | null }>> = {
  'a field': async () =>
    review.edit(
      org,
      { lines: await versions('a'), patch: { vat: '25.00', gross: '125.00' }, why: 'typing error' },
      alex,
    ),
  'a category': async () =>
    review.edit(org, { lines: await versions('a'), patch: { category: 'Cloud hosting' }, why: '' }, alex),
  'a category of many': async () =>
    review.edit(org, { lines: await versions('a', 'b', 'x'), patch: { category: 'AI tools' }, why: '' }, alex),
  'a treatment': async () =>
    review.edit(org, { lines: await versions('a'), patch: { treatmentHint: 'outside_scope' }, why: 'gift' }, alex),
  'not deductible': async () =>
    review.edit(org, { lines: await versions('a'), patch: { deductible: false }, why: 'A client dinner' }, alex),
  'left out': () => review.exclude(org, { lineIds: ['a', 'x'], reason: 'private' }, alex),
  split: async () =>
    desk.split(
      org,
      { lineId: 'a', version: (await shown('a')).version, parts: [{ weight: 1 }, { weight: 2 }], why: 'two teams' },
      alex,
    ),
  merged: () => desk.merge(org, { lineId: 'b', earlierId: 't', reason: 'sent twice' }, alex),
  'both kept': () => desk.keepBoth(org, { lineId: 'b', earlierId: 't', reason: 'two seats' }, alex),
};

test.each(Object.entries(actions))(
  '%s: undo restores what was stored, to the last field (ux 14.15)',
  async (_name, act) => {
    await given(
      costLine('a', { category: 'Hosting' }),
      costLine('t', { ...twin, invoice_number: 'N-1' }),
      costLine('b', { ...twin, invoice_number: 'N-2' }),
      costLine('x'),
    );
    const before = await stored();
    const { undoId } = await act();
    expect(await stored()).not.toEqual(before);
    await review.undo(org, undoId ?? '', alex);
    expect(await stored()).toEqual(before);
  },
);
