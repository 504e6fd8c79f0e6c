import { columnKey } from './columns.ts';

/** What people write for a country beside its own two letters and its English name, and the letters it is judged by. */
const otherwiseCalled: Readonly<Record<string, string>> = {
  uk: 'GB',
  gbr: 'GB',
  el: 'GR',
  britain: 'GB',
  greatbritain: 'GB',
  unitedkingdomofgreatbritainandnorthernireland: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  northernireland: 'XI',
  republicofireland: 'IE',
  unitedstatesofamerica: 'US',
  usa: 'US',
  hongkong: 'HK',
  turkey: 'TR',
  czechrepublic: 'CZ',
  holland: 'NL',
  thenetherlands: 'NL',
};

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** They have names among the regions, and are no countries. */
const noCountries: readonly string[] = ['EL', 'EU', 'EZ', 'QO', 'UK', 'UN', 'XA', 'XB', 'ZZ'];
/** One answer for each text: a file of half a million rows holds few. */
const known = new Map<string, string | null>();
let named: ReadonlyMap<string, string> | null = null;

/** Made when the first file writes a country out: it takes as long as reading ten thousand lines. */
function nameOf(key: string): string | undefined {
  named ??= byName();
  return named.get(key);
}

/** Whether two capital letters are a country. XI, Northern Ireland, is one of VAT and of no atlas. */
function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && (code === 'XI' || (!noCountries.includes(code) && regions.of(code) !== undefined));
}

/** Letters by English name, written as `columnKey` does. Of two with one name (DE, DD) the one that is no longer used loses. */
function byName(): ReadonlyMap<string, string> {
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));
  const codes = letters.flatMap((first) => letters.map((second) => `${first}${second}`));
  const used = codes.filter((code) => isCountry(code) && new Intl.Locale('und', { region: code }).region === code);
  return new Map(
    used.flatMap((code) => [regions.of(code) ?? []].flat().map((name) => [columnKey(name), code] as const)),
  );
}

/** The two letters of the country that is meant: letters in any case (UK is GB, EL is GR) or an English name; null for none. */
export function countryOf(text: string): string | null {
  let answer = known.get(text);
  if (answer === undefined) {
    const key = columnKey(text);
    const code = otherwiseCalled[key] ?? key.toUpperCase();
    answer = isCountry(code) ? code : (nameOf(key) ?? null);
    if (known.size < 1_000) known.set(text, answer);
  }
  return answer;
}
