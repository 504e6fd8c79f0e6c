import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import {
  identityOf,
  type PlainLayout,
  type PlainOptions,
  plainLayout,
} from '../../../src-shared/domain/cost/plain-csv.ts';
import { autoMap } from '../../../src-shared/domain/cost/plain-fields.ts';
import { ExactSum } from '../../../src-shared/domain/money/index.ts';
import type { FileRecord } from './cut-records.ts';
import { PlainRows } from './plain-rows.ts';
import { type FileReading, openRecords } from './read-records.ts';
import { createRowGate } from './row-gate.ts';

const folder = mkdtempSync(join(tmpdir(), 'plain-rows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type How = Omit<PlainOptions, 'columns'>;
const usual: How = { dateOrder: 'iso', decimal: '.' };

/** Private use: written as bytes that are no UTF-8. */
const broken = { '\uE000': 0xe9, '\uE001': 0xc3 } as const;

function written(content: string): string {
  const path = join(folder, 'file.csv');
  const parts = content
    .split(/(?<=[\uE000\uE001])|(?=[\uE000\uE001])/)
    .map((part) => (part === '\uE000' || part === '\uE001' ? Buffer.of(broken[part]) : Buffer.from(part)));
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

function layoutOf({ headers }: FileReading, how: How): PlainLayout {
  const layout = plainLayout(headers, { columns: autoMap(headers).columns, ...how });
  if ('missing' in layout) throw new Error(layout.missing.join());
  return layout;
}

const newSums = () => ({ net: new ExactSum(), vat: new ExactSum(), gross: new ExactSum() });
const totals = (sums: ReturnType<typeof newSums>) => [sums.net.text(), sums.vat.text(), sums.gross.text()];

/** Every row cut and read as text. */
async function asText(path: string, how: How, blockBytes?: number) {
  const reading = await openRecords(path, blockBytes);
  const layout = layoutOf(reading, how);
  const gate = createRowGate(reading.headers);
  const records: FileRecord[] = [];
  for await (const block of reading.blocks()) records.push(...block.records);
  await reading.close();
  const sums = newSums();
  const rows = records.map((record, index) => {
    const problem = gate(record, index === records.length - 1);
    const result = problem ? ({ ok: false, problem } as const) : layout.read(record.cells);
    if (!result.ok) return { row: record.row, problem: result.problem };
    for (const field of ['net', 'vat', 'gross'] as const) sums[field].add(result.value[field]);
    return { row: record.row, line: result.value, identity: identityOf(result.value) };
  });
  return { rows, totals: totals(sums) };
}

async function asBytes(path: string, how: How, blockBytes?: number) {
  const reading = await openRecords(path, blockBytes);
  const layout = layoutOf(reading, how);
  let texts = 0;
  const rows = new PlainRows(reading, {
    ...layout,
    read(cells) {
      texts++;
      return layout.read(cells);
    },
  });
  const sums = newSums();
  const found: object[] = [];
  for await (const _ of rows.blocks()) {
    while (rows.next()) {
      const { row, problem } = rows;
      if (problem) {
        found.push({ row, problem });
        continue;
      }
      rows.addTo(sums);
      const line = rows.line();
      found.push({ row, line, identity: identityOf(line) });
    }
  }
  await reading.verify();
  await reading.close();
  return { rows: found, totals: totals(sums), texts };
}

const days = [
  '2026-07-01',
  '2026-02-30',
  '01/02/2026',
  '13/02/2026',
  '1 Feb 2026',
  '20260203',
  '2026-7-1',
  ' 2026-07-02',
  '2026-07-01T10:00:00Z',
  '',
  'soon',
  'N/A',
];
const sums = [
  '12.50',
  '0',
  '-0.00',
  '-7.25',
  '007.50',
  '999999999999999',
  '99999999999999.99',
  '1234567890123456.78',
  '1.2345678901',
  '1e3',
  '£5',
  '5 EUR',
  '(3.10)',
  '3-',
  '1,000.00',
  '1.000,50',
  '12,50',
  '.5',
  '5.',
  '-',
  '--1',
  '1.2.3',
  '',
  ' 4.00',
  'NULL',
  '=1+1',
];
const cellsOf = {
  Date: days,
  Supplier: [
    'Harbour',
    'Harbour 2',
    'N',
    'None',
    'none',
    'NULL',
    '\\N',
    'nano',
    ' ',
    '',
    'Café',
    'a;b',
    "O'Neil",
    '\u00a0',
    '😀',
  ],
  Country: ['GB', 'uk', 'Germany', 'Narnia', 'ZZ', '', 'null', ' US'],
  Description: [
    'Seats',
    '',
    'Seats; doc=credit',
    'Seats; inv=N-9; taxpoint=2026-07-03',
    'a;b',
    'a, b',
    'two\nlines',
    'say "so"',
    'x'.repeat(70),
    'tab\there',
    'cr\rhere',
    '\0',
    '\uE000',
    'wort\uFFFD',
    '\u007f',
  ],
  Currency: ['GBP', 'gbp', 'EUR', 'QQQ', '', 'null', '$'],
  Net: sums,
  VAT: sums,
  Total: sums,
  'Invoice number': ['N-1', 'N-2', '', 'n/a', '-', '"'],
  'Document type': ['invoice', 'Invoice', 'bill', 'credit note', 'poem', ''],
  Paid: days,
  'FX rate': ['', '0.79', '1.30000000', '-1', 'x', '1,2'],
  'GBP VAT': ['', '2.50', '£2.50', 'x'],
  Lines: ['', '3', '03', 'many'],
  Reference: ['', 'N', 'abc'],
  'VAT treatment': ['', 'T1', 'NULL'],
} as const;
type Column = keyof typeof cellsOf;

/** As it stands, in quotation marks as they ought to be, and as they ought not. */
const styles: readonly ((cell: string) => string)[] = [
  (cell) => cell,
  (cell) => `"${cell.replaceAll('"', '""')}"`,
  (cell) => `"${cell}"`,
  (cell) => `"${cell}" `,
  (cell) => `"${cell}"x`,
  (cell) => ` "${cell}"`,
  (cell) => `"${cell}`,
  (cell) => `${cell}"`,
];
const usualStyles = styles.slice(0, 2);

/** Mostly what most files are made of, so that rows are right often enough. */
const mostly = <T>(usual: readonly T[], all: readonly T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...all) });
const ordinary: Readonly<Partial<Record<Column, readonly string[]>>> = {
  'Document type': ['invoice', 'bill', ''],
  Paid: ['', '2026-07-01', '1 Feb 2026'],
  'FX rate': ['', '0.79'],
  Supplier: ['Harbour', 'Harbour 2', 'nano'],
  'Invoice number': ['N-1', 'N-2', ''],
  Net: ['12.50', '0', '-7.25', '-0.00', '007.50'],
  VAT: ['12.50', '0', '-7.25', '1.2345678901'],
  Total: ['12.50', '0', '999999999999999'],
};

const columnsArb = fc
  .tuple(
    fc.subarray(['Net', 'VAT', 'Total'] as const, { minLength: 2 }),
    fc.subarray([
      'Country',
      'Description',
      'Currency',
      'Invoice number',
      'Document type',
      'Paid',
      'FX rate',
      'GBP VAT',
      'Lines',
      'Reference',
      'VAT treatment',
    ] as const),
  )
  .chain(([amounts, others]) => {
    const all: Column[] = ['Date', 'Supplier', ...amounts, ...others];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

const fileArb = fc
  .record({ columns: columnsArb, delimiter: fc.constantFrom(',', ';', '\t', '|') })
  .chain(({ columns, delimiter }) => {
    const cell = (column: Column) =>
      fc
        .tuple(mostly(ordinary[column] ?? cellsOf[column].slice(0, 2), cellsOf[column]), mostly(usualStyles, styles))
        .map(([text, style]) =>
          usualStyles.includes(style) && /[",;|\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : style(text),
        );
    const whole = fc.tuple(...columns.map(cell)).map((cells) => cells.join(delimiter));
    const other = fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        '""',
        delimiter.repeat(columns.length - 1),
        columns.join(delimiter),
        columns.join(delimiter).toUpperCase(),
        '"',
        '\uE001',
        '\r',
      ),
      whole.map((line) => line.split(delimiter).slice(0, -1).join(delimiter)),
      whole.map((line) => line + delimiter),
      whole.map((line) => `${line + delimiter}more`),
      whole.map((line) => `${line}\r`),
    );
    const line = fc.oneof({ weight: 8, arbitrary: whole }, { weight: 1, arbitrary: other });
    const end = fc.constantFrom('\n', '\r\n');
    return fc
      .record({
        marked: fc.boolean(),
        end,
        lines: fc.array(fc.tuple(line, mostly([null], ['\n', '\r\n', '\n\n'])), { maxLength: 14 }),
        ended: fc.boolean(),
      })
      .map(({ marked, end, lines, ended }) => {
        const head = (marked ? '\uFEFF' : '') + columns.join(delimiter) + end;
        const body = lines.map(([text, own]) => text + (own ?? end)).join('');
        return { head: Buffer.byteLength(head), content: head + (ended ? body : body.replace(/\r?\n$/, '')) };
      });
  });

const howArb = fc.record({
  dateOrder: mostly(['iso', 'dmy'], ['mdy', null] as const),
  decimal: mostly(['.'], [','] as const),
}) as fc.Arbitrary<How>;

it('says of every row, read from its bytes, what the same row says that is read as text; wherever blocks end', async () => {
  let fast = 0;
  await fc.assert(
    fc.asyncProperty(fileArb, howArb, fc.nat(), fc.nat(), async ({ head, content }, how, one, two) => {
      const path = written(content);
      const text = await asText(path, how);
      const longest = Math.max(1, content.length - head + 2);
      for (const block of [undefined, head + (one % longest), head + (two % longest)]) {
        const { texts, ...bytes } = await asBytes(path, how, block);
        fast += bytes.rows.length - texts;
        expect(bytes).toEqual(text);
      }
    }),
    { numRuns: 400 },
  );
  expect(fast).toBeGreaterThan(500);
});

const nasty = [
  '\uFEFF"Date",Supplier,Description,Currency,Net,VAT\r\n',
  '2026-07-01,Harbour,Seats,GBP,10.00,2.00\r\n',
  '2026-07-01,"Harbour, Ltd","two\r\nlines ""so""",GBP,10.00,2.00\r\n',
  '\r\n2026-07-01,Café 😀,Seats,EUR,10.00,2.00\n',
  '2026-07-01,Harbour,"Seats",GBP,10.00,x\n',
  '2026-07-01,Harbour,Se"ats,GBP,10.00,1.00\n',
  '2026-07-01,Harbour,\uE001,GBP,10.00,1.00\n',
  '\uE0012026-07-01,Harbour,Seats,GBP,10.00,1.00\n',
  '2026-07-01,Harbour,Se\0ats,GBP,10.00,1.00\n',
  '2026-07-01,Harbour,Seats; doc=poem,GBP,10.00,1.00\n',
  '2026-07-01,Harbour\n',
  '\n,,,,,\n',
  '2026-07-01,Harbour,Seats,GBP,-10.00,-0.00\n',
  // What follows is looked through for the end of this text.
  '2026-07-01,Harbour,"Seats"x,GBP,10.00,1.00\n',
  '2026-07-01,Harbour',
];

it('reads a file of every kind of row alike, at each byte a block may end', async () => {
  const path = written(nasty.join(''));
  const text = await asText(path, usual);
  expect(text.rows.map((one) => one.row)).toEqual([2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17]);
  for (let block = Buffer.byteLength(nasty[0] ?? ''); block <= Buffer.byteLength(nasty.join('')); block++) {
    const { texts: _, ...bytes } = await asBytes(path, usual, block);
    expect(bytes, `blocks of ${block}`).toEqual(text);
  }
});

it('makes no text of rows written as most are, quoted or not', async () => {
  const plain = '2026-07-01,Harbour,Seats,GBP,10.00,2.00\n';
  const quoted = '"2026-07-02","Netflix","A, B","EUR","10.00","-2"\r\n';
  const { rows, texts } = await asBytes(written(nasty[0] + `${plain}${quoted}`.repeat(20)), usual);
  expect([rows.length, texts]).toEqual([40, 0]);
});

it('adds up what a file lacks of net, VAT and gross as its lines have it', async () => {
  for (const [columns, cells] of [
    ['Net,VAT', '10.10,2.02'],
    ['Net,Total', '10.10,12.120'],
    ['VAT,Total', '2.02,12.12'],
  ]) {
    const path = written(`Date,Supplier,${columns}\n${`2026-07-01,Harbour,${cells}\n`.repeat(3)}`);
    const { texts, ...bytes } = await asBytes(path, usual);
    expect(texts).toBe(0);
    expect(bytes).toEqual(await asText(path, usual));
  }
});

it('refuses the header again where its own name could be a date', async () => {
  const line = '2026-07-01,Harbour,10.00,2.00\n';
  const path = written(line.repeat(2));
  const reading = await openRecords(path);
  const columns = { date: '2026-07-01', supplier: 'Harbour', net: '10.00', vat: '2.00' };
  const layout = plainLayout(reading.headers, { columns, ...usual });
  if ('missing' in layout) throw new Error(layout.missing.join());
  const rows = new PlainRows(reading, layout);
  const problems: string[] = [];
  for await (const _ of rows.blocks()) while (rows.next()) problems.push(rows.problem?.reason ?? 'none');
  await reading.close();
  expect(problems).toEqual([expect.stringMatching(/header is repeated/)]);
});

it('keeps what a cell means when its bytes are long overwritten and another takes its place', async () => {
  const day = (n: number) => new Date(Date.UTC(1970, 0, 1 + n)).toISOString().slice(0, 10);
  const line = (n: number) => `${day(n)},Harbour,10.00,2.00\n`;
  const head = 'Date,Supplier,Net,VAT charged\n';
  const path = written(head + Array.from({ length: 12_000 }, (_, n) => line(n)).join(''));
  // As long as a line, so that each lies just over one of two blocks before.
  const reading = await openRecords(path, 10 * head.length);
  const rows = new PlainRows(reading, layoutOf(reading, usual));
  const found: string[] = [];
  for await (const _ of rows.blocks()) while (rows.next()) found.push(rows.line().date);
  await reading.close();
  expect(found).toEqual(Array.from({ length: 12_000 }, (_, n) => day(n)));
});

it('reads what stands in one piece with a header of two lines', async () => {
  const path = written('Date,"Sup\nplier",Net,VAT\n2026-07-01,Harbour,10.00,2.00\n2026-07-02,Harbour,10.00,2.00');
  const { texts: _, ...bytes } = await asBytes(path, usual);
  expect(bytes.rows).toHaveLength(2);
  expect(bytes).toEqual(await asText(path, usual));
});

it('counts the rows of a file that begins with bare carriage returns as its text does', async () => {
  const head = 'Date,Supplier,Net,VAT,Description,Category,Reference\r';
  const path = written(head + '2026-07-01,H,5,1,,,\r\n'.repeat(9));
  const { texts: _, ...bytes } = await asBytes(path, usual, head.length);
  expect(bytes).toEqual(await asText(path, usual, head.length));
});
