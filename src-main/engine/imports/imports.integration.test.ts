import { afterAll, beforeEach, expect, test } from 'vitest';
import { refusedRowOf } from '../../store/repositories/costs.ts';
import { putLock } from '../../store/repositories/desk.ts';
import { unreadImports } from '../../store/repositories/imports.ts';
import { editLines, undoStep } from '../review/change-lines.ts';
import { dayFirstMapping, importSetup, org, problemOf, who } from './testing/setup.ts';

const t = await importSetup('imports');
beforeEach(() => t.empty());
afterAll(() => t.close());

const focusHeader =
  'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceName,InvoiceId';
const charge = (
  cost: string,
  { service = 'Compute', category = 'Usage', invoice = 'INV-1', currency = 'GBP', issuer = 'Nimbus Cloud Ltd' } = {},
) => `${cost},acct-9,${currency},2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,${category},${issuer},${service},${invoice}`;
const focus = (...rows: string[]) => `${[focusHeader, ...rows].join('\n')}\n`;
const plainHeader = 'Invoice number,Date,Supplier,Country,VAT number,Description,Currency,Net,VAT,Total';
const plain = (...rows: string[]) => `${[plainHeader, ...rows].join('\n')}\n`;
const goodRow = (number: string, net = '100.00', vat = '20.00', total = '120.00') =>
  `${number},2026-10-05,Harbour Software Ltd,GB,GB220771686,Seats,GBP,${net},${vat},${total}`;

test('sub-penny rows of one invoice become one line, summed exactly and rounded once, with tax rows as its VAT', async () => {
  const result = await t.importFile(
    focus(
      charge('0.004'),
      charge('0.004'),
      charge('0.0049'),
      charge('1E-3', { service: 'Storage' }),
      charge('-0.5', { category: 'Credit' }),
      charge('10'),
      charge('1.9028', { category: 'Tax' }),
    ),
  );
  expect(result).toMatchObject({ state: 'done', format: 'focus', imported: 7, duplicates: 0, rejected: 0, lines: 1 });
  const [line] = await t.lines();
  expect(line).toMatchObject({
    invoice_number: 'INV-1',
    supplier: 'Nimbus Cloud Ltd',
    net: '9.51',
    vat: '1.90',
    gross: '11.41',
    exact_net: '9.5139',
    exact_vat: '1.9028',
    line_date: '2026-10-31',
    period_start: '2026-10-01',
    period_end: '2026-10-31',
    source_rows: 7,
    state: 'review',
  });
  expect(JSON.parse(line?.breakdown ?? '')).toEqual([
    { label: 'Compute', rows: 5, amount: '9.5129' },
    { label: 'Storage', rows: 1, amount: '0.001' },
    { label: 'Tax: Compute', rows: 1, amount: '1.9028' },
  ]);
});

test('a new issuer becomes a supplier nobody has confirmed, and its line asks where it is established', async () => {
  await t.importFile(focus(charge('10')));
  const suppliers = await t.store.read.selectFrom('supplier').selectAll().execute();
  expect(suppliers).toMatchObject([{ name: 'Nimbus Cloud Ltd', country: '', confirmed: 0 }]);
  const [line] = await t.lines();
  expect(line).toMatchObject({ supplier_id: suppliers[0]?.id, state: 'review' });
  expect(line?.checks).toContain('SUPPLIER-COUNTRY');
  await t.store.transaction((tx) =>
    tx
      .updateTable('supplier')
      .set({ country: 'GB', vat_number: 'GB220771686', confirmed: 1 })
      .execute()
      .then(() => undefined),
  );
  await t.importFile(focus(charge('10', { invoice: 'INV-2', issuer: ' NIMBUS  cloud ltd' })));
  expect((await t.lines()).map((one) => one.supplier_country)).toEqual(['', 'GB']);
  expect(await t.store.read.selectFrom('supplier').selectAll().execute()).toHaveLength(1);
});

test('a file that brings more suppliers than one statement takes brings every one of them, under its name in files', async () => {
  const names = Array.from({ length: 401 }, (_, index) => `Supplier ${index}`);
  await t.importFile(focus(...names.map((issuer, index) => charge('10', { issuer, invoice: `INV-${index}` }))));
  const kept = await t.store.read
    .selectFrom('supplier')
    .innerJoin('supplier_alias', 'supplier_alias.supplier_id', 'supplier.id')
    .select(['name', 'alias'])
    .execute();
  expect(kept.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect(kept.every(({ name, alias }) => name === alias)).toBe(true);
});

test('the same FOCUS file again adds nothing, although equal rows within it are all counted', async () => {
  const file = focus(charge('0.01'), charge('0.01'), charge('0.02'));
  expect(await t.importFile(file)).toMatchObject({ imported: 3, duplicates: 0 });
  const before = await t.lines();
  expect(await t.importFile(file)).toMatchObject({ state: 'done', imported: 0, duplicates: 3, lines: 0 });
  expect(await t.lines()).toEqual(before);
});

test('further rows of a document make its line grow; once it is in a batch they make a supplementary line', async () => {
  await t.importFile(focus(charge('10')));
  expect(await t.importFile(focus(charge('10'), charge('2.505')))).toMatchObject({
    imported: 1,
    duplicates: 1,
    lines: 1,
  });
  const [grown] = await t.lines();
  expect(grown).toMatchObject({ net: '12.51', exact_net: '12.505', source_rows: 2 });
  expect(grown?.version).toBeGreaterThan(1);
  await t.store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ state: 'batched', batch_id: 'b-1' }).execute();
  });
  await t.importFile(focus(charge('10'), charge('2.505'), charge('3.333')));
  const lines = await t.lines();
  expect(lines.map(({ invoice_number, net, state }) => [invoice_number, net, state])).toEqual([
    ['INV-1', '12.51', 'batched'],
    ['INV-1-2', '3.33', 'review'],
  ]);
});

test('a document and its supplementary lines come to its exact sum rounded once, also after one is taken back', async () => {
  const nets = async () => (await t.lines()).map(({ net, vat }) => [net, vat]);
  const tax = charge('0.004', { category: 'Tax' });
  await t.importFile(focus(charge('12.504'), tax));
  await t.store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ state: 'batched', batch_id: 'b-1' }).execute();
  });
  await t.importFile(focus(charge('12.504'), tax, charge('0.004'), charge('0.002', { category: 'Tax' })));
  // 12.508 and 0.006.
  expect(await nets()).toEqual([
    ['12.50', '0.00'],
    ['0.01', '0.01'],
  ]);
  const { importId } = await t.importFile(focus(charge('1.006')));
  expect(await nets()).toEqual([
    ['12.50', '0.00'],
    ['1.01', '0.01'],
  ]);
  await t.imports.undo(org, importId, who);
  expect((await nets())[1]).toEqual(['0.01', '0.01']);
});

test('amounts a person corrected from the invoice are not added up anew: further rows make a supplementary line', async () => {
  await t.importFile(focus(charge('10')));
  const [line] = await t.lines();
  const rest = { audit: async () => undefined, publish: () => undefined, rechecks: { request: async () => undefined } };
  const edit = { lines: [{ id: line?.id ?? '', version: line?.version ?? 0 }], patch: { vat: '2.01', gross: '12.01' } };
  const parts = { store: t.store, runtime: t.runtime, ...rest };
  const alex = { personId: 'alex', name: 'Alex', channel: 'window', correlationId: 'c' };
  const { undoId } = await editLines(parts, org, { ...edit, why: 'As printed' }, alex);
  const booked = async () => (await t.lines()).map((one) => [one.invoice_number, one.net, one.vat, one.gross]);
  await t.importFile(focus(charge('10'), charge('1')));
  expect(await booked()).toEqual([
    ['INV-1', '10.00', '2.01', '12.01'],
    ['INV-1-2', '1.00', '0.00', '1.00'],
  ]);
  await undoStep(parts, org, undoId, alex);
  await t.importFile(focus(charge('10'), charge('1'), charge('0.5')));
  expect((await booked()).map(([, net]) => net)).toEqual(['10.00', '1.50']);
  const { importId } = await t.importFile(focus(charge('2', { invoice: 'INV-1' })));
  const last = (await t.lines()).at(-1);
  const again = { lines: [{ id: last?.id ?? '', version: last?.version ?? 0 }], patch: { net: '3.49', gross: '3.49' } };
  const second = await editLines(parts, org, { ...again, why: 'As printed' }, alex);
  expect(await problemOf(t.imports.undo(org, importId, who))).toMatch(/corrected by hand.*Take the correction back/);
  await undoStep(parts, org, second.undoId, alex);
  await t.imports.undo(org, importId, who);
  expect((await booked()).map(([, net]) => net)).toEqual(['10.00', '1.50']);
});

test('charges that name no invoice are kept apart by issuer, account, currency and billing period', async () => {
  const rows = [
    charge('1', { invoice: 'NULL' }),
    charge('2', { invoice: '' }),
    charge('4', { invoice: '', currency: 'USD' }),
    charge('8', { invoice: '', issuer: 'Other Cloud' }),
  ];
  await t.importFile(focus(...rows));
  expect(
    (await t.lines()).map(({ supplier, currency, net, invoice_number }) => [supplier, currency, net, invoice_number]),
  ).toEqual([
    ['Nimbus Cloud Ltd', 'GBP', '3.00', 'acct-9-2026-10'],
    ['Nimbus Cloud Ltd', 'USD', '4.00', 'acct-9-2026-10'],
    ['Other Cloud', 'GBP', '8.00', 'acct-9-2026-10'],
  ]);
});

test('a FOCUS file without a required column is refused by the names of its columns', async () => {
  const result = await t.importFile('BilledCost,ChargeCategory,BillingPeriodStart\n1,Usage,2026-10-01\n');
  expect(result).toMatchObject({ state: 'failed', imported: 0 });
  expect(result.problem).toContain('BillingAccountId, BillingCurrency, BillingPeriodEnd, InvoiceIssuerName');
});

test('columns may stand in any order and spelling, and those of 1.3 and 1.4 are understood', async () => {
  const header =
    'invoice_issuer_name,SERVICE_PROVIDER_NAME,HostProviderName,billing_period_end,billing_period_start,charge_category,billing_currency,billing_account_id,billed_cost';
  await t.importFile(`${header}\nNimbus,Nimbus,Host,2026-11-01,2026-10-01,Usage,EUR,a,12.5\n`);
  expect(await t.lines()).toMatchObject([
    { supplier: 'Nimbus', currency: 'EUR', net: '12.50', period_end: '2026-10-31' },
  ]);
});

test('rows of a plain CSV become lines with all they say, and the same file twice adds nothing', async () => {
  const file = plain(
    goodRow('H-1'),
    `H-2,2026-10-06,Lagan Cloud,XI,XI118045982,"Kubernetes; inv=X; lines=5; period=2026-09-01/2026-09-30",GBP,"£1,234.50",£246.90,"£1,481.40"`,
    `C-1,2026-10-07,Harbour Software Ltd,GB,GB220771686,Refund,GBP,(10.00),(2.00),(12.00)`,
  );
  expect(await t.importFile(file)).toMatchObject({ state: 'done', format: 'csv', imported: 3, rejected: 0, lines: 3 });
  const lines = await t.lines();
  expect(lines).toMatchObject([
    { invoice_number: 'H-1', net: '100.00', treatment: 'uk_standard', state: 'ready' },
    {
      invoice_number: 'H-2',
      net: '1234.50',
      vat: '246.90',
      document_lines: 5,
      period_start: '2026-09-01',
      description: 'Kubernetes',
    },
    { invoice_number: 'C-1', net: '-10.00', gross: '-12.00' },
  ]);
  expect(lines[2]?.checks).toContain('CN-SIGN');
  expect(await t.importFile(file)).toMatchObject({ imported: 0, duplicates: 3, lines: 0 });
  expect(await t.lines()).toHaveLength(3);
});

test('the third of net, VAT and total is worked out exactly when a file lacks it', async () => {
  await t.importFile('Date,Supplier,Net,VAT\n2026-10-05,A,33.33,6.67\n');
  await t.importFile('Date,Supplier,VAT,Total\n2026-10-06,A,6.67,40.00\n');
  expect(await t.lines()).toMatchObject([{ gross: '40.00' }, { net: '33.33' }]);
  const result = await t.importFile('Date,Supplier,Total\n2026-10-05,A,40.00\n');
  expect(result.problem).toContain('net or vat');
});

test('an equal row with a number is one line written twice; without a number both rows count', async () => {
  expect(await t.importFile(plain(goodRow('H-1'), goodRow('H-1')))).toMatchObject({ imported: 1, duplicates: 1 });
  expect(await t.importFile(plain(goodRow(''), goodRow('')))).toMatchObject({ imported: 2, duplicates: 0 });
});

test('a date that can be read two ways is refused row by row, never guessed; good rows are kept', async () => {
  const rows = ['a,01/02/2026,S,GB,,x,GBP,1,0,1', 'b,2026-02-03,S,GB,,x,GBP,2,0,2', 'c,05/05/2026,S,GB,,x,GBP,3,0,3'];
  const result = await t.importFile(plain(...rows));
  expect(result).toMatchObject({ state: 'done', imported: 2, rejected: 1 });
  expect(result.rejections).toMatchObject([{ row: 2, field: 'Date' }]);
  expect(result.rejections[0]?.reason).toMatch(/two ways.*--?mapping|mapping/);
  const preview = await t.imports.preview(org, t.file(plain(...rows)));
  expect(preview.questions).toMatchObject([
    { field: 'date', choices: ['Day first (1 February 2026)', 'Month first (2 January 2026)'] },
  ]);
});

test('one row that can only be read one way decides the order for the whole file', async () => {
  await t.importFile(plain('a,01/02/2026,S,GB,,x,GBP,1,0,1', 'b,13/02/2026,S,GB,,x,GBP,2,0,2'));
  expect((await t.lines()).map(({ line_date }) => line_date)).toEqual(['2026-02-01', '2026-02-13']);
});

test('an answered mapping is remembered for the layout and can be named', async () => {
  const header = 'Ref,When,Who,Ex,Tax';
  const columns = { invoice_number: 'Ref', date: 'When', supplier: 'Who', net: 'Ex', vat: 'Tax' };
  const first = await t.importFile(`${header}\n1,01/02/2026,A,10,2\n`);
  expect(first).toMatchObject({ state: 'failed' });
  await t.importFile(`${header}\n1,01/02/2026,A,10,2\n`, { mapping: dayFirstMapping(columns) });
  await t.importFile(`${header}\n2,02/03/2026,A,10,2\n`);
  expect((await t.lines()).map(({ line_date }) => line_date)).toEqual(['2026-02-01', '2026-03-02']);
  await t.importFile('when,who,ex,tax,ref\n04/03/2026,A,10,2,3\n', { mappingName: 'House style' });
  expect((await t.lines()).at(-1)?.line_date).toBe('2026-03-04');
  expect(
    await problemOf(
      t.imports.start({ organisationId: org, file: t.file('x'), kind: 'costs', mappingName: 'Nope' }, who),
    ),
  ).toContain('no saved mapping');
});

test('an order answered for an earlier file does not read one that is written the other way round', async () => {
  const columns = { invoice_number: 'Ref', date: 'When', supplier: 'Who', net: 'Ex', vat: 'Tax' };
  const text = (...dates: string[]) =>
    `Ref,When,Who,Ex,Tax\n${dates.map((day, at) => `${day}${at},${day},A,10,2`).join('\n')}\n`;
  await t.importFile(text('01/02/2026'), { mapping: dayFirstMapping(columns) });
  const american = text('03/04/2026', '02/13/2026');
  const { state, problem } = await t.importFile(american);
  expect([state, problem]).toEqual([
    'failed',
    expect.stringMatching(/said to be day first.*"02\/13\/2026" in row 3.*say which way/),
  ]);
  expect((await t.imports.preview(org, t.file(american))).questions).toMatchObject([
    { field: 'date', question: expect.stringContaining('02/13/2026 cannot be a date in that order') },
  ]);
  await t.importFile(american, { mapping: { ...dayFirstMapping(columns), dateOrder: 'mdy' } });
  expect((await t.lines()).map(({ line_date }) => line_date)).toEqual(['2026-02-01', '2026-03-04', '2026-02-13']);
  expect((await t.imports.preview(org, t.file(text('05/06/2026')))).questions).toEqual([]);
});

test('dates that can be read two ways are asked for when a person names their column, and for a layout kept without an order', async () => {
  const columns = { invoice_number: 'Ref', date: 'When', supplier: 'Who', net: 'Ex', vat: 'Tax' };
  const text = 'Ref,When,Who,Ex,Tax\n1,01/02/2026,A,10,2\n';
  const asked = { field: 'date', choices: ['Day first (1 February 2026)', 'Month first (2 January 2026)'] };
  const unknown = await t.imports.preview(org, t.file(text));
  expect(unknown.questions).not.toContainEqual(expect.objectContaining(asked));
  expect((await t.imports.preview(org, t.file(text), columns)).questions).toMatchObject([asked]);
  const proven = `${text}2,13/02/2026,A,10,2\n`;
  expect((await t.imports.preview(org, t.file(proven), columns)).questions).toEqual([]);

  const mapping = { name: 'As written', columns, dateOrder: 'iso', decimal: '.' } as const;
  expect(await t.importFile(text.replace('1,01/02/2026', '0,2026-02-01'), { mapping })).toMatchObject({ imported: 1 });
  expect((await t.imports.preview(org, t.file(text))).questions).toMatchObject([asked]);
  expect(await t.importFile(text)).toMatchObject({ imported: 0, rejected: 1 });
  await t.importFile(proven);
  expect((await t.lines()).map(({ line_date }) => line_date)).toEqual(['2026-02-01', '2026-02-01', '2026-02-13']);
});

test.each([
  ['a cost file', `${plain()}\n`, 'costs'],
  ['a FOCUS file', focus(), 'costs'],
  ['a rates file', 'Currency,Month,Units per GBP\n', 'rates'],
] as const)('%s of a header alone is refused, not imported with nothing in it', async (_, text, kind) => {
  expect(await t.importFile(text, { kind })).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('no rows'),
  });
  expect((await t.imports.preview(org, t.file(text))).problem).toContain('no rows');
});

test('rates fill lines of foreign currency by the month of their tax point, also lines that were waiting for one', async () => {
  await t.importFile(focus(charge('134.04', { currency: 'USD' })));
  expect((await t.lines())[0]?.checks).toContain('FX-MISSING');
  await t.store.transaction(async (tx) => {
    await tx.updateTable('cost_line').set({ supplier_country: 'US' }).execute();
  });
  const hmrc =
    'Country/Territories,Currency,Currency Code,Currency Units per £1,Start date,End date\nUSA,Dollar,USD,1.3404,01/10/2026,31/10/2026\nEcuador,Dollar,USD,1.3404,01/10/2026,31/10/2026\nEurozone,Euro,EUR,abc,01/10/2026,31/10/2026\n';
  const result = await t.importFile(hmrc, { kind: 'rates' });
  expect(result).toMatchObject({ state: 'done', format: 'hmrc', imported: 1, duplicates: 1, rejected: 1 });
  expect(result.rejections).toMatchObject([{ row: 4, field: 'Currency Units per £1' }]);
  expect((await t.lines())[0]).toMatchObject({
    fx_units_per_gbp: '1.3404',
    fx_source: 'hmrc',
    net_gbp_minor: 10000,
    treatment: 'reverse_charge',
    box1_minor: 2000,
  });
  expect(await t.importFile(hmrc, { kind: 'rates' })).toMatchObject({ imported: 0, duplicates: 2, rejected: 1 });
  await t.imports.undo(org, result.importId, who);
  expect((await t.lines())[0]?.checks).toContain('FX-MISSING');
});

test('HMRC publishes its rates as XML too', async () => {
  const xml =
    '<?xml version="1.0"?>\n<exchangeRateMonthList Period="01/Jul/2026 to 31/Jul/2026">\n<exchangeRate><countryName>USA</countryName><countryCode>US</countryCode><currencyName>Dollar</currencyName><currencyCode>USD</currencyCode><rateNew>1.3404</rateNew></exchangeRate>\n</exchangeRateMonthList>\n';
  expect(await t.importFile(xml, { kind: 'rates' })).toMatchObject({ state: 'done', imported: 1 });
  expect(await t.store.read.selectFrom('fx_rate').selectAll().execute()).toMatchObject([
    { currency: 'USD', month: '2026-07', units_per_gbp: '1.3404' },
  ]);
  expect((await t.importFile(xml.slice(0, -30), { kind: 'rates' })).problem).toContain('stops before its end');
});

test('undo takes an import back as one step, also its share of a line two imports made; not once a line is in a batch', async () => {
  const first = await t.importFile(focus(charge('10'), charge('5', { invoice: 'INV-2' })));
  const second = await t.importFile(focus(charge('2'), charge('7', { invoice: 'INV-3' })));
  await t.imports.undo(org, second.importId, who);
  expect((await t.lines()).map(({ invoice_number, net }) => [invoice_number, net])).toEqual([
    ['INV-1', '10.00'],
    ['INV-2', '5.00'],
  ]);
  expect(await t.importFile(focus(charge('2')))).toMatchObject({ imported: 1, duplicates: 0 });
  await t.store.transaction(async (tx) => {
    await tx
      .updateTable('cost_line')
      .set({ state: 'batched', batch_id: 'b-1' })
      .where('invoice_number', '=', 'INV-2')
      .execute();
  });
  expect(await problemOf(t.imports.undo(org, first.importId, who))).toContain('Discard the batch first');
  expect(t.entries.map(({ action }) => action)).toEqual(['import.done', 'import.done', 'import.undone', 'import.done']);
});

test('further rows of a document whose month was closed make a line beside it, to be claimed in the next open month', async () => {
  await t.importFile(focus(charge('10')));
  const lock = { organisation_id: org, actor: 'Priya Shah', at: t.runtime.clock.now(), reason: 'Filed' };
  await t.store.transaction((tx) => putLock(tx, { ...lock, month: '2026-10' }));
  t.runtime.clock.jump(1);
  await t.importFile(focus(charge('10'), charge('2', { service: 'Storage' })));
  const lines = await t.lines();
  await t.store.transaction(async (tx) => void (await tx.deleteFrom('period_lock').execute()));
  expect(lines.map(({ net, tax_date, invoice_number }) => [net, tax_date, invoice_number])).toEqual([
    ['10.00', '2026-10-31', 'INV-1'],
    ['2.00', '2026-11-01', 'INV-1-2'],
  ]);
});

test('an import is not taken back from a month that was closed since', async () => {
  const { importId } = await t.importFile(plain(goodRow('A-1'), goodRow('A-2')));
  const [line] = await t.lines();
  const lock = { organisation_id: org, actor: 'Priya Shah', at: 1, reason: 'Filed' };
  await t.store.transaction((tx) => putLock(tx, { ...lock, month: line?.tax_date.slice(0, 7) ?? '' }));
  expect(await problemOf(t.imports.undo(org, importId, who))).toMatch(/which is closed/);
  expect(await t.lines()).toHaveLength(2);
  await t.store.transaction(async (tx) => void (await tx.deleteFrom('period_lock').execute()));
  await t.imports.undo(org, importId, who);
  expect(await t.lines()).toEqual([]);
});

test('an import on which a later one was built is not taken back under it: what that one left out would be missing', async () => {
  const first = await t.importFile(plain(goodRow('A-1'), goodRow('A-2')), {});
  const second = await t.importFile(t.file(plain(goodRow('A-1'), goodRow('A-3')), 'corrected.csv'));
  expect(second).toMatchObject({ imported: 1, duplicates: 1 });
  expect(await problemOf(t.imports.undo(org, first.importId, who))).toMatch(
    /corrected.csv was imported after it and left out a row.*Undo that one first/,
  );
  expect(await t.lines()).toHaveLength(3);
  await t.imports.undo(org, second.importId, who);
  await t.imports.undo(org, first.importId, who);
  expect(await t.importFile(t.file(plain(goodRow('A-1'), goodRow('A-3')), 'corrected.csv'))).toMatchObject({
    imported: 2,
    duplicates: 0,
  });
});

test('a refused row is noted on what came in of its invoice, in this import or before, and on no other', async () => {
  const bad = (number: string) => goodRow(number).replace(',100.00,', ',1OO.00,');
  await t.importFile(plain(goodRow('A-2'), goodRow('A-4')));
  const other = goodRow('A-1', '7.00', '1.40', '8.40').replace('Harbour Software Ltd', 'Granite Ltd');
  const short = 'A-3,2026-10-05,Harbour Software Ltd';
  const file = t.file(plain(goodRow('A-1'), bad('A-1'), bad('A-2'), other, goodRow('A-3'), short), 'costs.csv');
  expect(await t.importFile(file)).toMatchObject({ imported: 3, rejected: 3 });
  const noted = (await t.lines()).map((line) => [line.invoice_number, line.supplier, refusedRowOf(line)?.text ?? null]);
  expect(noted).toEqual([
    ['A-2', 'Harbour Software Ltd', 'row 4 of costs.csv, Net'],
    ['A-4', 'Harbour Software Ltd', null],
    ['A-1', 'Harbour Software Ltd', 'row 3 of costs.csv, Net'],
    ['A-1', 'Granite Ltd', null],
    ['A-3', 'Harbour Software Ltd', 'row 7 of costs.csv, Country'],
  ]);
});

test('a discount on a line of its own is blocked with a way that leads to what is asked for (CN-SIGN)', async () => {
  await t.importFile(plain(goodRow('A-1'), goodRow('A-1', '-10.00', '-2.00', '-12.00')));
  const [line, discount] = await t.lines();
  const [found] = JSON.parse(discount?.checks ?? '[]') as { id: string; fix: string }[];
  // Another kind of document would be a credit note nobody wrote, another sign a cost in place of a discount.
  expect(found).toMatchObject({ id: 'CN-SIGN', fix: expect.stringMatching(/Discount: take .* off another line/) });
  const parts = {
    ...t,
    audit: async () => undefined,
    publish: () => undefined,
    rechecks: { request: async () => undefined },
  };
  const person = { personId: 'alex', name: 'Alex Morgan', channel: 'cli', correlationId: 'c' };
  const patch = { net: '90.00', vat: '18.00', gross: '108.00' };
  await editLines(parts, org, { lines: [{ id: line?.id ?? '', version: line?.version ?? 0 }], patch, why: '' }, person);
  expect((await t.lines())[0]).toMatchObject({ state: 'ready', blocks: 0, net: '90.00', vat_gbp_minor: 1800 });
});

test('a refused row is noted on its invoice wherever its number stands', async () => {
  const header = 'id,date,supplier,description,currency,net,vat_charged,gross';
  const row = (id: string, inv: string, net = '100.00') =>
    `${id},2026-10-05,Harbour Software Ltd,Seats${inv && `; inv=${inv}`},GBP,${net},20.00,120.00`;
  const rows = [row('P1', 'A-1'), row('P2', 'A-2'), row('P3', 'A-1', '1OO.00'), row('P4', ''), row('P4', '', '1OO.00')];
  await t.importFile(t.file(`${[header, ...rows].join('\n')}\n`, 'said.csv'));
  const noted = (await t.lines()).map((line) => [line.invoice_number, refusedRowOf(line)?.text ?? null]);
  expect(noted).toEqual([
    ['A-1', 'row 4 of said.csv, net'],
    ['A-2', null],
    ['P4', 'row 6 of said.csv, net'],
  ]);
});

test.each([
  ['damaged', `A-2,2026-10-05,Harbour \uFFFDLtd,GB,GB220771686,Seats,GBP,1.00,0.20,1.20`],
  ['too long', 'A-2,2026-10-05,Harbour, Ltd,GB,GB220771686,Seats,GBP,1.00,0.20,1.20'],
  ['cut in its number', 'A'],
])(
  'a row that is %s may be of any invoice of its file, until the file came in again without it',
  async (_what, bad) => {
    const unread = async () => (await unreadImports(t.store.read, org)).map(({ text }) => text);
    await t.importFile(plain(goodRow('A-0')));
    expect(await t.importFile(t.file(plain(goodRow('A-1'), bad, goodRow('A-2')), 'costs.csv'))).toMatchObject({
      ...{ imported: 2, rejected: 1 },
    });
    expect(await unread()).toEqual([expect.stringMatching(/^row 3 of costs.csv/)]);
    // Another file, and one that lacks some of it, say nothing of that row.
    await t.importFile(plain(goodRow('B-1')));
    await t.importFile(plain(goodRow('A-1'), goodRow('A-3')));
    expect(await unread()).toHaveLength(1);
    await t.importFile(t.file(plain(goodRow('A-1'), goodRow('A-2'), goodRow('A-4')), 'costs.csv'));
    expect(await unread()).toEqual([]);
  },
);

test('a repeated header and a row that names no invoice are of no invoice', async () => {
  const total = ',,,,,Total,GBP,ten,,';
  expect(await t.importFile(plain(goodRow('A-1'), plainHeader, total))).toMatchObject({ imported: 1, rejected: 2 });
  expect(await unreadImports(t.store.read, org)).toEqual([]);
});

test('a refused row of a FOCUS file is noted on the documents it may belong to, in this import or before', async () => {
  const noted = async () =>
    Object.fromEntries((await t.lines()).map((line) => [line.invoice_number, refusedRowOf(line)?.text ?? null]));
  const bad = (invoice: string) => charge('1O.00', { invoice });
  await t.importFile(focus(charge('1', { invoice: 'INV-0' }), charge('1', { invoice: '' })));
  const first = focus(charge('1'), bad('INV-1'), bad('INV-0'), charge('2', { invoice: 'INV-2' }), focusHeader);
  expect(await t.importFile(t.file(first, 'first.csv'))).toMatchObject({ imported: 2, rejected: 3 });
  expect(await noted()).toEqual({
    'INV-0': 'row 4 of first.csv, BilledCost',
    'acct-9-2026-10': null,
    'INV-1': 'row 3 of first.csv, BilledCost',
    'INV-2': null,
  });
  // Without a number it belongs to its account and period; without a currency to whatever has its number.
  const second = focus(bad(''), charge('3', { invoice: 'INV-2', currency: 'XX' }), charge('9', { invoice: 'INV-3' }));
  expect(await t.importFile(t.file(second, 'second.csv'))).toMatchObject({ imported: 1, rejected: 2 });
  expect(await noted()).toMatchObject({
    'acct-9-2026-10': 'row 2 of second.csv, BilledCost',
    'INV-2': 'row 3 of second.csv, BillingCurrency',
    'INV-3': null,
  });
  // What is cut off may be of any document of the file, and of no other.
  const cut = focus(charge('9', { invoice: 'INV-3' }), charge('4', { invoice: 'INV-4' }), '5,acct-9,GBP');
  expect(await t.importFile(t.file(cut, 'cut.csv'))).toMatchObject({ imported: 1, duplicates: 1, rejected: 1 });
  expect(await noted()).toMatchObject({
    'INV-1': 'row 3 of first.csv, BilledCost',
    'INV-2': 'row 3 of second.csv, BillingCurrency',
    'INV-3': 'row 4 of cut.csv, BillingPeriodStart',
    'INV-4': 'row 4 of cut.csv, BillingPeriodStart',
  });
});

test('the copy of a line whose import is taken back waits for it no longer', async () => {
  const { importId } = await t.importFile(plain(goodRow('A-1')));
  await t.importFile(plain(goodRow('A-1').replace('2026-10-05', '2026-10-06')));
  expect((await t.lines()).map(({ state, check_ids }) => [state, check_ids?.trim()])).toEqual([
    ['ready', ''],
    ['review', 'DUP'],
  ]);
  await t.imports.undo(org, importId, who);
  expect((await t.lines()).map(({ state, check_ids }) => [state, check_ids?.trim()])).toEqual([['ready', '']]);
});

/** Keys of lines of a plain CSV end in the hash of their row and its count. */
const hashOf = (key = '') => key.split(':').at(-2) ?? '';

test('a line whose key was the hash of its row alone is known, beside lines whose key begins with their number', async () => {
  const file = [goodRow('A-1'), goodRow('A-2')];
  await t.importFile(plain(...file));
  const [line] = await t.lines();
  const earlier = `csv:${hashOf(line?.document_key)}:0`;
  await t.store.batch([
    { sql: 'UPDATE cost_line SET document_key = ? WHERE id = ?', params: [earlier, line?.id ?? ''] },
  ]);
  expect(await t.importFile(plain(...file))).toMatchObject({ imported: 0, duplicates: 2, rejected: 0 });
  expect((await t.lines()).map(({ document_key }) => document_key)).toEqual([
    earlier,
    expect.stringMatching(/^row:A-2:[0-9a-f]{32}:0$/),
  ]);
});

test('a row that came in when rows of a plain CSV still stood beside their lines is known', async () => {
  await t.importFile(plain(goodRow('A-1'), goodRow('A-2')));
  const [line] = await t.lines();
  const hash = hashOf(line?.document_key);
  await t.store.batch([
    {
      sql: "UPDATE cost_line SET document_key = 'csv:' || import_id || ':' || first_row WHERE id = ?",
      params: [line?.id ?? ''],
    },
    {
      sql: `INSERT INTO cost_row (organisation_id, import_id, row_hash, occurrence, row_no, document_no, amount, is_tax, service)
        VALUES (?, ?, unhex(?), 0, 2, 2, '120.00', 0, '')`,
      params: [org, line?.import_id ?? '', hash],
    },
  ]);
  const again = await t.importFile(plain(goodRow('A-1'), goodRow('A-2'), goodRow('A-3')));
  expect(again).toMatchObject({ imported: 1, duplicates: 2, rejected: 0 });
});

test('a cancelled import leaves nothing behind, and its rows can come in later', async () => {
  const file = t.file(focus(...Array.from({ length: 30_000 }, (_, index) => charge(`0.${index}`))));
  const { importId } = await t.imports.start({ organisationId: org, file, kind: 'costs' }, who);
  for await (const { rows } of t.imports.progress(org, importId)) if (rows > 0) break;
  expect(await t.imports.cancel(org, importId)).toMatchObject({ state: 'cancelled', imported: 0, lines: 0 });
  expect(await t.rowCount()).toBe(0);
  expect(await t.lines()).toEqual([]);
  expect(await t.importFile(file)).toMatchObject({ state: 'done', imported: 30_000 });
});

test('what a killed import left is cleared at the next start', async () => {
  await t.store.transaction(async (tx) => {
    await tx
      .insertInto('import_batch')
      .values({
        organisation_id: org,
        id: 'dead',
        kind: 'costs',
        format: 'focus',
        file_name: 'x.csv',
        file_bytes: 1,
        file_sha256: null,
        mapping: null,
        state: 'running',
        problem: null,
        imported: 0,
        duplicates: 0,
        rejected: 0,
        lines: 0,
        actor: 'person:alex',
        started_at: 1,
        finished_at: null,
      })
      .execute();
    await tx
      .insertInto('cost_row')
      .values({
        organisation_id: org,
        row_hash: new Uint8Array(16),
        occurrence: 0,
        import_id: 'dead',
        row_no: 2,
        document_no: 0,
        amount: '1',
        is_tax: 0,
        service: '',
      })
      .execute();
  });
  await t.imports.recover();
  expect(await t.rowCount()).toBe(0);
  expect(await t.imports.get(org, 'dead')).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('import the file again'),
  });
});

test('a cost file is told from a rates file before anything is stored, and the preview shows it', async () => {
  const preview = await t.imports.preview(org, t.file(focus(charge('1'))));
  expect(preview).toMatchObject({ kind: 'costs', format: 'focus', problem: null, questions: [] });
  expect(preview.firstRows).toHaveLength(1);
  expect(await t.imports.preview(org, t.file('Currency,Month,Units per GBP\nUSD,2026-10,1.3\n'))).toMatchObject({
    headers: ['Currency', 'Month', 'Units per GBP'],
  });
  expect(await t.rowCount()).toBe(0);
});
