import { createPublicKey, verify } from 'node:crypto';
import { base64Bytes, hmac, sameText } from './bytes.ts';
import { formTrouble } from './hmac-schemes.ts';
import { needHeader, refused, type SignatureVerdict, type SignedRequest, timestampTrouble } from './signed-request.ts';

/** Each asymmetric signature costs a curve operation; nobody rotates more keys than this at once. */
const mostAsymmetric = 16;

/** The key as bytes; `whsec_` is written before a symmetric one or left out, `whpk_` before a public one. */
export function keyOf(secret: string): { readonly kind: 'v1' | 'v1a'; readonly bytes: Buffer } | null {
  const kind = secret.startsWith('whpk_') ? 'v1a' : 'v1';
  const bytes = base64Bytes(secret.replace(/^(?:whsec_|whpk_)/, ''));
  return bytes === null || (kind === 'v1a' && bytes.length !== 32) ? null : { kind, bytes };
}

export function verifyStandard({ headers, rawBody, now, options }: SignedRequest, secret: string): SignatureVerdict {
  const id = needHeader(headers, 'webhook-id');
  if (typeof id !== 'string') return id;
  const timestamp = needHeader(headers, 'webhook-timestamp');
  if (typeof timestamp !== 'string') return timestamp;
  const signature = needHeader(headers, 'webhook-signature');
  if (typeof signature !== 'string') return signature;
  const late = timestampTrouble(timestamp, now, options?.toleranceSec ?? 300);
  if (late) return late;
  const key = keyOf(secret);
  if (!key) return refused('secret-unusable', 'the secret is no base64 text after whsec_ or whpk_');
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), rawBody]);
  const entries = signature.split(' ');
  const ours = entries.filter((entry) => entry.startsWith(`${key.kind},`));
  if (ours.length === 0) {
    if (entries.some((entry) => /^v\w+,/.test(entry))) {
      return refused('version', `no signature of version ${key.kind}, the one this key checks`);
    }
    return refused('form', `the signature does not begin with ${key.kind},`);
  }
  const digests = ours.map((entry) => entry.slice(key.kind.length + 1));
  if (key.kind === 'v1a') return verifyAsymmetric(digests, key.bytes, signed);
  const due = hmac('sha256', key.bytes, [signed], 'base64');
  let matched = false;
  for (const digest of digests) matched = sameText(digest, due) || matched;
  if (matched) return { ok: true };
  if (digests.some((digest) => digest.includes(','))) {
    return refused('form', 'the list is joined with commas, single blanks are due');
  }
  return (
    formTrouble(digests, '', 'base64') ?? refused('mismatch', 'the signature does not fit id, timestamp, body and key')
  );
}

function verifyAsymmetric(digests: readonly string[], key: Buffer, signed: Buffer): SignatureVerdict {
  if (digests.length > mostAsymmetric) return refused('form', `more than ${mostAsymmetric} signatures`);
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
    format: 'jwk',
  });
  const fits = digests.some((digest) => {
    const bytes = base64Bytes(digest);
    return (
      bytes !== null &&
      bytes.length === 64 &&
      bytes.toString('base64') === digest &&
      verify(null, signed, publicKey, bytes)
    );
  });
  return fits ? { ok: true } : refused('mismatch', 'the signature does not fit id, timestamp, body and public key');
}
