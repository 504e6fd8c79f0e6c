import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MarkEvidence, readAmount } from './amounts.ts';
import { isNull } from './columns.ts';
import { DateEvidence, lastDayBefore, readDate } from './dates.ts';
import { DocumentSums, derivedNumber, documentKey, mergeBreakdowns, roundedAmounts } from './document-sum.ts';
import { focusLayout } from './focus.ts';
import { plainLayout } from './plain-csv.ts';
import { autoMap } from './plain-fields.ts';
import { monthlyRate, ratesLayout } from './rates.ts';

const textOf = (cell: string, mark: '.' | ',' = '.') => {
  const read = readAmount(cell, mark);
  return read.ok ? read.text : null;
};

test.each([
  ['1,234.50', '1234.50'],
  ['£1,234.50', '1234.50'],
  ['(£1,234.50)', '-1234.50'],
  ['£ -5', '-5'],
  ['-£5.00', '-5.00'],
  ['5.00-', '-5.00'],
  ['EUR 12', '12'],
  ['12 USD', '12'],
  ['.5', '0.5'],
  ['1.5E-9', '0.0000000015'],
  ['35.2e3', '35200'],
  ['-0.00', '0.00'],
  ['\u221212.10', '-12.10'],
  ['1 234 567.8', '1234567.8'],
])('%s is read as %s', (cell, text) => {
  expect(textOf(cell)).toBe(text);
});

test.each([
  '',
  'NULL',
  '=A1',
  '1,23',
  '12,34,567.00',
  '1.234,50',
  '--5',
  '(-5)',
  '1.2.3',
  '0,125',
  '-0,125',
  '00,125',
  'ten',
  '£',
  '5 GBP EUR',
])('%s is no amount', (cell) => {
  expect(textOf(cell)).toBeNull();
});

test('a comma is the decimal mark only where the file proves it', () => {
  expect(textOf('1.234,50', ',')).toBe('1234.50');
  expect(textOf('1.234.50', ',')).toBeNull();
  expect(textOf('0.860', ',')).toBeNull();
  expect(textOf('0,860', ',')).toBe('0.860');
  const proof = (...cells: string[]) => {
    const marks = new MarkEvidence();
    for (const cell of cells) marks.add(cell);
    return marks.mark;
  };
  expect(proof('1,234', '12,50')).toBe(',');
  expect(proof('1,234', '12,345')).toBe('.');
  expect(proof('12,50', '12.50')).toBe('.');
  expect(proof('1000', '0,115')).toBe(',');
  expect(proof('1000', '0,1153')).toBe(',');
  expect(proof('12,50', '0.860')).toBe('.');
});

test('an amount keeps its value however its thousands are written', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: 0, max: 99 }), (whole, pence) => {
      const plain = `${whole}.${String(pence).padStart(2, '0')}`;
      const grouped = plain.replace(/\B(?=(?:\d{3})+\.)/g, ',');
      const wanted = /[1-9]/.test(plain) ? plain : plain.replace('-', '');
      expect(textOf(grouped)).toBe(wanted);
      expect(textOf(`£${grouped}`)).toBe(wanted);
      if (plain.startsWith('-')) expect(textOf(`(${grouped.slice(1)})`)).toBe(wanted);
    }),
  );
});

test.each([
  ['2026-10-05', '2026-10-05'],
  ['2024-09-01 00:00:00', '2024-09-01'],
  ['2024-09-01T00:00:00.000Z', '2024-09-01'],
  ['2024-09-01 00:00:00 UTC', '2024-09-01'],
  ['20261005', '2026-10-05'],
  ['1 Feb 2026', '2026-02-01'],
  ['February 1, 2026', '2026-02-01'],
  ['13/02/2026', '2026-02-13'],
  ['02/13/2026', '2026-02-13'],
  ['05/05/2026', '2026-05-05'],
  ['29.02.2024', '2024-02-29'],
])('the day %s is %s', (text, day) => {
  expect(readDate(text, null)).toEqual({ ok: true, day });
});

test('what can be read two ways or not at all is told apart', () => {
  expect(readDate('01/02/2026', null)).toEqual({ ok: false, ambiguous: true });
  expect(readDate('01/02/2026', 'dmy')).toEqual({ ok: true, day: '2026-02-01' });
  expect(readDate('01/02/2026', 'mdy')).toEqual({ ok: true, day: '2026-01-02' });
  for (const text of ['2026-02-30', '31/02/2026', '32/13/2026', 'soon', '', '2026-13-01'])
    expect(readDate(text, null)).toEqual({ ok: false, ambiguous: false });
});

test('dates prove an order only when none of them speaks against it', () => {
  const evidence = (...texts: string[]) => {
    const dates = new DateEvidence();
    for (const text of texts) dates.add(text);
    return { proven: dates.proven, question: dates.question };
  };
  expect(evidence('01/02/2026', '13/02/2026')).toEqual({ proven: 'dmy', question: null });
  expect(evidence('01/02/2026', '02/13/2026')).toEqual({ proven: 'mdy', question: null });
  expect(evidence('01/02/2026', '13/02/2026', '02/13/2026')).toEqual({ proven: null, question: '01/02/2026' });
  expect(evidence('2026-02-01', '05/05/2026')).toEqual({ proven: null, question: null });
});

test('the end of a billing period is exclusive when written as an instant at midnight or a bare day', () => {
  expect(lastDayBefore('2024-10-01 00:00:00', '2024-10-01')).toBe('2024-09-30');
  expect(lastDayBefore('2024-10-01', '2024-10-01')).toBe('2024-09-30');
  expect(lastDayBefore('2024-09-30T23:59:59Z', '2024-09-30')).toBe('2024-09-30');
});

test('no value is told from a value', () => {
  for (const text of ['', ' ', 'NULL', 'null', '\\N', 'N/A', 'none', '  NaN ']) expect(isNull(text), text).toBe(true);
  for (const text of ['0', 'NULLA', 'nonesuch', '-', 'Nimbus']) expect(isNull(text), text).toBe(false);
});

const headers = [
  'BilledCost',
  'BillingAccountId',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'InvoiceIssuerName',
];
const base = ['1', 'a', 'USD', '2024-10-01', '2024-09-01', 'Usage', 'Issuer'];

test('FOCUS versions are told by what each added or dropped', () => {
  const version = (...more: string[]) => {
    const layout = focusLayout([...headers, ...more]);
    return 'missing' in layout ? null : layout.version;
  };
  expect(version('ProviderName', 'PublisherName')).toBe('1.0');
  expect(version('ProviderName', 'SkuMeter')).toBe('1.1');
  expect(version('ProviderName', 'InvoiceId')).toBe('1.2');
  expect(version('ProviderName', 'ServiceProviderName', 'HostProviderName')).toBe('1.3');
  expect(version('ServiceProviderName', 'HostProviderName')).toBe('1.4');
});

test('a charge keeps its identity when tags and display names change, and loses it when a fact does', () => {
  const layout = focusLayout([...headers, 'Tags', 'BillingAccountName', 'x_ExportId', 'ResourceId']);
  if ('missing' in layout) throw new Error('missing columns');
  const identity = (...cells: string[]) => {
    const read = layout.read([...base, ...cells]);
    return read.ok ? read.value.identity : '';
  };
  expect(identity('{}', 'Old name', '1', 'r-1')).toBe(identity('{"a": 1}', 'New name', '2', 'r-1'));
  expect(identity('{}', 'Old name', '1', 'r-1')).not.toBe(identity('{}', 'Old name', '1', 'r-2'));
});

test('sums of a document are exact and do not depend on the order of its rows', () => {
  const layout = focusLayout(headers);
  if ('missing' in layout) throw new Error('missing columns');
  const cost = fc.tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(cost, { minLength: 1, maxLength: 80 }), (costs) => {
      const sumOf = (ordered: typeof costs) => {
        const sums = new DocumentSums();
        ordered.forEach(([units, tax], index) => {
          const text = `${units < 0 ? '-' : ''}${String(Math.abs(units))
            .padStart(12, '0')
            .replace(/(\d{11})$/, '.$1')}`;
          const read = layout.read([text, ...base.slice(1, 5), tax ? 'Tax' : 'Usage', 'Issuer']);
          if (read.ok) sums.add(documentKey(read.value), read.value, index);
        });
        return [...sums.results()][0];
      };
      const total = (tax: boolean) =>
        costs.filter(([, isTax]) => isTax === tax).reduce((sum, [units]) => sum + BigInt(units), 0n);
      const scaled = (text = '0') =>
        BigInt(text.replace('.', '').padEnd(text.includes('.') ? 0 : text.length + 11, '0'));
      const sum = sumOf(costs);
      expect(scaled(sum?.exactNet)).toBe(total(false));
      expect(scaled(sum?.exactVat)).toBe(total(true));
      expect(sumOf(costs.toReversed())?.exactNet).toBe(sum?.exactNet);
      expect(sum?.rows).toBe(costs.length);
    }),
  );
});

test('a document is rounded once, to the smallest unit of its currency, half away from zero', () => {
  expect(roundedAmounts('9.5139', '1.9028', 'GBP')).toMatchObject({
    net: '9.51',
    vat: '1.90',
    gross: '11.41',
    grossMinor: 1141,
  });
  expect(roundedAmounts('-0.005', '0', 'GBP')).toMatchObject({ net: '-0.01', gross: '-0.01' });
  expect(roundedAmounts('1500.5', '0', 'JPY')).toMatchObject({ net: '1501', gross: '1501', grossMinor: 1501 });
});

test('a document without a number gets one from its account and period', () => {
  expect(
    derivedNumber({
      account: '/providers/x/billingAccounts/8611537',
      periodStart: '2024-09-01',
      periodEnd: '2024-09-30',
    }),
  ).toBe('8611537-2024-09');
  expect(derivedNumber({ account: '42', periodStart: '2024-09-01', periodEnd: '2024-09-15' })).toBe(
    '42-2024-09-01-09-15',
  );
});

test('breakdowns of several files join by label', () => {
  const merged = mergeBreakdowns([
    [{ label: 'Compute', rows: 2, amount: '0.1' }],
    [
      { label: 'Compute', rows: 1, amount: '0.2' },
      { label: 'Storage', rows: 1, amount: '1' },
    ],
  ]);
  expect(merged).toEqual([
    { label: 'Compute', rows: 3, amount: '0.3' },
    { label: 'Storage', rows: 1, amount: '1' },
  ]);
});

test('well-known headers are mapped, each column once', () => {
  expect(autoMap(['Invoice number', 'Supplier', 'Invoice date', 'Net', 'VAT', 'Total'])).toEqual({
    columns: {
      date: 'Invoice date',
      supplier: 'Supplier',
      invoice_number: 'Invoice number',
      net: 'Net',
      vat: 'VAT',
      gross: 'Total',
    },
    missing: [],
  });
  expect(autoMap(['Ref', 'Payee', 'Amount due']).missing).toEqual(['date', 'net or vat']);
});

test('rates are understood in both spellings of HMRC and in a hand-made file, and nonsense is refused', () => {
  for (const [names, cells] of [
    [
      ['Country/Territories', 'Currency', 'Currency Code', 'Currency Units per £1', 'Start date', 'End date'],
      ['US', 'Dollar', 'USD', '1.3404', '01/07/2026', '31/07/2026'],
    ],
    [
      ['Country/Territories', 'Currency', 'Currency code', 'Currency units per £1', 'Start Date', 'End Date'],
      ['US', 'Dollar', 'USD', '1.3404', '01/07/2026', '31/07/2026'],
    ],
    [
      ['Currency', 'Month', 'Rate'],
      ['USD', '2026-07', '1.3404'],
    ],
  ] as const) {
    const layout = ratesLayout(names);
    expect('missing' in layout ? layout : layout.read(cells)).toEqual({
      ok: true,
      value: { currency: 'USD', months: ['2026-07'], unitsPerGbp: '1.3404' },
    });
  }
  for (const units of ['0', '-1', 'abc', '', '1e3']) expect(monthlyRate('USD', units, '2026-07', '').ok).toBe(false);
  expect(monthlyRate('QQQ', '1', '2026-07', '').ok).toBe(false);
  expect(monthlyRate('USD', '1', '01/07/2026', '30/09/2026')).toMatchObject({
    value: { months: ['2026-07', '2026-08', '2026-09'] },
  });
});

test('a day is real exactly when the calendar has it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
      (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
        const at = Date.parse(`${text}T00:00:00Z`);
        const real = !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
        expect(readDate(text, null).ok).toBe(real);
      },
    ),
  );
});

const readCountry = (cell: string) => {
  const columns = { date: 'Date', supplier: 'Supplier', supplier_country: 'Country', net: 'Net', vat: 'VAT' };
  const layout = plainLayout(Object.values(columns), { columns, dateOrder: null, decimal: '.' });
  if ('missing' in layout) throw new Error(layout.missing.join());
  const row = layout.read(['2026-10-05', 'Harbour Ltd', cell, '100.00', '20.00']);
  return row.ok ? row.value.supplierCountry : row;
};

test.each([
  ['UK', 'GB'],
  ['uk', 'GB'],
  ['U.K.', 'GB'],
  ['EL', 'GR'],
  ['gb', 'GB'],
  ['XI', 'XI'],
  ['IM', 'IM'],
  ['Great Britain', 'GB'],
  ['united kingdom', 'GB'],
  ['Northern Ireland', 'XI'],
  ['Germany', 'DE'],
  ['Türkiye', 'TR'],
  ['Narnia', ''],
  ['', ''],
])('a supplier of a plain file in "%s" is one in "%s"', (cell, country) => {
  expect(readCountry(cell)).toBe(country);
});

test.each(['ZZ', 'qq', 'EU', 'XA'])('%s is no country, and its row is refused with what to write', (cell) => {
  expect(readCountry(cell)).toMatchObject({ ok: false, problem: { field: 'Country' } });
  expect(JSON.stringify(readCountry(cell))).toContain('write its two letters, such as GB, IE or US');
});
