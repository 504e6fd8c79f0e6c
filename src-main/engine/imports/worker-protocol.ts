import type { MessagePort } from 'node:worker_threads';
import type { DecimalMark } from '../../../src-shared/domain/cost/amounts.ts';
import type { DateOrder } from '../../../src-shared/domain/cost/dates.ts';
import type { DocumentSum } from '../../../src-shared/domain/cost/document-sum.ts';
import type { InvoiceDetail } from '../../../src-shared/domain/cost/invoice-detail.ts';
import type { PlainLine } from '../../../src-shared/domain/cost/plain-csv.ts';
import type { PlainColumns } from '../../../src-shared/domain/cost/plain-fields.ts';
import type { LocalReader, Statement, StatementResult } from '../../ports/store.ts';
import type { SupplierRow } from '../../store/repositories/suppliers.ts';
import type { Buyer } from '../review/assess-row.ts';
import type { KnownSuppliers } from './supplier-book.ts';

type FileFormat = 'focus' | 'csv' | 'hmrc' | 'api';

/** How a plain CSV is to be read; null parts are found out from the file. */
export interface PlainReading {
  readonly columns: PlainColumns;
  readonly dateOrder: DateOrder | null;
  readonly decimal: DecimalMark | null;
}

/** What the import thread is started with. */
export interface ImportTask {
  readonly mode: 'inspect' | 'import';
  readonly kind: 'costs' | 'rates';
  readonly path: string;
  readonly organisationId: string;
  readonly importId: string;
  /** null: find out. */
  readonly format: FileFormat | null;
  /** null: by well-known names. */
  readonly plain: PlainReading | null;
  /** Readings that persons answered before, by layout. */
  readonly known: Readonly<Record<string, PlainReading>>;
  /** Who buys, and from whom until now; null where no line of a plain CSV can come of it. */
  readonly buyer: Buyer | null;
  readonly suppliers: KnownSuppliers | null;
  /** Imports with a row that could not be read: whether all they brought stands in this file again is counted. */
  readonly unread: readonly string[];
  /** When the import began, ms UTC: its lines say so. */
  readonly now: number;
  /** Drawn by the owner; the thread counts on from them. */
  readonly seeds: { readonly lines: string; readonly suppliers: string };
  /** A line to the writer thread; absent when only inspecting. */
  readonly writer: MessagePort | null;
  /** The database, to read by a connection of its own; empty when only inspecting. */
  readonly database: string;
}

export interface Inspected {
  readonly kind: 'costs' | 'rates';
  readonly format: FileFormat;
  readonly headers: readonly string[];
  readonly firstRows: readonly (readonly string[])[];
  /** For a plain CSV: the columns found and what the file proves. */
  readonly plain: PlainReading | null;
  /** A date of the file that can be read two ways while nothing proves which. */
  readonly ambiguousDate: string | null;
  /** A date of the file that cannot be written in the order that was answered for its layout before. */
  readonly otherOrder: string | null;
  /** Required columns nobody found. */
  readonly missing: readonly string[];
  /** Why it cannot be read although all columns are there. */
  readonly problem: string | null;
}

export interface StagedLine {
  readonly row: number;
  /** Unique for this row in the organisation. */
  readonly key: string;
  readonly line: PlainLine;
}

export interface FoundRate {
  readonly row: number;
  readonly currency: string;
  readonly months: readonly string[];
  readonly unitsPerGbp: string;
}

/** A refused row of an invoice: what else came in of that one is not all of it. */
export interface MissingRow {
  readonly row: number;
  readonly field: string;
  /** Empty where the row does not say, or `keys` name it. */
  readonly supplier: string;
  /** What the keys of the invoice's lines begin with; empty: it may be of any invoice of the file. */
  readonly keys: string;
}

interface Counts {
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
}

export type FromWorker =
  | { readonly type: 'progress'; readonly bytesRead: number; readonly bytesTotal: number; readonly rows: number }
  | { readonly type: 'inspected'; readonly result: Inspected }
  /** Answered with `{ type: 'taken' }`. */
  | { readonly type: 'documents'; readonly documents: readonly (DocumentSum & { readonly number: number })[] }
  | { readonly type: 'details'; readonly details: readonly InvoiceDetail[] }
  | { readonly type: 'rates'; readonly source: 'hmrc' | 'hand'; readonly rates: readonly FoundRate[] }
  | {
      readonly type: 'finished';
      readonly format: FileFormat;
      readonly plain: PlainReading | null;
      readonly layout: string;
      readonly counts: Counts;
      readonly sha256: string;
      /** Lines written, still hidden, and the suppliers only they know. */
      readonly written: {
        readonly lines: number;
        readonly suppliers: readonly SupplierRow[];
        /** Tax points, each once: the days whose figures change when the lines are there. */
        readonly days: readonly string[];
      };
      readonly missing?: readonly MissingRow[];
      /** Of the imports in `unread`: how many of their lines stand in the file. */
      readonly again?: Readonly<Record<string, number>>;
      /** Set for a month of a cost API. */
      readonly fetched?: { readonly source: string; readonly month: string; readonly provisional: boolean };
    }
  | { readonly type: 'failed'; readonly problem: string };

export interface ToWorker {
  readonly type: 'taken';
}

/** What the import thread works with. */
export interface WorkerContext {
  readonly task: ImportTask;
  /** The line to the writer thread: one atomic unit a call. */
  readonly writer: {
    runBatch(statements: readonly Statement[], urgent?: 'urgent'): Promise<readonly StatementResult[]>;
  };
  readonly tell: (message: FromWorker) => void;
  /** Tells, and waits until the owner has taken it. */
  readonly hand: (message: FromWorker) => Promise<unknown>;
  readonly look: LocalReader;
}
