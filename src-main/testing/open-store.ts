import { copyFileSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../ports/store.ts';
import { openConnection } from '../store/connection.ts';
import { migrate } from '../store/migrate.ts';
import { type OpenStore, openStore as openReal } from '../store/open.ts';

let newest: string | null = null;

/**
 * The real store, threads and all. A new folder starts from a copy of an empty database that went through every migration
 * once a worker: they are a quarter of what opening costs, and a test of something else learns nothing from them.
 */
export function openStore(options: OpenStore): Promise<Store> {
  const file = join(options.folder, 'console.db');
  if (!existsSync(file)) {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    newest ??= migratedDatabase();
    copyFileSync(newest, file);
  }
  return openReal(options);
}

function migratedDatabase(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'newest-')), 'console.db');
  const db = openConnection(file, 'writer');
  migrate(db, { file, at: 0, version: '0.1.0' });
  db.close();
  return file;
}
