import { hash } from 'node:crypto';
import type { Instant } from '../../../src-shared/domain/time-and-ids.ts';
import { localQuarters } from '../../../src-shared/domain/value/local-quarters.ts';
import { readUsage, type UsageRecord, vendorKey } from '../../../src-shared/domain/value/usage-record.ts';
import type { Statement, StatementResult } from '../../ports/store.ts';
import { type ClientSeen, type MonthDelta, type UsageRow, usageStatements } from '../../store/repositories/usage.ts';
import { ImportProblem } from '../imports/import-problem.ts';
import { createRejections } from '../imports/rejections.ts';
import { freeId } from '../organisations/shapes.ts';
import { openSource, rowsAtOnce } from './usage-file.ts';
import type { AskedVendor, FromUsage, UsageTask } from './usage-protocol.ts';

const rowsShown = 20;
type RunBatch = (statements: readonly Statement[]) => Promise<readonly StatementResult[]>;

export async function inspectUsage(task: UsageTask): Promise<FromUsage> {
  const source = await openSource(task.path);
  try {
    for await (const { rows } of source.blocks()) {
      return {
        type: 'inspected',
        format: source.format,
        headers: source.headers,
        firstRows: rows.slice(0, rowsShown).map(({ cells }) => Object.values(cells)),
        missing: source.missing,
      };
    }
    return {
      type: 'inspected',
      format: source.format,
      headers: source.headers,
      firstRows: [],
      missing: source.missing,
    };
  } finally {
    await source.close();
  }
}

/**
 * Reads a file of AI usage and writes its records, invisible until the owner adds their sums. The same record again adds
 * nothing; the same id with other content is refused; a vendor nobody knows is asked about and its records wait.
 */
export async function importUsage(
  task: UsageTask,
  runBatch: RunBatch,
  tell: (message: FromUsage) => void,
): Promise<void> {
  const { organisationId, importId } = task;
  const source = await openSource(task.path);
  const quarters = localQuarters(task.zone);
  const rejections = createRejections(organisationId, importId);
  const sums = createSums();
  const vendors = createVendors(task.vendors);
  const alike = new Map<string, number>();
  const nth = (content: string) => {
    const turn = (alike.get(content) ?? 0) + 1;
    alike.set(content, turn);
    return turn;
  };
  let duplicates = 0;
  let imported = 0;
  let count = 0;
  let waiting: { row: number; record: UsageRecord; vendor: string; sent: UsageRow }[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const results = await runBatch([
      ...(batch.length === 0
        ? []
        : usageStatements(
            organisationId,
            importId,
            batch.map(({ sent }) => sent),
          )),
      ...rejections.take(),
    ]);
    if (batch.length === 0) return;
    const known = new Map(results[0]?.rows.map(({ i, same }) => [Number(i), same === 1]));
    const here = new Map<string, string>();
    for (const [index, { row, record, vendor, sent }] of batch.entries()) {
      const [key, content] = sent;
      const before = here.get(key);
      const same = known.get(index) ?? (before === undefined ? undefined : before === content);
      here.set(key, before ?? content);
      if (same === undefined) {
        if (vendors.count(vendor)) imported++;
        sums.add(vendor, record);
      } else if (same) duplicates++;
      else
        rejections.add(row, {
          field: 'id',
          reason: `Record ${record.id} came before with other values. Give the correction an id of its own, or undo the earlier import.`,
        });
    }
  }

  try {
    if (source.missing.length > 0) {
      throw new ImportProblem(
        `The file has no column for ${source.missing.join(', ')}. Usage needs vendor, feature and time; wedding, client, success, minutes and id may be there.`,
      );
    }
    for await (const { rows, bytesRead } of source.blocks()) {
      for (const { row, cells, damage } of rows) {
        count++;
        if (damage) {
          rejections.add(row, damage);
          continue;
        }
        const read = readUsage(cells, task.now as Instant, quarters);
        if (!read.ok) {
          rejections.add(row, read);
          continue;
        }
        const { record } = read;
        const vendor = vendors.idOf(record, row);
        waiting.push({ row, record, vendor, sent: rowOf(record, vendor, nth) });
        if (waiting.length >= rowsAtOnce) await flush();
      }
      if (rejections.waiting > 500) await flush();
      tell({ type: 'progress', bytesRead, bytesTotal: source.bytesTotal, rows: count });
    }
    await flush();
    const asked = vendors.asked();
    for (const one of asked) {
      rejections.add(one.firstRow, {
        field: 'vendor',
        reason: `"${one.name}" is not in the vendor directory. Its ${one.rows === 1 ? 'row is kept and waits' : `${one.rows} rows are kept and wait`}: say who it is under CRM, Vendors (or: wedops crm confirm ${one.id}).`,
      });
    }
    const sha256 = await source.verify();
    await flush();
    tell({
      type: 'finished',
      format: source.format,
      sha256,
      imported,
      duplicates,
      rejected: rejections.count,
      ...sums.take(),
      asked,
    });
  } finally {
    await source.close();
  }
}

const digest = (text: string) => hash('sha256', text).slice(0, 32);

/** `nth`: of the records without an id that say the same of one day, the first, the second and so on. */
function rowOf(record: UsageRecord, vendor: string, nth: (content: string) => number): UsageRow {
  const { id, at, day, feature, success, inPreparationWindow, seconds, client, wedding } = record;
  const content = digest(JSON.stringify([vendor, at, feature, success, seconds, client, wedding]));
  const turn = id === null && record.dayAlone ? nth(content) : 1;
  const key = id !== null ? digest(`id ${id}`) : turn === 1 ? content : digest(`${content} ${turn}`);
  return [
    key,
    content,
    vendor,
    day,
    feature,
    at,
    Number(success),
    Number(inPreparationWindow),
    seconds,
    client,
    wedding,
  ];
}

function createSums() {
  const months = new Map<
    string,
    { requests: number; successful: number; window: number; seconds: number; latest: string }
  >();
  const clients = new Set<string>();
  return {
    add(vendor: string, { day, feature, success, inPreparationWindow, seconds, client }: UsageRecord) {
      const key = `${day.slice(0, 7)}\u0000${vendor}\u0000${feature}`;
      let sum = months.get(key);
      if (!sum) {
        sum = { requests: 0, successful: 0, window: 0, seconds: 0, latest: day };
        months.set(key, sum);
      }
      sum.requests++;
      if (success) sum.successful++;
      if (inPreparationWindow) sum.window++;
      sum.seconds += seconds;
      if (day > sum.latest) sum.latest = day;
      if (client !== '') clients.add(`${key}\u0000${client}`);
    },
    take(): { months: MonthDelta[]; clients: ClientSeen[] } {
      return {
        months: [...months].map(([key, sum]) => {
          const [month = '', vendor = '', feature = ''] = key.split('\u0000');
          return [month, vendor, feature, sum.requests, sum.successful, sum.window, sum.seconds, sum.latest];
        }),
        clients: [...clients].map((key) => {
          const [month = '', vendor = '', feature = '', client = ''] = key.split('\u0000');
          return [month, vendor, feature, client];
        }),
      };
    },
  };
}

/** Finds vendors by any of their names; an unknown one gets an id of its own and a question. */
function createVendors(known: Readonly<Record<string, string>>) {
  const byAlias = new Map(Object.entries(known));
  const taken = new Set(byAlias.values());
  const asked = new Map<
    string,
    { id: string; name: string; email: string; alias: string; firstRow: number; rows: number }
  >();
  return {
    idOf(record: UsageRecord, row: number): string {
      const names = [record.vendor, record.vendorEmail, record.vendorName].map(vendorKey);
      for (const name of names) {
        const found = name === '' ? undefined : byAlias.get(name);
        if (found !== undefined) return found;
      }
      const id = freeId(record.vendor, taken);
      taken.add(id);
      const alias = names[0] ?? '';
      byAlias.set(alias, id);
      const email = record.vendorEmail || (record.vendor.includes('@') ? record.vendor : '');
      asked.set(id, { id, name: record.vendorName || record.vendor, email, alias, firstRow: row, rows: 0 });
      return id;
    },
    /** Notes a new record; false when its vendor is asked about. */
    count(id: string): boolean {
      const one = asked.get(id);
      if (!one) return true;
      one.rows++;
      return false;
    },
    asked: (): AskedVendor[] => [...asked.values()].filter(({ rows }) => rows > 0),
  };
}
