import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely';
import type { Bindable, Statement, StatementResult } from '../ports/store.ts';
import type { Link } from './link.ts';
import { StoreError, UNEXPECTED } from './protocol.ts';

/** Kysely over a line to a database thread: compiled SQL and values out, rows back. */
export function dialectOver(createDriver: () => Driver): Dialect {
  return {
    createDriver,
    createAdapter: () => new ManyConnections(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Kysely would hold back the next transaction until the former is durable; our own turns do that better. */
class ManyConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly link: Link;
  /** 0 on the reader; on the writer the number of the transaction. */
  readonly tx: number;
  open = true;
  /** By statement that has to change a row, who is told what it gave. */
  readonly told: ((result: StatementResult) => void)[] = [];
  /** One of them did not. */
  unexpected: StoreError | null = null;

  constructor(link: Link, tx: number) {
    this.link = link;
    this.tx = tx;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const statement = { sql: query.sql, params: query.parameters as readonly Bindable[] };
    const { rows, changes } = await this.link.run(this.tx, statement).catch((thrown: unknown) => {
      if (thrown instanceof StoreError && thrown.code === UNEXPECTED) this.unexpected = thrown;
      throw thrown;
    });
    return { rows: [...rows] as R[], numAffectedRows: BigInt(changes) };
  }

  expect(statement: Statement, told: (result: StatementResult) => void): void {
    this.told.push(told);
    this.link.expect(this.tx, statement);
  }

  // biome-ignore lint/correctness/useYield: the thread answers whole results; lists are paged instead
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Results cannot be streamed from the database thread: read them in pages');
  }
}

const nothing = async () => undefined;
const own = (connection: DatabaseConnection) => connection as ThreadConnection;

/** Sends a statement that has to change a row; nothing of the transaction is kept when it does not. `told` after the commit. */
export type Expect = (statement: Statement, told: (result: StatementResult) => void) => void;

/** Committed data only; a transaction here would be a mistake. */
export function readerDriver(link: Link): Driver {
  const connection = new ThreadConnection(link, 0);
  return {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: () => Promise.reject(new Error('Use store.transaction() to write')),
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  };
}

/**
 * A transaction of a driver's line. Kysely's own would hold back each statement until the former is answered; here what is
 * asked side by side travels together, in the order asked, since everything behind waits for the whole.
 */
export function transactionsOver<DB>(base: Kysely<DB>, driver: Driver) {
  const dialect = dialectOver(() => driver);
  return async <T>(work: (tx: Transaction<DB>, expect: Expect) => Promise<T>): Promise<T> => {
    const connection = await driver.acquireConnection();
    const executor = base.getExecutor().withConnectionProvider({ provideConnection: (use) => use(connection) });
    const tx = new Transaction<DB>({ config: { dialect }, dialect, driver, executor });
    try {
      await driver.beginTransaction(connection, {});
      const result = await work(tx, (statement, told) => own(connection).expect(statement, told));
      await driver.commitTransaction(connection);
      return result;
    } catch (thrown) {
      await driver.rollbackTransaction(connection);
      // Whatever `work` made of it.
      throw own(connection).unexpected ?? thrown;
    }
  };
}

/**
 * One transaction after another on one line. The turn passes on as soon as the work is done, not when it is durable:
 * the next transaction works while the former waits for the commit both will share. Two entrances to the same line:
 * those that came through `ahead` have the next turn, before whatever waits at the other.
 */
export function writerDrivers(link: Link): { readonly usual: Driver; readonly ahead: Driver } {
  let lastTx = 0;
  let busy = false;
  const usual: (() => void)[] = [];
  const ahead: (() => void)[] = [];
  const waiting = () => usual.length + ahead.length > 0;

  function passTurn(): void {
    const next = ahead.shift() ?? usual.shift();
    if (next) next();
    else busy = false;
  }

  const entering = (queue: (() => void)[]): Driver => ({
    init: nothing,
    async acquireConnection() {
      if (busy) await new Promise<void>((resolve) => queue.push(resolve));
      busy = true;
      lastTx += 1;
      return new ThreadConnection(link, lastTx);
    },
    async beginTransaction(connection) {
      link.begin(own(connection).tx);
    },
    async commitTransaction(connection) {
      const { tx } = own(connection);
      own(connection).open = false;
      const done = link.commit(tx, waiting());
      passTurn();
      const results = await done;
      for (const [index, told] of own(connection).told.entries()) told(results[index] ?? { rows: [], changes: 0 });
    },
    async rollbackTransaction(connection) {
      // After a failed commit there is nothing left to undo, and the turn has passed on already.
      if (!own(connection).open) return;
      own(connection).open = false;
      link.rollback(own(connection).tx, waiting());
      passTurn();
    },
    releaseConnection: nothing,
    destroy: nothing,
  });
  return { usual: entering(usual), ahead: entering(ahead) };
}
