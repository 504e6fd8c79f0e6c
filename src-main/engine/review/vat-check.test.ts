import { expect, test } from 'vitest';
import { checkVatFile } from './vat-check.ts';

const header =
  'id,date,supplier,supplier_country,supplier_vat_no,customer_vat_registered,customer_country,description,currency,net,vat_charged,gross,treatment_hint,fx_rate_to_gbp';
const uk = 'A1,2026-10-05,Loom Ltd,GB,GB713024681,true,GB,Seats; inv=L-1,GBP,50.00,10.00,60.00,standard,1';
const us = 'A2,2026-10-05,Prairie Inc,US,,true,GB,Hosting; inv=P-1,USD,200.00,0.00,200.00,,0.75';

test('lines, totals in pounds and the number of blocked lines', () => {
  const broken = 'A3,2026-10-05,Loom Ltd,GB,GB713024681,true,GB,Seats; inv=L-2,GBP,50.00,10.00,61.00,,';
  const foreignVat = 'A4,2026-10-05,Liffey,IE,,true,GB,Forms; inv=F-1,EUR,100.00,23.00,123.00,,0.86';
  const result = checkVatFile([header, uk, us, broken, foreignVat].join('\n'));
  expect(result.lines[1]).toEqual({
    id: 'A2',
    treatment: 'reverse_charge',
    vatGbp: '30.00',
    box1: '30.00',
    box4: '30.00',
    box6: '150.00',
    box7: '150.00',
    checks: [],
    xeroTaxType: 'REVERSECHARGES',
    qboTaxCode: '20.0% RC SG',
  });
  expect(result.lines[2]?.checks).toEqual([
    { id: 'ARITH-TOTAL', severity: 'block', message: 'Net and VAT add up to £60.00, but gross is £61.00.' },
  ]);
  expect(result.totals).toEqual({
    net: '286.00',
    vat: '40.00',
    gross: '315.78',
    box1: '30.00',
    box4: '40.00',
    box6: '150.00',
    box7: '200.00',
  });
  expect(result.blocked).toBe(2);
  expect(result.problems).toEqual([]);
});

test('a mark at the start, Windows line ends, quotes, other columns and another order make no difference', () => {
  const columns = header.split(',');
  const quoted = [...columns].reverse().concat('note').join(',').toUpperCase();
  const cells = uk.split(',').map((cell, i) => (i === 7 ? '"Seats, two\r\nlines; inv=L-1"' : cell));
  const result = checkVatFile(`\uFEFF${quoted}\r\n${[...cells].reverse().concat('why').join(',')}\r\n\r\n`);
  expect(result.problems).toEqual([]);
  expect(result.lines).toMatchObject([{ id: 'A1', treatment: 'uk_standard', checks: [] }]);
});

test('a country is read as people write it, and what is none is asked for instead of judged as abroad', () => {
  const written = (supplier: string, customer: string) =>
    checkVatFile([header, uk.replace('Ltd,GB', `Ltd,${supplier}`).replace('true,GB', `true,${customer}`)].join('\n'))
      .lines[0];
  for (const [supplier, customer] of [
    ['UK', 'uk'],
    ['Great Britain', 'United Kingdom'],
    ['gb', 'England'],
  ] as const) {
    expect(written(supplier, customer)).toMatchObject({ treatment: 'uk_standard', box4: '10.00', checks: [] });
  }
  expect(written('ZZ', 'GB')?.checks.map(({ id }) => id)).toContain('SUPPLIER-COUNTRY');
});

test('a duplicate names the row it repeats', () => {
  const result = checkVatFile([header, uk, uk].join('\n'));
  expect(result.lines[1]?.checks[0]?.message).toBe('The same document is already here: L-1 in row 2.');
});

test('missing columns are named, and nothing is guessed', () => {
  const result = checkVatFile('id,date,net\nA1,2026-10-05,1.00');
  expect(result.lines).toEqual([]);
  expect(result.problems).toContainEqual({ row: 1, field: 'gross', reason: 'The column "gross" is missing.' });
  expect(result.problems).toHaveLength(11);
});

test('an unreadable row is named, the good ones are kept', () => {
  const result = checkVatFile(
    [header, uk.replace('50.00', '"1,050.00"'), us, 'A5,2026-10-05', uk.replace(',60.00', ',')].join('\n'),
  );
  expect(result.lines.map(({ id }) => id)).toEqual(['A2']);
  expect(result.problems).toEqual([
    { row: 2, field: 'net', reason: '"1,050.00" is not an amount such as 1234.50.' },
    { row: 4, field: '', reason: 'The row has 2 cells, fewer than the header.' },
    { row: 5, field: 'gross', reason: '"" is not an amount such as 1234.50.' },
  ]);
  expect(checkVatFile('').problems).toEqual([{ row: 1, field: '', reason: 'The file is empty.' }]);
  expect(checkVatFile(`${header}\nA1,"2026`).problems).toHaveLength(1);
});

test('rows that name no day are looked at as on the day given', () => {
  const ids = (seen?: string) => checkVatFile(`${header}\n${uk}`, seen).lines[0]?.checks.map(({ id }) => id);
  expect(ids()).toEqual([]);
  expect(ids('2026-10-04')).toEqual(['INV-FUTURE']);
});
