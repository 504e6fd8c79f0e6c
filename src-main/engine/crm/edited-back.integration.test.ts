import { expect, test } from 'vitest';
import { alex, crm, crmDesk, edit, lens, org, prepared, sandbox, sendAll, settled, usage } from './testing/crm-desk.ts';

crmDesk();

test('an edit in the CRM that stopped a push and was taken back there lets the same push go after all', async () => {
  await sendAll();
  await usage('lens-and-light', '2026-10', 5);
  const { id } = lens(await prepared());
  await crm.approve(org, [id], alex);
  edit('WedSync AI requests', '99');
  await crm.send(org, { ids: [id] }, alex);
  expect((await settled([id]))[0]).toMatchObject({ state: 'conflict' });
  edit('WedSync AI requests', '25');
  expect(lens(await prepared())).toMatchObject({ id, state: 'to_approve' });
  await crm.approve(org, [id], alex);
  expect((await crm.send(org, { ids: [id] }, alex)).done).toEqual([id]);
  expect((await settled([id]))[0]).toMatchObject({ state: 'verified', readBack: { ai_requests: '30' } });
});

test('a refused push that was held meanwhile goes when it is approved again, as it was', async () => {
  const { id } = lens(await prepared());
  sandbox.misbehave({ system: 'tave', method: 'POST', path: '/custom-field', status: 400 });
  await crm.approveAndSend(org, [id], alex);
  expect((await settled([id]))[0]).toMatchObject({ state: 'refused' });
  await crm.hold(org, [id], 'until Monday', alex);
  await crm.release(org, [id], alex);
  expect((await crm.approveAndSend(org, [id], alex)).done).toEqual([id]);
  expect((await settled([id]))[0]).toMatchObject({ state: 'verified' });
});
