/** The loopback page a vendor sends the browser back to (SEC-27). */
export interface OAuthReturn {
  /**
   * Binds the first free port of the list on loopback and answers one request on one exact path with a static page,
   * then closes. Rejects with NeedsAttentionError('misconfigured') when no port is free.
   */
  listen(options: {
    readonly ports: readonly number[];
    /** Exact path, e.g. `/callback`. */
    readonly path: string;
    /** Only an answer carrying this state is taken; it counts once. */
    readonly state: string;
    /** Closes by itself after this long; 5 minutes at most. */
    readonly waitMs: number;
  }): Promise<{
    /** `http://localhost:<port><path>`, as registered with the vendor. */
    readonly redirectUri: string;
    /** The query of the answer; null when the time ran out or `close` was called. */
    readonly answer: Promise<Readonly<Record<string, string>> | null>;
    close(): Promise<void>;
  }>;
}
