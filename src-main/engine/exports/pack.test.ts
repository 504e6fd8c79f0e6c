import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { alex, exportBench, exports, org, packed, store } from './testing/export-bench.ts';

exportBench();

test('the pounds of the CSV add up to the control totals, whatever the treatments', async () => {
  const set = (id: string, change: object) =>
    store.transaction((tx) => tx.updateTable('cost_line').set(change).where('id', '=', id).execute());
  await set('a', { deductible: 0, vat_gbp_minor: 0 });
  await set('b', { treatment: 'unregistered_cost', vat_gbp_minor: 0 });
  await set('c', { treatment: 'reverse_charge', vat: '0.00', gross: '100.00' });
  const { batchId } = await exports.prepare(org, { period: '2026-10', target: 'file' }, alex);
  const { controlTotals } = await exports.batch(org, batchId);
  await exports.pack(org, batchId, alex);
  const files = unzipSync(readFileSync(packed));
  const csv = Object.entries(files).find(([name]) => name.endsWith('.csv'))?.[1] ?? new Uint8Array();
  const { data } = Papa.parse<Record<string, string>>(strFromU8(csv).replace(/^\uFEFF/, ''), {
    header: true,
    skipEmptyLines: true,
  });
  const sum = (column: string) => data.reduce((total, row) => total + Number(row[column]), 0).toFixed(2);
  expect(controlTotals).toEqual({ net: '340.00', vat: '0.00', gross: '340.00' });
  expect([sum('net gbp'), sum('vat gbp')]).toEqual([controlTotals.net, controlTotals.vat]);
  expect(data.map((row) => row['vat reclaimable']).sort()).toEqual(['no', 'yes', 'yes']);
});

test('the CSV of a pack is safe to open in a spreadsheet, and its amounts stay numbers (SEC-42)', async () => {
  const hostile = '\u00a0＝HYPERLINK("http://x")';
  await store.transaction((tx) =>
    tx.updateTable('cost_line').set({ description: '-2+3', category: hostile }).where('id', '=', 'a').execute(),
  );
  const { batchId } = await exports.prepare(org, { period: '2026-10', target: 'file' }, alex);
  await exports.pack(org, batchId, alex);
  const files = unzipSync(readFileSync(packed));
  const bytes = Object.entries(files).find(([name]) => name.endsWith('.csv'))?.[1] ?? new Uint8Array();
  expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const { data } = Papa.parse<string[]>(strFromU8(bytes.slice(3)), { skipEmptyLines: true });
  const cells = data.flat();
  expect(cells.filter((cell) => /^\s*[=+@＝＋－＠]|^\s*-(?!\d+(\.\d+)?$)/u.test(cell))).toEqual([]);
  expect(cells).toEqual(expect.arrayContaining(["'-2+3", `'${hostile}`, '100.00']));
});
