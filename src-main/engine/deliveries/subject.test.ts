import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../testing/open-store.ts';
import { testRuntime } from '../../testing/runtime.ts';
import { createEvents } from '../events.ts';
import { createOutbox } from '../outbox/outbox.ts';
import { subjectsOf } from './subject.ts';

const runtime = testRuntime('2026-07-18T12:00:00Z');
const message = { kind: 'firing', alertId: 'a', reference: 'A-1042', title: 'Payment webhook silent' };
const bill = {
  ...{ documentType: 'invoice', reference: 'WS:aaaa1', supplier: { name: 'Pennant Design' }, invoiceNumber: 'PE-1' },
  ...{ currency: 'GBP', totals: { gross: '1126.60' } },
};

test('a delivery is named by its alert, invoice, vendor or figures, and says where the console has it', async () => {
  const store = await openStore({ folder: mkdtempSync(join(tmpdir(), 'subject-')), runtime });
  await store.transaction(async (tx) => {
    await tx.insertInto('organisation').values({ id: 'o', name: 'Bluebell', created_at: 0 }).execute();
    await tx
      .insertInto('connection')
      .values({ id: 'o/sms', organisation_id: 'o', system: 'sms', created_at: 0, updated_at: 0 })
      .execute();
    const batch = { organisation_id: 'o', id: 'b1', period: '2026-09', target: 'xero', state: 'sending' } as const;
    const people = { prepared_by: 'alex', prepared_at: 0, approved_by: null, approved_at: null, hash: null };
    const sums = { lines: 1, net_gbp_minor: 0, vat_gbp_minor: 0, gross_gbp_minor: 0, by_treatment: '{}' };
    await tx
      .insertInto('export_batch')
      .values({ ...batch, ...people, ...sums, blocked: '[]', pack: null, updated_at: 0 })
      .execute();
    const document = { organisation_id: 'o', id: 'd1', batch_id: 'b1', position: 0, reference: 'WS:aaaa1' };
    const on = { supplier: 'Pennant Design', invoice_number: 'PE-1', document_date: '2026-09-06', currency: 'GBP' };
    const amounts = { net: '938.83', vat: '187.77', gross: '1126.60', gross_gbp_minor: 112_660, lines: 1 };
    const course = { state: 'sending', vendor_id: null, job_id: null, problem: null, read_back: null } as const;
    await tx
      .insertInto('export_document')
      .values({ ...document, ...on, ...amounts, ...course, frozen: '{}', differences: '[]', updated_at: 0 })
      .execute();
  });
  const outbox = createOutbox({
    ...{ store, runtime, events: createEvents() },
    deliverer: {
      limits: () => ({ concurrency: 1 }),
      idempotency: () => 'none',
      find: async () => null,
      deliver: () => Promise.reject(new Error('nothing is sent here')),
    },
  });
  const sms = await store.transaction((tx) =>
    outbox.enqueue(tx, {
      ...{ organisationId: 'o', system: 'sms', action: 'send-alert', deliveryClass: 'never-miss', priority: 0 },
      ...{ payload: { message }, payloadVersion: 1, idempotencyKey: 'k' },
    }),
  );

  const payloads = {
    alert: { message },
    test: { message: { ...message, kind: 'test', reference: 'T-C757' } },
    bundle: { message: { kind: 'bundle', reference: 'B-7', total: 12 } },
    notice: { message: { kind: 'notice', subject: 'Weekend report' } },
    bill,
    'read back': { documentType: 'invoice', reference: 'WS:aaaa1', vendorId: 'x' },
    'unknown read back': { documentType: 'invoice', reference: 'WS:zzzz9', vendorId: 'x' },
    push: { pushId: 'p1', vendor: { name: 'Lens & Light' }, period: { label: '2026-10', title: 'October 2026' } },
    arrival: { sid: 'SM1', jobId: sms.id },
    'arrival of nothing known': { sid: 'SM1', jobId: 'gone' },
    points: { points: [{}, {}] },
    sync: { datasets: [{ dataset: 'ai_cost' }, { dataset: 'operations' }] },
    load: { dataset: { dataset: 'operations' } },
    strange: { anything: 1 },
  };
  const rows = Object.entries(payloads).map(([id, payload]) => ({ id, payload }));
  const found = await subjectsOf(store.read, 'o', rows);
  await store.close();
  expect(Object.fromEntries([...found].map(([id, { text }]) => [id, text]))).toEqual({
    alert: 'A-1042 Payment webhook silent',
    test: 'Test T-C757',
    bundle: 'B-7, bundle of 12 alerts',
    notice: 'Weekend report',
    bill: 'PE-1, Pennant Design, £1,126.60',
    'read back': 'Read back of PE-1, Pennant Design',
    push: 'Lens & Light, October 2026',
    arrival: 'Arrival of A-1042 Payment webhook silent',
    points: '2 points',
    sync: 'ai cost, operations',
    load: 'operations',
  });
  expect(found.get('arrival')?.about).toEqual({ kind: 'alert', id: 'A-1042' });
  expect(found.get('read back')?.about).toEqual({ kind: 'batch', id: 'b1' });
  expect(found.get('push')?.about).toEqual({ kind: 'push', id: 'p1', period: '2026-10' });
});
