import { afterAll, beforeAll, expect, test } from 'vitest';
import { invoiceTotals } from './invoice-totals.ts';
import { importSetup, org, who } from './testing/setup.ts';

let t: Awaited<ReturnType<typeof importSetup>>;
beforeAll(async () => {
  t = await importSetup('invoice-details');
});
afterAll(() => t.close());

const usageHeader =
  'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceName,InvoiceId,InvoiceDetailId';
const used = (cost: string, invoice: string, category = 'Usage') =>
  `${cost},acct-9,GBP,2026-10-01,2026-11-01,${category},Nimbus,Compute,${invoice},D-1`;
const detailHeader =
  'BilledCost,BillingAccountId,BillingCurrency,ChargeCategory,BillingPeriodStart,BillingPeriodEnd,InvoiceDetailDescription,InvoiceDetailId,InvoiceId,InvoiceIssueDate,InvoiceIssueStatus,InvoiceIssuerName,PaymentDueDate';
const item = (cost: string, invoice: string, detail: string, category = 'Usage', status = 'Issued') =>
  `${cost},acct-9,GBP,${category},2026-10-01,2026-11-01,Compute,${detail},${invoice},2026-11-03T00:00:00Z,${status},Nimbus,2026-12-03`;
const file = (...rows: string[]) => `${rows.join('\n')}\n`;
const told = async () =>
  (await invoiceTotals(t.store.read, org)).map(({ invoiceId, net, vat, usageNet, difference, state }) => [
    invoiceId,
    net,
    vat,
    usageNet,
    difference,
    state,
  ]);

test('issued invoices stand beside the usage imported for them, to the last digit, and make no lines of their own', async () => {
  const usage = file(
    usageHeader,
    used('10.0004', 'INV-1'),
    used('0.0006', 'INV-1'),
    used('2.0002', 'INV-1', 'Tax'),
    used('5', 'INV-2'),
    used('7', 'INV-4'),
  );
  expect(await t.importFile(usage)).toMatchObject({ state: 'done', lines: 3 });
  const lines = await t.lines();
  const details = file(
    detailHeader,
    item('10.001', 'INV-1', 'D-1'),
    item('2.0002', 'INV-1', 'D-2', 'Tax'),
    item('5.01', 'INV-2', 'D-1'),
    item('1', 'INV-3', 'D-1'),
  );
  expect(await t.imports.preview(org, t.file(details))).toMatchObject({
    kind: 'costs',
    format: 'focus',
    problem: null,
  });
  const first = await t.importFile(details);
  expect(first).toMatchObject({ state: 'done', imported: 4, duplicates: 0, lines: 0 });
  expect(await t.lines()).toEqual(lines);
  expect(await told()).toEqual([
    ['INV-1', '10.001', '2.0002', '10.0010', '0', 'agrees'],
    ['INV-2', '5.01', '0', '5', '0.01', 'differs'],
    ['INV-3', '1', '0', '0', '1', 'no_usage'],
    ['INV-4', '0', '0', '7', '-7', 'no_invoice'],
  ]);
  expect(await t.importFile(details)).toMatchObject({ imported: 0, duplicates: 4 });
});

test('an item stated anew counts as it stands now; an undo brings the earlier statement back', async () => {
  const corrected = await t.importFile(file(detailHeader, item('5', 'INV-2', 'D-1')));
  expect((await told())[1]).toEqual(['INV-2', '5', '0', '5', '0', 'agrees']);
  await t.imports.undo(org, corrected.importId, who);
  expect((await told())[1]?.at(-1)).toBe('differs');
});

test('an item without invoice, id or amount is refused by row and field', async () => {
  const { rejections } = await t.importFile(
    file(detailHeader, item('x', 'INV-9', 'D-1'), item('1', '', 'D-1'), item('1', 'INV-9', '')),
  );
  expect(rejections.map(({ row, field }) => [row, field])).toEqual([
    [2, 'BilledCost'],
    [3, 'InvoiceId'],
    [4, 'InvoiceDetailId'],
  ]);
});
