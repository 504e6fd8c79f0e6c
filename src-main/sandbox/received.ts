import { createHash } from 'node:crypto';
import type { SandboxRequest } from './kit.ts';

const mask = '***';
/** `idempotency-key` is a name, not a secret, and what tests ask about. */
const secretHeader =
  /^(authorization|proxy-authorization|cookie|set-cookie)$|secret|token|signature|(^|-)(api|app|access|license)-?key$/;
const secretField = /token|secret|passw|verifier|assertion|api_?key|routing_?key|^code$/i;
const keptText = 65_536;

export function maskedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeader.test(name) ? maskedValue(value) : value]),
  );
}

/** The scheme stays readable: `Bearer ***`. */
function maskedValue(value: string): string {
  const scheme = /^(Bearer|Basic|Token|Api-Token|Key|GenieKey) /i.exec(value);
  return scheme ? `${scheme[1]} ${mask}` : mask;
}

export function maskedPath(path: string, query: URLSearchParams): string {
  const shown = new URLSearchParams();
  for (const [name, value] of query) shown.append(name, secretField.test(name) ? mask : value);
  const text = shown.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** What `/_received` shows of a body: parsed JSON or form, text, or length and hash of anything else. */
export function maskedBody(request: SandboxRequest): unknown {
  if (request.bytes.length === 0) return null;
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  const binary = () => ({
    bytes: request.bytes.length,
    sha256: createHash('sha256').update(request.bytes).digest('hex'),
    contentType: type,
  });
  if (request.bytes.length > keptText * 16) return binary();
  const text = Buffer.from(request.bytes).toString('utf8');
  if (type.includes('json')) {
    try {
      return maskedJson(JSON.parse(text));
    } catch {
      return text.slice(0, keptText);
    }
  }
  if (type.includes('x-www-form-urlencoded')) {
    return Object.fromEntries(
      [...new URLSearchParams(text)].map(([name, value]) => [name, secretField.test(name) ? mask : value]),
    );
  }
  return type.startsWith('text/') ? text.slice(0, keptText) : binary();
}

function maskedJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskedJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      // `Code` of an account is not the `code` of a sign-in, which travels in forms and queries only.
      typeof inner === 'string' && name.toLowerCase() !== 'code' && secretField.test(name) ? mask : maskedJson(inner),
    ]),
  );
}
