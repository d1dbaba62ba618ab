// What happens to an approval nobody decides after its reminder: the next manager above who may decide,
// then the admin. Silence never approves. When it happens is the workflow's; these are the instants. Who is asked
// instead of somebody who leaves, or who took the deal over, is found the same way.
import { delegateOn, limitOf, managersOf, type People, type Person } from '../people/people.js';
import type { ApprovalPolicy } from '../policies/types.js';
import { whyNot } from './approvalsNeeded.js';
import type { ApproverFacts, QuoteFacts } from './types.js';

export interface WaitingApproval {
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
 * after `escalateHours`; the admin when no such manager is left or `maxEscalations` are used up.
 */
export function nextEscalation(
  approval: WaitingApproval,
  quote: QuoteFacts,
  policy: ApprovalPolicy,
  people: People,
): Escalation {
  const { approverId, askedAt, requesterId } = approval;
  if (approverId === null) return { action: 'admin', at: askedAt, reasonCode: 'nobody_able' };
  const at = askedAt + policy.escalateHours * HOUR_MS;
  if (approval.escalations >= policy.maxEscalations) {
    return { action: 'admin', at, reasonCode: 'escalations_used_up' };
  }
  const next = managersOf(approverId, people).find((manager) => whyNot(manager, quote, requesterId) === null);
  if (next === undefined) return { action: 'admin', at, reasonCode: 'nobody_able' };
  return { action: 'escalate', at, toId: next.id, limitMinor: limitOf(next, quote.currency) };
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
