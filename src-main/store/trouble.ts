import type { Clock, Logger } from '../ports/runtime.ts';
import type { StoreTrouble } from '../ports/store.ts';
import { StoreError, type WireError } from './protocol.ts';

/** More than one is the disk, not bad luck. */
const MOST = 3;
const WITHIN_MS = 60_000;

export interface TroubleWatch {
  /** Looks at what a statement or a commit failed with. */
  note(thrown: unknown): void;
  /** A check found damage. */
  damaged(detail: string): void;
  readonly trouble: StoreTrouble | null;
  /** What every write is refused with while there is trouble. */
  readonly refusal: WireError | null;
}

/**
 * Decides when writing must stop: after three errors of the disk in a minute, or as soon as a page cannot be what was
 * written. Going on would acknowledge facts that are not there after the next start.
 */
export function watchTrouble(clock: Pick<Clock, 'monotonicMs'>, log: Logger): TroubleWatch {
  let errors: number[] = [];
  let trouble: StoreTrouble | null = null;

  function stop(kind: StoreTrouble['kind'], message: string): void {
    if (trouble) return;
    trouble = { kind, message };
    log.error('store.read-only', { kind, reason: message });
  }
  const damaged = (detail: string) =>
    stop('damaged', `The database is damaged (${detail}). Nothing is written any more: quit, then restore a backup.`);

  return {
    note(thrown) {
      if (!(thrown instanceof StoreError)) return;
      const { code, message } = thrown;
      if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') damaged(message);
      if (!code.startsWith('SQLITE_IOERR')) return;
      const now = clock.monotonicMs();
      errors = [...errors.filter((at) => now - at < WITHIN_MS), now];
      log.error('store.disk-error', { code, errors: errors.length });
      if (errors.length < MOST) return;
      stop(
        'disk',
        `The disk failed ${MOST} times in a minute (${message}). Nothing is written any more: check the disk, then start again.`,
      );
    },
    damaged,
    get trouble() {
      return trouble;
    },
    get refusal() {
      return trouble && { message: trouble.message, code: 'READ_ONLY' };
    },
  };
}
