// When two leads are the same person or the same company: normalised e-mail, phone and
// domain. It merges nothing: the same company is only suggested.

/** Free-mail domains say nothing about a company. Subdomains count as the domain (`mail.yahoo.com`). */
export const FREE_MAIL_DOMAINS: readonly string[] = (
  'gmail.com googlemail.com yahoo.com yahoo.es yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.com.br ' +
  'yahoo.com.ar yahoo.com.mx ymail.com hotmail.com hotmail.es hotmail.co.uk hotmail.fr hotmail.de ' +
  'hotmail.it hotmail.com.br outlook.com outlook.es outlook.com.br live.com live.co.uk live.fr ' +
  'msn.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de ' +
  't-online.de freenet.de mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com ' +
  'tutanota.com zoho.com fastmail.com hey.com qq.com 163.com 126.com uol.com.br bol.com.br ' +
  'terra.com.br ig.com.br globo.com globomail.com terra.es telefonica.net orange.fr wanadoo.fr ' +
  'free.fr laposte.net libero.it virgilio.it tiscali.it sapo.pt comcast.net verizon.net att.net ' +
  'btinternet.com rediffmail.com naver.com'
).split(' ');

/** Calling code and trunk prefix by country; a number without either is only comparable inside a country. */
const DIALLING: Readonly<Record<string, { code: string; trunk: string }>> = {
  AR: { code: '54', trunk: '0' },
  AT: { code: '43', trunk: '0' },
  AU: { code: '61', trunk: '0' },
  BE: { code: '32', trunk: '0' },
  BR: { code: '55', trunk: '0' },
  CA: { code: '1', trunk: '1' },
  CH: { code: '41', trunk: '0' },
  CL: { code: '56', trunk: '' },
  CO: { code: '57', trunk: '' },
  CZ: { code: '420', trunk: '' },
  DE: { code: '49', trunk: '0' },
  DK: { code: '45', trunk: '' },
  ES: { code: '34', trunk: '' },
  FI: { code: '358', trunk: '0' },
  FR: { code: '33', trunk: '0' },
  GB: { code: '44', trunk: '0' },
  GR: { code: '30', trunk: '' },
  IE: { code: '353', trunk: '0' },
  IN: { code: '91', trunk: '0' },
  IT: { code: '39', trunk: '' },
  JP: { code: '81', trunk: '0' },
  MX: { code: '52', trunk: '' },
  NL: { code: '31', trunk: '0' },
  NO: { code: '47', trunk: '' },
  PE: { code: '51', trunk: '0' },
  PL: { code: '48', trunk: '' },
  PT: { code: '351', trunk: '' },
  SE: { code: '46', trunk: '0' },
  US: { code: '1', trunk: '1' },
  UY: { code: '598', trunk: '0' },
};

/**
 * Returns the address in lower case without blanks around it, or null where it is none.
 * Dots and `+tags` stay: only one provider ignores them, and two mailboxes must not become one person.
 */
export function normaliseEmail(email: string | null | undefined): string | null {
  const text = email?.normalize('NFKC').trim().toLowerCase() ?? '';
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text) ? text : null;
}

/**
 * Returns the number in E.164 (`+34911234567`) where the country is given or written; otherwise the digits
 * behind the country's name or `?` (`ZZ:911234567`), equal only to numbers written the same way.
 * Extensions are cut.
 * Fewer than 6 or more than 15 digits are no phone number: null.
 */
export function normalisePhone(phone: string | null | undefined, country?: string | null): string | null {
  const text = (phone ?? '').normalize('NFKC').trim().toLowerCase();
  const digits = text
    .replace(/(ext\.?|x|#)\s*\d+$/, '')
    .replace(/\(0\)/, '')
    .replace(/\D/g, '');
  if (digits.length < 6) return null;
  const written = text.startsWith('+') ? digits : digits.startsWith('00') ? digits.slice(2) : null;
  if (written !== null) return written.length > 15 ? null : `+${written}`;
  if (digits.length > 15) return null;
  const dialling = country ? DIALLING[country.toUpperCase()] : undefined;
  if (dialling === undefined) return `${country?.toUpperCase() || '?'}:${digits}`;
  const { code, trunk } = dialling;
  const national = trunk !== '' && digits.startsWith(trunk) ? digits.slice(trunk.length) : digits;
  // Written with its code and without a plus: 34 911 234 567. National numbers never get that long.
  if (national === digits && digits.startsWith(code) && digits.length - code.length >= 9) return `+${digits}`;
  return `+${code}${national}`;
}

/** Returns the company's domain of an e-mail address or web address; null for free mail and nonsense. */
export function normaliseDomain(emailOrSite: string | null | undefined): string | null {
  const text = (emailOrSite ?? '').normalize('NFKC').trim().toLowerCase();
  const host = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/, '')
    .replace(/:\d+$/, '')
    .replace(/^www\./, '')
    .replace(/\.$/, '');
  if (!/^([a-z0-9-]+\.)+[a-z][a-z0-9-]+$/.test(host)) return null;
  return isFreeMail(host) ? null : host;
}

function isFreeMail(host: string): boolean {
  return FREE_MAIL_DOMAINS.some((free) => host === free || host.endsWith(`.${free}`));
}
