// What happens to an approval nobody decides: one reminder, then the next manager above who may decide,
// then the admin. Silence never approves. When it happens is the workflow's; these are the instants.
import { limitOf, managersOf, type People } from '../people/people.js';
import type { ApprovalPolicy } from '../policies/types.js';
import { whyNot } from './approvalsNeeded.js';
import type { QuoteFacts } from './types.js';

export interface WaitingApproval {
  approverId: string | null;
  requesterId: string;
  /** When the present approver was asked (epoch ms). */
  askedAt: number;
  reminded: boolean;
  escalations: number;
}

export type Escalation =
  | { action: 'remind'; at: number; toId: string }
  | { action: 'escalate'; at: number; toId: string; limitMinor: bigint }
  | { action: 'admin'; at: number; reasonCode: 'nobody_able' | 'escalations_used_up' };

const HOUR_MS = 3_600_000;

/**
 * Returns what is next for an open step and at which instant: a reminder after `remindHours`, escalation to
 * the next manager above the approver who is active, neither requester nor maker, does not profit and has the limit
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
  if (!approval.reminded && policy.remindHours < policy.escalateHours) {
    return { action: 'remind', at: askedAt + policy.remindHours * HOUR_MS, toId: approverId };
  }
  const at = askedAt + policy.escalateHours * HOUR_MS;
  if (approval.escalations >= policy.maxEscalations) {
    return { action: 'admin', at, reasonCode: 'escalations_used_up' };
  }
  const next = managersOf(approverId, people).find((manager) => whyNot(manager, quote, requesterId) === null);
  if (next === undefined) return { action: 'admin', at, reasonCode: 'nobody_able' };
  return { action: 'escalate', at, toId: next.id, limitMinor: limitOf(next, quote.currency) };
}
