import { describe, expect, test } from '@jest/globals';
import { sampleRules } from '../../cli/sample/rules.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { reasonText } from '../../documents/reasonTexts.js';

const codesOf = (policies: unknown): string[] =>
  [...JSON.stringify(policies).matchAll(/"textCode":"([^"]+)"/g)].map(([, code]) => code as string);

describe('what a reason says', () => {
  test.each(['en', 'es'] as const)('every code of the policies we ship has a sentence, in %s', (language) => {
    const codes = [...new Set([...codesOf(POLICY_EXAMPLES), ...codesOf(sampleRules({} as never))])];
    expect(codes.length).toBeGreaterThan(10);
    const said = codes.map((code) => reasonText(code, null, language));
    for (const sentence of said) expect(sentence).toMatch(/^\p{Lu}.* /u);
    expect(new Set(said).size).toBe(codes.length);
  });

  test.each([
    ['the company’s own words', 'score.referral', { en: 'Knows Ana', es: 'Conoce a Ana' }, 'Conoce a Ana'],
    ['ours for our code', 'score.referral', null, 'Llegó por recomendación'],
    ['the code that nobody has words for', 'score.vip', undefined, 'score.vip'],
    ['nothing of the language itself', 'toString', undefined, 'toString'],
  ])('%s', (_what, code, texts, said) => {
    expect(reasonText(code, texts, 'es')).toBe(said);
  });
});
