import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const Kept = z.record(z.string().max(40), z.string());

/** Where a person last chose or saved a file, apart for each purpose: costs are not where backups are (ux §13). */
export interface DialogFolders {
  /** Undefined: never so far; the operating system chooses. */
  of(purpose: string): string | undefined;
  note(purpose: string, path: string): void;
}

/** Of this computer, so it is kept beside the data and not in it. */
export function createDialogFolders(file: string): DialogFolders {
  let kept: z.infer<typeof Kept>;
  try {
    kept = Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    kept = {};
  }
  return {
    of: (purpose) => kept[purpose],
    note(purpose, path) {
      const folder = dirname(path);
      if (kept[purpose] === folder) return;
      kept = { ...kept, [purpose]: folder };
      try {
        writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
      } catch {
        // It is remembered until the window closes; a full disk is no reason to keep a file from being chosen.
      }
    },
  };
}
