import { createHash } from 'node:crypto';
import { hmac, sameText } from './bytes.ts';
import { formTrouble } from './hmac-schemes.ts';
import { headerOf, needHeader, refused, type SignatureVerdict, type SignedRequest } from './signed-request.ts';

/** HMAC-SHA1 over the configured address and, for forms, every field; JSON bodies are covered by a hash in the address. */
export function verifyTwilio(request: SignedRequest, secret: string): SignatureVerdict {
  const { headers, rawBody, url } = request;
  const signature = needHeader(headers, 'X-Twilio-Signature');
  if (typeof signature !== 'string') return signature;
  if (url === undefined) return refused('options-unusable', 'the public address of this source is not configured');
  const address = url.replace(/#.*$/s, '');
  const form = isForm(headers) ? rawBody : Buffer.alloc(0);
  const fits = addressForms(address).some((each) => sameText(signature, twilioSignature(each, form, secret)));
  if (!fits) {
    if (/^[A-Za-z0-9+/]{43}=$/.test(signature)) return refused('form', 'HMAC-SHA256 where HMAC-SHA1 is due');
    return (
      formTrouble([signature], '', 'base64', 20) ??
      refused('mismatch', 'the signature does not fit this address, these fields and this token')
    );
  }
  return isForm(headers) ? { ok: true } : bodyVerdict(address, rawBody);
}

/** Text that Twilio signs: the address, then each field's name and value, names sorted by code unit. */
export function twilioSignature(address: string, form: Buffer, secret: string, algorithm: 'sha1' | 'sha256' = 'sha1') {
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(`&${form.toString('utf8')}`)) {
    fields.set(name, (fields.get(name) ?? new Set()).add(value));
  }
  const text = [...fields]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => [...values].sort().map((value) => `${name}${value}`));
  return hmac(algorithm, secret, [address, ...text], 'base64');
}

/** As given, and with or without the default port: what stands between may add or remove it. */
export function addressForms(address: string): string[] {
  const found = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(address);
  if (!found) return [address];
  const [, scheme = '', host = '', rest = ''] = found;
  const usual = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  if (host.endsWith(usual)) return [address, `${scheme}://${host.slice(0, -usual.length)}${rest}`];
  return /:\d+$/.test(host) ? [address] : [address, `${scheme}://${host}${usual}${rest}`];
}

function isForm(headers: SignedRequest['headers']): boolean {
  const type = headerOf(headers, 'Content-Type')?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/x-www-form-urlencoded';
}

function bodyVerdict(address: string, body: Buffer): SignatureVerdict {
  const due = new URLSearchParams(`&${/\?(.*)$/s.exec(address)?.[1] ?? ''}`).get('bodySHA256');
  if (due === null) {
    return body.length === 0
      ? { ok: true }
      : refused('body-hash-missing', 'the body is no form and the address has no bodySHA256, so nothing covers it');
  }
  return sameText(createHash('sha256').update(body).digest('hex'), due)
    ? { ok: true }
    : refused('body-hash-wrong', 'the body was changed: bodySHA256 of the signed address does not fit it');
}
