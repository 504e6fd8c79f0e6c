import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../platform/runtime.ts';
import { copyDatabase } from './backup.ts';
import { openConnection, statementRunner } from './connection.ts';
import { migrate } from './migrate.ts';
import { type Reply, type Request, type ThreadTask, wireError } from './protocol.ts';
import { type Answer, createWriter } from './writer.ts';

/** One database thread: the writer, the reader, or a backup that ends when it is done. */
const task = workerData as ThreadTask;

if (!parentPort) throw new Error('sqlite-worker runs as a worker thread');
const main: MessagePort = parentPort;

/** Id 0 is the thread's own start: the opener waits for it. */
try {
  if (task.role === 'backup') {
    const bytes = await copyDatabase(task.file, task.target);
    main.postMessage([{ id: 0, ok: true, results: [{ rows: [{ bytes }], changes: 0 }] }] satisfies Reply[]);
  } else {
    if (task.role === 'writer') serveWriter();
    else serveReader();
    main.postMessage([{ id: 0, ok: true, results: [] }] satisfies Reply[]);
  }
} catch (thrown) {
  main.postMessage([{ id: 0, ok: false, error: wireError(thrown) }] satisfies Reply[]);
  main.close();
}

function serveReader(): void {
  const db = openConnection(task.file, 'reader');
  const run = statementRunner(db);
  main.on('message', (requests: Request[]) => {
    const replies: Reply[] = [];
    for (const request of requests) {
      if (request.kind === 'close') {
        db.close();
        replies.push({ id: request.id, ok: true, results: [] });
        main.close();
      } else if (request.kind === 'run') {
        try {
          replies.push({ id: request.id, ok: true, results: [run(request.statement)] });
        } catch (thrown) {
          replies.push({ id: request.id, ok: false, error: wireError(thrown) });
        }
      }
    }
    main.postMessage(replies);
  });
}

function serveWriter(): void {
  const db = openConnection(task.file, 'writer');
  migrate(db, { file: task.file, at: task.at, version: task.version });
  const lines: { readonly port: MessagePort; replies: Reply[]; readonly answer: Answer }[] = [];

  function flush(): void {
    for (const line of lines) {
      if (line.replies.length === 0) continue;
      line.port.postMessage(line.replies);
      line.replies = [];
    }
  }

  const writer = createWriter(db, systemClock.monotonicMs, new Int32Array(task.counters), flush);

  function take(requests: Request[], line: (typeof lines)[number]): void {
    for (const request of requests) {
      if (request.kind === 'port') attach(request.port);
      else if (request.kind === 'close') {
        writer.rest();
        db.close();
        line.answer({ id: request.id, ok: true, results: [] });
        flush();
        for (const other of lines) other.port.close();
        return;
      } else writer.handle(request, line.answer);
    }
  }

  function attach(port: MessagePort): void {
    const line = { port, replies: [] as Reply[], answer: (reply: Reply) => void line.replies.push(reply) };
    lines.push(line);
    port.on('message', (requests: Request[]) => {
      take(requests, line);
      // Whatever queued up meanwhile on any line joins the same commit.
      for (const other of [...lines]) {
        for (let next = receiveMessageOnPort(other.port); next; next = receiveMessageOnPort(other.port)) {
          take(next.message as Request[], other);
        }
      }
      if (!db.open) return;
      flush();
      writer.rest();
      flush();
    });
    port.on('close', () => {
      const index = lines.indexOf(line);
      if (index >= 0) lines.splice(index, 1);
    });
  }

  attach(main);
}
