import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import {
  requiredUsageFields,
  type UsageCells,
  type UsageField,
  usageColumns,
} from '../../../src-shared/domain/value/usage-record.ts';
import { ImportProblem } from '../imports/import-problem.ts';
import { openRecords } from '../imports/read-records.ts';
import { createRowGate } from '../imports/row-gate.ts';

/** Records that are looked up and written together. */
export const rowsAtOnce = 2_000;
/** A JSON file is held whole; a million records fit a CSV, which is not. */
const largestJson = 64 * 1024 * 1024;

export interface RawRow {
  readonly row: number;
  readonly cells: UsageCells;
  readonly damage: { readonly field: string; readonly reason: string } | null;
}
/** A file of usage, whatever its form, row by row. */
export interface Source {
  readonly format: 'csv' | 'json';
  readonly headers: readonly string[];
  readonly missing: readonly string[];
  readonly bytesTotal: number;
  blocks(): AsyncGenerator<{ readonly rows: readonly RawRow[]; readonly bytesRead: number }>;
  verify(): Promise<string>;
  close(): Promise<void>;
}
/** CSV or JSON, told apart by how it begins. */
export async function openSource(path: string): Promise<Source> {
  const file = await open(path, 'r');
  const head = Buffer.alloc(64);
  const { bytesRead } = await file.read(head, 0, 64).finally(() => file.close());
  const start = head.toString('utf8', 0, bytesRead).replace(/^[\uFEFF\s]+/, '');
  return start.startsWith('[') || start.startsWith('{') ? jsonSource(path) : csvSource(path);
}

async function csvSource(path: string): Promise<Source> {
  const reading = await openRecords(path);
  const columns = usageColumns(reading.headers);
  const fields = Object.entries(columns) as [UsageField, number][];
  const gate = createRowGate(reading.headers);
  return {
    format: 'csv',
    headers: reading.headers,
    missing: requiredUsageFields.filter((field) => columns[field] === undefined),
    bytesTotal: reading.bytesTotal,
    async *blocks() {
      for await (const { records, bytesRead } of reading.blocks()) {
        yield {
          bytesRead,
          rows: records.map((record) => {
            const damage = gate(record, false);
            const cells: Partial<Record<UsageField, string>> = {};
            if (!damage) for (const [field, index] of fields) cells[field] = record.cells[index] ?? '';
            return { row: record.row, cells, damage };
          }),
        };
      }
    },
    verify: () => reading.verify(),
    close: () => reading.close(),
  };
}

/** A JSON array of records, or an object with them under `records`, `usage`, `data` or `items`. A record's row is its place. */
async function jsonSource(path: string): Promise<Source> {
  const { size } = await stat(path);
  if (size > largestJson)
    throw new ImportProblem('The JSON file is larger than 64 MB. Export it as CSV, or in several files.');
  const bytes = await readFile(path);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw new ImportProblem('The file is no whole JSON document; it may be cut off. Export it again.');
  }
  const list = Array.isArray(parsed)
    ? parsed
    : ['records', 'usage', 'data', 'items']
        .map((name) => (parsed as Record<string, unknown>)[name])
        .find(Array.isArray);
  if (!list) throw new ImportProblem('The JSON file holds no list of records. Export them as an array.');
  return {
    format: 'json',
    headers: ['id', 'vendor', 'wedding', 'client', 'feature', 'time', 'success', 'minutes'],
    missing: [],
    bytesTotal: size,
    async *blocks() {
      for (let from = 0; from < list.length; from += rowsAtOnce) {
        const rows = list.slice(from, from + rowsAtOnce).map((item, index) => jsonRow(item, from + index + 1));
        yield { rows, bytesRead: Math.round((size * Math.min(list.length, from + rowsAtOnce)) / list.length) };
      }
    },
    verify: async () => createHash('sha256').update(bytes).digest('hex'),
    close: async () => undefined,
  };
}

function jsonRow(item: unknown, row: number): RawRow {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) {
    return { row, cells: {}, damage: { field: '', reason: 'This entry is no record. Write it as an object.' } };
  }
  const entries = Object.entries(item);
  const columns = usageColumns(entries.map(([name]) => name));
  const cells: Partial<Record<UsageField, string>> = {};
  for (const [field, index] of Object.entries(columns) as [UsageField, number][]) {
    const value: unknown = entries[index]?.[1];
    if (value === null || value === undefined) continue;
    if (typeof value === 'object')
      return { row, cells: {}, damage: { field, reason: 'A text, a number or true and false are expected here.' } };
    cells[field] = String(value);
  }
  return { row, cells, damage: null };
}
