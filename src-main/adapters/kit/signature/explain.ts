import { createHash } from 'node:crypto';
import { base64Bytes, hmac } from './bytes.ts';
import { bodiesBefore, permutations } from './changed-bodies.ts';
import { hmacSchemeOf, presented } from './hmac-schemes.ts';
import { headerOf, type Refusal, type SignedRequest } from './signed-request.ts';
import { keyOf } from './standard-webhooks.ts';
import { twilioSignature } from './twilio.ts';
import { verifySignature } from './verify.ts';

type Guess = readonly [request: SignedRequest, secret: string, meaning: string];

/** Timestamps tried around the one given, in seconds. */
const nearbySeconds = 1_200;

/**
 * For a person who asks why: which single mistake would explain a signature that does not fit. Slow (hundreds of tries)
 * and told only to somebody who holds the secret, so never part of receiving.
 */
export function explain(request: SignedRequest, secret: string, refusal: Refusal): string {
  const { code, detail } = refusal;
  if (code !== 'mismatch') return `${code}: ${detail}`;
  const suspects = request.source === 'twilio' ? 'the body or the address was' : 'the body was';
  return `mismatch: ${guess(request, secret) ?? `wrong key, or ${suspects} changed after signing; no known mistake explains it`}`;
}

function guess(request: SignedRequest, secret: string): string | null {
  for (const [changed, key, meaning] of [
    ...[...bodiesBefore(request)].map(
      ([body, meaning]): Guess => [
        { ...request, rawBody: body },
        secret,
        `the body was changed on the way: ${meaning}`,
      ],
    ),
    ...keyGuesses(request, secret),
    ...schemeGuesses(request, secret),
  ]) {
    if (key !== '' && verifySignature(changed, key).ok) return meaning;
  }
  return (
    rawKeyGuess(request, secret) ??
    standardGuess(request, secret) ??
    formGuess(request, secret) ??
    addressGuess(request, secret) ??
    timestampGuess(request, secret)
  );
}

const bodyOnly = 'the signature covers the body only, the timestamp is due as well';

function* keyGuesses(request: SignedRequest, secret: string): Generator<Guess> {
  const key = (other: string, meaning: string): Guess => [request, other, `wrong key: ${meaning}`];
  yield key(secret.trim(), 'blanks around the secret');
  yield key(secret.replace(/^(["'])(.*)\1$/s, '$2'), 'quotation marks around the secret');
  yield key(secret.replace(/^whsec_/, ''), 'its prefix is no part of it');
  yield key(`whsec_${secret}`, 'its prefix is missing');
  yield key(secret.toLowerCase(), 'the secret differs in letter case');
  yield key(secret.toUpperCase(), 'the secret differs in letter case');
  yield key(swapCase(secret), 'the secret differs in letter case');
}

function* schemeGuesses(request: SignedRequest, secret: string): Generator<Guess> {
  const { options = {}, source } = request;
  if (source === 'slack') {
    const plain = { signatureHeader: 'X-Slack-Signature', prefix: 'v0=', encoding: 'hex' as const };
    yield [{ ...request, source: 'generic-hmac', options: plain }, secret, bodyOnly];
  }
  if (source !== 'grafana' && source !== 'generic-hmac') return;
  const { timestampHeader, ...without } = options;
  if (!timestampHeader) {
    for (const name of Object.keys(request.headers).filter((each) => /^\d{9,11}$/.test(request.headers[each] ?? ''))) {
      const stamped = { ...request, options: { ...options, timestampHeader: name, toleranceSec: 86_400 } };
      const now = Number(request.headers[name]);
      yield [
        { ...stamped, now },
        secret,
        `the header ${name} was signed with the body: name it as the header with the time stamp`,
      ];
    }
    return;
  }
  yield [{ ...request, options: without }, secret, bodyOnly];
  const usual = source === 'grafana' ? ':' : (options.separator ?? '.');
  for (const separator of ['.', ':', '', '\n', '|', ';'].filter((each) => each !== usual)) {
    yield [
      { ...request, source: 'generic-hmac', options: { ...grafanaAsGeneric(request), separator } },
      secret,
      `${JSON.stringify(separator)} between timestamp and body where ${JSON.stringify(usual)} is due`,
    ];
  }
}

function grafanaAsGeneric({ source, options = {} }: SignedRequest) {
  return source === 'generic-hmac'
    ? options
    : {
        ...options,
        signatureHeader: options.signatureHeader ?? 'X-Grafana-Alerting-Signature',
        encoding: 'hex' as const,
      };
}

/** Keys that no text can carry, or that this scheme reads otherwise. */
function rawKeyGuess(request: SignedRequest, secret: string): string | null {
  const scheme = hmacSchemeOf(request.source, request.options);
  if (scheme) {
    const given = presented(scheme, request);
    if ('ok' in given) return null;
    const signed = scheme.signed(given.timestamp, request.rawBody);
    const fits = (key: Buffer | null) =>
      key !== null && `${scheme.prefix}${hmac('sha256', key, signed, scheme.encoding)}` === given.signature;
    const digest = given.signature.slice(scheme.prefix.length);
    if (hmac('sha256', secret, signed, scheme.encoding).toLowerCase() === digest.toLowerCase())
      return 'the signature differs in letter case';
    if (createHash('sha256').update(request.rawBody).digest(scheme.encoding) === digest)
      return 'a plain SHA-256 of the body, without any key';
    if (fits(base64Bytes(secret))) return 'wrong key: it was decoded from base64 first, its text is the key';
    const hex = /^(?:[0-9a-f]{2})+$/i.test(secret) ? Buffer.from(secret, 'hex') : null;
    return fits(hex) ? 'wrong key: it was decoded from hex first, its text is the key' : null;
  }
  if (request.source !== 'standard-webhooks' || keyOf(secret)?.kind !== 'v1') return null;
  const id = headerOf(request.headers, 'webhook-id') ?? '';
  const signed = [`${id}.${headerOf(request.headers, 'webhook-timestamp') ?? ''}.`, request.rawBody];
  const entries = headerOf(request.headers, 'webhook-signature')?.split(' ') ?? [];
  const fits = (key: string) => entries.includes(`v1,${hmac('sha256', key, signed, 'base64')}`);
  if (fits(secret.replace(/^whsec_/, '')))
    return 'wrong key: its text was used, the bytes it decodes to from base64 are due';
  return fits(secret) ? 'wrong key: the whole whsec_ text was used, the decoded bytes after it are due' : null;
}

/** Other texts a sender of Standard Webhooks may have signed. */
function standardGuess({ source, headers, rawBody }: SignedRequest, secret: string): string | null {
  const key = keyOf(secret);
  if (source !== 'standard-webhooks' || key?.kind !== 'v1') return null;
  const id = headerOf(headers, 'webhook-id') ?? '';
  const timestamp = headerOf(headers, 'webhook-timestamp') ?? '';
  const entries = headerOf(headers, 'webhook-signature')?.split(' ') ?? [];
  const fits = (before: string) => entries.includes(`v1,${hmac('sha256', key.bytes, [before, rawBody], 'base64')}`);
  if (fits('')) return 'the signature covers the body only, id and timestamp are due as well';
  if (fits(`${timestamp}.`)) return 'the signature covers timestamp and body, the id is due as well';
  const [first = '', second] = id.split(/, ?/);
  return first === second && fits(`${first}.${timestamp}.`) ? 'the header webhook-id came twice' : null;
}

/** Twilio's fields count only where the request says it is a form. */
function formGuess(request: SignedRequest, secret: string): string | null {
  if (request.source !== 'twilio') return null;
  const type = headerOf(request.headers, 'Content-Type') ?? '';
  const others = Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'content-type');
  const headers = { ...Object.fromEntries(others), 'Content-Type': 'application/x-www-form-urlencoded' };
  if (!verifySignature({ ...request, headers }, secret).ok) return null;
  return type === '' ? 'the Content-Type of a form is missing' : `a form was signed, and the Content-Type is ${type}`;
}

function addressGuess(request: SignedRequest, secret: string): string | null {
  const { source, url = '', headers } = request;
  if (source !== 'twilio') return null;
  const address = url.replace(/#.*$/s, '');
  const hash = createHash('sha256').update(request.rawBody).digest('hex');
  const others: readonly (readonly [string, string])[] = [
    [address.replace(/^http:/, 'https:'), 'the address is configured with http, https was called'],
    [address.replace(/^https:/, 'http:'), 'the address is configured with https, http was called'],
    [address.replace(/\?.*$/s, ''), 'the address is configured with a query that was not called'],
    [address.replace(/([^/?])(\?|$)/, '$1/$2'), 'the address lacks a slash at its end'],
    [address.replace(/\/(\?|$)/, '$1'), 'the address has a slash too many at its end'],
    [
      address.replace(/^[a-z]+:\/\/[^/?#]*/i, (host) => host.toLowerCase()),
      'the host is configured in other letter case than was called',
    ],
    ...orders(address).map((each) => [each, 'the parameters of the address are in another order'] as const),
    [address.replace(/bodySHA256=[0-9a-f]+/, `bodySHA256=${hash}`), 'the hash in the address is not the signed one'],
  ];
  for (const [other, meaning] of others) {
    const changed = { ...request, url: other };
    if (other !== address && verifySignature(changed, secret).ok) return `another address was signed: ${meaning}`;
  }
  const longer =
    headerOf(headers, 'X-Twilio-Signature') === twilioSignature(address, request.rawBody, secret, 'sha256');
  return longer ? 'HMAC-SHA256 was used where HMAC-SHA1 is due' : null;
}

function orders(address: string): string[] {
  const [path = '', query] = address.split('?', 2);
  const parts = query?.split('&') ?? [];
  if (parts.length < 2 || parts.length > 5) return [];
  return permutations(parts).map((order) => `${path}?${order.join('&')}`);
}

function timestampGuess(request: SignedRequest, secret: string): string | null {
  const name =
    request.source === 'standard-webhooks'
      ? 'webhook-timestamp'
      : hmacSchemeOf(request.source, request.options)?.timestampHeader;
  if (!name || keyOf(secret)?.kind === 'v1a') return null;
  const given = Number(headerOf(request.headers, name));
  const others = Object.entries(request.headers).filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  for (let step = 1; step <= nearbySeconds; step++) {
    for (const at of [given - step, given + step]) {
      const headers = { ...Object.fromEntries(others), [name]: String(at) };
      if (verifySignature({ ...request, headers, now: at }, secret).ok) {
        return `the timestamp was changed after signing, by ${Math.abs(at - given)} s`;
      }
    }
  }
  return null;
}

function swapCase(text: string): string {
  return [...text]
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join('');
}
