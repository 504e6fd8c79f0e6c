import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import type { Overrides } from '../kit/classify.ts';

/** What Datadog takes by its points' time stamps; anything else it ignores without a word. */
export const window = { backMs: 3_600_000, aheadMs: 600_000 } as const;
export const bodyBytes = { sent: 512_000, raw: 5_242_880 } as const;

/** Datadog's deviations from the common table, for this reply. */
export function quirks(reply: HttpReply, site: string): Overrides {
  return {
    403: ({ excerpt }) =>
      new NeedsAttentionError('forbidden', `Datadog (${site}) did not accept the key: ${excerpt}`, {
        scope: 'connection',
        hint: 'A good key of another site answers like this too: compare the site with the address of your Datadog page.',
      }),
    // Seconds until the next window; Retry-After is not documented, and honoured where it comes.
    429: ({ excerpt, retryAfterMs }) =>
      new RetryableError('rate-limited', excerpt || 'Datadog asked to slow down', {
        retryAfterMs: retryAfterMs ?? resetMs(reply),
        scope: 'connection',
      }),
  };
}

function resetMs(reply: HttpReply): number | undefined {
  const seconds = Number(reply.headers['x-ratelimit-reset'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 86_400) * 1_000 : undefined;
}
