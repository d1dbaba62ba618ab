// Decides in which language we write to somebody who has not said which: by country. It does not decide what a
// company writes where not even the country is known: that is the default of the notifications policy.

export type CustomerLanguage = 'en' | 'es';

/** Where Spanish is the language of business, ISO 3166-1. */
const SPANISH: ReadonlySet<string> = new Set([
  'AR',
  'BO',
  'CL',
  'CO',
  'CR',
  'CU',
  'DO',
  'EC',
  'ES',
  'GQ',
  'GT',
  'HN',
  'MX',
  'NI',
  'PA',
  'PE',
  'PR',
  'PY',
  'SV',
  'UY',
  'VE',
]);

/** Spanish where it is spoken, English in every other country. */
export const languageOf = (country: string): CustomerLanguage => (SPANISH.has(country) ? 'es' : 'en');
