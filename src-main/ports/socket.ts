export interface SocketHandlers {
  opened?(): void;
  message(text: string, reply: (text: string) => void): void;
}

/** WebSockets to systems that talk to us only over a line we opened. */
export interface SocketClient {
  /**
   * Resolves when the line ended, however: closed by either side, silent for too long, or the signal aborted. Rejects with
   * RetryableError('network') when it never opened.
   */
  talk(url: string, handlers: SocketHandlers, signal: AbortSignal): Promise<void>;
}
