import type { Json } from '../../adapters/kit/adapter.ts';

/** Names of fields whose value is nobody's business on a screen. */
const secretName =
  /pass(word|phrase)?|secret|token|api[-_]?key|authori[sz]ation|signature|cookie|^pin$|sort[-_]?code|account[-_]?number|iban/i;
const mask = '••••';

/** The same value with everything that is called like a secret covered, at any depth. */
export function masked(value: Json): Json {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) =>
      secretName.test(name) && inner !== null && typeof inner !== 'object' ? [name, mask] : [name, masked(inner)],
    ),
  );
}

/** Text of a body as a person may see it: JSON and forms by the names of their fields, anything else as it is. */
export function maskedText(text: string): string {
  try {
    return JSON.stringify(masked(JSON.parse(text) as Json), null, 2);
  } catch {
    return text.replace(/([\w.-]+)=([^&\s]*)/g, (whole, name: string) =>
      secretName.test(name) ? `${name}=${mask}` : whole,
    );
  }
}
