import { expect, test } from 'vitest';
import { binder } from './binder.ts';

test('several files are bound into one PDF: every object where its table says, the files whole inside', () => {
  const csv = new TextEncoder().encode(`a,b\n${'x'.repeat(300)}\n(é) \\ €\n`);
  const made = Buffer.from(
    binder('Evidence of WS:1', [
      { fileName: 'rows (1).csv', contentType: 'text/csv', bytes: csv },
      { fileName: 'invoice.pdf', contentType: 'application/pdf', bytes: new Uint8Array([1, 2, 3]) },
    ]),
  );
  const text = made.toString('latin1');
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
  const rows = [...text.slice(start).matchAll(/(\d{10}) 00000 n /g)].map((row) => Number(row[1]));
  expect(rows.length).toBeGreaterThan(8);
  rows.forEach((place, i) => {
    expect(text.slice(place).startsWith(`${i + 1} 0 obj\n`)).toBe(true);
  });
  expect(made.includes(Buffer.from(csv))).toBe(true);
  expect(text).toContain('/Subtype /text#2fcsv');
  expect(text).toContain('(rows \\(1\\).csv)');
  expect(
    made.equals(
      Buffer.from(
        binder('Evidence of WS:1', [
          { fileName: 'rows (1).csv', contentType: 'text/csv', bytes: csv },
          { fileName: 'invoice.pdf', contentType: 'application/pdf', bytes: new Uint8Array([1, 2, 3]) },
        ]),
      ),
    ),
  ).toBe(true);
});
