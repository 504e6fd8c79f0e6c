import { z } from 'zod';
import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';

export const host = 'https://api.freshbooks.com';

/** FreshBooks publishes no limits: a modest, even pace of our own, and patience when it says no. */
export const pace = [{ calls: 4, ms: 1_000 }] as const;
const firstWaitMs = 30_000;
const longestWaitMs = 15 * 60_000;
/** The service caps a page there. */
export const pageSize = 100;
export const textChars = 2_000;
export const fileBytes = 10 * 1_024 * 1_024;

/** Two shapes are live, and either may come with a 200 (accounting notes 3.8). */
const Older = z.object({
  response: z.object({
    errors: z.array(z.object({ message: z.string().default(''), field: z.string().nullish() })).min(1),
  }),
});
const Newer = z.object({
  message: z.string(),
  response: z.undefined().optional(),
  details: z
    .array(
      z.looseObject({
        metadata: z.looseObject({ message: z.string().optional(), field: z.string().optional() }).optional(),
      }),
    )
    .default([]),
});

/** A token repeated to us must not end in a message: runs of letters and digits longer than any id. */
const tokenLike = /eyJ[\w.-]{8,}|[A-Za-z0-9_-]{32,}/g;

function wordsIn(json: unknown): string | null {
  const older = Older.safeParse(json).data?.response.errors;
  const newer = Newer.safeParse(json).data;
  const said = older
    ? older.map(({ field, message }) => (field ? `${field}: ${message}` : message))
    : newer
      ? [
          newer.message,
          ...newer.details.map(({ metadata }) => [metadata?.field, metadata?.message].filter(Boolean).join(': ')),
        ]
      : null;
  if (said === null) return null;
  const words = said.filter((one) => one !== '').join(' ');
  return words.slice(0, 400).replace(tokenLike, '[secret]');
}

/** Our reading of a refusal: which check of ours it belongs to, and what a person does about it (FT-56). */
const readings: readonly { readonly when: RegExp; readonly hint: string }[] = [
  { when: /categor/i, hint: 'MAP-ACCOUNT: choose another category in Settings.' },
  { when: /tax/i, hint: 'MAP-TAX: confirm the taxes again in Settings.' },
  { when: /vendor/i, hint: 'CONTACT-AMBIG: restore the vendor in FreshBooks, or pick another record.' },
  { when: /currency|code/i, hint: 'CCY-NOTENABLED: look at the currency of the vendor and of the document.' },
];

/** Refused for good, by the vendor's own words. */
export class Refused extends PermanentError {}

function refusal(words: string): Refused {
  return new Refused('rejected', `FreshBooks refused it: ${words}`, {
    hint: readings.find(({ when }) => when.test(words))?.hint,
  });
}

const quirks: Overrides = {
  400: (reply) => refusal(wordsIn(reply.json) ?? reply.excerpt),
  422: (reply) => refusal(wordsIn(reply.json) ?? reply.excerpt),
  401: () =>
    new NeedsAttentionError('auth', 'FreshBooks did not accept our sign-in', {
      scope: 'connection',
      hint: 'Sign in to FreshBooks again.',
    }),
  403: () =>
    new NeedsAttentionError(
      'forbidden',
      'FreshBooks lets us into this business no longer, or one permission is missing',
      {
        scope: 'connection',
        hint: 'Sign in again and allow all that is asked for.',
      },
    ),
};

/** The failure in an answer; null when it is a success. `attempt` counts tries of the job: each 429 waits twice as long. */
export function failureIn(reply: HttpReply, attempt: number): IntegrationError | null {
  const { status } = reply;
  if (status === 429) {
    return new RetryableError('rate-limited', 'FreshBooks asked us to slow down', {
      retryAfterMs: reply.retryAfterMs ?? Math.min(firstWaitMs * 2 ** Math.max(0, attempt - 1), longestWaitMs),
      scope: 'connection',
    });
  }
  if (status < 200 || status > 299) return failureOf(reply, quirks);
  const words = wordsIn(reply.json);
  return words === null ? null : refusal(words);
}
