import type { Redactor } from '../ports/secrets.ts';

const mark = '[secret]';

/** Things that are a secret by their look. Each group 1, where there is one, is kept. Linear-time: no nested repeats. */
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?-----END [A-Z ]{0,30}PRIVATE KEY-----/g,
  /\b((?:bearer|basic|token|apikey|genie[kK]ey)\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  /\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{8,}/g,
  /\bxapp-[A-Za-z0-9-]{8,}/g,
  /\bwhsec_[A-Za-z0-9+/=_-]{8,}/g,
  /\b(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}/g,
  /\bglsa_[A-Za-z0-9_]{16,}/g,
  /\bNRAK-[A-Z0-9]{16,}/g,
  /(hooks\.slack\.com\/(?:services|workflows)\/)[A-Za-z0-9/_-]{8,}/g,
  /(\/\/)[^/\s:@"']{1,100}:[^/\s@"']{1,200}@/g,
  // An authorisation code in an address or form; in JSON `code` is what vendors call their error numbers.
  /((?:^|[?&\s])(?:code|state)=)[^&\s"']{4,}/g,
  // key=value, "key": "value", key%3Dvalue; the value ends at a separator or quote
  /((?:access_?token|refresh_?token|id_?token|client_?secret|code_?verifier|routing_?key|integration_?key|api_?-?key|app_?-?key|auth_?-?token|passwo?r?d|passwd|private_?-?key|secret|signature|\bpin)\\?["']?\s{0,4}(?:=|:|%3D)\s{0,4}\\?["']?)[^\s"'&,;}\\]{4,}/gi,
];

/**
 * Redaction by exact value and by look (SEC-32). A known value is found as it is, percent-encoded, JSON-escaped, and in
 * base64 at any of its three alignments (so inside `user:password` of Basic auth too).
 */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  let forms: RegExp | null = null;

  return {
    know(value) {
      if (value.length < 4 || known.has(value)) return;
      known.add(value);
      forms = null;
    },
    redact(text) {
      let clean = text;
      if (known.size > 0) {
        forms ??= new RegExp([...known].flatMap(formsOf).sort(longestFirst).map(escaped).join('|'), 'g');
        clean = clean.replace(forms, mark);
      }
      for (const pattern of patterns) clean = clean.replace(pattern, (_all, kept) => `${keptText(kept)}${mark}`);
      return clean;
    },
  };
}

function keptText(kept: unknown): string {
  // Without a group the second argument is the offset.
  return typeof kept === 'string' ? kept : '';
}

/** Every way a value may stand in a text. Short pieces are left out: they would hide half the language. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const encoded = [0, 1, 2].flatMap((shift) => {
    const base64 = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // Characters that mix in bits of a neighbour differ from text to text; only those in between are certain.
    const whole = bytes.length + shift;
    const core = base64.slice(Math.ceil((shift * 8) / 6), Math.floor((whole * 8) / 6));
    return core.length < 6 ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  return [...new Set([value, json, JSON.stringify(json).slice(1, -1), url, url.toLowerCase(), form, ...encoded])];
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
