// Decides what the reasons of a score and of an approval say to a person, in English and Spanish: the words the
// company's own policy gives, else those of the codes we ship. How many points or whose decision stands beside it.
import type { RuleTexts } from '../domain/policies/types.js';
import type { Language } from './types.js';

const SHIPPED: Readonly<Record<string, RuleTexts>> = {
  'score.referral': { en: 'Came on somebody’s recommendation', es: 'Llegó por recomendación' },
  'score.partner': { en: 'Came through a partner', es: 'Llegó a través de un socio' },
  'score.search': { en: 'Found us by searching', es: 'Nos encontró buscando' },
  'score.company': { en: 'Writes from a company’s own domain', es: 'Escribe desde el dominio de su empresa' },
  'score.interest': { en: 'Said what it is about', es: 'Dijo qué le interesa' },
  'score.phone': { en: 'Left a telephone number', es: 'Dejó un número de teléfono' },
  'score.unreachable': { en: 'Left no e-mail address', es: 'No dejó dirección de correo' },
  'score.demo': { en: 'Asked for a demonstration', es: 'Pidió una demostración' },
  'score.website': { en: 'Visited the website', es: 'Visitó la web' },
  'score.email': { en: 'Wrote to us', es: 'Nos escribió' },
  'score.event': { en: 'Met us at an event', es: 'Nos conoció en un evento' },
  'score.form': { en: 'Filled in a form', es: 'Rellenó un formulario' },
  'score.email_opened': { en: 'Opened an e-mail of ours', es: 'Abrió un correo nuestro' },
  'approval.discount': { en: 'The discount needs approval', es: 'El descuento necesita aprobación' },
  'approval.high_discount': {
    en: 'The discount is high and needs a further approval',
    es: 'El descuento es alto y necesita otra aprobación',
  },
  'approval.large': { en: 'The total is large', es: 'El importe total es elevado' },
  'approval.long_terms': { en: 'The customer has long to pay', es: 'El plazo de pago es largo' },
};

/** What a reason says; its code where neither the policy nor we have words for it. */
export function reasonText(
  textCode: string,
  texts: RuleTexts | null | undefined,
  language: Language,
): string {
  const said = texts ?? (Object.hasOwn(SHIPPED, textCode) ? SHIPPED[textCode] : undefined);
  if (said === undefined) return textCode;
  return language === 'es' ? said.es : said.en;
}
