export type DecimalMark = '.' | ',';

export type ReadAmount =
  | { readonly ok: true; readonly text: string; readonly sign: string }
  | { readonly ok: false; readonly reason: string };

const exponent = /^[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$/;
// A group of thousands begins with no zero: 0,125 in a file of dots is a comma that nobody proved, not 125.
const dotGroups = /^[1-9]\d{0,2}(?:[,'\u00a0\u202f ]\d{3})+(?:\.\d*)?$|^\d*(?:\.\d*)?$/;
const commaGroups = /^[1-9]\d{0,2}(?:[.'\u00a0\u202f ]\d{3})+(?:,\d*)?$|^\d*(?:,\d*)?$/;
const signs: Readonly<Record<string, string>> = { '£': 'GBP', '€': 'EUR', $: '$', '¥': '¥' };

/**
 * Reads an amount as people and programs write it: thousands separators, a currency sign or code, a leading or trailing
 * minus, brackets for negatives, an exponent. Returns plain decimal text with a dot, digits unchanged; `sign` is the
 * currency the cell itself names (`GBP`, `EUR`, `$`, `¥`, a code) or empty. Never guesses: what fits no rule is refused.
 */
export function readAmount(cell: string, mark: DecimalMark = '.'): ReadAmount {
  if (mark === '.' && isPlain(cell))
    return { ok: true, text: cell.startsWith('-') && /^-[0.]+$/.test(cell) ? cell.slice(1) : cell, sign: '' };
  let text = cell.trim().replace(/\u2212/g, '-');
  if (text === '') return { ok: false, reason: 'is empty' };
  if (/^=/.test(text)) return { ok: false, reason: 'is a formula; export the values instead' };
  if (exponent.test(text)) return { ok: true, text: unexponent(text), sign: '' };
  let negative = false;
  if (/^\(.*\)$/.test(text)) {
    negative = true;
    text = text.slice(1, -1).trim();
  }
  const taken = { sign: '' };
  text = takeCurrency(text, taken);
  if (/^[+-]/.test(text) || /-$/.test(text)) {
    if (/-/.test(text)) {
      if (negative) return { ok: false, reason: `"${cell.slice(0, 30)}" has two minus signs` };
      negative = true;
    }
    text = text.replace(/^[+-]|-$/g, '').trim();
    if (taken.sign === '') text = takeCurrency(text, taken);
  }
  if (!/\d/.test(text) || !(mark === '.' ? dotGroups : commaGroups).test(text)) {
    return { ok: false, reason: `"${cell.slice(0, 30)}" is not an amount` };
  }
  const bare =
    mark === '.' ? text.replace(/[,'\u00a0\u202f ]/g, '') : text.replace(/[.'\u00a0\u202f ]/g, '').replace(',', '.');
  const tidy = bare
    .replace(/^\./, '0.')
    .replace(/\.$/, '')
    .replace(/^0+(?=\d)/, '');
  return { ok: true, text: negative && /[1-9]/.test(tidy) ? `-${tidy}` : tidy, sign: taken.sign };
}

/** Whether a text is digits, with a minus before them and a dot between them at most. */
function isPlain(text: string): boolean {
  const from = text.charCodeAt(0) === 45 ? 1 : 0;
  const last = text.length - 1;
  let dot = false;
  for (let i = from; i <= last; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) continue;
    if (code !== 46 || dot || i === from || i === last) return false;
    dot = true;
  }
  return last >= from;
}

function takeCurrency(text: string, taken: { sign: string }): string {
  const found =
    /^(£|€|\$|¥|[A-Z]{3}(?=[\s\d.,+-]))\s*(.*)$/.exec(text) ?? /^(.*?[\d.,-])\s*(£|€|\$|¥|[A-Z]{3})$/.exec(text);
  if (!found) return text;
  const [, one = '', two = ''] = found;
  const symbolFirst = !/\d/.test(one);
  const symbol = symbolFirst ? one : two;
  taken.sign = signs[symbol] ?? symbol;
  return (symbolFirst ? two : one).trim();
}

/** Decimal text without its exponent, exact: `1.5E-9` is `0.0000000015`. */
function unexponent(text: string): string {
  const match = /^([+-]?)(\d*)\.?(\d*)[eE]([+-]?\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, whole = '', fraction = '', power] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  const padded = point <= 0 ? `${'0'.repeat(1 - point)}${digits}` : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const body = `${padded.slice(0, at).replace(/^0+(?=\d)/, '')}${padded.length > at ? `.${padded.slice(at)}` : ''}`;
  return sign === '-' && /[1-9]/.test(body) ? `-${body}` : body;
}

/** Collects what the amounts of one file prove about their decimal mark. */
export class MarkEvidence {
  #dot = 0;
  #comma = 0;

  add(cell: string): void {
    const text = cell.replace(/[^\d.,]/g, '');
    if (
      /\.\d+,\d*$/.test(text) ||
      (/,(?:\d{1,2}|\d{4,})$/.test(text) && !text.includes('.')) ||
      /^(?:0|\d{4,}),\d+$/.test(text)
    )
      this.#comma++;
    else if (
      /,\d+\.\d*$/.test(text) ||
      (/\.(?:\d{1,2}|\d{4,})$/.test(text) && !text.includes(',')) ||
      /^0\.\d+$/.test(text)
    )
      this.#dot++;
  }

  /** A comma only where some row proves it and none proves the dot. */
  get mark(): DecimalMark {
    return this.#comma > 0 && this.#dot === 0 ? ',' : '.';
  }
}
