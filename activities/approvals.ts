// Steps of an approval: decided by the person who was asked, reminded, handed up to the next manager.
import type { ApprovalDecision } from '../contracts/decisions.js';
import { type ApprovalJson, LIVE_QUOTE, QUOTE_OF_MESSAGE, type QuoteJson } from '../db/quotes.js';
import { nextEscalation } from '../domain/approvals/escalation.js';
import { mayDecide } from '../domain/approvals/mayDecide.js';
import { DomainError } from '../domain/errors.js';
import { limitOf } from '../domain/people/people.js';
import { resolveTasks } from './answers.js';
import type { DealChange } from './dealChange.js';
import { voidApprovals } from './leads.js';
import { peopleFrom } from './people.js';
import { askApprover, factsOf, offer, revisionOf, setRevision } from './quotes.js';
import { makeStep, type StepDeps } from './step.js';

const HOUR_MS = 3_600_000;

async function decide(deal: DealChange<QuoteJson | null>): Promise<void> {
  const { approvalId, decision, reason, revision: seen } = deal.body as ApprovalDecision;
  const { quote, revision } = revisionOf(deal, {
    quoteId: deal.own?.revision?.quoteId ?? '',
    revision: seen,
  });
  const approval = quote.approvals.find(({ id }) => id === approvalId);
  if (!approval) {
    throw new DomainError('not_found', `${approvalId} is no approval of revision ${seen}`, '/revision');
  }
  const people = peopleFrom(quote.people);
  const facts = await factsOf(deal, quote, revision);
  const undecided = quote.approvals.filter(({ status }) => status === 'open' || status === 'waiting');
  const verdict = mayDecide(
    {
      status: approval.status,
      sequence: approval.sequence,
      approverId: approval.approverId,
      quoteRevision: revision.revision,
      contentHash: approval.contentHash,
      requesterId: approval.requestedBy,
    },
    deal.actor.id,
    {
      quoteRevision: seen,
      contentHash: revision.contentHash,
      quote: facts,
      people,
      on: deal.today,
      openSequences: undecided.map(({ sequence }) => sequence),
    },
  );
  if (!verdict.ok) throw new DomainError(verdict.code, verdict.detail);
  const approver = approval.approverId === null ? undefined : people.get(approval.approverId);
  deal.end('approval', approvalId);
  deal.detail = { approvalId, decision, sequence: approval.sequence, actingFor: verdict.actingForId };
  const decided: Decided = {
    decided_by: deal.actor.id,
    acting_for: verdict.actingForId,
    decided_at: deal.at,
    reason: reason ?? null,
    limit_minor: approver ? limitOf(approver, facts.currency) : null,
  };
  if (decision === 'reject') await reject(deal, approvalId, decided, revision);
  else await approve(deal, quote, approval, decided);
}

interface Decided {
  readonly decided_by: string;
  /** Whose limit and whose duties count where a delegate decided. */
  readonly acting_for: string | null;
  readonly decided_at: Date;
  readonly reason: string | null;
  readonly limit_minor: bigint | null;
}

async function reject(
  deal: DealChange<QuoteJson | null>,
  id: string,
  decided: Decided,
  revision: NonNullable<QuoteJson['revision']>,
): Promise<void> {
  deal.writes.update('approvals', ['id'], { id, ...decided, status: 'rejected' });
  voidApprovals(deal, id);
  setRevision(deal, revision, { status: 'rejected', ended_at: deal.at, reason: decided.reason });
  const { dueHours } = await deal.policy('quoting', revision.pins.quoting);
  deal.end('approval', undefined, 'void').to('quoting');
  deal.begin('quote', { personId: deal.lead.owner_id, until: deal.atMs + dueHours * HOUR_MS });
}

async function approve(
  deal: DealChange<QuoteJson | null>,
  quote: QuoteJson,
  approval: ApprovalJson,
  decided: Decided,
): Promise<void> {
  const revision = quote.revision as NonNullable<QuoteJson['revision']>;
  deal.writes.update('approvals', ['id'], { id: approval.id, ...decided, status: 'approved' });
  const left = quote.approvals.filter(
    ({ id, status }) => id !== approval.id && (status === 'open' || status === 'waiting'),
  );
  if (left.length === 0) {
    await offer(deal, revision);
    return;
  }
  if (left.some(({ status }) => status === 'open')) return; // Others of the same sequence are still asked.
  const next = Math.min(...left.map(({ sequence }) => sequence));
  const asked = left.filter(({ sequence }) => sequence === next);
  const policy = await deal.policy('approval', revision.pins.approval);
  deal.writes.statement(
    'ask the next sequence',
    `update approvals set status = 'open' where id in (select jsonb_array_elements_text($ -> 'ids'))`,
    { ids: asked.map(({ id }) => id) },
    asked.length,
  );
  for (const { id, approverId } of asked) await askApprover(deal, id, approverId, policy);
}

function askedApproval(deal: DealChange<QuoteJson | null>) {
  const wait = deal.wait('approval', deal.call.subject);
  const approval = deal.own?.approvals.find(({ id }) => id === deal.call.subject);
  return wait && approval ? { wait, approval } : undefined;
}

async function remind(deal: DealChange<QuoteJson | null>): Promise<void> {
  const asked = askedApproval(deal);
  if (!asked) return;
  deal.move(asked.wait, { remindAt: null });
  deal.detail = { approvalId: asked.approval.id, approverId: asked.approval.approverId };
  await deal.mail('approval', asked.approval.id);
}

/** Silence never approves: the next manager is asked, and the admin when nobody is left. */
async function escalate(deal: DealChange<QuoteJson | null>): Promise<void> {
  const asked = askedApproval(deal);
  const revision = deal.own?.revision;
  if (!asked || !deal.own || !revision) return;
  const { wait, approval } = asked;
  const policy = await deal.policy('approval', revision.pins.approval);
  const facts = await factsOf(deal, deal.own, revision);
  const next = nextEscalation(
    {
      ruleId: approval.ruleId,
      approverId: approval.approverId,
      requesterId: approval.requestedBy,
      askedAt: wait.since,
      escalations: approval.level,
    },
    facts,
    policy,
    peopleFrom(deal.own.people),
  );
  const level = wait.level + 1;
  const until = deal.atMs + policy.escalateHours * HOUR_MS;
  deal.detail = { approvalId: approval.id, action: next.action, level };
  if (next.action === 'escalate') {
    deal.writes.update('approvals', ['id'], {
      id: approval.id,
      approver_id: next.toId,
      limit_minor: next.limitMinor,
      level: approval.level + (approval.approverId === null ? 0 : 1), // How often it was handed up.
    });
    const remindAt = deal.atMs + policy.remindHours * HOUR_MS;
    deal.move(wait, { personId: next.toId, level, remindAt, until });
    const { id: leadId } = deal.lead;
    const subjects = [approval.id];
    resolveTasks(deal.writes, {
      leadId,
      kinds: ['approval_overdue'],
      subjects,
      resolution: 'asked again',
      at: deal.at,
    });
    await deal.mail('approval', approval.id);
    return;
  }
  deal.move(wait, { level, remindAt: null, until });
  deal.task('approval_overdue', approval.id, 'admin', {
    level,
    approverId: approval.approverId,
    reasonCode: next.reasonCode,
    currency: facts.currency,
    amountMinor: facts.totalMinor.toString(),
    wayOut: WAYS_OUT[next.reasonCode],
    againAt: new Date(until).toISOString(),
  });
}

/** What helps, as codes (docs/operations.md says each in words): an approver is looked for again at `againAt`. */
const WAYS_OUT = {
  nobody_able: ['raise_limit', 'set_manager', 'new_revision'],
  escalations_used_up: ['remind_approver', 'delegate', 'new_revision'],
} as const;

export function makeApprovalSteps(deps: StepDeps) {
  const live = { load: LIVE_QUOTE };
  return {
    decideApproval: makeStep<QuoteJson | null>(deps, {
      name: 'decideApproval',
      load: QUOTE_OF_MESSAGE,
      judge: decide,
    }),
    remindApprover: makeStep<QuoteJson | null>(deps, { name: 'remindApprover', ...live, judge: remind }),
    escalateApproval: makeStep<QuoteJson | null>(deps, {
      name: 'escalateApproval',
      ...live,
      judge: escalate,
    }),
  };
}
