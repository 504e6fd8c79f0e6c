import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** Another program that writes to the same database and folds its journal in; tells how many rows it wrote. */
const { file, seconds } = workerData as { file: string; seconds: number };
const db = new Database(file, { timeout: 10_000 });
db.exec('CREATE TABLE beside (n INTEGER)');
const insert = db.prepare('INSERT INTO beside VALUES (?)');
const until = performance.now() + seconds * 1_000;
let rows = 0;
/** SQLite's lock has no queue: without a pause nobody else would get it. */
const pause = new Int32Array(new SharedArrayBuffer(4));
while (performance.now() < until) {
  insert.run(rows);
  rows += 1;
  Atomics.wait(pause, 0, 0, 1);
  if (rows % 10 === 0) db.pragma('wal_checkpoint(TRUNCATE)');
}
db.close();
parentPort?.postMessage(rows);
