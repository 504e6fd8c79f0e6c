import type { Mapping } from '../../../src-shared/contract/imports.ts';
import { type PlainColumns, plainFields } from '../../../src-shared/domain/cost/plain-fields.ts';
import type { CsvMappingTable } from '../../store/repositories/imports.ts';
import type { PlainReading } from './worker-protocol.ts';

/**
 * A mapping of the contract (our field → header of the file) as the reader wants it; unknown fields are ignored. `iso` says
 * nothing of dates such as 01/02/2026: each file must prove their order, or its reader must be asked.
 */
export function readingOf(mapping: Mapping): PlainReading {
  const columns: Partial<Record<(typeof plainFields)[number], string>> = {};
  for (const field of plainFields) {
    const header = mapping.columns[field];
    if (header) columns[field] = header;
  }
  const dateOrder = mapping.dateOrder === 'iso' ? null : mapping.dateOrder;
  return { columns, dateOrder, decimal: mapping.decimal };
}

export function mappingOfReading(name: string, { columns, dateOrder, decimal }: PlainReading): Mapping {
  return { name, columns: definedColumns(columns), dateOrder: dateOrder ?? 'iso', decimal: decimal ?? '.' };
}

/** A remembered mapping. */
export function storedMapping(row: Pick<CsvMappingTable, 'name' | 'columns' | 'date_order' | 'decimal'>): Mapping {
  const columns: unknown = JSON.parse(row.columns);
  const texts = Object.entries(columns ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return { name: row.name, columns: Object.fromEntries(texts), dateOrder: row.date_order, decimal: row.decimal };
}

function definedColumns(columns: PlainColumns): Record<string, string> {
  return Object.fromEntries(Object.entries(columns).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
