import { countryOf } from '../../../src-shared/domain/cost/country.ts';
import { refused } from '../problem.ts';

/** The country as typed, by letters or name: UK is GB. @throws ProblemError on what is none */
export function typedCountry(text: string): string {
  const country = countryOf(text);
  if (country !== null) return country;
  throw refused({
    happened: `"${text.trim()}" is no country.`,
    means: 'A supplier of no known country would be judged as one abroad.',
    remedy: 'Write its two letters, such as GB, IE or US.',
  });
}
