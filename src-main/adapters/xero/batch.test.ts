import { expect, onTestFinished, test } from 'vitest';
import { IntegrationError } from '../../../src-shared/domain/failure.ts';
import { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import type { HttpClient } from '../../ports/http.ts';
import { openBench } from '../testing/bench.ts';
import { xero } from './index.ts';
import { aBill, xeroBench } from './testing/samples.ts';

/**
 * 200 bills, three at a time as the limits say, through a line that is cut after the effect again and again. A failed
 * run is looked up and run again, as the outbox does.
 */
test('200 bills keep within 60 calls a minute and each is there exactly once, approved (F7, R21)', async () => {
  const opened = await openBench(xero, xeroBench);
  onTestFinished(() => opened.close());
  let underWay = 0;
  const http: HttpClient = {
    async send(request) {
      underWay += 1;
      return opened.http.send(request).finally(() => {
        underWay -= 1;
      });
    },
  };
  const context = () => opened.context({ clock: opened.clock, http });
  for (const skip of [40, 300, 555, 800, 1_100]) {
    opened.sandbox.misbehave({ system: 'xero', fault: 'reset-after', path: '/api.xro', skip });
  }

  const post = xero.actions['post-bill'];
  if (!post) throw new Error('no such action');
  const todo = Array.from({ length: 200 }, (_, i) => {
    const n = String(i).padStart(8, '0');
    const supplier = { name: `Supplier ${i % 7} Ltd`, country: 'GB', vatNumber: '' };
    return aBill({ reference: `WS:${n}`, invoiceNumber: `INV-${n}`, supplier });
  });
  const startedAt = opened.clock.now();
  let cuts = 0;
  let done = 0;
  async function worker(): Promise<void> {
    for (let bill = todo.shift(); bill; bill = todo.shift()) {
      const stamp = { idempotencyKey: `bluebell:xero:bill:${bill.reference}:1`, at: Instant.parse(0), attempt: 1 };
      const plan = post?.plan(bill, { clientId: 'PRACTICECLIENTID0001' }, stamp);
      if (!plan) return;
      for (let delivered = false; !delivered; ) {
        try {
          await post?.deliver(plan, stamp, context());
          delivered = true;
        } catch (error) {
          if (!(error instanceof IntegrationError) || error.kind !== 'retryable') throw error;
          expect(error.code).not.toBe('rate-limited');
          cuts += 1;
          delivered = (await post?.find?.(plan, stamp, context()))?.same === true;
        }
      }
      done += 1;
    }
  }
  const work = Promise.all([worker(), worker(), worker()]);
  let failed: unknown = null;
  work.catch((error: unknown) => {
    failed = error;
  });
  // Time moves only while every worker waits for its turn, never while an answer is on its way.
  while (done < 200 && failed === null) {
    await new Promise((resolve) => setImmediate(resolve));
    if (underWay === 0) await opened.clock.advance(250);
  }
  await work;

  const bills = opened.sandbox
    .documents<{ number: string; status: string }>('xero', `Invoices ${xeroBench.account?.id}`)
    .all();
  expect(new Set(bills.map((bill) => bill.number)).size).toBe(200);
  expect(bills).toHaveLength(200);
  expect(bills.every((bill) => bill.status === 'AUTHORISED')).toBe(true);
  expect(opened.sandbox.documents('xero', `contacts ${xeroBench.account?.id}`).all()).toHaveLength(7);
  expect(opened.sandbox.documents('xero', `attachments ${xeroBench.account?.id}`).all()).toHaveLength(200);
  expect(opened.sandbox.documents('xero', `history ${xeroBench.account?.id}`).all()).toHaveLength(200);
  expect(cuts).toBeGreaterThanOrEqual(3);
  const minutes = (opened.clock.now() - startedAt) / 60_000;
  const calls = opened.sandbox.received('xero').filter((one) => one.path.includes('/api.xro/')).length;
  expect(calls / Math.ceil(minutes)).toBeLessThanOrEqual(60);
}, 30_000);
