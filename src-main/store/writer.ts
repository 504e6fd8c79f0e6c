import type Database from 'better-sqlite3';
import { statementRunner } from './connection.ts';
import { largestNow, overwriteFreed } from './freed-space.ts';
import {
  type Reply,
  type Request,
  UNEXPECTED,
  type WireError,
  type WireResult,
  type WireStatement,
  wireError,
} from './protocol.ts';

/** How long finished transactions may wait for the ones right behind them before the shared commit (R38). */
const groupMs = 8;
/**
 * How many patient batches, and for how long, wait for one commit when nobody else does: the pages they share are written
 * once. Whoever is not patient ends the wait, and goes before every patient batch that has not begun. A commit takes about as
 * long as what it commits: while others come, each waits for a smaller one.
 */
const patientMembers = { alone: 40, besideOthers: 8 };
const patientMs = 250;
const othersMs = 1_000;
/**
 * After another program kept the database locked for as long as we wait, whoever queued up meanwhile is told at once: each
 * waiting in turn would keep the last one for minutes.
 */
const noWaitMs = 1_000;

/** One client: where its answers go (those of one turn travel together) and the texts of its statements. */
export interface Line {
  answer(reply: Reply): void;
  sql(statement: WireStatement): string;
}

/**
 * A statement by its text: what waits, or may have to run anew, must not depend on numbers its client has given to other texts
 * meanwhile.
 */
interface Bound extends Omit<WireStatement, 'sql'> {
  readonly sql: string;
}

interface Batch {
  readonly id: number;
  readonly statements: readonly Bound[];
  readonly patient: boolean;
}

const bound = (statement: WireStatement, line: Line): Bound => ({ ...statement, sql: line.sql(statement) });

interface Member {
  readonly id: number;
  readonly line: Line;
  readonly results: readonly WireResult[];
  readonly patient: boolean;
  /** Run anew when a neighbour's failure undid it; null: that cannot be done. */
  readonly request: Batch | null;
}

interface Waiting {
  readonly request: Batch;
  readonly line: Line;
}

const commitNow = Symbol('commit now');

/**
 * The write side of the database: transactions one after another as members of one outer transaction whose commit they
 * share. A member hears of its success only after that commit; a failed one is undone alone. For a savepoint SQLite copies
 * each page before its first change, which costs as much as the change: so everything is rolled back instead, and the members
 * before the failed one are run anew. They find what they found before, since none of them saw anything of the failed one; so
 * the changes of a transaction whose statements came one by one can be run again as they were. Only behind patient batches,
 * which are not kept, there is a savepoint.
 */
export interface Writer {
  handle(request: Request, line: Line): void;
  /** The client is gone: its patient batches that have not begun are dropped. */
  leave(line: Line): void;
  /** Called when no request waits: commits what is finished, unless a transaction is open or announced; works what is patient. */
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
  let lockedAt = Number.NEGATIVE_INFINITY;
  /** When somebody who is not patient was last here. */
  let othersAt = Number.NEGATIVE_INFINITY;
  let announced = false;
  let open = 0;
  /** What the open transaction has changed so far, to be run again when a neighbour's failure undoes it. */
  let recorded: Bound[] = [];
  /** What its commit is answered with. */
  let expected: WireResult[] = [];
  /** The member that runs has a savepoint of its own. */
  let guarded = false;
  /** One of this group has failed: from then on each has a savepoint, so that many failures do not run the others again and again. */
  let careful = false;
  /** Why the open transaction can no longer succeed: its beginning failed, or SQLite gave up the whole group. */
  let broken: WireError | null = null;
  let waiting: Waiting[] = [];
  /** Patient batches that have not begun, and where somebody waits for those before: one is worked whenever nobody else is waiting. */
  let background: (Waiting | typeof commitNow)[] = [];
  /** Who wants freed space overwritten: that goes between two transactions, and whoever writes meanwhile waits in line. */
  let overwriting: { readonly id: number; readonly line: Line }[] = [];
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;

  function startMember(): void {
    startGroup();
    guarded = careful || members.some(({ request }) => request === null);
    if (guarded) sql.savepoint.run();
  }

  function startGroup(): void {
    if (db.inTransaction) return;
    begin();
    startedAt = monotonicMs();
  }

  function begin(): void {
    const hurried = monotonicMs() - lockedAt < noWaitMs;
    if (hurried) db.pragma('busy_timeout = 0');
    try {
      sql.begin.run();
      lockedAt = Number.NEGATIVE_INFINITY;
    } catch (thrown) {
      if (!hurried && wireError(thrown).code.startsWith('SQLITE_BUSY')) lockedAt = monotonicMs();
      throw thrown;
    } finally {
      if (hurried) db.pragma('busy_timeout = 5000');
    }
  }

  /** A full disk or an I/O error ends the outer transaction by itself: nobody in it may believe it succeeded. */
  function loseGroup(error: WireError): void {
    if (db.inTransaction) sql.rollback.run();
    const lost = members;
    members = [];
    careful = false;
    for (const member of lost) member.line.answer({ id: member.id, ok: false, error });
    if (open) broken = error;
  }

  function finishMember(member: Member): void {
    if (guarded) sql.release.run();
    members.push(member);
  }

  function undoMember(): void {
    if (!db.inTransaction) return;
    if (guarded) {
      sql.undo.run();
      sql.release.run();
      return;
    }
    sql.rollback.run();
    const before = members;
    members = [];
    careful = true;
    for (const { request, line, results } of before) if (request) batch({ request, line }, results);
  }

  /** `known`: what it gave when it ran before. */
  function batch({ request, line }: Waiting, known?: readonly WireResult[]): void {
    try {
      startMember();
      const results = request.statements.map(({ sql: text, params, rows }) => run(text, params, rows));
      finishMember({ id: request.id, line, results: known ?? results, patient: request.patient, request });
    } catch (thrown) {
      const error = wireError(thrown);
      line.answer({ id: request.id, ok: false, error });
      if (db.inTransaction) undoMember();
      else loseGroup(error);
    }
  }

  /**
   * Patient batches of one line succeed or fail together: for a savepoint SQLite copies each page before its first change,
   * as much again as an import writes anyway.
   */
  function patientBatch({ request, line }: Waiting): void {
    if (members.some((member) => member.line !== line)) commit();
    try {
      startGroup();
      const results = request.statements.map(({ sql: text, params, rows }) => run(text, params, rows));
      members.push({ id: request.id, line, results, patient: true, request: null });
    } catch (thrown) {
      const error = wireError(thrown);
      line.answer({ id: request.id, ok: false, error });
      loseGroup(error);
    }
  }

  /** Its transaction learns of a failure by its next answer, at the latest that of its commit. */
  function expect(statement: Bound): void {
    let error = { message: 'A statement changed nothing', code: UNEXPECTED };
    try {
      const result = run(statement.sql, statement.params);
      if (result.changes > 0) {
        recorded.push(statement);
        expected.push(result);
        return;
      }
    } catch (thrown) {
      error = wireError(thrown);
    }
    if (db.inTransaction) undoMember();
    else loseGroup(error);
    broken = { ...error, code: UNEXPECTED };
  }

  function begun(tx: number): void {
    open = tx;
    broken = null;
    recorded = [];
    expected = [];
    try {
      startMember();
    } catch (thrown) {
      broken = wireError(thrown);
    }
  }

  function finished({ id, more }: { readonly id: number; readonly more: boolean }, line: Line): void {
    if (broken) line.answer({ id, ok: false, error: broken });
    else {
      const request: Batch = { id, statements: recorded, patient: false };
      finishMember({ id, line, results: expected, patient: false, request });
    }
    close(more);
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
    overwrite();
  }

  function overwrite(): void {
    if (open || overwriting.length === 0) return;
    commit();
    flush();
    const asked = overwriting;
    overwriting = [];
    for (const { id, line } of asked) {
      try {
        const outcome = overwriteFreed(db, { most: largestNow(db.name, 'at once') });
        line.answer({ id, ok: true, results: [{ columns: ['outcome'], rows: [[outcome]], changes: 0 }] });
      } catch (thrown) {
        line.answer({ id, ok: false, error: wireError(thrown) });
      }
    }
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
    careful = false;
    if (done.some((member) => !member.patient)) othersAt = monotonicMs();
    if (done.length > 0) Atomics.add(counters, 0, 1);
    Atomics.add(counters, 1, done.length);
    for (const { id, line, results } of done) line.answer({ id, ok: true, results });
  }

  function rest(): void {
    if (open || !db.open) return;
    if (members.every((member) => member.patient)) {
      const next = background.shift();
      if (next && next !== commitNow) patientBatch(next);
      const most = monotonicMs() - othersAt < othersMs ? patientMembers.besideOthers : patientMembers.alone;
      if (next === commitNow || members.length === 0 || members.length >= most) commit();
      else timer ??= setTimeout(rested, patientMs);
    } else if (announced) {
      clearTimeout(timer);
      timer = setTimeout(rested, groupMs);
    } else commit();
    // The next one after whatever has come in meanwhile; an announced transaction goes first.
    if (background.length > 0 && members.every((member) => member.patient)) turn ??= setImmediate(resume);
  }

  /** What was waited for did not come. */
  function rested(): void {
    announced = false;
    if (!open && db.inTransaction) commit();
    resume();
  }

  function resume(): void {
    clearImmediate(turn);
    turn = undefined;
    rest();
    flush();
  }

  return {
    handle(request, line) {
      switch (request.kind) {
        case 'begin':
          return begun(request.tx);
        case 'run': {
          const error = request.tx === open ? broken : { message: 'This transaction has ended', code: 'STORE' };
          if (error) return line.answer({ id: request.id, ok: false, error });
          try {
            const statement = bound(request.statement, line);
            const result = run(statement.sql, statement.params);
            if (result.changes > 0) recorded.push(statement);
            line.answer({ id: request.id, ok: true, results: [result] });
          } catch (thrown) {
            const failed = wireError(thrown);
            line.answer({ id: request.id, ok: false, error: failed });
            if (!db.inTransaction) loseGroup(failed);
          }
          return;
        }
        case 'expect':
          if (request.tx === open && !broken) expect(bound(request.statement, line));
          return;
        case 'commit':
          return finished(request, line);
        case 'unit':
          begun(request.tx);
          for (const { sql: number, rows = [] } of request.statements) {
            const text = line.sql({ sql: number, params: [] });
            for (const params of rows) if (!broken) expect({ sql: text, params });
          }
          return finished(request, line);
        case 'rollback':
          if (!broken) undoMember();
          return close(request.more);
        case 'batch': {
          const { id, patient } = request;
          const one = {
            request: { id, patient, statements: request.statements.map((statement) => bound(statement, line)) },
            line,
          };
          if (patient) background.push(one);
          else if (open) waiting.push(one);
          else batch(one);
          return;
        }
        case 'hurry':
          background.push(commitNow);
          return;
        case 'overwrite':
          overwriting.push({ id: request.id, line });
          return overwrite();
        default:
          return;
      }
    },
    leave(line) {
      background = background.filter((one) => one === commitNow || one.line !== line);
    },
    rest,
  };
}
