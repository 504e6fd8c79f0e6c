import { expect, test } from 'vitest';
import { differences } from '../../engine/exports/compare.ts';
import { type LedgerDocument, reversalOf } from '../kit/ledger.ts';
import { adapterSuite } from '../testing/adapter-suite.ts';
import type { Bench } from '../testing/bench.ts';
import { aReversal, ledgerDesk } from '../testing/ledger.ts';
import { formOf } from './documents.ts';
import { freshbooks } from './index.ts';
import { aBill, aRoundedBill, categories, freshbooksBench } from './testing/samples.ts';

const { account, bench, copyOf, deliver, documents, find, lookUp, run, samples, settingsWith, stampOf } = ledgerDesk(
  freshbooks,
  freshbooksBench,
);

const stored = (opened: Bench, kind: 'bills' | 'expenses') =>
  documents<{ body: Record<string, unknown> }>(opened, kind)
    .all()
    .map((one) => one.body);

const calls = (opened: Bench) =>
  opened.sandbox
    .received('freshbooks')
    .filter((one) => /\/(accounting|uploads)\//.test(one.path))
    .map((one) => `${one.method} ${new URL(`https://x${one.path}`).pathname.replace(/^.*account\/\w+/, '')}`);

adapterSuite(freshbooks, {
  ...freshbooksBench,
  faultPath: '/accounting/',
  samples: samples(aBill(), aRoundedBill()),
});

test('a bill is looked for, evidenced and made in one step, and reads back equal to the penny (F6)', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  expect(calls(opened)).toEqual([
    'GET /bills/bills',
    'GET /expenses/expenses',
    'GET /bill_vendors/bill_vendors',
    'POST /bill_vendors/bill_vendors',
    'POST /attachments',
    'POST /bills/bills',
  ]);
  expect(await copyOf(opened, vendorId)).toEqual({
    vendorId,
    documentType: 'invoice',
    invoiceNumber: 'OA-0001',
    contact: { id: expect.any(String), name: 'Sunrise Compute Ltd' },
    status: 'approved',
    date: '2026-07-31',
    currency: 'GBP',
    currencyRate: null,
    net: '110.05',
    vat: '20.00',
    gross: '130.05',
    lines: [
      {
        description: 'API credits July [WS:9f2c41d0]',
        net: '100.00',
        vat: '20.00',
        taxType: 'VAT|20',
        accountCode: categories.cloud,
      },
      { description: 'Training', net: '10.05', vat: '0.00', taxType: 'NO TAX', accountCode: categories.software },
    ],
    hasEvidence: true,
    evidenceListed: false,
    evidence: [],
  });
  expect(stored(opened, 'bills')).toMatchObject([{ due_date: '2026-08-30' }]);
});

test('VAT a bill would work out otherwise makes it an expense, which keeps it as printed', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aRoundedBill());
  expect(vendorId).toMatch(/^expense\//);
  expect(await copyOf(opened, vendorId)).toMatchObject({
    invoiceNumber: 'OA-"0666"',
    contact: { name: 'Sunrise Compute Ltd' },
    net: '33.33',
    vat: '6.66',
    gross: '39.99',
    hasEvidence: true,
    lines: [{ taxType: 'VAT|20', accountCode: categories.cloud }],
  });
});

test('what becomes of a document is decided before anything is sent, and said in the preview', async () => {
  const one = aBill({ lines: aBill().lines.slice(0, 1) });
  const [line] = aRoundedBill().lines;
  const twoOff = { ...aRoundedBill(), lines: [line, line] as LedgerDocument['lines'] };
  expect(formOf(aBill(), { postAs: 'bills' })).toEqual({ as: 'bill', because: 'as set' });
  expect(formOf(one, { postAs: 'expenses' })).toEqual({ as: 'expense', because: 'as set' });
  expect(formOf(aBill(), { postAs: 'expenses' })).toMatchObject({
    as: 'bill',
    because: expect.stringContaining('one line'),
  });
  expect(formOf(twoOff, { postAs: 'bills' })).toMatchObject({
    as: null,
    because: expect.stringContaining('as printed'),
  });
  expect(formOf({ ...one, documentType: 'credit_note' }, { postAs: 'bills' })).toMatchObject({ as: 'expense' });
  expect(formOf({ ...aBill(), documentType: 'credit_note' }, { postAs: 'bills' })).toMatchObject({
    as: null,
    because: expect.stringContaining('share no evidence'),
  });
  const opened = await bench();
  const plan = freshbooks.actions['post-bill']?.plan(twoOff, settingsWith(), stampOf('x'));
  expect(plan?.fields[0]).toMatchObject({ name: 'Posted as', next: expect.stringContaining('nothing') });
  await expect(deliver(opened, twoOff)).rejects.toMatchObject({
    kind: 'permanent',
    detail: { hint: expect.stringContaining('file') },
  });
  expect(stored(opened, 'bills')).toEqual([]);
  expect(stored(opened, 'expenses')).toEqual([]);
});

test('the same bill again changes nothing, whatever it would become now (F7)', async () => {
  const opened = await bench();
  const document = aBill({
    lines: aBill().lines.slice(0, 1),
    totals: { net: '100.00', vat: '20.00', gross: '120.00' },
  });
  const first = await deliver(opened, document);
  expect(await deliver(opened, document, {}, settingsWith({ postAs: 'expenses' }))).toEqual(first);
  expect(stored(opened, 'bills')).toHaveLength(1);
  expect(stored(opened, 'expenses')).toEqual([]);
});

test('another bill of that number and vendor, or the same expense typed by hand, is never doubled (TGT-DUP)', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  await expect(deliver(opened, aBill({ reference: 'WS:ffffffff' }))).rejects.toMatchObject({
    kind: 'permanent',
    message: 'Already in FreshBooks as bill OA-0001 (GBP 130.05)',
  });
  await deliver(
    opened,
    aBill({ reference: 'WS:eeeeeeee', supplier: { name: 'Other Ltd', country: 'GB', vatNumber: '' } }),
  );
  expect(stored(opened, 'bills')).toHaveLength(2);
  const { vendorId } = await deliver(opened, aRoundedBill());
  const expenses = documents<{ body: object }>(opened, 'expenses');
  const held = expenses.get(vendorId.split('/')[1] ?? '');
  expenses.put(vendorId.split('/')[1] ?? '', {
    ...held,
    body: { ...held?.body, notes: 'typed by Sam', vendor: 'SUNRISE COMPUTE LTD' },
  });
  await expect(deliver(opened, aRoundedBill())).rejects.toThrow('Already in FreshBooks as expense of 2026-07-31');
  expect(stored(opened, 'expenses')).toHaveLength(1);
});

const steps: [string, string][] = [
  ['the vendor', '/bill_vendors/bill_vendors'],
  ['the file', '/attachments'],
  ['the bill', '/bills/bills'],
];

test.each(steps.flatMap(([step, path]) => ['reset-before', 'reset-after'].map((fault) => ({ step, path, fault }))))(
  'cut off at $step ($fault), a second run ends with one bill and one vendor',
  async ({ path, fault }) => {
    const opened = await bench();
    opened.sandbox.misbehave({ system: 'freshbooks', fault, method: 'POST', path });
    await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'retryable', code: 'timeout' });
    await find(opened, aBill());
    const { vendorId } = await deliver(opened, aBill());
    expect(stored(opened, 'bills')).toHaveLength(1);
    expect(documents(opened, 'vendors').all()).toHaveLength(1);
    expect(await find(opened, aBill())).toMatchObject({ same: true, receipt: { vendorId } });
  },
);

test('a listing three minutes behind shows the bill later, so the look-ups find it before a repeat (FT-58)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'lag', value: '180000' });
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'reset-after', method: 'POST', path: '/bills/bills' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ code: 'timeout' });
  for (const seconds of [5, 25, 90]) {
    opened.clock.jump(seconds * 1_000);
    expect(await find(opened, aBill())).toBeNull();
  }
  opened.clock.jump(480_000); // the fourth look-up, at ten minutes
  expect(await find(opened, aBill())).toMatchObject({ same: true });
  expect(stored(opened, 'bills')).toHaveLength(1);
});

test('a penny more than approved is named, and the bill deleted at once (FT-57, TGT-TOTAL)', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'penny' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'permanent',
    message:
      'FreshBooks made OA-0001 VAT 20.01 instead of 20.00, gross 130.06 instead of 130.05. It was deleted there.',
  });
  expect(stored(opened, 'bills')).toMatchObject([{ vis_state: 1 }]);
  await deliver(opened, aBill());
  expect(stored(opened, 'bills')).toHaveLength(2);
});

test.each([
  ['hide-category', categories.cloud, 'MAP-ACCOUNT'],
  ['retire-tax', 'VAT', 'MAP-TAX'],
])('%s: the bill is refused with FreshBooks’ words and our reading (FT-56)', async (fault, value, reading) => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'freshbooks', fault, value });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'permanent',
    message: expect.stringMatching(/^FreshBooks refused it: .*(Category|Tax VAT) not found/),
    detail: { hint: expect.stringContaining(reading) },
  });
  expect(stored(opened, 'bills')).toEqual([]);
});

test.each(['error-200', 'rpc-200'])('%s: an error inside a 200 is never a success (FT-52)', async (fault) => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'freshbooks', fault, method: 'POST', path: '/bills/bills' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'permanent',
    message: expect.stringContaining('Told to fail'),
  });
  expect(stored(opened, 'bills')).toEqual([]);
});

test('each refusal for speed waits twice as long, for nothing says how long', async () => {
  const opened = await bench();
  const post = freshbooks.actions['post-bill'];
  const waits: unknown[] = [];
  for (const attempt of [1, 2, 3, 9]) {
    opened.sandbox.misbehave({ system: 'freshbooks', status: 429, path: '/accounting/' });
    const stamp = stampOf('x', attempt);
    const plan = post?.plan(aBill(), settingsWith(), stamp);
    const error = await post?.deliver(plan as never, stamp, opened.context()).catch((thrown: unknown) => thrown);
    waits.push((error as { detail: { retryAfterMs: number } }).detail.retryAfterMs);
  }
  expect(waits).toEqual([30_000, 60_000, 120_000, 900_000]);
});

test('a bill somebody changed meanwhile is held for a person, not touched', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  const bills = documents<{ body: object }>(opened, 'bills');
  const id = vendorId.split('/')[1] ?? '';
  const held = bills.get(id);
  bills.put(id, { ...held, body: { ...held?.body, total_amount: { amount: '140.00', code: 'GBP' } } });
  expect(await find(opened, aBill())).toMatchObject({ same: false, difference: 'gross 140.00 instead of 130.05' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({ kind: 'needs-attention', code: 'outcome-unknown' });
});

test('a deleted vendor, or two of one name, is a person’s question (CONTACT-AMBIG)', async () => {
  const opened = await bench();
  await deliver(opened, aBill());
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'delete-vendor', value: 'Sunrise Compute Ltd' });
  const question = { kind: 'needs-attention', code: 'misconfigured' };
  await expect(deliver(opened, aBill({ reference: 'WS:bbbbbbbb', invoiceNumber: 'OA-3' }))).rejects.toMatchObject(
    question,
  );
  const vendors = documents<object>(opened, 'vendors');
  for (const id of ['901', '902']) {
    vendors.put(id, { vendorid: Number(id), vendor_name: 'sunrise compute ltd', currency_code: 'GBP', vis_state: 0 });
  }
  await expect(deliver(opened, aBill({ reference: 'WS:cccccccc', invoiceNumber: 'OA-4' }))).rejects.toThrow(
    '2 are called',
  );
});

test('a reversal is an expense below zero that names the first; refused, it is a person’s (F10)', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aRoundedBill());
  const { vendorId: creditId } = await run(opened, 'reverse-bill', aReversal(aRoundedBill(), vendorId), 'reverse');
  expect(await copyOf(opened, creditId, 'credit_note')).toMatchObject({
    documentType: 'credit_note',
    invoiceNumber: 'REV-ffee0011',
    net: '33.33',
    vat: '6.66',
    gross: '39.99',
    lines: [{ description: expect.stringContaining('Reverses OA-"0666": x [WS:ffee0011]') }],
  });
  expect(stored(opened, 'expenses')).toMatchObject([{ vis_state: 0 }, { amount: { amount: '-39.99' } }]);
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'no-negative' });
  const again = { ...aReversal(aRoundedBill(), vendorId), reference: 'WS:ffee0022' };
  await expect(run(opened, 'reverse-bill', again, 'again')).rejects.toMatchObject({
    kind: 'needs-attention',
    detail: { hint: expect.stringContaining('by hand') },
  });
});

const twin = aBill().lines.map((line) => ({ ...line, net: '100.00', vat: '20.00', taxType: 'VAT|20' }));
/** Two categories of one amount: the second part of its reversal is no duplicate of the first. */
const aTwinBill = () => aBill({ lines: twin, totals: { net: '200.00', vat: '40.00', gross: '240.00' } });

test.each([
  ['of several kinds', aBill(), ['-120.00', '-10.05']],
  ['of one amount in two categories', aTwinBill(), ['-120.00', '-120.00']],
])(
  'a bill with lines %s is taken back by an expense below zero for each kind, and reads back equal',
  async (_what, bill, amounts) => {
    const opened = await bench();
    const { vendorId } = await deliver(opened, bill);
    const reversal = aReversal(bill, vendorId);
    const { vendorId: creditId } = await run(opened, 'reverse-bill', reversal, 'r');
    expect(creditId).toMatch(/^expense\/\d+\+\d+$/);
    const made = stored(opened, 'expenses');
    expect(made.map((one) => one.amount)).toEqual(amounts.map((amount) => ({ amount, code: 'GBP' })));
    const copy = await copyOf(opened, creditId, 'credit_note');
    expect(copy).toMatchObject({ documentType: 'credit_note', invoiceNumber: 'REV-ffee0011', status: 'approved' });
    expect(differences(reversalOf(reversal), copy)).toEqual([]);
    expect((await run(opened, 'reverse-bill', reversal, 'r')).vendorId).toBe(creditId);
    expect(await lookUp(opened, 'reverse-bill', reversal, 'r')).toMatchObject({ same: true });
    expect(stored(opened, 'expenses')).toHaveLength(2);
  },
);

test('a reversal in parts that was cut in its middle is completed, never begun again', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  const reversal = aReversal(aBill(), vendorId);
  const post = { system: 'freshbooks', method: 'POST', path: '/expenses/expenses' };
  for (const fault of [{ fault: 'reset-after' }, { fault: 'reset-before' }, { fault: 'reset-after' }]) {
    opened.sandbox.misbehave({ ...post, ...fault });
    await expect(run(opened, 'reverse-bill', reversal, 'r')).rejects.toMatchObject({ kind: 'retryable' });
    if (stored(opened, 'expenses').length < 2) expect(await lookUp(opened, 'reverse-bill', reversal, 'r')).toBeNull();
  }
  const { vendorId: creditId } = await run(opened, 'reverse-bill', reversal, 'r');
  expect(stored(opened, 'expenses').map((one) => one.id)).toEqual(creditId.slice(8).split('+').map(Number));
  expect(differences(reversalOf(reversal), await copyOf(opened, creditId, 'credit_note'))).toEqual([]);
});

test('of a reversal in parts nothing stays when FreshBooks makes one of them otherwise, and what somebody changed is a person’s', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  const reversal = aReversal(aBill(), vendorId);
  const post = { system: 'freshbooks', method: 'POST', path: '/expenses/expenses' };
  opened.sandbox.misbehave({ ...post, fault: 'penny', skip: 1 });
  await expect(run(opened, 'reverse-bill', reversal, 'r')).rejects.toMatchObject({ kind: 'permanent' });
  expect(stored(opened, 'expenses').map((one) => one.vis_state)).toEqual([1, 1]);
  const { vendorId: creditId } = await run(opened, 'reverse-bill', reversal, 'r');
  const [first = ''] = creditId.slice(8).split('+');
  const expenses = documents<{ body: object }>(opened, 'expenses');
  const held = expenses.get(first);
  for (const change of [{ notes: 'ours [WS:ffee0011]' }, { amount: { amount: '-119.99', code: 'GBP' } }]) {
    expenses.put(first, { ...held, body: { ...held?.body, ...change } });
    await expect(run(opened, 'reverse-bill', reversal, 'r')).rejects.toMatchObject({ kind: 'needs-attention' });
  }
  expect(stored(opened, 'expenses')).toHaveLength(4);
});

test('what FreshBooks does not let us delete is a person’s, who deletes it and tries again', async () => {
  const opened = await bench();
  const { vendorId } = await deliver(opened, aBill());
  const reversal = aReversal(aBill(), vendorId);
  const path = '/expenses/expenses';
  opened.sandbox.misbehave({ system: 'freshbooks', method: 'POST', path, fault: 'penny', skip: 1 });
  opened.sandbox.misbehave({ system: 'freshbooks', method: 'PUT', path, status: 422 });
  await expect(run(opened, 'reverse-bill', reversal, 'r')).rejects.toMatchObject({
    kind: 'needs-attention',
    detail: { hint: expect.stringContaining('delete it in FreshBooks, then try again') },
  });
  const standing = () => stored(opened, 'expenses').filter((one) => one.vis_state === 0);
  expect(standing()).toHaveLength(2);
  const expenses = documents<{ body: object }>(opened, 'expenses');
  for (const { id } of standing()) {
    const held = expenses.get(String(id));
    expenses.put(String(id), { ...held, body: { ...held?.body, vis_state: 1 } });
  }
  await run(opened, 'reverse-bill', reversal, 'r');
  expect(standing()).toHaveLength(2);
});

test('evidence that changed since approval stops the bill before it exists', async () => {
  const opened = await bench();
  await expect(deliver(opened, aBill(), { files: { read: async () => new Uint8Array(3) } })).rejects.toMatchObject({
    kind: 'permanent',
  });
  expect(stored(opened, 'bills')).toEqual([]);
});

test('reference data: taxes by name and percent, categories, and what cannot be held with its reason', async () => {
  const opened = await bench();
  const found = await freshbooks.reference?.(opened.context());
  expect(found?.taxes).toEqual([
    { code: 'VAT|20', label: 'VAT', rate: '20' },
    { code: 'VAT 5|5', label: 'VAT 5', rate: '5' },
    { code: 'NO TAX', label: 'No tax', rate: '0' },
  ]);
  expect(found?.proposedTaxes).toEqual({
    uk_standard: 'VAT|20',
    uk_reduced: 'VAT 5|5',
    uk_zero: 'NO TAX',
    exempt: 'NO TAX',
    reverse_charge: null,
    domestic_reverse_charge: null,
    flat_rate_no_claim: 'NO TAX',
    no_vat_unregistered_supplier: 'NO TAX',
    outside_scope: 'NO TAX',
    unregistered_cost: 'NO TAX',
  });
  expect(found?.cannotHold?.reverse_charge).toMatchObject({ check: 'FB-RC', reason: expect.stringContaining('Xero') });
  expect(found?.cannotHold?.credit_note).toMatchObject({ check: 'FB-CREDIT' });
  expect(found?.accounts.map((one) => one.code)).not.toContain('3012690');
  expect(found).toMatchObject({
    proposedAccount: categories.cloud,
    grossCost: ['flat_rate_no_claim'],
    lockedUntil: null,
  });
});

test('only businesses with books are offered', async () => {
  const opened = await bench();
  expect(await freshbooks.accounts?.(opened.context({ account: null }))).toEqual([
    { id: account, name: 'Bluebell & Co (sample)', detail: 'owner' },
  ]);
  await expect(deliver(opened, aBill(), { account: null })).rejects.toMatchObject({ code: 'misconfigured' });
});

test('a revoked sign-in parks the connection (FT-53), and health says so', async () => {
  const opened = await bench();
  opened.sandbox.misbehave({ system: 'freshbooks', fault: 'revoke' });
  await expect(deliver(opened, aBill())).rejects.toMatchObject({
    kind: 'needs-attention',
    code: 'auth',
    detail: { scope: 'connection' },
  });
  expect((await freshbooks.checkHealth(opened.context()))[0]?.failure).toMatchObject({ code: 'auth' });
});
