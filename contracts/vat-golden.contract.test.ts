import { existsSync, readFileSync } from 'node:fs';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { checkVatFile } from '../src-main/engine/review/vat-check.ts';

const golden = new URL('../../shared/domain/vat-golden.csv', import.meta.url);
const present = existsSync(golden);
if (!present) process.stdout.write('VAT golden cases: not here, so nothing was compared\n');

interface Expected {
  readonly id: string;
  readonly expected_treatment: string;
  readonly expected_vat_gbp: string;
  readonly box1: string;
  readonly box4: string;
  readonly box6: string;
  readonly box7: string;
  readonly expected_check_ids: string;
  readonly expected_xero_tax_type: string;
  readonly expected_qbo_tax_code: string;
}

describe.skipIf(!present)('the VAT golden cases', () => {
  const text = present ? readFileSync(golden, 'utf8') : '';
  const expected = Papa.parse<Expected>(text, { header: true, skipEmptyLines: true }).data;
  const result = checkVatFile(text);

  test('are all read, in order', () => {
    expect(expected).toHaveLength(108);
    expect(result.problems).toEqual([]);
    expect(result.lines.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  test.each(expected)('$id agrees in treatment, amounts, boxes, checks and tax codes', (row) => {
    const line = result.lines.find(({ id }) => id === row.id);
    expect({ ...line, checks: line?.checks.map(({ id }) => id).join(';') }).toEqual({
      id: row.id,
      treatment: row.expected_treatment,
      vatGbp: row.expected_vat_gbp,
      box1: row.box1,
      box4: row.box4,
      box6: row.box6,
      box7: row.box7,
      checks: row.expected_check_ids,
      xeroTaxType: row.expected_xero_tax_type,
      qboTaxCode: row.expected_qbo_tax_code,
    });
  });
});
