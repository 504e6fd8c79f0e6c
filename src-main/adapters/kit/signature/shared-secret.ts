import { base64Bytes, sameSecret } from './bytes.ts';
import { headerOf, needHeader, refused, type SignatureVerdict, type SignedRequest } from './signed-request.ts';

/** Senders that prove who they are and nothing about the body: the caller reads the object again at its source. */
export function verifyShared(request: SignedRequest, secret: string): SignatureVerdict {
  const { options = {}, source } = request;
  const mode = options.mode ?? (source === 'tave' ? 'url-token' : 'header');
  if (mode === 'url-token') return verifyUrlToken(request, options.param ?? 'token', secret);
  const name = mode === 'header' ? (options.header ?? 'X-WedSync-Token') : 'Authorization';
  const given = needHeader(request.headers, name);
  if (typeof given !== 'string') return given.code === 'header-missing' ? (elsewhere(request, secret) ?? given) : given;
  if (sameSecret(given, wanted(mode, secret))) return { ok: true };
  return refused(
    'token-wrong',
    mode === 'basic' ? basicTrouble(given, secret) : tokenTrouble(given, wanted(mode, secret)),
  );
}

function wanted(mode: 'header' | 'basic' | 'bearer', secret: string): string {
  if (mode === 'basic') return `Basic ${Buffer.from(secret).toString('base64')}`;
  return mode === 'bearer' ? `Bearer ${secret}` : secret;
}

function tokenTrouble(given: string, due: string): string {
  if (given.split(',').length > 1 && given.split(',').every((each) => each.trim() === due))
    return 'the token came twice';
  if (given.trim() === due) return 'blanks around the token, it is compared exactly';
  if (given.toLowerCase() === due.toLowerCase()) return 'the token differs in letter case';
  if (due.startsWith(given)) return 'only the beginning of it was sent';
  return 'another token';
}

function basicTrouble(given: string, secret: string): string {
  if (!given.startsWith('Basic ')) return 'the header does not begin with Basic';
  return tokenTrouble(base64Bytes(given.slice(6))?.toString('utf8') ?? '', secret);
}

function elsewhere(request: SignedRequest, secret: string) {
  const found = Object.keys(request.headers).find((name) => sameSecret(headerOf(request.headers, name) ?? '', secret));
  return found === undefined
    ? null
    : refused('header-missing', `the right token is in the header ${found}, the wrong one`);
}

function verifyUrlToken({ url }: SignedRequest, param: string, secret: string): SignatureVerdict {
  const query = /^[^?#]*\?([^#]*)/.exec(url ?? '')?.[1] ?? '';
  const tokens = new URLSearchParams(`&${query}`).getAll(param);
  const [token] = tokens;
  if (token === undefined) return refused('token-missing', `the address has no parameter ${param}`);
  if (tokens.length > 1)
    return refused('token-doubled', `the address has the parameter ${param} ${tokens.length} times`);
  return sameSecret(token, secret) ? { ok: true } : refused('token-wrong', tokenTrouble(token, secret));
}
