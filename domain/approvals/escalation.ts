// What happens to an approval nobody decides after its reminder: the next manager above who may decide,
// then the admin. Silence never approves. When it happens is the workflow's; these are the instants. Who is asked
// instead of somebody who leaves, or who took the deal over, is found the same way.
import { delegateOn, limitOf, managersOf, type People, type Person } from '../people/people.js';
import type { ApprovalPolicy } from '../policies/types.js';
import { approverFor, whyNot } from './approvalsNeeded.js';
import type { ApproverFacts, QuoteFacts } from './types.js';

export interface WaitingApproval {
  /** The rule of the matrix that asks. */
  ruleId: string;
  approverId: string | null;
  requesterId: string;
  /** When the present approver was asked (epoch ms). */
  askedAt: number;
  escalations: number;
}

export type Escalation =
  | { action: 'escalate'; at: number; toId: string; limitMinor: bigint }
  | { action: 'admin'; at: number; reasonCode: 'nobody_able' | 'escalations_used_up' };

const HOUR_MS = 3_600_000;

/**
 * Returns what is next for an open step and at which instant: escalation to the
 * next manager above the approver who is active, neither requester nor maker, does not profit and has the limit
 * after `escalateHours`; the admin when no such manager is left or `maxEscalations` are used up. Where nobody is
 * asked, or who is asked may not decide any more, the matrix is asked again each time: once limits or managers are
 * mended, the approval has an approver.
 */
export function nextEscalation(
  approval: WaitingApproval,
  quote: QuoteFacts,
  policy: ApprovalPolicy,
  people: People,
): Escalation {
  const { approverId, askedAt, requesterId } = approval;
  const asked = approverId === null ? undefined : people.get(approverId);
  if (asked === undefined) return askedAgain(approval, quote, policy, people, askedAt, 'nobody_able');
  const at = askedAt + policy.escalateHours * HOUR_MS;
  const usedUp = approval.escalations >= policy.maxEscalations;
  const next = managersOf(asked.id, people).find((manager) => whyNot(manager, quote, requesterId) === null);
  if (next !== undefined && !usedUp) {
    return { action: 'escalate', at, toId: next.id, limitMinor: limitOf(next, quote.currency) };
  }
  const reasonCode = usedUp ? 'escalations_used_up' : 'nobody_able';
  if (whyNot(asked, quote, requesterId) === null) return { action: 'admin', at, reasonCode };
  return askedAgain(approval, quote, policy, people, at, reasonCode);
}

/** Nobody who is asked can decide: the matrix is asked anew, and the admin where it knows nobody either. */
function askedAgain(
  { ruleId, requesterId }: WaitingApproval,
  quote: QuoteFacts,
  policy: ApprovalPolicy,
  people: People,
  at: number,
  reasonCode: 'nobody_able' | 'escalations_used_up',
): Escalation {
  const able = approverFor(ruleId, quote, policy, requesterId, people);
  if (able === null) return { action: 'admin', at, reasonCode };
  return { action: 'escalate', at, toId: able.id, limitMinor: limitOf(able, quote.currency) };
}

/**
 * Returns who is asked instead of an approver who cannot decide any more: the person standing in for them on a day,
 * else the next manager above, in either case somebody who may be asked by themselves and within their own limit.
 * Null where nobody is: the admin's at once.
 */
export function insteadOf(
  approverId: string,
  requesterId: string,
  quote: ApproverFacts,
  people: People,
  on: string,
): Person | null {
  const approver = people.get(approverId);
  const delegate = approver ? delegateOn(approver, on, people) : null;
  const candidates = [...(delegate ? [delegate] : []), ...managersOf(approverId, people)];
  return candidates.find((person) => whyNot(person, quote, requesterId) === null) ?? null;
}
