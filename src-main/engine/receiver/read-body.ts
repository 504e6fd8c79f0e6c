import type { Body, Headers, Sender } from './senders.ts';

/** Deeper than any sender nests; deeper still is an attack on whoever walks it. */
const deepest = 64;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

export const formType = 'application/x-www-form-urlencoded';

/** `application/json` of `application/json; charset=utf-8`; empty when there is none. */
export function mediaType(headers: Headers): string {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** JSON in any dress, forms, plain text that is JSON (as some templates send it), or nothing said. */
export function typeIsTaken(type: string): boolean {
  return type === '' || type === formType || type === 'text/plain' || /^application\/(?:[\w.-]+\+)?json$/.test(type);
}

/**
 * null: not valid UTF-8, not JSON, or nested beyond reason. Whoever calls this has proven the sender already. A form sent by
 * GET is the query of the address.
 */
export function readBody(sender: Sender, headers: Headers, raw: Uint8Array, query: string): Body | null {
  if (raw.length === 0)
    return { json: undefined, form: sender.form && query !== '' ? new URLSearchParams(query) : null };
  let text: string;
  try {
    text = decoder.decode(raw);
  } catch {
    return null;
  }
  if (sender.form && mediaType(headers) === formType) {
    const form = new URLSearchParams(`&${text}`);
    const payload = form.get('payload');
    return payload === null ? { json: undefined, form } : { json: jsonOf(payload) ?? undefined, form };
  }
  const json = jsonOf(text);
  return json === null ? null : { json, form: null };
}

/** null as well for the JSON value null: no sender means anything by it. */
function jsonOf(text: string): unknown {
  if (tooDeep(text)) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function tooDeep(text: string): boolean {
  if (!opensMoreThan(deepest, text)) return false;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === 92) at++;
      else if (code === 34) inText = false;
    } else if (code === 34) inText = true;
    else if (code === 123 || code === 91) {
      if (++depth > deepest) return true;
    } else if (code === 125 || code === 93) depth--;
  }
  return false;
}

/** Cheap, and enough for nearly every event: what opens little nests little. */
function opensMoreThan(most: number, text: string): boolean {
  let opened = 0;
  for (const sign of ['{', '[']) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) if (++opened > most) return true;
  }
  return false;
}
