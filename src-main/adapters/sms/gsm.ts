/**
 * The alphabet of a text message. One letter outside it turns the whole message into 16-bit units and halves what fits,
 * so everything is folded into it first ("Táve" becomes "Tave").
 */
const basic = new Set(
  '@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Behind an escape: two units each. */
const extended = new Set('^{}\\[~]|€');

const replaced: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '‑': '-',
  '−': '-',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '′': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '…': '...',
  '·': '-',
  '•': '-',
  '→': '>',
  '×': 'x',
  '½': '1/2',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  œ: 'oe',
  Œ: 'OE',
  þ: 'th',
  ð: 'd',
  '`': "'",
};

/** Letters of GSM 03.38 only; control and direction characters and what has no likeness there are gone. */
export function folded(text: string): string {
  const letters: string[] = [];
  for (const letter of text.normalize('NFC')) letters.push(...fold(letter));
  return letters.join('').replace(/ {2,}/g, ' ').trim();
}

function fold(letter: string): string {
  if (basic.has(letter) && letter !== '\n') return letter;
  if (extended.has(letter)) return letter;
  const known = replaced[letter];
  if (known !== undefined) return known;
  if (/[\p{Cc}\p{Z}]/u.test(letter)) return ' ';
  const bare = letter.normalize('NFKD').replace(/[\p{M}\p{Cf}]/gu, '');
  return [...bare].filter((each) => basic.has(each) || extended.has(each)).join('');
}

/** Units of folded text: most letters one, a few two. */
export function unitsOf(text: string): number {
  let units = 0;
  for (const letter of text) units += extended.has(letter) ? 2 : 1;
  return units;
}

/** Parts a phone is sent: 160 units alone, 153 each when there are several. */
export function segmentsOf(text: string): number {
  const units = unitsOf(text);
  return units <= 160 ? 1 : Math.ceil(units / 153);
}

/** At most so many units, ending in "..." when something is missing. */
export function fitted(text: string, units: number): string {
  if (unitsOf(text) <= units) return text;
  let kept = '';
  let used = 0;
  for (const letter of text) {
    const cost = extended.has(letter) ? 2 : 1;
    if (used + cost > units - 3) break;
    kept += letter;
    used += cost;
  }
  return units < 3 ? '' : `${kept.trimEnd()}...`;
}
