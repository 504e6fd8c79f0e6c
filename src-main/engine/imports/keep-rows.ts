import type { Statement } from '../../ports/store.ts';
import {
  anyEarlierKey,
  anyLine,
  anyRow,
  importingStatements,
  importOfLine,
  insertRowsStatement,
  knownLine,
  knownRow,
} from '../../store/repositories/import-statements.ts';
import type { ReadRow, RowBlocks } from './file-rows.ts';
import { plainKey } from './plain-key.ts';
import type { MissingRows } from './refused-rows.ts';
import { createRejections } from './rejections.ts';
import type { WorkerContext } from './worker-protocol.ts';

/**
 * Source rows in one message to the writer: few enough that others wait a few thousandths of a second at most; the
 * writer commits many of them together, so that the pages of its indexes are not written anew for every line.
 */
export const chunkRows = { focus: 200, csv: 50 };
/** Chunks on their way to the writer at once: what shares a commit there, and what is ready behind it. */
export const chunksUnderway = 50;
/**
 * Chunks after which the write-ahead log is moved into the database (some 30 MB of it). A multiple of what shares a commit in
 * the writer, alone and beside others: the last commit before is a full one.
 */
const chunksSettled = 120;
/** Chunks between two words about how far it is. */
const chunksTold = 5;

/** Where rows are kept, and what is asked about them. */
interface RowKeeping {
  /** Whether the organisation has any row yet: one that has none has no duplicates. */
  any(): boolean;
  known(row: ReadRow): boolean;
  /** Of imports that had a row nobody could read: how many of their lines were met. */
  again?(): Readonly<Record<string, number>>;
  /** What keeps rows that are new, after each `keep` was called. */
  statements(fresh: readonly ReadRow[]): Statement[];
}

/** Rows that are summed into documents are kept one by one. */
export function rowsOfSums({ task: { organisationId, importId }, look }: WorkerContext): RowKeeping {
  return {
    any: () => look.has(anyRow, [organisationId]),
    known: ({ hash: digest, occurrence }) => look.has(knownRow, [organisationId, digest, occurrence]),
    statements: (fresh) => [
      insertRowsStatement(
        organisationId,
        importId,
        fresh.map(
          (one) =>
            [one.hash, one.occurrence, one.row, one.document, one.amount, one.isTax ? 1 : 0, one.service] as const,
        ),
      ),
    ],
  };
}

/** A row that is a line of its own is known by that line's key; lines from before that have their row beside them. */
export function rowsAsLines(
  { task: { organisationId, unread }, look }: WorkerContext,
  lines: () => Statement[],
): RowKeeping {
  const again = new Map(unread.map((importId) => [importId, 0]));
  const isLine = (key: string) => {
    if (again.size === 0) return look.has(knownLine, [organisationId, key]);
    const [line] = look.rows(importOfLine, [organisationId, key]);
    const from = String(line?.import_id);
    const met = again.get(from);
    if (met !== undefined) again.set(from, met + 1);
    return line !== undefined;
  };
  const beside = look.has(anyRow, [organisationId]);
  const earlier = look.has(anyEarlierKey, [organisationId]);
  return {
    any: () => beside || look.has(anyLine, [organisationId]),
    known: ({ hash: digest, occurrence, number }) =>
      isLine(plainKey(number, digest, occurrence)) ||
      (earlier && look.has(knownLine, [organisationId, `csv:${digest}:${occurrence}`])) ||
      (beside && look.has(knownRow, [organisationId, digest, occurrence])),
    again: () => Object.fromEntries(again),
    statements: lines,
  };
}

/** Writes the rows of a file in chunks while the next ones are read, and counts them. */
export async function keepRows<Of>(
  { task, writer, tell, look }: WorkerContext,
  bytesTotal: number,
  blocks: RowBlocks<Of>,
  keeping: RowKeeping & { readonly size: number; readonly missing: MissingRows<Of> },
) {
  const { organisationId, importId } = task;
  const rejections = createRejections(organisationId, importId);
  // Imports of an organisation follow one another: what is here at the start is all there is to know.
  const others = keeping.any();
  await writer.runBatch(importingStatements, 'urgent');
  let chunk: ReadRow[] = [];
  const underway = new Set<Promise<unknown>>();
  let failure: unknown = null;
  let written = 0;
  let imported = 0;
  let duplicates = 0;
  let rows = 0;
  let reached = 0;
  let done = 0;

  const progress = () => ({ type: 'progress', bytesRead: reached, bytesTotal, rows }) as const;

  /** Chunks are written while the next one is read and judged. */
  async function flush(urgent?: 'urgent'): Promise<void> {
    const fresh = others ? chunk.filter((row) => !keeping.known(row)) : chunk;
    imported += fresh.length;
    duplicates += chunk.length - fresh.length;
    for (const one of fresh) one.keep();
    chunk = [];
    const statements = [...keeping.statements(fresh), ...rejections.take()];
    const isTimeToSettle = ++written % chunksSettled === 0;
    while (underway.size >= chunksUnderway) await Promise.race(underway);
    if (failure) throw failure;
    const further = progress();
    const one: Promise<unknown> = writer
      .runBatch(statements, urgent ?? (isTimeToSettle ? 'urgent' : undefined))
      // What was written counts as progress, not what was read: reading waits for the log, while writing goes on.
      .then(() => {
        if (++done % chunksTold === 0) tell(further);
      })
      .catch((thrown: unknown) => {
        failure ??= thrown;
      })
      .finally(() => underway.delete(one));
    underway.add(one);
    if (isTimeToSettle) {
      // Most of it while the writer still works; what is left is short, and then the log begins anew.
      look.settle();
      await Promise.all(underway);
      look.settle();
    }
  }

  tell(progress());
  for await (const { found, bytesRead } of blocks) {
    reached = bytesRead;
    for (const result of found) {
      rows++;
      if (!result.ok) {
        rejections.add(result.row, result.problem);
        keeping.missing.add(result);
      } else if (result.repeated) duplicates++;
      else chunk.push(result.value);
      if (chunk.length >= keeping.size || rejections.waiting >= keeping.size) await flush();
    }
    // Whatever of the block brought nothing to write is done as well.
    if (underway.size === 0) tell(progress());
  }
  await flush('urgent');
  await Promise.all(underway);
  if (failure) throw failure;
  tell(progress());
  // Else the writer would do it at its next commit, and whoever asked for that one would wait.
  look.settle();
  return {
    counts: { imported, duplicates, rejected: rejections.count },
    missing: keeping.missing.rows(),
    again: keeping.again?.() ?? {},
  };
}
