import { NeedsAttentionError } from '../../../src-shared/domain/failure.ts';
import type { Overrides } from '../kit/classify.ts';

/** What the Metric API takes by time stamp; the rest it drops without a word. */
export const window = { backMs: 48 * 3_600_000, aheadMs: 24 * 3_600_000 } as const;
/** Not said whether before or after compression: both stay below. */
export const bodyBytes = 1_000_000;

export const quirks: Overrides = {
  403: ({ excerpt }) =>
    new NeedsAttentionError('forbidden', `New Relic did not accept the key${excerpt === '' ? '' : `: ${excerpt}`}`, {
      scope: 'connection',
      hint: 'Use the licence key of kind INGEST. A key of the other region answers like this too.',
    }),
};
