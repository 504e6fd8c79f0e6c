import { appendFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * For `node --import`, so in every thread of the console: notes each text of SQL it prepares, once a thread, as a line of
 * JSON in the file STATEMENTS names. The product knows nothing of it.
 */
const file = process.env.STATEMENTS;
const noted = new Set<string>();
if (file !== undefined) {
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    if (!noted.has(sql)) appendFileSync(file, `${JSON.stringify(sql)}\n`);
    noted.add(sql);
    return prepare.call(this, sql);
  } as typeof prepare;
}
