// Whether a person may decide an approval: judged again when the decision is made, because people, limits
// and quotes change while a step is open. It does not decide what the decision leads to.
import type { ErrorCode } from '../errors.js';
import { formatAmount } from '../money/amounts.js';
import { actingOn, delegateOn, limitOf, type People, type Person } from '../people/people.js';
import { toxicWith } from '../people/toxicPairs.js';
import type { OpenApproval, QuoteFacts } from './types.js';

export interface DecisionContext {
  /** The revision and content hash the person saw. */
  quoteRevision: number;
  contentHash: string;
  /** The quote as it stands now. */
  quote: QuoteFacts;
  people: People;
  on: string;
  /** Steps of the same quote that are not decided; a later sequence waits for an earlier one. */
  openSequences: readonly number[];
}

export type MayDecide =
  | { ok: true; actingForId: string | null }
  | { ok: false; code: ErrorCode; detail: string };

/**
 * Answers whether `personId` may approve or reject now. A delegate acts within the limit of the person
 * they stand in for, and is refused for what would refuse that person, too. Persons are compared, not logins.
 */
export function mayDecide(approval: OpenApproval, personId: string, context: DecisionContext): MayDecide {
  const refusal = refusalOfState(approval, context);
  if (refusal !== null) return refusal;
  const { people, on, quote } = context;
  const person = people.get(personId);
  const approver = approval.approverId === null ? undefined : people.get(approval.approverId);
  if (!person?.active) return refused('forbidden', `${personId} is not active`);
  const standsIn = approver !== undefined && isStandIn(approver, person, on, people);
  if (approver === undefined || (approver.id !== person.id && !standsIn)) {
    return refused('forbidden', `${personId} was not asked; ${approval.approverId ?? 'nobody'} was`);
  }
  const toxic = toxicDecision(approval, person, approver, context);
  if (toxic !== null) return toxic;
  for (const id of new Set([person.id, approver.id])) {
    if (quote.beneficiaryIds.includes(id)) {
      return refused('self_approval', `${id} has direct credit on this deal`);
    }
  }
  const limitMinor = limitOf(approver, quote.currency);
  if (limitMinor < quote.totalMinor) {
    const { currency } = quote;
    const [total, limit] = [quote.totalMinor, limitMinor].map((minor) => formatAmount(minor, currency));
    const detail = `${total} ${currency} are above ${approver.id}'s limit ${limit}`;
    return refused('limit_exceeded', detail);
  }
  return { ok: true, actingForId: approver.id === person.id ? null : approver.id };
}

/** Neither who decides nor who is acted for made the quote or asked for its discount. */
function toxicDecision(
  { requesterId, contentHash: recordId }: OpenApproval,
  person: Person,
  approver: Person,
  { on, quote }: DecisionContext,
): MayDecide | null {
  const decides = { personId: person.id, actingForId: approver.id, recordId, on };
  const made = { act: 'makeQuote', personId: quote.makerId, recordId, on } as const;
  const asked = { act: 'giveDiscount', personId: requesterId, recordId, on } as const;
  const toxic =
    toxicWith({ act: 'approveQuote', ...decides }, [made]) ??
    toxicWith({ act: 'approveDiscount', ...decides }, [asked]);
  if (toxic === null) return null;
  const did =
    toxic.reason === 'own_quote' ? `${quote.makerId} made this quote` : `${requesterId} asked for this`;
  const whose = person.id === approver.id ? '' : `, and ${person.id} acts for ${approver.id}`;
  return refused(toxic.code, `${did}${whose}`);
}

function refusalOfState(approval: OpenApproval, context: DecisionContext): MayDecide | null {
  switch (approval.status) {
    case 'approved':
    case 'rejected':
      return refused('already_decided', `this step is ${approval.status}`);
    case 'void':
      return refused('stale_revision', `revision ${approval.quoteRevision} was replaced`);
    case 'waiting':
      return refused('wrong_stage', `sequence ${approval.sequence} is not asked yet`);
    case 'open':
      break;
  }
  if (context.quoteRevision !== approval.quoteRevision) {
    const detail = `revision ${context.quoteRevision} was decided, ${approval.quoteRevision} is open`;
    return refused('stale_revision', detail);
  }
  if (context.contentHash !== approval.contentHash) {
    return refused('stale_revision', `the quote no longer has the content that was submitted`);
  }
  const earlier = context.openSequences.filter((sequence) => sequence < approval.sequence);
  return earlier.length === 0
    ? null
    : refused('wrong_stage', `sequence ${Math.min(...earlier)} comes before ${approval.sequence}`);
}

function isStandIn(approver: Person, person: Person, on: string, people: People): boolean {
  return (
    delegateOn(approver, on, people)?.id === person.id || actingOn(approver, on, people).id === person.id
  );
}

function refused(code: ErrorCode, detail: string): MayDecide {
  return { ok: false, code, detail };
}
