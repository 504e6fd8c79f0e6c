import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import Papa from 'papaparse';
import { createImports } from '../src-main/engine/imports/index.ts';
import { PlainRows } from '../src-main/engine/imports/plain-rows.ts';
import { openRecords } from '../src-main/engine/imports/read-records.ts';
import { assessLines } from '../src-main/engine/review/assess-lines.ts';
import { createRechecks } from '../src-main/engine/review/rechecks.ts';
import { systemClock } from '../src-main/platform/runtime.ts';
import { plainLayout } from '../src-shared/domain/cost/plain-csv.ts';
import { autoMap } from '../src-shared/domain/cost/plain-fields.ts';
import { ExactSum } from '../src-shared/domain/money/index.ts';
import { blockingImport } from './import-blocking.ts';
import { importStore, runtime } from './import-store.ts';

/** One run of one side, in a process of its own so that memory and event-loop delay are its own: `SIDE FILE [alone]`, the sides below. */
const [side = '', file = '', company = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'bench-import-'));

async function ours() {
  const store = await importStore(folder);
  const imports = createImports({
    store,
    runtime,
    audit: async () => undefined,
    events: { publish: () => undefined },
    assess: assessLines,
    rechecks: createRechecks({ store, runtime, publish: () => undefined }),
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const started = performance.now();
  delay.enable();
  const chosen = { path: file, name: 'focus.csv', bytes: 0, dispose: async () => undefined };
  const { importId } = await imports.start(
    { organisationId: 'bench', file: chosen, kind: 'costs' },
    { actor: 'bench', channel: 'cli', correlationId: '' },
  );
  // Somebody else's small change, asked for again and again meanwhile, unless the import is to be alone.
  let longestWaitMs = 0;
  let ended = company === 'alone';
  const neighbour = (async () => {
    while (!ended) {
      const asked = performance.now();
      await store.transaction((tx) => tx.updateTable('organisation').set({ name: 'Bench' }).execute());
      longestWaitMs = Math.max(longestWaitMs, performance.now() - asked);
      await systemClock.sleep(20);
    }
  })();
  let longestSilenceMs = 0;
  let last = started;
  for await (const { result } of imports.progress('bench', importId)) {
    longestSilenceMs = Math.max(longestSilenceMs, performance.now() - last);
    last = performance.now();
    if (result && result.state !== 'done') throw new Error(result.problem ?? 'failed');
  }
  const ms = performance.now() - started;
  delay.disable();
  ended = true;
  await neighbour;
  const { imported, lines } = await imports.get('bench', importId);
  await store.close();
  // The histogram counts its own timer of 1 ms as delay.
  return {
    ms,
    imported,
    lines,
    longestSilenceMs,
    longestWaitMs,
    loopP99Ms: delay.percentile(99) / 1e6 - 1,
    loopMaxMs: delay.max / 1e6 - 1,
    rssMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** The file through the parser alone, cells thrown away. */
async function parser() {
  const started = performance.now();
  let imported = 0;
  await new Promise<void>((resolve, reject) => {
    Papa.parse(createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 }), {
      chunk: ({ data }) => {
        imported += data.length;
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  return { ms: performance.now() - started, imported };
}

/** What ours keeps of each row, through one transaction with one prepared statement; parsing is not counted. */
async function sqlite() {
  const cells: string[][] = [];
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(createReadStream(file, { encoding: 'utf8' }), {
      chunk: ({ data }) => {
        for (const row of data)
          if (row.length > 1) cells.push([row[1] ?? '', row[23] ?? '', row[34] ?? '', row[38] ?? '']);
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  const db = new Database(join(folder, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(
    'CREATE TABLE row (organisation_id TEXT, row_hash BLOB, occurrence INTEGER, import_id TEXT, row_no INTEGER, document_no INTEGER, amount TEXT, is_tax INTEGER, service TEXT) STRICT; CREATE UNIQUE INDEX identity ON row (organisation_id, row_hash, occurrence); CREATE INDEX import ON row (organisation_id, import_id, row_no)',
  );
  const insert = db.prepare('INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const { hash } = await import('node:crypto');
  const started = performance.now();
  db.transaction(() => {
    cells.forEach(([cost = '', invoice = '', resource = '', service = ''], index) => {
      insert.run(
        'bench',
        hash('sha256', `${cost} ${invoice} ${resource}`, 'buffer').subarray(0, 16),
        0,
        'import',
        index,
        index % 40,
        cost,
        0,
        service,
      );
    });
  })();
  const ms = performance.now() - started;
  db.close();
  return { ms, imported: cells.length };
}

/** A plain CSV read as the import reads it, every row validated, its amounts added up exactly; nothing is stored. */
async function totalsOf() {
  const reading = await openRecords(file);
  const { columns } = autoMap(reading.headers);
  const layout = plainLayout(reading.headers, { columns, dateOrder: 'iso', decimal: '.' });
  if ('missing' in layout) throw new Error(`No column for ${layout.missing.join(', ')}`);
  const rows = new PlainRows(reading, layout);
  const sums = { net: new ExactSum(), vat: new ExactSum(), gross: new ExactSum() };
  let imported = 0;
  for await (const _ of rows.blocks()) {
    while (rows.next()) {
      if (rows.problem) throw new Error(`Row ${rows.row} is refused`);
      imported++;
      rows.addTo(sums);
    }
  }
  await reading.close();
  return { imported, sums: [sums.net, sums.vat, sums.gross].map((sum) => sum.text()) };
}

async function openDuck(): Promise<DuckConnection> {
  const { DuckDBInstance } = (await import(
    new URL('./node_modules/@duckdb/node-api/lib/index.js', import.meta.url).href
  )) as {
    DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<DuckConnection> }> };
  };
  return (await DuckDBInstance.create(':memory:')).connect();
}

/** The same totals by DuckDB, which validates nothing else. */
async function duckTotals(connection: DuckConnection) {
  const decimals = ['Net', 'VAT', 'Total'].map((name) => `sum("${name}"::DECIMAL(18, 2))`).join(', ');
  const answer = await connection.runAndReadAll(
    `SELECT count(*), ${decimals} FROM read_csv('${file}', all_varchar = true)`,
  );
  const [[imported, ...sums] = []] = answer.getRows();
  return { imported: Number(imported), sums: sums.map(String) };
}

async function timed<T extends object>(work: () => Promise<T>) {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, ...result, rssMb: process.resourceUsage().maxRSS / 1024 };
}

/** Both in turn in one process, where what Node compiled and what DuckDB keeps is there from the round before. */
async function rounds() {
  const connection = await openDuck();
  const pairs: { readonly own: number; readonly duck: number }[] = [];
  for (let round = 0; round < 7; round++) {
    const own = await timed(totalsOf);
    const duck = await timed(() => duckTotals(connection));
    if (own.imported !== duck.imported || own.sums.join() !== duck.sums.join())
      throw new Error(`${own.sums.join()} is not ${duck.sums.join()}`);
    pairs.push({ own: own.ms, duck: duck.ms });
  }
  return pairs;
}
interface DuckConnection {
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
}

/** The whole file into an SQLite table by SQLite's own shell, with an index on the invoice number; durable as ours is. */
async function shell() {
  const started = performance.now();
  const input = [
    'PRAGMA journal_mode = WAL;',
    'PRAGMA synchronous = FULL;',
    `.import --csv "${file}" line`,
    'CREATE INDEX number ON line ("Invoice number");',
    'SELECT count(*) FROM line;',
  ].join('\n');
  const { stdout } = spawnSync('sqlite3', [join(folder, 'shell.db')], { input, encoding: 'utf8' });
  return { ms: performance.now() - started, imported: Number(stdout.trim().split('\n').at(-1)) };
}

const sides: Readonly<Record<string, () => Promise<object>>> = {
  ours,
  parser,
  sqlite,
  shell,
  rounds,
  totals: () => timed(totalsOf),
  async duckdb() {
    const connection = await openDuck();
    return timed(() => duckTotals(connection));
  },
  blocking: () => blockingImport(folder, file),
};
try {
  console.log(JSON.stringify(await sides[side]?.()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
