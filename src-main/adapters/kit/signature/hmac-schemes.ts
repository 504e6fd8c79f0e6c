import { base64Bytes, type Encoding, hmac, type Part, sameText, writingOf } from './bytes.ts';
import {
  needHeader,
  type Refusal,
  refused,
  type SchemeOptions,
  type SignatureVerdict,
  type SignedRequest,
  timestampTrouble,
} from './signed-request.ts';

/** A signature in one header over the raw body, HMAC-SHA256, the secret's text as key. */
export interface HmacScheme {
  readonly signatureHeader: string;
  readonly timestampHeader: string | null;
  readonly toleranceSec: number;
  readonly prefix: string;
  readonly encoding: Encoding;
  /** Comma-separated, any match counts, other versions are skipped. */
  readonly list: boolean;
  signed(timestamp: string, body: Buffer): readonly Part[];
}

const window = 300;
const bodyOnly: HmacScheme['signed'] = (_, body) => [body];
const plain = { timestampHeader: null, toleranceSec: window, prefix: '', list: false, signed: bodyOnly } as const;

/** The scheme of a sender that signs with one HMAC; null: it proves itself otherwise. */
export function hmacSchemeOf(source: SignedRequest['source'], options: SchemeOptions = {}): HmacScheme | null {
  switch (source) {
    case 'slack':
      return {
        ...plain,
        signatureHeader: 'X-Slack-Signature',
        timestampHeader: 'X-Slack-Request-Timestamp',
        prefix: 'v0=',
        encoding: 'hex',
        signed: (timestamp, body) => [`v0:${timestamp}:`, body],
      };
    case 'pagerduty':
      return { ...plain, signatureHeader: 'X-PagerDuty-Signature', prefix: 'v1=', encoding: 'hex', list: true };
    case 'xero':
      return { ...plain, signatureHeader: 'x-xero-signature', encoding: 'base64' };
    case 'intuit':
      return { ...plain, signatureHeader: 'intuit-signature', encoding: 'base64' };
    case 'grafana':
      return {
        ...plain,
        ...timestamped(options, ':'),
        signatureHeader: options.signatureHeader ?? 'X-Grafana-Alerting-Signature',
        encoding: 'hex',
      };
    case 'generic-hmac':
      return {
        ...plain,
        ...timestamped(options, options.separator ?? '.'),
        signatureHeader: options.signatureHeader ?? 'X-Signature-256',
        prefix: options.prefix ?? '',
        encoding: options.encoding ?? 'hex',
      };
    default:
      return null;
  }
}

function timestamped(options: SchemeOptions, separator: string) {
  const toleranceSec = options.toleranceSec ?? window;
  const timestampHeader = options.timestampHeader || null;
  if (timestampHeader === null) return { toleranceSec };
  return {
    toleranceSec,
    timestampHeader,
    signed: (timestamp: string, body: Buffer): readonly Part[] => [`${timestamp}${separator}`, body],
  };
}

/** What the request brings for the scheme: headers present, timestamp in the window, in this order. */
export function presented(
  scheme: HmacScheme,
  { headers, now }: SignedRequest,
): { readonly signature: string; readonly timestamp: string } | Refusal {
  const signature = needHeader(headers, scheme.signatureHeader);
  if (typeof signature !== 'string') return signature;
  if (scheme.timestampHeader === null) return { signature, timestamp: '' };
  const timestamp = needHeader(headers, scheme.timestampHeader);
  if (typeof timestamp !== 'string') return timestamp;
  return timestampTrouble(timestamp, now, scheme.toleranceSec) ?? { signature, timestamp };
}

export function verifyHmac(scheme: HmacScheme, request: SignedRequest, secret: string): SignatureVerdict {
  const given = presented(scheme, request);
  if ('ok' in given) return given;
  const { prefix, encoding, list } = scheme;
  const due = `${prefix}${hmac('sha256', secret, scheme.signed(given.timestamp, request.rawBody), encoding)}`;
  const entries = list ? given.signature.split(',').map((entry) => entry.trim()) : [given.signature];
  let matched = false;
  for (const entry of entries) matched = sameText(entry, due) || matched;
  if (matched) return { ok: true };
  const joint = list ? /[^,\s](\s*[;|]\s*|\s+)v\d+=/.exec(given.signature)?.[1] : undefined;
  if (joint !== undefined) return refused('form', `the list is joined with "${joint.trim() || ' '}", commas are due`);
  return list && entries.every((entry) => /^v\d+=/.test(entry) && !entry.startsWith(prefix))
    ? refused('version', `only versions other than ${prefix.slice(0, -1)} are signed`)
    : (formTrouble(entries, prefix, encoding) ??
        refused('mismatch', 'the signature does not fit these bytes and this key'));
}

/** A signature that cannot be right whatever the key, named; null: its form is in order. */
export function formTrouble(
  entries: readonly string[],
  prefix: string,
  encoding: Encoding,
  bytes: 20 | 32 = 32,
): Refusal | null {
  const troubles = entries.map((entry) => entryTrouble(entry, prefix, encoding, bytes));
  return troubles.includes(null) ? null : (troubles[0] ?? null);
}

const sums: Readonly<Record<number, string>> = { 20: 'SHA-1', 32: 'SHA-256', 48: 'SHA-384', 64: 'SHA-512' };

/** Bytes of what looks like a digest in either writing; 0: it does not. */
function sizeOf(digest: string): number {
  if (/^[0-9a-f]+$/i.test(digest) && digest.length % 2 === 0 && sums[digest.length / 2]) return digest.length / 2;
  const size = base64Bytes(digest)?.length ?? 0;
  return sums[size] ? size : 0;
}

function entryTrouble(entry: string, prefix: string, encoding: Encoding, bytes: number): Refusal | null {
  if (entry !== entry.trim()) return refused('form', 'there are blanks around the signature');
  if (prefix !== '' && !entry.startsWith(prefix)) {
    const other = /^[A-Za-z0-9]+[=,]/.exec(entry)?.[0];
    return refused(
      'form',
      `the signature begins with ${other === undefined || writingOf(entry) !== null ? 'no prefix' : other}, ${prefix} is due`,
    );
  }
  const digest = entry.slice(prefix.length);
  const writing = writingOf(digest);
  if (writing === encoding && digest.length === (encoding === 'hex' ? bytes * 2 : Math.ceil(bytes / 3) * 4))
    return null;
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(base64Bytes(digest)?.toString('latin1') ?? ''))
    return refused('form', 'a hex digest was written as base64 once more');
  const size = sizeOf(digest);
  if (size !== 0 && size !== bytes)
    return refused('form', `a digest of ${size} bytes (${sums[size]}) where ${sums[bytes]} is due`);
  if (writing !== null)
    return refused('form', `${writing} where ${encoding === 'hex' ? 'lower-case hex' : 'base64'} is due`);
  if (/[, ]/.test(digest)) return refused('form', 'several signatures in one header, one is due');
  if (prefix === '' && (encoding === 'hex' ? digest.includes('=') : /^[\w-]+[=,][^=]/.test(digest))) {
    return refused('form', 'the signature has a prefix where none is due');
  }
  return refused('form', `the signature is no ${encoding} digest of ${bytes} bytes, or something follows it`);
}
