import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { columnKey } from '../../../src-shared/domain/cost/columns.ts';
import { type MonthlyRate, ratesLayout, readRatesXml } from '../../../src-shared/domain/cost/rates.ts';
import { ImportProblem } from './import-problem.ts';
import { startsAsXml } from './inspect-file.ts';
import { layoutHash, repeatedColumn } from './layout-hash.ts';
import { openRecords } from './read-records.ts';
import { createRejections } from './rejections.ts';
import { createRowGate } from './row-gate.ts';
import type { FoundRate, WorkerContext } from './worker-protocol.ts';

/** HMRC's file has some 170 currencies; anything this large is something else. */
const largestXml = 8 * 1024 * 1024;
const changed =
  'The file changed while it was being read. Nothing was imported; wait until it is complete and import it again.';

/** Reads a file of monthly rates, CSV or HMRC's XML. The owner compares it with the rates it has. */
export async function importRates({ task, writer, tell, hand }: WorkerContext): Promise<void> {
  const rejections = createRejections(task.organisationId, task.importId);
  const known = new Map<string, string>();
  const rates: FoundRate[] = [];
  let duplicates = 0;

  /** HMRC lists one currency under many countries, always with one rate. */
  function take(row: number, rate: MonthlyRate): void {
    const clash = rate.months.find(
      (month) => (known.get(`${rate.currency} ${month}`) ?? rate.unitsPerGbp) !== rate.unitsPerGbp,
    );
    if (clash) {
      rejections.add(row, {
        field: 'Currency Units per £1',
        reason: `${rate.currency} already has another rate for ${clash} in this file; keep the right one.`,
      });
    } else if (rate.months.every((month) => known.has(`${rate.currency} ${month}`))) duplicates++;
    else {
      for (const month of rate.months) known.set(`${rate.currency} ${month}`, rate.unitsPerGbp);
      rates.push({ row, ...rate });
    }
  }

  let layout = 'xml';
  let source: 'hmrc' | 'hand' = 'hmrc';
  let sha256: string;
  if (await startsAsXml(task.path)) {
    const before = await stat(task.path);
    if (before.size > largestXml)
      throw new ImportProblem('The file is far too large for a month of exchange rates. Download it again.');
    const bytes = await readFile(task.path);
    const read = readRatesXml(bytes.toString('utf8'));
    if ('problem' in read) throw new ImportProblem(read.problem);
    for (const { row, result } of read.rates) {
      if (result.ok) take(row, result.value);
      else rejections.add(row, result.problem);
    }
    const after = await stat(task.path);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw new ImportProblem(changed);
    sha256 = createHash('sha256').update(bytes).digest('hex');
    tell({ type: 'progress', bytesRead: before.size, bytesTotal: before.size, rows: read.rates.length });
  } else {
    const reading = await openRecords(task.path);
    try {
      const columns = ratesLayout(reading.headers);
      if ('missing' in columns) {
        throw new ImportProblem(
          `The file has no column for ${columns.missing.join(', ')}. Use HMRC's monthly CSV, or the columns Currency, Month and Units per £1.`,
        );
      }
      const repeated = repeatedColumn(reading.headers);
      if (repeated) throw new ImportProblem(repeated);
      source = reading.headers.some((header) => columnKey(header).startsWith('currencyunitsper')) ? 'hmrc' : 'hand';
      layout = layoutHash(reading.headers);
      const gate = createRowGate(reading.headers);
      let rows = 0;
      for await (const { records, bytesRead } of reading.blocks()) {
        for (const [index, record] of records.entries()) {
          rows++;
          const problem = gate(record, bytesRead >= reading.bytesTotal && index === records.length - 1);
          const result = problem ? { ok: false as const, problem } : columns.read(record.cells);
          if (result.ok) take(record.row, result.value);
          else rejections.add(record.row, result.problem);
        }
        tell({ type: 'progress', bytesRead, bytesTotal: reading.bytesTotal, rows });
      }
      sha256 = await reading.verify();
    } finally {
      await reading.close();
    }
  }
  const refused = rejections.count;
  const statements = rejections.take();
  if (statements.length > 0) await writer.runBatch(statements, 'urgent');
  await hand({ type: 'rates', source, rates });
  tell({
    type: 'finished',
    written: { lines: 0, suppliers: [], days: [] },
    format: 'hmrc',
    plain: null,
    layout,
    counts: { imported: rates.length, duplicates, rejected: refused },
    sha256,
  });
}
