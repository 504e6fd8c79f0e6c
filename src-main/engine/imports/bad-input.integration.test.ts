import { appendFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { importSetup, org, who } from './testing/setup.ts';

const t = await importSetup('bad-input');
beforeEach(() => t.empty());
afterAll(() => t.close());

const header = 'Invoice number,Date,Supplier,Country,Description,Currency,Net,VAT,Total';
const row = (number: string | number, description = 'Seats') =>
  `${number},2026-10-05,Harbour Software Ltd,GB,${description},GBP,100.00,20.00,120.00`;
const csv = (...rows: string[]) => `${[header, ...rows].join('\n')}\n`;
const focusHeader =
  'BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceName,InvoiceId';
const charge = (cost: string) => `${cost},acct-9,GBP,2026-10-01,2026-11-01,Usage,Nimbus,Compute,INV-1`;

test.each([
  ['an empty file', new Uint8Array(), /empty \(0 bytes\)/],
  ['an Excel workbook', zipSync({ 'xl/workbook.xml': new Uint8Array(500) }), /Excel workbook.*CSV UTF-8/],
  ['UTF-16 with a mark', Buffer.from(`\uFEFF${csv(row(1))}`, 'utf16le'), /UTF-16.*CSV UTF-8/],
  ['UTF-16 without a mark', Buffer.from(csv(row(1)), 'utf16le'), /UTF-16/],
  ['a PDF', '%PDF-1.7\n%âãÏÓ', /PDF/],
  ['random bytes', Uint8Array.from({ length: 4000 }, (_, index) => (index * 7919) % 251), /not a text file/],
  ['blank lines only', '\n\n\n', /no header/],
  ['JSON that is broken', '[\n  {"net": 1,\n   "vat": 2]\n', /JSON and broken at line 3, column 12: "]".*CSV/],
  ['JSON that is cut off', '{"items": [{"net": 1', /JSON and broken at line 1, column 21: the file ends.*CSV/],
  ['whole JSON', '[{"date": "2026-10-01", "supplier": "A", "net": "1", "vat": "0"}]', /The file is JSON\. .*CSV/],
  ['a header without what lines need', 'a,b\n1,2\n', /no column for date, supplier/],
  [
    'rates',
    'Country/Territories,Currency,Currency Code,Currency Units per £1,Start date,End date\nx,y,USD,1.3,01/10/2026,31/10/2026\n',
    /exchange rates/,
  ],
])('%s is refused as a whole, with the way out, and nothing is kept', async (_name, content, problem) => {
  const result = await t.importFile(content);
  expect(result).toMatchObject({ state: 'failed', imported: 0, lines: 0 });
  expect(result.problem).toMatch(problem);
  expect(await t.rowCount()).toBe(0);
});

test('a broken JSON file says so in the preview too; headers in brackets are no JSON', async () => {
  const preview = await t.imports.preview(org, t.file('[{"net": 1,}]'));
  expect(preview.problem).toContain('line 1, column 12: "}]" stands where a name in quotation marks is expected');
  expect(await t.importFile(csv(row(1)).replace('Invoice number', '[Invoice number]'))).toMatchObject({
    state: 'done',
    imported: 1,
  });
});

test('a column in use that stands twice is asked about, never guessed; one nobody reads does no harm', async () => {
  const twice = csv(row(1)).replace('Total', 'net ');
  const preview = await t.imports.preview(org, t.file(twice));
  expect(preview.problem).toContain('Two columns are called "net"');
  expect(await t.importFile(twice)).toMatchObject({ state: 'failed', problem: preview.problem });
  const rates = 'Currency,Month,Units per GBP,Currency\nUSD,2026-10,1.3,EUR\n';
  expect((await t.importFile(rates, { kind: 'rates' })).problem).toContain('Two columns are called "Currency"');
  const harmless = csv(row(1)).replace('\n', ',Note,Note\n').replace(/\n$/, ',a,b\n');
  expect(await t.importFile(harmless)).toMatchObject({ state: 'done', imported: 1 });
});

test('a byte order mark, CRLF, mixed line ends, semicolons and quoted newlines are understood', async () => {
  await t.importFile(`\uFEFF${csv(row(1), row(2)).replaceAll('\n', '\r\n')}`);
  await t.importFile(csv(row(3), row(4)).replace('\n', '\r\n'));
  await t.importFile(csv(row(5)).replaceAll(',', ';'));
  await t.importFile(csv(row(6, '"Seats\r\nfor ""two"", three"'), row(7)));
  const lines = await t.lines();
  expect(lines.map(({ invoice_number }) => invoice_number)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  expect(lines[5]?.description).toBe('Seats\nfor "two", three');
});

test.each([
  ['a cut-off last row', csv(row(1)) + row(2).slice(0, 30), 3, 'Country', /cut off/],
  ['a quotation mark that never closes', csv(row(1)) + row(2, '"Seats'), 3, '', /never closed/],
  ['Windows-1252 text', Buffer.from(csv(row(1), row(2, 'Café')), 'latin1'), 3, '', /Windows-1252/],
  ['NUL bytes', csv(row(1), row(2, 'Se\0ats')), 3, '', /NUL/],
  ['the header again', csv(row(1), header), 3, '', /header is repeated/],
  ['a comma without quotation marks', csv(row(1), row(2, 'Seats, many')), 3, '', /quotation marks/],
  ['an unreal date', csv(row(1), row(2).replace('2026-10-05', '2026-02-30')), 3, 'Date', /not a real date/],
  ['a formula for an amount', csv(row(1), row(2).replace('100.00', '=A1+B1')), 3, 'Net', /formula/],
  ['a text NULL for a supplier', csv(row(1), row(2).replace('Harbour Software Ltd', 'NULL')), 3, 'Supplier', /empty/],
  ['an amount in words', csv(row(1), row(2).replace('20.00', 'twenty')), 3, 'VAT', /not an amount/],
  ['an unknown currency', csv(row(1), row(2).replace('GBP', 'QQQ')), 3, 'Currency', /no currency/],
  [
    'a sign that contradicts the currency',
    csv(row(1), row(2).replace('100.00', '€100.00')),
    3,
    'Currency',
    /marked EUR/,
  ],
])('%s is refused by row, field and reason, and the good row is kept', async (_name, content, at, field, reason) => {
  const result = await t.importFile(content);
  expect(result).toMatchObject({ state: 'done', imported: 1, rejected: 1, lines: 1 });
  expect(result.rejections).toEqual([{ row: at, field, reason: expect.stringMatching(reason) }]);
});

test('formula cells in texts stay text', async () => {
  await t.importFile(csv(row(1, '"=HYPERLINK(""http://x"",""Seats"")"')));
  expect((await t.lines())[0]?.description).toBe('=HYPERLINK("http://x","Seats")');
});

test('a foreign line without a rate comes in and says that its rate is missing', async () => {
  await t.importFile(csv(row(1).replace('GBP', 'EUR')));
  const [line] = await t.lines();
  expect(line).toMatchObject({ state: 'review', fx_rate_to_gbp: null });
  expect(line?.checks).toContain('FX-MISSING');
});

test('a row a million characters long harms no other row', async () => {
  const result = await t.importFile(csv(row(1), row(2, 'x'.repeat(2_500_000)), row(3)));
  expect(result).toMatchObject({ imported: 2, rejected: 1 });
  expect(result.rejections[0]).toMatchObject({ row: 3, reason: expect.stringContaining('million characters') });
});

test('a file that changes while it is read is refused, and nothing of it is kept', async () => {
  const file = t.file(
    `${[focusHeader, ...Array.from({ length: 40_000 }, (_, index) => charge(`0.${index}`))].join('\n')}\n`,
    'growing.csv',
  );
  const { importId } = await t.imports.start({ organisationId: org, file, kind: 'costs' }, who);
  for await (const { rows } of t.imports.progress(org, importId)) if (rows > 0) break;
  appendFileSync(file.path, `${charge('9')}\n`);
  const result = await t.imports.finished(org, importId);
  expect(result).toMatchObject({ state: 'failed', lines: 0 });
  expect(result.problem).toContain('changed while it was being read');
  expect(await t.rowCount()).toBe(0);
});

test('whatever a file holds, rows imported, already here and refused add up to its rows', async () => {
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      'NULL',
      '1',
      '-5.25',
      '£1,000.00',
      '(2.50)',
      '1e3',
      '01/02/2026',
      '2026-10-05',
      '31/12/2026',
      'GBP',
      'USD',
      'Harbour',
      '=1+1',
      '"',
      'caf\uFFFD',
      'Net',
    ),
    fc.string({ maxLength: 8 }),
  );
  const quoted = (text: string) => (/[",\n\r;\t|]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 12 }),
      async (cells) => {
        await t.empty();
        const filled = cells.filter((one) => one.some((text) => text.trim() !== ''));
        const content = csv(...cells.map((one) => one.map(quoted).join(',')));
        const first = await t.importFile(content);
        expect(first.state).toBe('done');
        expect(first.imported + first.duplicates + first.rejected).toBe(filled.length);
        expect(first.rejections).toHaveLength(first.rejected);
        expect(await t.lines()).toHaveLength(first.imported);
        const again = await t.importFile(content);
        expect(again).toMatchObject({
          imported: 0,
          rejected: first.rejected,
          duplicates: first.imported + first.duplicates,
        });
      },
    ),
    { numRuns: 12 },
  );
});

test('the preview tells what is wrong with a file instead of failing', async () => {
  writeFileSync(`${t.folder}/zip.csv`, zipSync({ a: new Uint8Array(100) }));
  expect((await t.imports.preview(org, t.chosen(`${t.folder}/zip.csv`))).problem).toContain('Excel workbook');
});

test('VAT in pounds said in a description is an amount or the row is refused: it would stop every batch it is in', async () => {
  const result = await t.importFile(csv(row(1, 'Seats; gbp_vat=abc'), row(2, 'Seats; gbp_vat=17.50 GBP')));
  expect(result).toMatchObject({
    imported: 1,
    rejections: [
      { row: 2, field: 'gbp_vat', reason: expect.stringContaining('"abc" is not an amount; correct the cell') },
    ],
  });
  expect(await t.lines()).toMatchObject([{ printed_vat_gbp: '17.50' }]);
});
