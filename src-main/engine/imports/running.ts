import type { z } from 'zod';
import type { ImportProgress, ImportResult } from '../../../src-shared/contract/imports.ts';
import { Instant, isoOf } from '../../../src-shared/domain/time-and-ids.ts';
import type { ImportBatch } from '../../store/repositories/imports.ts';

export type Progress = z.infer<typeof ImportProgress>;

/** An import under way in this process. */
export interface Running {
  readonly organisationId: string;
  readonly abort: AbortController;
  progress: Progress;
  readonly listeners: Set<() => void>;
  readonly ended: Promise<void>;
}

/** Something moved: tells everybody who follows. */
export function report(entry: Running, change: Partial<Progress>): void {
  entry.progress = { ...entry.progress, ...change };
  for (const listener of [...entry.listeners]) listener();
}

/** Where the import stands, each time it has moved since the last look; the last has the result. */
export async function* follow(entry: Running, signal?: AbortSignal): AsyncGenerator<Progress> {
  let changed = true;
  let wake = () => undefined as undefined;
  const listener = () => {
    changed = true;
    wake();
  };
  entry.listeners.add(listener);
  signal?.addEventListener('abort', listener, { once: true });
  try {
    while (!signal?.aborted) {
      if (changed) {
        changed = false;
        const now = entry.progress;
        yield now;
        if (now.result) return;
      } else {
        await new Promise<void>((resolve) => {
          wake = () => void resolve();
        });
      }
    }
  } finally {
    entry.listeners.delete(listener);
    signal?.removeEventListener('abort', listener);
  }
}

/** An import as the contract shows it. */
export function resultOf(row: ImportBatch): ImportResult {
  return {
    importId: row.id,
    fileName: row.file_name,
    kind: row.kind as ImportResult['kind'],
    format: row.format as ImportResult['format'],
    state: row.state,
    problem: row.problem,
    startedAt: isoOf(Instant.parse(row.started_at)),
    byItself: row.actor.startsWith('schedule:'),
    imported: row.imported,
    duplicates: row.duplicates,
    rejected: row.rejected,
    lines: row.lines,
  };
}
