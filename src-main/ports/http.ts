export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly bytes?: Uint8Array;
  /** To the first byte of the answer, in ms; default 30,000. */
  readonly firstByteMs?: number;
  /** To the last byte of the answer, in ms; default 60,000. */
  readonly wholeMs?: number;
  readonly signal?: AbortSignal;
  /** User-supplied address: checked against private ranges at every attempt and pinned (SEC-36). */
  readonly untrustedHost?: boolean;
}

export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterMs?: number;
  /** Parsed body when it is JSON, else undefined. */
  readonly json: unknown;
  readonly text: string;
  /** At most 300 characters of the body, secrets removed: what an operator may read. */
  readonly excerpt: string;
}

export interface HttpClient {
  /**
   * Every status is a reply; redirects are not followed. Otherwise rejects with RetryableError: `network` when no byte
   * of the body left, `timeout` when one did and the outcome is unknown (R15). Never-twice work hangs on the difference.
   */
  send(request: HttpRequest): Promise<HttpReply>;
}
