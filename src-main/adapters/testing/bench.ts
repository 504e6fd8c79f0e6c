import { createHttp } from '../../platform/http.ts';
import { createPracticeHttp } from '../../platform/practice-http.ts';
import { createPracticeSmtp, createPracticeSockets } from '../../platform/practice-lines.ts';
import { createRedactor } from '../../platform/redactor.ts';
import { createSockets } from '../../platform/socket.ts';
import type { HttpClient } from '../../ports/http.ts';
import type { WarehouseClient } from '../../ports/warehouse.ts';
import type { SandboxSystem } from '../../sandbox/kit.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { type TestClock, type TestLog, testClock, testLog, testRandom } from '../../testing/runtime.ts';
import type { Account, AnyAdapter, Context } from '../kit/adapter.ts';
import { bearerHttp } from '../kit/oauth.ts';
import { signIn, specOf } from './sign-in.ts';

export interface BenchOptions {
  readonly systems: readonly SandboxSystem[];
  readonly settings: unknown;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Chosen before the test; null: none. */
  readonly account?: Account | null;
  /** OAuth adapters: what a person does on the vendor's page; answers with the query of the way back. */
  readonly consent?: (http: HttpClient, url: string) => Promise<Record<string, string>>;
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Rows of data sets, see `aSync`. */
  readonly datasets?: ReadonlyMap<string, Uint8Array>;
  readonly warehouse?: WarehouseClient;
  readonly now?: string;
  readonly stateFile?: string;
  /** Done to the sandbox before anything else, e.g. limits widened for a clock that stands still. */
  readonly prepare?: (sandbox: Sandbox) => void;
}

/** A sandbox, the real http client and token keeping of the console, and a clock that only the test moves. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly clock: TestClock;
  readonly log: TestLog;
  readonly http: HttpClient;
  /** The same line without the sign-in. */
  readonly plain: HttpClient;
  /** Every secret this bench knows of, tokens included. */
  secrets(): readonly string[];
  /**
   * A context as the engine would make it; each has a fresh clock unless one is given, so that no pace carries over. That
   * clock moves on by itself when an adapter waits on it.
   */
  context(change?: Partial<Context<unknown, unknown>>): Context<never, never>;
  close(): Promise<void>;
}

const filesOf = (files: ReadonlyMap<string, Uint8Array>) => ({
  async read(id: string) {
    const bytes = files.get(id);
    if (!bytes) throw new Error(`No file ${id}`);
    return bytes;
  },
});

export async function openBench(adapter: AnyAdapter, options: BenchOptions): Promise<Bench> {
  const clock = testClock(options.now ?? '2026-08-03T09:00:00Z');
  const sandbox = await startSandbox({
    systems: options.systems,
    clock,
    ...(options.stateFile === undefined ? {} : { stateFile: options.stateFile }),
  });
  options.prepare?.(sandbox);
  const redactor = createRedactor();
  const known = new Set(Object.values(options.secrets ?? {}));
  const know = (secret: string) => {
    known.add(secret);
    redactor.know(secret);
  };
  for (const secret of known) redactor.know(secret);
  const direct = createHttp({ clock, redactor });
  const practice = createPracticeHttp({ http: direct, sandboxUrl: sandbox.url });
  const http = specOf(adapter, options) ? await bearing(adapter, options, practice, clock, know) : practice;
  const log = testLog();
  const smtp = createPracticeSmtp({ http: direct, sandboxUrl: sandbox.url, redactor });
  const sockets = createPracticeSockets({ sockets: createSockets({ clock }), sandboxUrl: sandbox.url });

  return {
    sandbox,
    clock,
    log,
    http,
    plain: practice,
    secrets: () => [...known],
    context: (change = {}) =>
      ({
        organisationId: 'bluebell',
        settings: adapter.settings.schema.parse(options.settings),
        secrets: adapter.secrets.parse(options.secrets ?? {}),
        account: options.account ?? null,
        http,
        clock: freeClock(clock.now()),
        random: testRandom(),
        log,
        signal: new AbortController().signal,
        smtp,
        sockets,
        ...(options.files === undefined ? {} : { files: filesOf(options.files) }),
        ...(options.datasets === undefined ? {} : { datasets: filesOf(options.datasets) }),
        ...(options.warehouse === undefined ? {} : { warehouse: options.warehouse }),
        ...change,
      }) as Context<never, never>,
    async close() {
      await direct.close();
      await sandbox.close();
    },
  };
}

async function bearing(
  adapter: AnyAdapter,
  options: BenchOptions,
  http: HttpClient,
  clock: TestClock,
  know: (secret: string) => void,
): Promise<HttpClient> {
  const { tokens, source } = await signIn(adapter, options, { http, clock }, know);
  know(tokens.accessToken);
  if (tokens.refreshToken !== null) know(tokens.refreshToken);
  return bearerHttp(http, source());
}

function freeClock(start: number): TestClock {
  const clock = testClock(start);
  return {
    ...clock,
    sleep: async (ms, signal) => {
      if (!signal?.aborted) await clock.advance(ms);
    },
  };
}

/** Lets time pass until the work is done: for answers that never come. */
export async function timePasses<T>(clock: TestClock, work: Promise<T>, stepMs = 1_000): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  while (!done) {
    for (let i = 0; i < 20 && !done; i++) await new Promise((resolve) => setImmediate(resolve));
    if (!done) await clock.advance(stepMs);
  }
  return work;
}
