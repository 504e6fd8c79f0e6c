import { type Encoding, hmac, type Part, sameText, writingOf } from './bytes.ts';
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
  return list && entries.every((entry) => /^v\d+=/.test(entry) && !entry.startsWith(prefix))
    ? refused('version', `only versions other than ${prefix.slice(0, -1)} are signed`)
    : (formTrouble(entries, prefix, encoding) ??
        refused('mismatch', 'the signature does not fit these bytes and this key'));
}

/** A signature that cannot be right whatever the key, named; null: its form is in order. */
export function formTrouble(entries: readonly string[], prefix: string, encoding: Encoding): Refusal | null {
  const troubles = entries.map((entry) => entryTrouble(entry, prefix, encoding));
  return troubles.includes(null) ? null : (troubles[0] ?? null);
}

function entryTrouble(entry: string, prefix: string, encoding: Encoding): Refusal | null {
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
  if (writing === encoding) return null;
  if (writing !== null)
    return refused('form', `${writing} where ${encoding === 'hex' ? 'lower-case hex' : 'base64'} is due`);
  if (/[, ]/.test(digest)) return refused('form', 'several signatures in one header, one is due');
  if (/^(?:[0-9a-f]{96}|[0-9a-f]{128})$/i.test(digest)) {
    return refused('form', `a digest of ${digest.length / 2} bytes (SHA-${digest.length * 4}) where SHA-256 is due`);
  }
  if (prefix === '' && (encoding === 'hex' ? digest.includes('=') : /^[\w-]+[=,]./.test(digest))) {
    return refused('form', 'the signature has a prefix where none is due');
  }
  return refused('form', `the signature is no ${encoding} digest of 32 bytes, or something follows it`);
}
