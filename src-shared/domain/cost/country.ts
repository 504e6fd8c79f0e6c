/** What people write for a country, and the letters it is judged by. */
export const otherwiseCalled: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' };

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** They have names among the regions, and are no countries. */
const noCountries: readonly string[] = ['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ', ...Object.keys(otherwiseCalled)];
/** One answer for each pair of letters: a file of half a million rows asks for few. */
const known = new Map<string, boolean>();

/** Whether two capital letters are a country. XI, Northern Ireland, is one of VAT and of no atlas. */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false;
  let answer = known.get(code);
  if (answer === undefined) {
    answer = code === 'XI' || (!noCountries.includes(code) && regions.of(code) !== undefined);
    known.set(code, answer);
  }
  return answer;
}

/** The country two letters mean, in any case; null when they mean none. */
export function countryOf(letters: string): string | null {
  const code = letters.trim().toUpperCase();
  const meant = otherwiseCalled[code] ?? code;
  return isCountry(meant) ? meant : null;
}
