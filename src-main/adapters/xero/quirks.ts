import { z } from 'zod';
import { NeedsAttentionError, PermanentError, RetryableError } from '../../../src-shared/domain/failure.ts';
import type { Overrides } from '../kit/classify.ts';

/** Where this adapter talks to, and nowhere else. */
export const apiUrl = 'https://api.xero.com/api.xro/2.0';
export const connectionsUrl = 'https://api.xero.com/connections';

/** Of 60 a minute per organisation, until the first answer says how many are left. */
export const callsPerMinute = 58;
/** Left of every minute: for a person who presses "check now", and for calls whose answers are still on their way. */
export const keptCalls = 2;
/** New documents stop when the day has no more calls than this; what is left finishes and reads back what was begun. */
export const dayReserve = 200;
/** When Xero says the day is used up and not for how long. */
export const dayWaitMs = 3_600_000;
/** Xero takes 4,000 characters of a line's description, 450 of a history note. */
export const descriptionChars = 4_000;
export const noteChars = 450;
/** Ten files of 10 MB each since April 2026 (1.7). */
export const fileBytes = 10 * 1_024 * 1_024;

const ValidationErrors = z.array(z.object({ Message: z.string() })).catch([]);
const Refusal = z.object({
  Message: z.string().catch(''),
  Detail: z.string().catch(''),
  Elements: z.array(z.object({ ValidationErrors })).catch([]),
});

/** A token repeated to us must not end in a message: JWTs, and runs of letters and digits longer than any id. */
const tokenLike = /eyJ[\w.-]{8,}|[A-Za-z0-9]{32,}/g;

/** Xero's own words: the messages sit in `Elements`, not beside the error. */
function wordsOf(json: unknown): string | null {
  const parsed = Refusal.safeParse(json);
  if (!parsed.success) return null;
  const { Message, Detail, Elements } = parsed.data;
  const messages = Elements.flatMap((element) => element.ValidationErrors.map((error) => error.Message));
  const words = (messages.length > 0 ? messages.join(' ') : Message || Detail).slice(0, 400);
  return words === '' ? null : words.replace(tokenLike, '[secret]');
}

/** Our reading of a refusal: which check of ours it belongs to, and what a person does about it (FT-56). */
const readings: readonly { readonly when: RegExp; readonly hint: string }[] = [
  { when: /lock date/i, hint: 'LOCK-DATE: unlock that day in Xero, or post with a later date.' },
  { when: /account code/i, hint: 'MAP-ACCOUNT: choose another account for this category in Settings.' },
  { when: /taxtype|tax type/i, hint: 'MAP-TAX: confirm the tax codes again in Settings.' },
  { when: /archived|contact/i, hint: 'CONTACT-AMBIG: restore the supplier in Xero, or pick another record.' },
  { when: /currency/i, hint: 'CCY-NOTENABLED: add the currency in Xero, then send again.' },
];

export function refusal(words: string): PermanentError {
  return new PermanentError('rejected', `Xero refused it: ${words}`, {
    hint: readings.find(({ when }) => when.test(words))?.hint,
  });
}

/** Xero's deviations from the common table. */
export const quirks: Overrides = {
  400: (reply) => refusal(wordsOf(reply.json) ?? reply.excerpt),
  // Also the answer to a missing permission or a call this subscription does not include.
  401: (reply) =>
    new NeedsAttentionError('auth', `Xero did not accept our sign-in (${wordsOf(reply.json) ?? 'no reason given'})`, {
      scope: 'connection',
      hint: 'Reconnect Xero. If that does not help, one of the permissions was not granted.',
    }),
  403: () =>
    new NeedsAttentionError('forbidden', 'Xero no longer lets us into these books', {
      scope: 'connection',
      hint: 'Reconnect Xero and choose the organisation again.',
    }),
  // Not documented for writes; a document may stand, so it is looked up before anything is repeated.
  409: (reply) => new RetryableError('timeout', `Xero answered 409: ${reply.excerpt}`),
  412: (reply) => new RetryableError('timeout', `Xero answered 412: ${reply.excerpt}`),
};
