import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { IntegrationError, NeedsAttentionError, RetryableError } from '../../src-shared/domain/failure.ts';
import { certificateTrouble } from './certificates.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];
  readonly chunks: readonly Buffer[];
}

interface Facts {
  readonly host: string;
  /** 0 for a request without a body. */
  readonly bodyBytes: number;
  readonly maxBytes: number;
  /** Monotonic ms. */
  readonly startedAt: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly wholeMs: number;
  /** Called exactly once. */
  readonly settled: (outcome: Answer | IntegrationError) => void;
}

/** Between `onRequestStart` and the first write undici runs synchronously, so one variable tells whose socket it is. */
let starting: Exchange | null = null;
subscribe('undici:client:sendHeaders', (message) => {
  const { socket, headers } = message as { socket: Socket; headers: string };
  starting?.writesTo(socket, headers);
  starting = null;
});

/** One request on its way: knows what was written of it, watches its own deadlines, and settles once. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #facts: Facts;
  #done = false;
  #controller: Dispatcher.DispatchController | null = null;
  #socket: Socket | null = null;
  /** The socket's written bytes beyond which something of the body (of the request, when it has none) has left. */
  #mark = 0;
  #status = 0;
  #headers: Answer['headers'] = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while waiting for the connection: stopped here, before its first byte.
    if (this.#done) {
      controller.abort(new Error('given up'));
      return;
    }
    this.#controller = controller;
    starting = this;
  }

  writesTo(socket: Socket, headers: string): void {
    this.#socket = socket;
    this.#mark = socket.bytesWritten;
    // undici adds the length and the empty line itself.
    if (this.#facts.bodyBytes > 0) this.#mark += headers.length + `content-length: ${this.#facts.bodyBytes}`.length + 4;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Answer['headers']): void {
    this.#status = status;
    this.#headers = headers;
    const length = Number(headers['content-length'] ?? 0);
    if (length > this.#facts.maxBytes) this.fail(`the answer is larger than ${this.#facts.maxBytes} bytes`);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#facts.maxBytes) this.fail(`the answer is larger than ${this.#facts.maxBytes} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#done) return;
    this.#done = true;
    this.#facts.settled({ status: this.#status, headers: this.#headers, chunks: this.#chunks });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#done) return;
    // Before there was a connection whoever tried knows why there is none: the proxy, or a certificate.
    const why = error instanceof IntegrationError ? error : certificateTrouble(this.#facts.host, error);
    if (why !== null && this.#socket === null) {
      this.#done = true;
      this.#facts.settled(why);
      return;
    }
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    if (code === 'UND_ERR_INVALID_ARG' && !this.#sent) {
      this.#done = true;
      this.#facts.settled(new NeedsAttentionError('misconfigured', `The request cannot be made: ${error.message}`));
    } else {
      this.fail(`${error.message} (${code})`, error);
    }
  }

  /** Compares the deadlines of R18 with `at`, monotonic ms. */
  checkTime(at: number): void {
    const { startedAt, connectMs, firstByteMs, wholeMs } = this.#facts;
    const spent = at - startedAt;
    if (this.#controller === null && spent >= connectMs) this.fail(`no connection within ${connectMs} ms`);
    else if (this.#status === 0 && spent >= firstByteMs) this.fail(`no answer within ${firstByteMs} ms`);
    else if (spent >= wholeMs) this.fail(`the answer did not end within ${wholeMs} ms`);
  }

  /** Ends it: `network` when nothing of the body was written, `timeout` (outcome unknown) when something was (R15). */
  fail(why: string, cause?: unknown): void {
    if (this.#done) return;
    this.#done = true;
    const sent = this.#sent;
    this.#controller?.abort(new Error(why));
    const detail = cause === undefined ? {} : { cause };
    this.#facts.settled(
      sent
        ? new RetryableError('timeout', `${this.#facts.host}: ${why}; the request had been sent`, detail)
        : new RetryableError('network', `${this.#facts.host}: ${why}; nothing was sent`, detail),
    );
  }

  get #sent(): boolean {
    return this.#socket !== null && this.#socket.bytesWritten > this.#mark;
  }
}
