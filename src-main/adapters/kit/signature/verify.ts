import { hmacSchemeOf, verifyHmac } from './hmac-schemes.ts';
import { verifyShared } from './shared-secret.ts';
import { refused, type SignatureVerdict, type SignedRequest } from './signed-request.ts';
import { verifyStandard } from './standard-webhooks.ts';
import { verifyTwilio } from './twilio.ts';

/**
 * Were these exact bytes sent by the holder of the secret, now? Pure; never throws on a malformed request. For the senders
 * that share a secret only (Datadog, HoneyBook, Táve) the answer is about the sender, not about the bytes.
 */
export function verifySignature(request: SignedRequest, secret: string): SignatureVerdict {
  if (secret === '') return refused('secret-unusable', 'there is no secret to check with');
  const scheme = hmacSchemeOf(request.source, request.options);
  if (scheme) return verifyHmac(scheme, request, secret);
  switch (request.source) {
    case 'twilio':
      return verifyTwilio(request, secret);
    case 'standard-webhooks':
      return verifyStandard(request, secret);
    default:
      return verifyShared(request, secret);
  }
}

/**
 * The same with the new and the old secret of a rotation, in this order; `key` says which one fitted (0 is the new one).
 * A refusal is the first secret's.
 */
export function verifyWithAny(
  request: SignedRequest,
  secrets: readonly string[],
): { readonly ok: true; readonly key: number } | Exclude<SignatureVerdict, { ok: true }> {
  let first: Exclude<SignatureVerdict, { ok: true }> | null = null;
  for (const [key, secret] of secrets.entries()) {
    const verdict = verifySignature(request, secret);
    if (verdict.ok) return { ok: true, key };
    first ??= verdict;
  }
  return first ?? refused('secret-unusable', 'there is no secret to check with');
}
