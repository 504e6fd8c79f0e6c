import type { Instant } from '../../src-shared/domain/time-and-ids.ts';

export interface Clock {
  /** Wall time: due times, schedules, what is stored. */
  now(): Instant;
  /** Never jumps: time-outs, leases, measured durations. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Sortable, unique, and repeatable under test. */
export interface Ids {
  next(): string;
}

/** In [0, 1). For jitter; never for anything secret. */
export interface Random {
  next(): number;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Event names are `noun.verb`; fields are flat; no sentence is ever built. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  with(fields: LogFields): Logger;
}

/** Built once per host; passed in, never imported. */
export interface Runtime {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
}
