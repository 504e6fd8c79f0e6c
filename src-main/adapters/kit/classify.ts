import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';

/** A vendor's deviations, as data: status -> what it means there. */
export type Overrides = Readonly<
  Partial<Record<number, (reply: Pick<HttpReply, 'status' | 'excerpt' | 'retryAfterMs' | 'json'>) => IntegrationError>>
>;

/**
 * The one table from an answer to a failure. Statuses below 300 are the adapter's to judge; it calls this when it did
 * not get what it wanted.
 */
export function failureOf(
  reply: Pick<HttpReply, 'status' | 'excerpt' | 'retryAfterMs' | 'json'>,
  overrides: Overrides = {},
): IntegrationError {
  const override = overrides[reply.status];
  if (override) return override(reply);

  const { status, retryAfterMs } = reply;
  const said = reply.excerpt === '' ? `Answered ${status} without a word` : reply.excerpt;

  if (status === 401) return new NeedsAttentionError('auth', said, { scope: 'connection' });
  if (status === 402) return new NeedsAttentionError('quota', said, { scope: 'connection' });
  if (status === 403) return new NeedsAttentionError('forbidden', said, { scope: 'connection' });
  if (status === 429) return new RetryableError('rate-limited', said, { retryAfterMs, scope: 'connection' });
  if (status === 408 || status === 425) return new RetryableError('timeout', said, { retryAfterMs });
  // Told when to come back means not executed (section 3 of the reliability rules); a bare 503 means nothing of the kind.
  if (status === 503 && retryAfterMs !== undefined) {
    return new RetryableError('busy', said, { retryAfterMs, scope: 'connection' });
  }
  if (status >= 500 && status !== 501) return new RetryableError('vendor-down', said, { retryAfterMs });
  if (status === 501) return new PermanentError('unsupported', said);
  if (status === 413) return new PermanentError('too-large', said);
  if (status === 404 || status === 410) return new PermanentError('gone', said);
  if (status >= 300 && status < 400) {
    return new NeedsAttentionError('misconfigured', `Redirected (${status})`, { scope: 'connection' });
  }
  return new PermanentError('rejected', said);
}
