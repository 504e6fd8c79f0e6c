import { expect, test } from 'vitest';
import {
  alex,
  asked,
  audited,
  exportBench,
  exports,
  lines,
  org,
  people,
  priya,
  store,
} from './testing/export-bench.ts';

exportBench();

const prepared = async () => (await exports.prepare(org, { period: '2026-10', target: 'xero' }, alex)).batchId;
const stateOf = async (batchId: string) => (await exports.batch(org, batchId)).state;
/** Somebody who can write the file changes one amount of one frozen document by a penny. */
const aPennyMore = (batchId: string) =>
  store.batch([
    {
      sql: `UPDATE export_document SET frozen = replace(frozen, '"gross":"120.00"', '"gross":"120.01"')
             WHERE id = (SELECT id FROM export_document WHERE batch_id = ? AND frozen LIKE '%"gross":"120.00"%' LIMIT 1)`,
      params: [batchId],
    },
  ]);
const voided = { code: 'REFUSED', problem: { happened: expect.stringContaining('NOT-APPROVED') } };

test('what was changed after it was prepared cannot be approved (FT-83)', async () => {
  const batchId = await prepared();
  const [done] = await aPennyMore(batchId);
  expect(done?.changes).toBe(1);
  await expect(exports.approve(org, { batchId, ...priya }, alex)).rejects.toMatchObject(voided);
  expect(await stateOf(batchId)).toBe('checked');
  expect(audited).not.toContain('batch.approved');
});

test('what was changed after it was approved is not sent, none of it (FT-83)', async () => {
  const batchId = await prepared();
  await exports.approve(org, { batchId, ...priya }, alex);
  await aPennyMore(batchId);
  await expect(exports.send(org, batchId, alex)).rejects.toMatchObject(voided);
  expect(asked).toEqual([]);
});

test('who prepared it cannot approve it, and nobody sends what was not approved (F5)', async () => {
  const batchId = await prepared();
  const herself = exports.approve(org, { batchId, approver: 'alex', pin: '2468' }, alex);
  await expect(herself).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  await expect(exports.send(org, batchId, alex)).rejects.toMatchObject(voided);
  expect(asked).toEqual([]);
});

test('a first PIN approves nothing, since whoever set it knows it; the batch says when that was its preparer (F5)', async () => {
  const batchId = await prepared();
  const setPins = (change: Partial<(typeof people)[number]>) =>
    people.forEach((one) => void Object.assign(one, change));
  setPins({ ownPin: false, firstPinBy: 'alex' });
  await expect(exports.approve(org, { batchId, ...priya }, alex)).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
    problem: {
      happened: 'The PIN of Priya Shah is a first one, set by Alex Morgan.',
      remedy: expect.stringContaining('chooses one of their own'),
    },
  });
  expect(await stateOf(batchId)).toBe('checked');
  setPins({ ownPin: true });
  await exports.approve(org, { batchId, ...priya }, alex);
  expect((await exports.batch(org, batchId)).approverNote).toBe(
    'Alex Morgan, who prepared this, set the first PIN of Priya Shah, who chose another since.',
  );
  setPins({ firstPinBy: 'sam' });
  expect((await exports.batch(org, batchId)).approverNote).toBeNull();
});

test('approved, sent or prepared twice at the same moment is done once, and the second is told so (FT-83)', async () => {
  const both = await Promise.allSettled([prepared(), prepared()]);
  const [batchId = ''] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(new Set(Object.values(await lines()))).toEqual(new Set(['batched']));
  const once = async (work: () => Promise<unknown>) => {
    const twice = await Promise.allSettled([work(), work()]);
    const refused = twice.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toMatchObject([{ code: 'REFUSED' }]);
  };
  await once(() => exports.approve(org, { batchId, ...priya }, alex));
  expect(audited.filter((action) => action === 'batch.approved')).toHaveLength(1);
  await once(() => exports.send(org, batchId, alex));
  expect(asked).toHaveLength((await exports.documents(org, batchId, null)).rows.length);
});
