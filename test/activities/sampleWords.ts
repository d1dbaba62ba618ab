// What the sample deal and those who look at it both name: instants, ids, and what must not leak.
import type { MailKind } from '../../domain/policies/types.js';

export const AT = new Date(Date.UTC(2026, 10, 22, 9));
export const later = (hours: number): Date => new Date(AT.getTime() + hours * 3_600_000);

/** Every name and address of the fixture: none of them may leave by another way than a mail. */
export const PERSONAL =
  /zuleika|quimby|accounts-payable|boss@|deputy@|rep@|fin@|marlowe|ferrer|ibarra|example/i;

export const hash = Buffer.alloc(32, 7);

export const CHARGE = 'charge_01kaz4v8tqfv2r0c0q6c2nq4jd';
export const QUOTE = 'quote_01kaz4v8tqfv2r0c0q6c2nq4jd';

/** What each kind of mail is about. */
export const subjectOf: Record<MailKind, string> = {
  offer: QUOTE,
  order: 'order_1',
  invoice: 'inv_1',
  receipt: 'pay_1',
  reminder: 'letter_1',
  approval: 'appr_1',
  task: 'lead_1',
};
