/** What a VAT number as printed tells us; nothing here says that it is registered. */
export interface VatNumber {
  /** Without spaces, dots and hyphens, upper case; empty when none was given. */
  readonly text: string;
  /** The country its two leading letters stand for (`GB` for every UK form, `GR` for `EL`); null without letters. */
  readonly country: string | null;
  readonly ukPrefix: boolean;
  /** Well-formed as a UK number: shape and check digits. */
  readonly ukValid: boolean;
}

const UK_SHAPE = /^(?:GB|XI)?(?:(\d{9}|\d{12})|GD[0-4]\d{2}|HA[5-9]\d{2})$/;
const UK_PREFIXES: ReadonlySet<string> = new Set(['GB', 'XI', 'GD', 'HA']);
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2];

/** Both published check-digit series: modulus 97, and the newer one offset by 55. Takes nine digits. */
function checkDigitsPass(nine: string): boolean {
  if (nine.startsWith('0000000')) return false;
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(nine[i]), Number(nine.slice(7)));
  return sum % 97 === 0 || (sum + 55) % 97 === 0;
}

/** Numbers read before: a file names few suppliers on many lines. Emptied when it holds many. */
const known = new Map<string, VatNumber>();
const MANY = 5_000;

/** Reads a number as messy as it may be printed. */
export function readVatNumber(printed: string): VatNumber {
  let number = known.get(printed);
  if (number === undefined) {
    number = parseVatNumber(printed);
    if (known.size >= MANY) known.clear();
    known.set(printed, number);
  }
  return number;
}

function parseVatNumber(printed: string): VatNumber {
  const text = printed.replace(/[\s.-]/g, '').toUpperCase();
  const letters = /^[A-Z]{2}/.exec(text)?.[0] ?? null;
  const ukPrefix = letters !== null && UK_PREFIXES.has(letters);
  const shape = UK_SHAPE.exec(text);
  return {
    text,
    country: ukPrefix ? 'GB' : letters === 'EL' ? 'GR' : letters,
    ukPrefix,
    ukValid: shape !== null && (shape[1] === undefined || checkDigitsPass(shape[1].slice(0, 9))),
  };
}

/** The digits two printings of one UK number share: no country letters, no branch suffix. */
export function ukCore(number: VatNumber): string {
  const bare = number.text.replace(/^(?:GB|XI)/, '');
  return /^\d{12}$/.test(bare) ? bare.slice(0, 9) : bare;
}
