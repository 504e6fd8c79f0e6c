import { expect, test } from 'vitest';
import { alex, crm, crmDesk, lens, org, prepared, store, timePasses, usage, writes } from './testing/crm-desk.ts';
import { insertVendors } from './testing/vendors.ts';

crmDesk();

const requests = async (vendor: string) =>
  (await crm.value(org, vendor, '2026-10')).value.figures.find(({ key }) => key === 'ai_requests')?.shown;

test('who turned out to be one vendor counts as that one, also where that one turned out to be another', async () => {
  await insertVendors(store, org, ['barn-photo', 'barn-photography']);
  await usage('barn-photo', '2026-10', 3);
  await usage('barn-photography', '2026-10', 4);
  await crm.confirm(org, { vendorIds: ['barn-photo'], as: 'new' }, alex);
  await crm.confirm(org, { vendorIds: ['barn-photography'], as: 'same', sameAs: 'barn-photo' }, alex);
  expect(await requests('barn-photo')).toBe('7');
  await crm.confirm(org, { vendorIds: ['barn-photo'], as: 'same', sameAs: 'castle-mead' }, alex);
  expect(await requests('castle-mead')).toBe('32');
  expect(await requests('barn-photography')).toBe('32');
});

test('a vendor with a CRM of its own is no other vendor before that is taken away: its figures would go out as nought', async () => {
  await prepared();
  await expect(
    crm.confirm(org, { vendorIds: ['lens-and-light'], as: 'same', sameAs: 'castle-mead' }, alex),
  ).rejects.toThrow('lens-and-light uses Táve (VSCO Workspace) here');
  await crm.unmap(org, 'lens-and-light', 'tave', alex);
  await crm.confirm(org, { vendorIds: ['lens-and-light'], as: 'same', sameAs: 'castle-mead' }, alex);
  expect(await requests('castle-mead')).toBe('50');
});

test('two vendors without keys of their own are not written into one studio, which is one vendor’s', async () => {
  for (const id of ['barn-photo', 'petal-events'])
    await crm.saveVendor(org, { id, name: id, email: '', aliases: [] }, alex);
  await crm.map(org, { vendorId: 'barn-photo', crm: 'tave', target: {} }, alex);
  await expect(crm.map(org, { vendorId: 'petal-events', crm: 'tave', target: {} }, alex)).rejects.toThrow(
    'barn-photo has no key of its own for Táve (VSCO Workspace) either',
  );
  await crm.map(org, { vendorId: 'petal-events', crm: 'tave', target: {}, key: 'practice-tave-petal' }, alex);
  // Its own key stands: what else is said of it may change.
  await crm.map(org, { vendorId: 'petal-events', crm: 'tave', target: {} }, alex);
});

test('nobody is pushed for who is not to be pushed for any more, approved or not', async () => {
  const { id } = lens(await prepared());
  await crm.approve(org, [id], alex);
  await crm.confirm(org, { vendorIds: ['lens-and-light'], as: 'ignored' }, alex);
  expect(await crm.send(org, { ids: [id] }, alex)).toMatchObject({
    done: [],
    refused: [{ id, reason: expect.stringContaining('not to be pushed for') }],
  });
  expect(writes()).toBe(0);
});

test('the present month of a new client is that of the organisation’s own clock', async () => {
  // Half past midnight of the 1st of June in London; May in Greenwich.
  timePasses(Date.parse('2027-05-31T23:30:00Z') - Date.parse('2026-11-03T09:00:00Z'));
  await usage('lens-and-light', '2027-05', 5);
  await usage('lens-and-light', '2027-06', 1);
  const { pushes } = await crm.newClient(org, 'lens-and-light');
  expect((await Promise.all(pushes.map((id) => crm.push(org, id)))).map(({ period }) => period)).toEqual(['2027-06']);
  expect((await crm.summary(org, undefined)).period).toBe('2027-05');
});
