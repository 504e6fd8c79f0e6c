import { z } from 'zod';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Overrides } from '../kit/classify.ts';

/** Where this adapter talks to, and nowhere else. The old host only redirects here. */
export const apiUrl = 'https://workspace.vsco.co/api/v2';

/** The quota is not published; others report two calls a second. A push takes about eight, so they are counted over ten. */
export const pace = [{ calls: 20, ms: 10_000 }] as const;
/** When Táve says "too many" and not for how long. */
export const usualWaitMs = 10_000;

export interface OwnField {
  readonly name: string;
  readonly kind: 'Number' | 'Decimal' | 'TextField';
}

/**
 * The custom fields that are ours. Decimal and not Money: how Money is written as text is nowhere documented. Never visible
 * to clients: a vendor's figures are not for couples.
 */
export const ownFields: Readonly<Record<string, OwnField>> = {
  ai_requests: { name: 'WedSync AI requests', kind: 'Number' },
  minutes_saved: { name: 'WedSync AI minutes saved', kind: 'Number' },
  cost_savings_gbp: { name: 'WedSync AI cost savings GBP', kind: 'Decimal' },
  revenue_impact_gbp: { name: 'WedSync AI revenue impact GBP', kind: 'Decimal' },
  clients_retained: { name: 'WedSync AI clients kept', kind: 'Number' },
  efficiency_gain_pct: { name: 'WedSync AI efficiency gain %', kind: 'Decimal' },
  peak_share: { name: 'WedSync AI weekend share', kind: 'Decimal' },
  peak_season_readiness: { name: 'WedSync AI season readiness %', kind: 'Number' },
  period: { name: 'WedSync AI period', kind: 'TextField' },
};
export const referenceField: OwnField = { name: 'WedSync AI push ref', kind: 'TextField' };

const Refusal = z.object({
  detail: z.unknown(),
  info: z.object({ errors: z.unknown() }).optional(),
});

/** Their words: text, or an object of messages per field; under `detail` or under `info.errors`. */
function wordsOf(json: unknown): string | null {
  const parsed = Refusal.safeParse(json);
  if (!parsed.success) return null;
  const said = parsed.data.info?.errors ?? parsed.data.detail;
  if (typeof said === 'string') return said === '' ? null : said.slice(0, 300);
  return said === null || said === undefined ? null : JSON.stringify(said).slice(0, 300);
}

/** A key belongs to one vendor: its refusal stops that vendor's pushes and nobody else's. */
export const quirks: Overrides = {
  400: (reply) => new PermanentError('rejected', `Táve refused it: ${wordsOf(reply.json) ?? reply.excerpt}`),
  401: () =>
    new NeedsAttentionError('auth', 'Táve did not accept the API key of this vendor', {
      hint: 'Make a new key in Workspace, Settings, API Integrations, and enter it with the vendor.',
    }),
  403: () =>
    new NeedsAttentionError('forbidden', 'This vendor’s API key may not write', {
      hint: 'Make a key of level "Read and Write".',
    }),
  429: (reply) =>
    new RetryableError('rate-limited', 'Táve asked us to slow down', {
      retryAfterMs: reply.retryAfterMs ?? usualWaitMs,
    }),
};
