import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { monotonicMs } from '../platform/monotonic.ts';
import { endWhenSilent } from '../platform/stand-still.ts';
import { copyDatabase } from './backup.ts';
import { assertWhole, openConnection, statementRunner } from './connection.ts';
import { largestNow, overwriteFreed } from './freed-space.ts';
import { migrate, schemaOf } from './migrate.ts';
import {
  type Envelope,
  type Reply,
  type ThreadTask,
  type UpgradeStep,
  type WireStatement,
  wireError,
} from './protocol.ts';
import { createWriter, type Line } from './writer.ts';

/** One database thread: the writer, the reader, or a backup or a check that ends when it is done. */
const task = workerData as ThreadTask;

if (!parentPort) throw new Error('sqlite-worker runs as a worker thread');
const main: MessagePort = parentPort;

/** Id 0 is the thread's own start: the opener waits for it. */
try {
  if (task.role === 'backup') {
    const bytes = await copyDatabase(task.file, task.target);
    main.postMessage([
      { id: 0, ok: true, results: [{ columns: ['bytes'], rows: [[bytes]], changes: 0 }] },
    ] satisfies Reply[]);
  } else if (task.role === 'check') {
    const db = openConnection(task.file, 'reader');
    assertWhole(db);
    db.close();
    main.postMessage([{ id: 0, ok: true, results: [] }] satisfies Reply[]);
    main.close();
  } else {
    if (task.role === 'writer') serveWriter();
    else serveReader();
    if (task.watch) endWhenSilent(task.watch);
    main.postMessage([{ id: 0, ok: true, results: [] }] satisfies Reply[]);
  }
} catch (thrown) {
  main.postMessage([{ id: 0, ok: false, error: wireError(thrown) }] satisfies Reply[]);
  main.close();
}

/** The statement texts of one client, by their numbers. */
function textsOf(): { define(envelope: Envelope): void; sql(statement: WireStatement): string } {
  const texts: string[] = [];
  return {
    define({ define }) {
      for (const [number, text] of define) texts[number] = text;
    },
    sql: ({ sql }) => texts[sql] ?? '',
  };
}

/** Opens the file at the first question: until then the writer may still be making it. */
function serveReader(): void {
  let db: Database | null = null;
  let run: ReturnType<typeof statementRunner> | null = null;
  const texts = textsOf();
  main.on('message', (envelope: Envelope) => {
    const replies: Reply[] = [];
    texts.define(envelope);
    for (const request of envelope.requests) {
      if (request.kind === 'close') {
        db?.close();
        replies.push({ id: request.id, ok: true, results: [] });
        main.close();
      } else if (request.kind === 'run') {
        const { id, statement } = request;
        try {
          db ??= openConnection(task.file, 'reader');
          run ??= statementRunner(db);
          replies.push({ id, ok: true, results: [run(texts.sql(statement), statement.params)] });
        } catch (thrown) {
          replies.push({ id, ok: false, error: wireError(thrown) });
        }
      }
    }
    main.postMessage(replies);
  });
}

interface Client extends Line {
  readonly port: MessagePort;
  define(envelope: Envelope): void;
  flush(): void;
}

function clientOn(port: MessagePort): Client {
  let replies: Reply[] = [];
  return {
    port,
    ...textsOf(),
    answer: (reply) => void replies.push(reply),
    flush() {
      if (replies.length === 0) return;
      port.postMessage(replies);
      replies = [];
    },
  };
}

function serveWriter(): void {
  const db = openConnection(task.file, 'writer');
  if (task.checkFirst) assertWhole(db);
  const onStep = (step: UpgradeStep) => main.postMessage([{ id: -1, ok: true, results: [], step }] satisfies Reply[]);
  migrate(db, { file: task.file, at: task.at, version: task.version, onStep });
  const schema = schemaOf(db);
  try {
    const told = (bytes: number) => onStep({ stage: 'writing-anew', from: schema, to: schema, bytes });
    overwriteFreed(db, { most: largestNow(task.file, 'at start'), told });
  } catch {
    // It stays as it was, and so does the mark: nobody has to wait for a console that could start.
  }
  const clients: Client[] = [];
  const flush = () => {
    for (const client of clients) client.flush();
  };
  const writer = createWriter(db, monotonicMs, new Int32Array(task.counters), flush);

  function take(envelope: Envelope, client: Client): void {
    client.define(envelope);
    for (const request of envelope.requests) {
      if (request.kind === 'port') {
        attach(request.port, () => {
          client.answer({ id: request.id, ok: true, results: [] });
          client.flush();
        });
      } else if (request.kind === 'close') {
        writer.rest();
        db.close();
        client.answer({ id: request.id, ok: true, results: [] });
        flush();
        for (const other of clients) other.port.close();
        return;
      } else writer.handle(request, client);
    }
  }

  function attach(port: MessagePort, ended: () => void): void {
    const client = clientOn(port);
    clients.push(client);
    port.on('message', (envelope: Envelope) => {
      take(envelope, client);
      // Whatever queued up meanwhile on any line joins the same commit.
      for (const other of [...clients]) {
        for (let next = receiveMessageOnPort(other.port); next; next = receiveMessageOnPort(other.port)) {
          // What is durable already is answered before more is done.
          flush();
          take(next.message as Envelope, other);
        }
      }
      if (!db.open) return;
      flush();
      writer.rest();
      flush();
    });
    port.on('close', () => {
      const index = clients.indexOf(client);
      if (index >= 0) clients.splice(index, 1);
      writer.leave(client);
      ended();
    });
  }

  attach(main, () => undefined);
}
