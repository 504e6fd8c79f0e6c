import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { openRecords } from './read-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function recordsOf(content: string | Buffer, blockBytes?: number) {
  const path = join(folder, 'file.csv');
  writeFileSync(path, content);
  const reading = await openRecords(path, blockBytes);
  const found: unknown[] = [];
  for await (const { records } of reading.blocks()) found.push(...records);
  await reading.verify();
  await reading.close();
  return found;
}

it.each(['sep=;\r\n', '\uFEFF"sep=;"\n', '\uFEFF', ''])(
  'takes the first line that is one for the header (after %j)',
  async (opening) => {
    const path = join(folder, 'opening.csv');
    writeFileSync(path, `${opening}Date;Supplier;Net\r\n2026-09-01;Harbour;1,00\r\n`);
    const reading = await openRecords(path);
    expect(reading.headers).toEqual(['Date', 'Supplier', 'Net']);
    await reading.close();
    expect(await recordsOf(`${opening}a;b\n1;2\n`)).toMatchObject([{ row: 2, cells: ['1', '2'] }]);
  },
);

it('reads the same rows whether cells stand in quotation marks or not, wherever blocks end', async () => {
  const cell = fc.constantFrom('', ' ', 'Seats of a plan', 'é', '7', 'wort\uFFFD', '\0', 'x'.repeat(90_000));
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom(',', ';', '\t'), fc.boolean(), async (cells, delimiter, ended) => {
      const file = (write: (cell: string) => string) =>
        [`a${delimiter}b`, ...cells.map((row) => row.map(write).join(delimiter))].join('\n') + (ended ? '\n' : '');
      expect(await recordsOf(file((one) => one))).toEqual(await recordsOf(file((one) => `"${one}"`)));
    }),
    { numRuns: 40 },
  );
});

it('tells of each row what a spreadsheet would number it', async () => {
  expect(await recordsOf('a,b\n1,2\n\n\n3,4\n"5\n",6\n7,8')).toMatchObject([
    { row: 2, cells: ['1', '2'] },
    { row: 5, cells: ['3', '4'] },
    { row: 6, cells: ['5\n', '6'] },
    { row: 7, cells: ['7', '8'] },
  ]);
});

it('reads back what was written: marks, line ends, quotation marks, and characters of several bytes across every border', async () => {
  // Lengths near those of blocks and pieces, so that borders fall into characters, line ends and quoted texts.
  const long = fc.tuple(fc.constantFrom('x', 'é', '€', '😀', ' "', '\n', ','), fc.integer({ min: 1, max: 20_000 }));
  const text = fc.oneof(
    fc.constantFrom('', '7', 'a,b', 'a "b"', 'two\nlines', 'é€😀'),
    long.map(([one, n]) => `y${one.repeat(n)}z`),
  );
  const row = fc.array(text, { minLength: 2, maxLength: 3 }).filter((cells) => cells.some((cell) => cell !== ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 25 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.boolean(),
      async (rows, end, marked, ended) => {
        const written = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
        const lines = [['id', 'text'], ...rows].map((cells) => cells.map(written).join(','));
        const found = await recordsOf((marked ? '\uFEFF' : '') + lines.join(end) + (ended ? end : ''));
        expect(found).toEqual(rows.map((cells, index) => ({ row: index + 2, cells, damage: null })));
      },
    ),
    { numRuns: 40 },
  );
});

it('refuses a row in Windows-1252 and reads those around it, wherever it stands', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom('é', 'x'), async (before, one) => {
      const filler = Buffer.from(`1,${one.repeat(before)}\n`);
      const lines = [Buffer.from('a,b\n'), ...Array(6).fill(filler), Buffer.from('2,caf\xe9\n3,good\n', 'latin1')];
      const found = (await recordsOf(Buffer.concat(lines))) as {
        row: number;
        cells: string[];
        damage: string | null;
      }[];
      expect(found.filter(({ damage }) => damage !== null)).toMatchObject([{ row: 8 }]);
      expect(found.at(-1)).toEqual({ row: 9, cells: ['3', 'good'], damage: null });
    }),
    { numRuns: 30 },
  );
});

it('gives up the one line a wrong quotation mark stands in, not those after it; wherever blocks end', async () => {
  const lines = [
    '"5"x,one',
    '6,"six"',
    '"7,seven',
    '8,"eight"',
    '9,"ni"ne"',
    '"two\nlines",ten',
    '"two\nlines","11"x',
    '12,twelve',
  ];
  const stray = 'A quotation mark stands where none may be; double it inside a quoted text.';
  const lost = (row: number) => ({ row, cells: [], damage: stray });
  for (let block = 6; block < 120; block++)
    expect(await recordsOf(`id,n\n${lines.join('\n')}`, block), `blocks of ${block}`).toEqual([
      lost(2),
      { row: 3, cells: ['6', 'six'], damage: null },
      lost(4),
      { row: 5, cells: ['8', 'eight'], damage: null },
      { row: 6, cells: ['9', 'ni"ne'], damage: stray },
      { row: 7, cells: ['two\nlines', 'ten'], damage: null },
      lost(8),
      { row: 9, cells: ['12', 'twelve'], damage: null },
    ]);
});

it('refuses a file full of wrong quotation marks row by row, in the time its lines take', async () => {
  const began = process.cpuUsage();
  const found = await recordsOf(`id,n\n${'1234,"Seats"x,of a plan\n'.repeat(10_000)}`);
  const { user, system } = process.cpuUsage(began);
  expect(found).toHaveLength(10_000);
  expect((user + system) / 1_000_000).toBeLessThan(10);
}, 60_000);

it('reads carriage returns the same wherever blocks end', async () => {
  const content = 'a,b\r\r\n"two\r\r\nlines",1\r\r\n"x\r\r\r\ny",2\r\n';
  const whole = await recordsOf(content);
  expect(whole).toMatchObject([{ cells: ['two\r\nlines', '1\r'] }, { cells: ['x\r\r\ny', '2'] }]);
  for (let block = 6; block < content.length; block++)
    expect(await recordsOf(content, block), `blocks of ${block}`).toEqual(whole);
});

it('knows a header in quotation marks behind a byte-order mark', async () => {
  const path = join(folder, 'marked.csv');
  writeFileSync(path, '\uFEFF"a, b",c\n1,2\n');
  const reading = await openRecords(path);
  await reading.close();
  expect(reading.headers).toEqual(['a, b', 'c']);
});
