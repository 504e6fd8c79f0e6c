import { expect, test } from 'vitest';
import { timePasses } from '../testing/bench.ts';
import { calls, desk, stored } from './testing/desk.ts';
import { aBill, aForeignBill } from './testing/samples.ts';

const { account, bench, deliver } = desk;

test('too few calls left today: no new bill is begun, one already begun is finished', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'reset-after', method: 'PUT', path: '/Invoices' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  const usage = opened.sandbox.documents<Record<string, unknown>>('xero', 'usage');
  usage.put(account, { recent: [], dayStart: opened.clock.now(), today: 4_900 });
  await deliver(opened, aBill());
  await expect(deliver(opened, aForeignBill())).rejects.toMatchObject({
    code: 'rate-limited',
    detail: { scope: 'connection', retryAfterMs: 3_600_000 },
  });
  expect(stored(opened)).toHaveLength(1);
});

test('the pace follows what Xero says is left, so calls of before a restart count too', async () => {
  const opened = await bench();
  const usage = opened.sandbox.documents<Record<string, unknown>>('xero', 'usage');
  const before = opened.clock.now() - 30_000;
  const spent = Array.from({ length: 55 }, () => before);
  usage.put(account, { recent: spent, dayStart: before, today: 55 });
  const work = deliver(opened, aBill(), { clock: opened.clock });
  // Three calls fit beside the 55; the next waits until our first has left the minute.
  while (calls(opened).length < 3) await new Promise((resolve) => setImmediate(resolve));
  await timePasses(opened.clock, work, 5_000);
  expect(opened.sandbox.received('xero').filter((one) => one.path.includes('/api.xro/'))).toHaveLength(8);
  expect(opened.clock.now() - before).toBeGreaterThanOrEqual(90_000);
});

test('a higher limit is used as soon as Xero names it', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'xero', fault: 'limits', value: '6000,100000' });
  const { clock } = opened;
  const bills = Array.from({ length: 12 }, (_, i) => aBill({ reference: `WS:0000000${i}`, invoiceNumber: `N-${i}` }));
  for (const bill of bills) await deliver(opened, bill, { clock });
  expect(calls(opened).length).toBeGreaterThan(60);
  expect(stored(opened)).toHaveLength(12);
});
