import { z } from 'zod';
import {
  type IntegrationError,
  NeedsAttentionError,
  PermanentError,
  RetryableError,
} from '../../../src-shared/domain/failure.ts';
import type { HttpReply } from '../../ports/http.ts';
import { failureOf, type Overrides } from '../kit/classify.ts';

/** Where this adapter talks to, and nowhere else; by the setting `companies`. */
export const hosts = {
  production: 'https://quickbooks.api.intuit.com',
  sandbox: 'https://sandbox-quickbooks.api.intuit.com',
} as const;

/** Versions below were switched off on 1 August 2025. */
export const minorVersion = '75';
/**
 * Of 500 a minute per company and 10 a second per company and app: in small bursts, since one that is held up on its way
 * meets the next. Some are left for people and other programs.
 */
export const pace = [
  { calls: 4, ms: 500 },
  { calls: 480, ms: 60_000 },
] as const;
/** A 429 names no time; a minute is what the limit counts in. */
const throttledMs = 60_000;
export const requestIdChars = 50;
export const docNumberChars = 21;
export const textChars = 4_000;
export const fileBytes = 100 * 1_024 * 1_024;
export const pageSize = 1_000;

const Fault = z.object({
  Fault: z.object({
    type: z.string().default(''),
    Error: z
      .array(
        z.object({
          Message: z.string().default(''),
          Detail: z.string().default(''),
          code: z.coerce.string().default(''),
        }),
      )
      .min(1),
  }),
});

/** One refusal: Intuit's code and words. */
export interface Refusal {
  readonly code: string;
  readonly words: string;
}

/** Bill or credit of that number exists; `existing` when Intuit names it. */
export class DuplicateNumber extends PermanentError {
  readonly existing: string | null;
  constructor(words: string) {
    super('rejected', `QuickBooks refused it: ${words}`, {
      hint: 'TGT-DUP: link to that document, or correct the number.',
    });
    this.existing = /TxnId=(\w+)/.exec(words)?.[1] ?? null;
  }
}

/** The name belongs to another vendor, customer or employee. */
export class NameTaken extends PermanentError {}

/** A token repeated to us must not end in a message: runs of letters and digits longer than any id. */
const tokenLike = /eyJ[\w.-]{8,}|[A-Za-z0-9_-]{32,}/g;

/** A 200 may hold a fault as well: asked of every answer first. */
function refusalIn(json: unknown): (Refusal & { readonly type: string }) | null {
  const found = Fault.safeParse(json);
  if (!found.success) return null;
  const { type, Error: errors } = found.data.Fault;
  const words = errors.map(({ Message, Detail }) => (Detail === '' ? Message : Detail)).join(' ');
  return { type, code: errors[0]?.code ?? '', words: words.slice(0, 400).replace(tokenLike, '[secret]') };
}

const refusedWith = (words: string, hint?: string) =>
  new PermanentError('rejected', `QuickBooks refused it: ${words}`, { hint });

/** Intuit's codes (accounting notes 2.8): which check of ours they belong to, and what a person does about them. */
const byCode: Readonly<Record<string, (words: string) => IntegrationError>> = {
  '120': (words) => signIn(words),
  '3200': (words) => signIn(words),
  '610': (words) =>
    refusedWith(words, 'MAP-ACCOUNT: something it names is inactive or gone. Confirm the codes in Settings.'),
  // Somebody changed the document between our reading and our writing: read again, decide again.
  '5010': (words) => new RetryableError('timeout', `QuickBooks: ${words}`),
  '6000': (words) =>
    /closed|closing date/i.test(words)
      ? refusedWith(words, lockHint)
      : refusedWith(words, 'MAP-TAX: confirm the tax codes again in Settings.'),
  '6140': (words) => new DuplicateNumber(words),
  '6190': (words) =>
    new NeedsAttentionError('quota', `QuickBooks: ${words}`, {
      scope: 'connection',
      hint: 'The subscription of this company lapsed. Renew it, then check the connection.',
    }),
  // One number, two meanings: the words tell.
  '6210': (words) => (/clos/i.test(words) ? refusedWith(words, lockHint) : new DuplicateNumber(words)),
  '6240': (words) => new NameTaken('rejected', `QuickBooks refused it: ${words}`),
};
const lockHint = 'LOCK-DATE: move the closing date in QuickBooks, or post with a later date.';

function signIn(words: string): NeedsAttentionError {
  return new NeedsAttentionError('auth', `QuickBooks did not accept our sign-in (${words})`, {
    scope: 'connection',
    hint: 'Sign in again, as an administrator of the company.',
  });
}

/** What is left to the words where the code says little (2010, 2020, 2500 and others). */
const readings: readonly { readonly when: RegExp; readonly hint: string }[] = [
  { when: /clos(ed|ing)/i, hint: lockHint },
  {
    when: /currency/i,
    hint: 'CCY-NOTENABLED: enable the currency in QuickBooks, or pick the supplier of that currency.',
  },
  { when: /tax|vat/i, hint: 'MAP-TAX: confirm the tax codes again in Settings.' },
  { when: /account/i, hint: 'MAP-ACCOUNT: choose another account for this category in Settings.' },
];

const quirks: Overrides = {
  401: (reply) => signIn(refusalIn(reply.json)?.words ?? 'no reason given'),
  403: (reply) =>
    new NeedsAttentionError('forbidden', `QuickBooks lets us into this company no longer (${said(reply)})`, {
      scope: 'connection',
      hint: 'Sign in again, as an administrator of the company.',
    }),
  429: (reply) =>
    new RetryableError('rate-limited', 'QuickBooks asked us to slow down', {
      retryAfterMs: reply.retryAfterMs ?? throttledMs,
      scope: 'connection',
    }),
};

const said = (reply: Pick<HttpReply, 'json'>) => refusalIn(reply.json)?.words ?? 'no reason given';

/** The failure in an answer; null when it is a success. */
export function failureIn(reply: HttpReply): IntegrationError | null {
  const { status } = reply;
  const refusal = refusalIn(reply.json);
  const byStatus = status < 200 || status === 401 || status === 403 || status === 429 || status >= 500;
  if (refusal && !byStatus) return refused(refusal);
  return status >= 200 && status < 300 ? null : failureOf(reply, quirks);
}

/** A fault as a failure; exported for the parts of an upload, each of which may be one. */
export function refused({ code, words, type }: Refusal & { readonly type: string }): IntegrationError {
  if (/throttl/i.test(`${type} ${words}`)) {
    return new RetryableError('rate-limited', 'QuickBooks asked us to slow down', {
      retryAfterMs: throttledMs,
      scope: 'connection',
    });
  }
  const known = byCode[code];
  if (known) return known(words);
  if (/auth/i.test(type)) return signIn(words);
  if (/^(SystemFault|Service)/i.test(type)) return new RetryableError('vendor-down', `QuickBooks: ${words}`);
  return refusedWith(words, readings.find(({ when }) => when.test(words))?.hint);
}

/** The fault of one part of an upload's answer; null: none. */
export const faultOf = (part: unknown): IntegrationError | null => {
  const refusal = refusalIn(part);
  return refusal ? refused(refusal) : null;
};
