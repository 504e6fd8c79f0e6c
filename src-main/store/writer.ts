import type Database from 'better-sqlite3';
import type { StatementResult } from '../ports/store.ts';
import { statementRunner } from './connection.ts';
import { type Reply, type Request, type WireError, wireError } from './protocol.ts';

/** How long finished transactions may wait for the ones right behind them before the shared commit (R38). */
const groupMs = 8;

/** Where answers to one client go. Answers given during one turn travel together. */
export type Answer = (reply: Reply) => void;

interface Member {
  readonly id: number;
  readonly answer: Answer;
  readonly results: readonly StatementResult[];
}

interface Waiting {
  readonly request: Extract<Request, { kind: 'batch' }>;
  readonly answer: Answer;
}

/**
 * The write side of the database: transactions one after another, each in a savepoint of one outer transaction whose
 * commit they share. A member hears of its success only after that commit; a failed one undoes its own savepoint alone.
 */
export interface Writer {
  handle(request: Request, answer: Answer): void;
  /** Called when no request waits: commits what is finished, unless a transaction is open or announced. */
  rest(): void;
}

/** `flush` is called after a commit that no request caused, so that its answers leave too. */
export function createWriter(
  db: Database.Database,
  monotonicMs: () => number,
  counters: Int32Array,
  flush: () => void,
): Writer {
  const run = statementRunner(db);
  const sql = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT member'),
    release: db.prepare('RELEASE member'),
    undo: db.prepare('ROLLBACK TO member'),
  };
  let members: Member[] = [];
  let startedAt = 0;
  let announced = false;
  let open = 0;
  /** Why the open transaction can no longer succeed: its beginning failed, or SQLite gave up the whole group. */
  let broken: WireError | null = null;
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  function startMember(): void {
    if (!db.inTransaction) {
      sql.begin.run();
      startedAt = monotonicMs();
    }
    sql.savepoint.run();
  }

  /** A full disk or an I/O error ends the outer transaction by itself: nobody in it may believe it succeeded. */
  function loseGroup(error: WireError): void {
    if (db.inTransaction) sql.rollback.run();
    const lost = members;
    members = [];
    for (const member of lost) member.answer({ id: member.id, ok: false, error });
    if (open) broken = error;
  }

  function finishMember(member: Member): void {
    sql.release.run();
    members.push(member);
  }

  function undoMember(): void {
    if (!db.inTransaction) return;
    sql.undo.run();
    sql.release.run();
  }

  function batch({ request, answer }: Waiting): void {
    try {
      startMember();
      finishMember({ id: request.id, answer, results: request.statements.map(run) });
    } catch (thrown) {
      const error = wireError(thrown);
      answer({ id: request.id, ok: false, error });
      if (db.inTransaction) undoMember();
      else loseGroup(error);
    }
  }

  function close(more: boolean): void {
    open = 0;
    broken = null;
    announced = more;
    const next = waiting;
    waiting = [];
    for (const one of next) batch(one);
    // A long queue must not keep the first member waiting for ever.
    if (members.length > 0 && monotonicMs() - startedAt >= groupMs) commit();
  }

  function commit(): void {
    clearTimeout(timer);
    timer = undefined;
    try {
      if (db.inTransaction) sql.commit.run();
    } catch (thrown) {
      loseGroup(wireError(thrown));
      return;
    }
    const done = members;
    members = [];
    if (done.length > 0) Atomics.add(counters, 0, 1);
    Atomics.add(counters, 1, done.length);
    for (const { id, answer, results } of done) answer({ id, ok: true, results });
  }

  return {
    handle(request, answer) {
      switch (request.kind) {
        case 'begin':
          open = request.tx;
          broken = null;
          try {
            startMember();
          } catch (thrown) {
            broken = wireError(thrown);
          }
          return;
        case 'run': {
          const error = request.tx === open ? broken : { message: 'This transaction has ended', code: 'STORE' };
          if (error) return answer({ id: request.id, ok: false, error });
          try {
            answer({ id: request.id, ok: true, results: [run(request.statement)] });
          } catch (thrown) {
            const failed = wireError(thrown);
            answer({ id: request.id, ok: false, error: failed });
            if (!db.inTransaction) loseGroup(failed);
          }
          return;
        }
        case 'commit':
          if (broken) answer({ id: request.id, ok: false, error: broken });
          else finishMember({ id: request.id, answer, results: [] });
          return close(request.more);
        case 'rollback':
          if (!broken) undoMember();
          return close(request.more);
        case 'batch':
          if (open) waiting.push({ request, answer });
          else batch({ request, answer });
          return;
        default:
          return;
      }
    },
    rest() {
      if (open || !db.inTransaction) return;
      if (!announced || members.length === 0) return commit();
      timer ??= setTimeout(() => {
        timer = undefined;
        announced = false;
        this.rest();
        flush();
      }, groupMs);
    },
  };
}
