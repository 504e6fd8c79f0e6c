import { expect, test } from 'vitest';
import { alex, exportBench, exports, ledgerTakes, org, reverse, sentBatch } from './testing/export-bench.ts';

exportBench();

test('every approval asks for the PIN, however soon after the last one and whoever is signed in (SEC-34)', async () => {
  const sent = await sentBatch();
  await ledgerTakes((copy) => copy);
  // Priya proved herself a moment ago, and sits at the machine.
  const herself = { ...alex, personId: 'priya', name: 'Priya Shah' };
  for (const pin of ['', '1111', '24680']) {
    await expect(reverse(sent, { pin })).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
    const approving = exports.reverse(
      org,
      { batchId: sent, reason: 'Wrong month', lines: 'free', approver: 'priya', pin },
      herself,
    );
    await expect(approving).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  }
  await reverse(sent);
  await ledgerTakes();
  const { batchId } = await exports.prepare(org, { period: '2026-10', target: 'xero' }, alex);
  for (const pin of ['', '1111']) {
    const approving = exports.approve(org, { batchId, approver: 'priya', pin }, herself);
    await expect(approving).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  }
  await exports.approve(org, { batchId, approver: 'priya', pin: '2468' }, alex);
});
