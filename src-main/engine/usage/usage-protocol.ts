import type { MessagePort } from 'node:worker_threads';
import type { ClientSeen, MonthDelta } from '../../store/repositories/usage.ts';

/** What the usage thread is started with. */
export interface UsageTask {
  readonly mode: 'inspect' | 'import';
  readonly path: string;
  readonly organisationId: string;
  readonly importId: string;
  readonly zone: string;
  /** ms UTC: later usage lies in the future. */
  readonly now: number;
  /** Name of a vendor as files write it → vendor id. */
  readonly vendors: Readonly<Record<string, string>>;
  readonly writer: MessagePort | null;
}

/** A vendor nobody knows yet; its records are kept until somebody says who it is. */
export interface AskedVendor {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly alias: string;
  readonly firstRow: number;
  readonly rows: number;
}

export type FromUsage =
  | { readonly type: 'progress'; readonly bytesRead: number; readonly bytesTotal: number; readonly rows: number }
  | {
      readonly type: 'inspected';
      readonly format: 'csv' | 'json';
      readonly headers: readonly string[];
      readonly firstRows: readonly (readonly string[])[];
      readonly missing: readonly string[];
    }
  | {
      readonly type: 'finished';
      readonly format: 'csv' | 'json';
      readonly sha256: string;
      readonly imported: number;
      readonly duplicates: number;
      readonly rejected: number;
      readonly months: readonly MonthDelta[];
      readonly clients: readonly ClientSeen[];
      readonly asked: readonly AskedVendor[];
    }
  | { readonly type: 'failed'; readonly problem: string };
