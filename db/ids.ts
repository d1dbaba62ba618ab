// Ids as people and logs meet them: a word that says what it is, then a UUIDv7, so they sort by time.
import { hash } from 'node:crypto';
import { typeid } from 'typeid-js';

export type IdPrefix =
  | 'account'
  | 'appr'
  | 'alloc'
  | 'book'
  | 'charge'
  | 'cline'
  | 'consent'
  | 'contact'
  | 'credit'
  | 'deleg'
  | 'dlv'
  | 'entity'
  | 'import'
  | 'invite'
  | 'inv'
  | 'iline'
  | 'key'
  | 'lead'
  | 'ledger'
  | 'letter'
  | 'mail'
  | 'msg'
  | 'oline'
  | 'order'
  | 'pay'
  | 'payout'
  | 'person'
  | 'product'
  | 'quote'
  | 'reversal'
  | 'task'
  | 'touch'
  | 'waiver'
  | 'writeoff';

export const newId = (prefix: IdPrefix): string => typeid(prefix).toString();

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The same id for the same parts: an effect that is tried again finds what the first try wrote. */
export function derivedId(prefix: IdPrefix, ...parts: readonly string[]): string {
  const digest = hash('sha256', parts.join('\0'), 'buffer');
  let text = '';
  for (let i = 0; i < 26; i++) text += ALPHABET[(digest[i] ?? 0) & 31];
  return `${prefix}_${text}`;
}

export const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');
