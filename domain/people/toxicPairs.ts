// Two acts one person must not both do, as data for API, steps and SQL.
// Persons are compared, never logins; who acted as a delegate has acted, and so has the one acted for.
// Which records are looked at is the step's; the database guards the same pairs once more.
import { DomainError, type ErrorCode } from '../errors.js';

export const ACTS = [
  'makeQuote',
  'approveQuote',
  'giveDiscount',
  'approveDiscount',
  'createCreditNote',
  'approveCreditNote',
  'recordPayment',
  'allocatePayment',
  'writeOffInvoice',
  'calculateCommission',
  'releaseCommission',
  'editPlan',
  'releasePayout',
  'receivePayout',
  'changeRoles',
  'useRoles',
] as const;
export type Act = (typeof ACTS)[number];

/** `record`: on the same record (quote, invoice, plan, payout); `day`: within the same business day. */
export interface ToxicPair {
  acts: readonly [Act, Act];
  within: 'record' | 'day';
  /** Which pair was broken, and the code it is refused with. */
  reason: string;
  code: ErrorCode;
}

export const TOXIC_PAIRS = [
  { acts: ['makeQuote', 'approveQuote'], within: 'record', reason: 'own_quote', code: 'self_approval' },
  {
    acts: ['giveDiscount', 'approveDiscount'],
    within: 'record',
    reason: 'own_discount',
    code: 'self_approval',
  },
  {
    acts: ['createCreditNote', 'approveCreditNote'],
    within: 'record',
    reason: 'own_credit_note',
    code: 'self_approval',
  },
  {
    acts: ['recordPayment', 'writeOffInvoice'],
    within: 'record',
    reason: 'own_payment',
    code: 'conflicting_duties',
  },
  {
    acts: ['allocatePayment', 'writeOffInvoice'],
    within: 'record',
    reason: 'own_allocation',
    code: 'conflicting_duties',
  },
  {
    acts: ['calculateCommission', 'releaseCommission'],
    within: 'record',
    reason: 'own_calculation',
    code: 'conflicting_duties',
  },
  { acts: ['editPlan', 'releasePayout'], within: 'record', reason: 'own_plan', code: 'conflicting_duties' },
  { acts: ['receivePayout', 'releasePayout'], within: 'record', reason: 'own_payout', code: 'self_approval' },
  { acts: ['changeRoles', 'useRoles'], within: 'day', reason: 'own_roles', code: 'forbidden' },
] as const satisfies readonly ToxicPair[];
export type ToxicReason = (typeof TOXIC_PAIRS)[number]['reason'];

/** What was done before, by whom (`actingForId` where a delegate acted), on which record and day. */
export interface DoneAct {
  act: Act;
  personId: string;
  actingForId?: string;
  recordId: string;
  on: string;
}

/**
 * Returns the pair that forbids `next`, given what was done before, or null.
 * Order does not matter: who wrote off may not record the payment either.
 */
export function toxicWith(next: DoneAct, done: readonly DoneAct[]): (typeof TOXIC_PAIRS)[number] | null {
  for (const pair of TOXIC_PAIRS) {
    const [one, other] = pair.acts;
    const counterpart = next.act === one ? other : next.act === other ? one : null;
    if (counterpart === null) continue;
    const clashes = (before: DoneAct): boolean =>
      before.act === counterpart &&
      (pair.within === 'day' ? before.on === next.on : before.recordId === next.recordId) &&
      personsOf(before).some((person) => personsOf(next).includes(person));
    if (done.some(clashes)) return pair;
  }
  return null;
}

/** Refuses `next` where one of `done` forbids it; `detail` says what the person did before. */
export function refuseToxic(next: DoneAct, done: readonly DoneAct[], detail: string, pointer?: string): void {
  const pair = toxicWith(next, done);
  if (pair !== null) throw new DomainError(pair.code, detail, pointer);
}

const personsOf = (done: DoneAct): string[] =>
  done.actingForId === undefined ? [done.personId] : [done.personId, done.actingForId];
