// Steps of the offer: submitted to approvers or straight to the customer, reminded, declined, expired.
import type { QuoteDecline, QuoteSubmission } from '../contracts/decisions.js';
import { newId } from '../db/ids.js';
import { LIVE_QUOTE, QUOTE_OF_MESSAGE, type QuoteJson, type RevisionJson } from '../db/quotes.js';
import { approvalsNeeded } from '../domain/approvals/approvalsNeeded.js';
import { addDays } from '../domain/calendar/days.js';
import { endOfDayIn, startOfDayIn } from '../domain/calendar/zones.js';
import { DomainError } from '../domain/errors.js';
import { MICRO, parseMicro } from '../domain/money/amounts.js';
import { exponentOf } from '../domain/money/currencies.js';
import { divRound } from '../domain/money/rounding.js';
import type { NamedTerms } from '../domain/policies/types.js';
import { validUntilOn } from '../domain/quotes/content.js';
import type { DealChange } from './dealChange.js';
import { voidApprovals } from './leads.js';
import { peopleFrom } from './people.js';
import { type ApprovalQuestion, hashOfRows, quoteFacts } from './quoteRecord.js';
import { makeStep, type StepDeps } from './step.js';

const HOUR_MS = 3_600_000;

/** The revision a decision names, as it stands: it must be there, be the newest, and be what was hashed. */
export function revisionOf(
  deal: DealChange<QuoteJson | null>,
  wanted: { quoteId: string; revision: number },
) {
  const revision = deal.own?.revision;
  if (!deal.own || !revision)
    throw new DomainError('not_found', `no revision ${wanted.revision} of ${wanted.quoteId}`, '/revision');
  if (deal.own.newest !== wanted.revision) {
    const detail = `revision ${wanted.revision} was replaced by ${deal.own.newest}`;
    throw new DomainError('stale_revision', detail, '/revision');
  }
  const quote = deal.own;
  if (hashOfRows(quote).toString('hex') !== revision.contentHash) {
    const detail = `revision ${revision.revision} or its customer was changed after it was priced; make a new revision`;
    throw new DomainError('content_changed', detail, '/revision');
  }
  return { quote, revision };
}

/** Cost of a line in minor units of the quote's currency; null where the product's cost is not known. */
export function costOf(cost: string | null, quantityMicro: bigint, currency: string): bigint | null {
  if (cost === null) return null;
  const scale = 10n ** BigInt(exponentOf(currency));
  return divRound(parseMicro(cost) * quantityMicro * scale, MICRO * MICRO);
}

/** What the approval matrix is asked about a stored revision on this deal. */
export async function factsOf(deal: DealChange<unknown>, quote: QuoteJson, revision: RevisionJson) {
  const question: ApprovalQuestion = {
    makerId: revision.createdBy,
    currency: revision.currency,
    netMinor: BigInt(revision.netMinor),
    discountBps: revision.effectiveDiscountBps,
    terms: revision.terms as NamedTerms,
    lines: quote.lines.map((line) => ({
      discountBps: line.discountBps,
      family: line.family,
      costMinor: costOf(line.cost, parseMicro(line.quantity), revision.currency),
    })),
  };
  const { owner_id: rep, first_contact_by: sdr } = deal.lead;
  const invoicing = await deal.policy('invoicing', revision.pins.invoicing);
  const commission = await deal.policy('commission', revision.pins.commission);
  return quoteFacts(question, invoicing, commission, { rep, sdr });
}

async function submit(deal: DealChange<QuoteJson | null>): Promise<void> {
  const wanted = deal.body as QuoteSubmission;
  const { quote, revision } = revisionOf(deal, wanted);
  if (revision.status !== 'draft') {
    throw new DomainError(
      'wrong_stage',
      `revision ${revision.revision} is ${revision.status}, not a draft`,
      '/revision',
    );
  }
  if (deal.lead.owner_id === null && !deal.wait('intake')) {
    // Whoever owns the lead is credited for the order; the one who is still to be found comes with the score.
    throw new DomainError('wrong_stage', `lead ${deal.lead.id} has no owner: give it one first`);
  }
  supersede(deal, revision);
  const approval = await deal.policy('approval', revision.pins.approval);
  const facts = await factsOf(deal, quote, revision);
  const requester = deal.actor.id;
  const people = peopleFrom(quote.people);
  const needed = approvalsNeeded(facts, approval, requester, people, deal.today);
  deal.set({ account_id: revision.accountId });
  deal.end('quote').end('approval', undefined, 'void').end('acceptance', undefined, 'void');
  deal.detail = { quoteId: revision.quoteId, revision: revision.revision, approvals: needed.length };
  const change = { submitted_at: deal.at, submitted_by: requester };
  if (needed.length === 0) {
    await offer(deal, revision, change);
    return;
  }
  setRevision(deal, revision, { ...change, status: 'submitted' });
  const first = Math.min(...needed.map((step) => step.sequence));
  const rows = needed.map((step) => ({
    id: newId('appr'),
    quote_id: revision.quoteId,
    revision: revision.revision,
    lead_id: deal.lead.id,
    sequence: step.sequence,
    rule_id: step.ruleId,
    text_code: step.textCode,
    approver_id: step.approverId,
    requested_by: requester,
    status: step.sequence === first ? 'open' : 'waiting',
    amount_minor: facts.totalMinor,
    currency: facts.currency,
    limit_minor: step.limitMinor,
    content_hash: Buffer.from(revision.contentHash, 'hex'),
  }));
  deal.writes.insert('approvals', ...rows);
  deal.to('approval');
  for (const row of rows) {
    if (row.status === 'open') await askApprover(deal, row.id, row.approver_id, approval);
  }
}

/** Begins the wait for one approver; nobody able to decide is overdue at once, so that the admin learns it. */
export async function askApprover(
  deal: DealChange<unknown>,
  approvalId: string,
  approverId: string | null,
  policy: { remindHours: number; escalateHours: number },
): Promise<void> {
  deal.begin('approval', {
    subject: approvalId,
    personId: approverId,
    remindAt: approverId === null ? null : deal.atMs + policy.remindHours * HOUR_MS,
    until: approverId === null ? deal.atMs : deal.atMs + policy.escalateHours * HOUR_MS,
  });
  if (approverId !== null) await deal.mail('approval', approvalId);
}

/** Whatever the customer or an approver still had in hand is replaced by the new revision. */
function supersede(deal: DealChange<unknown>, revision: RevisionJson): void {
  deal.writes.statement(
    'supersede the live revision',
    `update quote_revisions set status = 'superseded', ended_at = ($ ->> 'at')::timestamptz
      where lead_id = $ ->> 'lead' and status in ('submitted', 'offered')
        and (quote_id, revision) <> ($ ->> 'quote', ($ ->> 'revision')::int)`,
    { lead: deal.lead.id, at: deal.at, quote: revision.quoteId, revision: revision.revision },
    'any',
  );
  voidApprovals(deal);
}

export function setRevision(
  deal: DealChange<unknown>,
  { quoteId, revision }: Pick<RevisionJson, 'quoteId' | 'revision'>,
  change: Parameters<typeof deal.writes.update<'quote_revisions'>>[2],
): void {
  deal.writes.update('quote_revisions', ['quote_id', 'revision'], { ...change, quote_id: quoteId, revision });
}

/** The revision goes to the customer: valid to the end of its last day in the company's zone. */
export async function offer(
  deal: DealChange<unknown>,
  revision: RevisionJson,
  change: Parameters<typeof setRevision>[2] = {},
): Promise<void> {
  const validUntil = validUntilOn(deal.today, revision.validDays);
  const { remindCustomerDaysBefore } = await deal.policy('quoting', revision.pins.quoting);
  setRevision(deal, revision, { ...change, status: 'offered', offered_at: deal.at, valid_until: validUntil });
  deal.to('offered').begin('acceptance', {
    subject: revision.quoteId,
    until: endOfDayIn(deal.entity.zone, validUntil),
    remindAt: nextReminder(deal, validUntil, remindCustomerDaysBefore),
  });
  deal.detail = { ...deal.detail, offered: revision.revision, validUntil };
  await deal.mail('offer', revision.quoteId);
}

/** The next of "so many days before the last day", in the morning of that day; null when all have passed. */
function nextReminder(
  deal: DealChange<unknown>,
  validUntil: string,
  daysBefore: readonly number[],
): number | null {
  const instants = daysBefore
    .map((days) => startOfDayIn(deal.entity.zone, addDays(validUntil, -days)) + 9 * HOUR_MS)
    .filter((at) => at > deal.atMs);
  return instants.length > 0 ? Math.min(...instants) : null;
}

async function remindCustomer(deal: DealChange<QuoteJson | null>): Promise<void> {
  const wait = deal.wait('acceptance');
  const revision = deal.own?.revision;
  if (!wait || !revision?.validUntil) return;
  const { remindCustomerDaysBefore } = await deal.policy('quoting', revision.pins.quoting);
  deal.move(wait, {
    level: wait.level + 1,
    remindAt: nextReminder(deal, revision.validUntil, remindCustomerDaysBefore),
  });
  deal.detail = { quoteId: revision.quoteId, revision: revision.revision };
  await deal.mail('offer', revision.quoteId);
}

function expire(deal: DealChange<QuoteJson | null>): void {
  const revision = deal.own?.revision;
  if (revision) setRevision(deal, revision, { status: 'expired', ended_at: deal.at });
  deal.detail = { quoteId: revision?.quoteId ?? null, revision: revision?.revision ?? null };
  deal.close('lost', 'offer_expired');
}

function decline(deal: DealChange<QuoteJson | null>): void {
  const { quoteId, reason, ...rest } = deal.body as QuoteDecline;
  const { revision } = revisionOf(deal, { quoteId, ...rest });
  if (revision.status !== 'offered') {
    throw new DomainError(
      'wrong_stage',
      `revision ${revision.revision} is ${revision.status}, not offered`,
      '/revision',
    );
  }
  setRevision(deal, revision, { status: 'declined', ended_at: deal.at, reason });
  deal.detail = { quoteId, revision: revision.revision };
  deal.close('lost', 'offer_declined');
}

/** Nobody has sent a quote: the rep is reminded, then it is the manager's task. */
async function remindRep(deal: DealChange<null>): Promise<void> {
  const wait = deal.wait('quote');
  if (!wait) return;
  const { dueHours, maxReminders } = await deal.policy('quoting');
  const level = wait.level + 1;
  deal.move(wait, { level, until: deal.atMs + dueHours * HOUR_MS });
  const role = level <= maxReminders ? 'rep' : 'manager';
  deal.task('quote_overdue', deal.lead.id, role, { level }, role === 'rep' ? wait.personId : null);
  deal.detail = { level };
}

export function makeQuoteSteps(deps: StepDeps) {
  return {
    submitQuote: makeStep<QuoteJson | null>(deps, {
      name: 'submitQuote',
      load: QUOTE_OF_MESSAGE,
      judge: submit,
    }),
    declineQuote: makeStep<QuoteJson | null>(deps, {
      name: 'declineQuote',
      load: QUOTE_OF_MESSAGE,
      judge: decline,
    }),
    remindRep: makeStep<null>(deps, { name: 'remindRep', judge: remindRep }),
    remindCustomer: makeStep<QuoteJson | null>(deps, {
      name: 'remindCustomer',
      load: LIVE_QUOTE,
      judge: remindCustomer,
    }),
    expireOffer: makeStep<QuoteJson | null>(deps, { name: 'expireOffer', load: LIVE_QUOTE, judge: expire }),
  };
}
