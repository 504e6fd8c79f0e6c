/** A mail relay as a person set it up. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte. `starttls`: upgraded before anything is said; never without. */
  readonly security: 'implicit' | 'starttls';
  /** null: the relay knows us otherwise. */
  readonly auth: { readonly user: string; readonly password: string } | null;
}

/** One mail to one recipient, so that a refusal belongs to somebody. */
export interface OutgoingMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With angle brackets; the same on every repeat. */
  readonly messageId: string;
  /** Message ids of earlier mails of the thread, the first one first. */
  readonly references: readonly string[];
  readonly urgent: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SmtpClient {
  /**
   * Resolves when the relay took the mail. Throws IntegrationError: `network` when nothing of the mail had left, `timeout`
   * when it had and no answer came, `busy` for a 4xx, `rejected` or `too-large` for a 5xx, needs-attention for sign-in
   * and TLS.
   */
  send(
    server: SmtpServer,
    mail: OutgoingMail,
    signal: AbortSignal,
  ): Promise<{ readonly response: string; readonly serverMessageId: string | null }>;
  /** Connects, upgrades and signs in, and sends nothing. Throws as `send` does. */
  verify(server: SmtpServer, signal: AbortSignal): Promise<void>;
}
