import { NeedsAttentionError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Overrides } from '../kit/classify.ts';

const gone = () =>
  new NeedsAttentionError('misconfigured', 'Zapier no longer knows this vendor’s Catch Hook', {
    hint: 'Ask the vendor whether their Zap is switched on, and enter its present address under CRM, Vendors.',
  });

/** The address is one vendor's: what is wrong with it stops nobody else. */
export const quirks: Overrides = {
  401: gone,
  403: gone,
  404: gone,
  410: gone,
  // 30 a second per hook, and some thousands in five minutes; the header may be missing.
  429: (reply) =>
    new RetryableError('rate-limited', 'Zapier asked us to slow down', { retryAfterMs: reply.retryAfterMs ?? 60_000 }),
};
