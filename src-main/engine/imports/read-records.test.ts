import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { openRecords } from './read-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function recordsOf(content: string) {
  const path = join(folder, 'file.csv');
  writeFileSync(path, content);
  const reading = await openRecords(path);
  const found: unknown[] = [];
  for await (const { records } of reading.blocks()) found.push(...records);
  await reading.verify();
  await reading.close();
  return found;
}

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
