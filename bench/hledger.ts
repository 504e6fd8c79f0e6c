import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchRow, benchRow } from './row.ts';
import { vatBench } from './vat.ts';

const rows = 10_000;
const rounds = 3;

/** All VAT checks beside hledger reading a CSV of bills by rules, balancing and summing their VAT; nothing where it is not installed. */
export async function hledgerBench(): Promise<BenchRow[]> {
  if (spawnSync('which', ['hledger']).status !== 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'bench-hledger-'));
  try {
    const file = join(folder, 'bills.csv');
    const pounds = (pence: number) => (pence / 100).toFixed(2);
    const bills = Array.from({ length: rows }, (_, index) => {
      const net = (100 + (index % 9_973)) * 5;
      const day = String(1 + (index % 28)).padStart(2, '0');
      const home = index % 3 === 0;
      return `2026-10-${day},Supplier ${index % 700},N-${index},${home ? 'GB' : 'US'},${pounds(net)},${pounds(net / 5)}`;
    });
    writeFileSync(file, `${bills.join('\n')}\n`);
    // What it can say of VAT by itself: to which account each amount goes, by where the supplier is.
    writeFileSync(
      `${file}.rules`,
      [
        'fields date, description, code, comment, amount1, amount2',
        'account1 expenses:software',
        'account2 assets:input vat',
        'account3 liabilities:suppliers',
        'currency £',
        'if',
        '%comment US',
        '  account2 assets:reverse charge',
        '',
      ].join('\n'),
    );
    const times = Array.from({ length: rounds }, () => {
      const began = performance.now();
      const done = spawnSync('hledger', ['-f', file, 'balance', 'assets:input vat'], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      if (done.status !== 0) throw new Error(done.stderr);
      return performance.now() - began;
    });
    const theirs = (rows * 1_000) / Math.min(...times);
    const ours = (100_000 * 1_000) / vatBench().ms100k;
    return [benchRow('VAT checks: lines a second beside hledger’s', ours, 'lines/s', theirs, { atLeast: 50 })];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await hledgerBench());
