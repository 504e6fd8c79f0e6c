import { z } from 'zod';

/** Every scheme the receiver knows; one sender is one scheme. */
export const SignedSource = z.enum([
  'slack',
  'pagerduty',
  'twilio',
  'xero',
  'intuit',
  'datadog',
  'grafana',
  'standard-webhooks',
  'generic-hmac',
  'honeybook',
  'tave',
]);
export type SignedSource = z.infer<typeof SignedSource>;

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, 'is no header name');
const toleranceSec = z.number().int().min(1).max(86_400);

/** What an operator may set for a sender; each scheme reads its own part. */
export const SchemeOptions = z.object({
  signatureHeader: headerName.optional(),
  timestampHeader: headerName.or(z.literal('')).optional(),
  toleranceSec: toleranceSec.optional(),
  prefix: z.string().max(32).optional(),
  encoding: z.enum(['hex', 'base64']).optional(),
  separator: z.string().max(8).optional(),
  mode: z.enum(['header', 'basic', 'bearer', 'url-token']).optional(),
  header: headerName.optional(),
  param: z.string().min(1).max(64).optional(),
});
export type SchemeOptions = z.infer<typeof SchemeOptions>;

export interface SignedRequest {
  readonly source: SignedSource;
  readonly options?: SchemeOptions | undefined;
  /** Names in any letter case; a value that came twice is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Exactly as received, before any parser. */
  readonly rawBody: Buffer;
  /** The public address as configured, word for word (Twilio signs it), with the query the request came with. */
  readonly url?: string | undefined;
  /** Unix seconds at the time of arrival. */
  readonly now: number;
}

/** Why a request is not authentic; the detail is for the operator and never leaves in an answer. */
export const reasonCodes = [
  'secret-unusable',
  'options-unusable',
  'header-missing',
  'header-empty',
  'timestamp-malformed',
  'stale',
  'future',
  'form',
  'version',
  'mismatch',
  'body-hash-missing',
  'body-hash-wrong',
  'token-missing',
  'token-doubled',
  'token-wrong',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

export interface Refusal {
  readonly ok: false;
  readonly code: ReasonCode;
  readonly detail: string;
}

export type SignatureVerdict = { readonly ok: true } | Refusal;

export const refused = (code: ReasonCode, detail: string): Refusal => ({ ok: false, code, detail });

/** The value of a header whatever the case of its name; several are joined as an HTTP stack joins them. */
export function headerOf(headers: SignedRequest['headers'], name: string): string | null {
  const wanted = name.toLowerCase();
  let found: string | null = null;
  for (const given of Object.keys(headers)) {
    if (given.length !== wanted.length || given.toLowerCase() !== wanted) continue;
    found = found === null ? (headers[given] ?? '') : `${found}, ${headers[given]}`;
  }
  return found;
}

/** A header that must be there and say something. */
export function needHeader(headers: SignedRequest['headers'], name: string): string | Refusal {
  const value = headerOf(headers, name);
  if (value === null) return refused('header-missing', `the header ${name} is missing`);
  if (value === '') return refused('header-empty', `the header ${name} is empty`);
  return value;
}

/** Unix seconds, whole, within the window on both sides; null: in order. */
export function timestampTrouble(text: string, now: number, toleranceSeconds: number): Refusal | null {
  if (/^\d+, ?\d+$/.test(text)) return refused('timestamp-malformed', 'the header with the timestamp came twice');
  if (!/^\d{1,15}$/.test(text)) return refused('timestamp-malformed', 'the timestamp is not whole unix seconds');
  const age = now - Number(text);
  if (age > toleranceSeconds) return refused('stale', `${age} s old, ${toleranceSeconds} s are allowed`);
  if (-age > toleranceSeconds) {
    // As seconds, later than the year 5000.
    return Number(text) > 1e11
      ? refused('timestamp-malformed', 'the timestamp is in milliseconds, seconds are due')
      : refused('future', `${-age} s ahead of our clock, ${toleranceSeconds} s are allowed`);
  }
  return null;
}
