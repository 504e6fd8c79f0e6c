import { open } from 'node:fs/promises';
import { columnKey } from '../../../src-shared/domain/cost/columns.ts';
import type { Kind } from './importer.ts';

const headBytes = 16 * 1024;

/**
 * Which kind a dropped file speaks of in its first bytes: a calendar, AI usage, a table of weddings; everything else is
 * looked at as costs or rates. What a kind needs is judged by its importer.
 */
export async function recognise(path: string): Promise<Kind> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return kindOf(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

export function kindOf(head: string): Kind {
  const text = head.replace(/^\uFEFF/, '').trimStart();
  if (/^BEGIN:VCALENDAR/i.test(text)) return 'weddings';
  const [first = ''] = text.split(/\r?\n/, 1);
  if (/^[[{]/.test(text)) return /"feature"\s*:/.test(text) ? 'usage' : 'costs';
  const columns = new Set(first.split(/[,;\t]/).map((cell) => columnKey(cell.replaceAll('"', ''))));
  const has = (...names: readonly string[]) => names.some((name) => columns.has(columnKey(name)));
  if (has('feature') && has('vendor') && has('time')) return 'usage';
  const money = has('net', 'gross', 'amount', 'BilledCost', 'cost', 'total');
  return has('venue', 'venue name', 'location') && has('date', 'wedding date', 'ceremony date') && !money
    ? 'weddings'
    : 'costs';
}
