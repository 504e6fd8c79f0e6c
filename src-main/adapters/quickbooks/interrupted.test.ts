import { expect, test } from 'vitest';
import { desk, type Stored, stored } from './testing/desk.ts';
import { aBill, aRoundedBill } from './testing/samples.ts';

const { bench, deliver, find, documents } = desk;

const steps: [string, string, string][] = [
  ['the supplier', 'POST', '/vendor'],
  ['the bill', 'POST', '/bill'],
  ['the evidence', 'POST', '/upload'],
];

test.each(
  steps.flatMap(([step, method, path]) =>
    ['reset-before', 'reset-after'].map((fault) => ({ step, method, path, fault })),
  ),
)('cut off at $step ($fault), a second run ends with one bill, one supplier and one file', async (cut) => {
  const opened = await bench();
  const { method, path, fault } = cut;
  opened.sandbox.misbehave({ system: 'quickbooks', fault, method, path });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
  const found = await find(opened, aBill());
  if (found) expect(found.unfinished === true || found.same).toBe(true);
  const { vendorId } = await deliver(opened, aBill());
  expect(stored(opened)).toHaveLength(1);
  for (const list of ['Vendor', 'Attachable']) {
    expect(documents(opened, list).all()).toHaveLength(1);
  }
  expect(await find(opened, aBill())).toMatchObject({ same: true, receipt: { vendorId } });
});

test('cut off before the printed VAT is set, the next run sets it', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-before', method: 'POST', path: '/bill', skip: 1 });
  await expect(deliver(opened, aRoundedBill())).rejects.toMatchObject({ code: 'timeout' });
  expect(await find(opened, aRoundedBill())).toMatchObject({ same: false, unfinished: true });
  await deliver(opened, aRoundedBill());
  expect(stored(opened)).toMatchObject([{ TotalAmt: 89.99 }]);
});

test('a listing three minutes behind hides the bill, and the request id still keeps it single (FT-58)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'lag', value: '180000' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', method: 'POST', path: '/bill' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  expect(await find(opened, aBill())).toBeNull();
  await deliver(opened, aBill());
  expect(stored(opened)).toHaveLength(1);
  // The number of the document would keep it single as well, so the id is looked at itself.
  const ids = opened.sandbox
    .received('quickbooks')
    .filter(({ method, path }) => method === 'POST' && /\/bill\?/.test(path))
    .map(({ path }) => new URLSearchParams(path.replace(/^.*\?/, '')).get('requestid'));
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(1);
});

test('a request id forgotten while the listing lags: the duplicate number leads to our own bill', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'reset-after', method: 'POST', path: '/bill' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'lag', value: '180000' });
  const requests = opened.sandbox.documents('quickbooks', 'requests');
  for (const [id] of requests.entries()) requests.remove(id);
  const { vendorId } = await deliver(opened, aBill());
  expect(stored(opened)).toMatchObject([{ Id: vendorId }]);
});

test('a file refused inside a 200 leaves the bill to be finished, not a silent gap', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'upload-refused' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'permanent' });
  expect(await find(opened, aBill())).toMatchObject({ same: false, unfinished: true });
});

test('a bill somebody changed meanwhile is held for a person, not touched', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  opened.sandbox.misbehave({ system: 'quickbooks', fault: 'touch', value: vendorId });
  const bills = documents<Stored>(opened, 'Bill');
  const held = bills.get(vendorId) as Stored;
  bills.put(vendorId, { ...held, body: { ...held.body, TotalAmt: 140 } });
  expect(await find(opened, aBill())).toMatchObject({
    same: false,
    difference: expect.stringContaining('gross 140.00'),
  });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'needs-attention', code: 'outcome-unknown' });
});

test('a stale sync token while the printed VAT is set: looked up again, then held (5010)', async () => {
  const opened = await bench();
  const http = {
    send: async (request: Parameters<typeof opened.http.send>[0]) => {
      const reply = await opened.http.send(request);
      const made =
        request.method === 'POST' && request.url.includes('/bill?')
          ? (reply.json as { Bill?: { Id: string } }).Bill
          : undefined;
      if (made) opened.sandbox.misbehave({ system: 'quickbooks', fault: 'touch', value: made.Id });
      return reply;
    },
  };
  await expect(deliver(opened, aRoundedBill(), { http })).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
  await expect(deliver(opened, aRoundedBill())).rejects.toMatchObject({ code: 'outcome-unknown' });
});
