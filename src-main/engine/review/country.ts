import { countryOf, otherwiseCalled } from '../../../src-shared/domain/cost/country.ts';
import { type ProblemError, refused } from '../problem.ts';

/** What is said to somebody who typed letters that are no country. */
export function noCountry(code: string): ProblemError {
  const meant = otherwiseCalled[code];
  return refused({
    happened: `${code} is not the code of a country.`,
    means: 'A supplier of no known country would be judged as one abroad.',
    remedy: meant ? `Write ${meant}.` : 'Write its two letters, such as GB, IE or US.',
  });
}

/** The country of a line as typed: UK is GB. @throws ProblemError on letters that are none */
export function typedCountry(text: string): string {
  const country = countryOf(text);
  if (country === null) throw noCountry(text.trim().toUpperCase());
  return country;
}
