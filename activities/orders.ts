// The step that turns an accepted offer into an order: number, lines, who is credited, the promise to deliver.
import type { QuoteAcceptance } from '../contracts/decisions.js';
import { newId } from '../db/ids.js';
import { nextNumber } from '../db/numbers.js';
import type { Tx } from '../db/pool.js';
import { QUOTE_OF_MESSAGE, type QuoteJson } from '../db/quotes.js';
import { addDays } from '../domain/calendar/days.js';
import { endOfDayIn } from '../domain/calendar/zones.js';
import { creditsFor } from '../domain/commissions/credits.js';
import { DomainError } from '../domain/errors.js';
import { isExpired } from '../domain/quotes/content.js';
import type { DealChange } from './dealChange.js';
import { peopleFrom } from './people.js';
import { revisionOf, setRevision } from './quotes.js';
import { makeStep, type StepDeps } from './step.js';

/** Series of the order number; those of documents with tax are policy data. */
const ORDER_PREFIX = 'SO';

type Revision = NonNullable<QuoteJson['revision']>;

async function accept(
  deal: DealChange<QuoteJson | null>,
  tx: Tx,
): Promise<{ result: 'applied'; made: string }> {
  const { acceptedBy, purchaseOrder, ...wanted } = deal.body as QuoteAcceptance;
  const { quote, revision } = revisionOf(deal, wanted);
  if (revision.status !== 'offered') {
    throw new DomainError(
      'wrong_stage',
      `revision ${revision.revision} is ${revision.status}, not offered`,
      '/revision',
    );
  }
  if (revision.validUntil !== null && isExpired(revision.validUntil, deal.today)) {
    throw new DomainError(
      'expired',
      `the offer held until ${revision.validUntil}, today is ${deal.today}`,
      '/revision',
    );
  }
  const unapproved = quote.approvals.filter(({ status }) => status !== 'approved');
  if (
    unapproved.length > 0 ||
    quote.approvals.some(({ contentHash }) => contentHash !== revision.contentHash)
  ) {
    throw new DomainError('content_changed', 'what was approved is not what would be ordered', '/revision');
  }
  const orderId = newId('order');
  const pins: Record<string, number> = {
    ...revision.pins,
    dunning: deal.version('dunning'),
    payout: deal.version('payout'),
  };
  await writeCredits(deal, quote, orderId, revision);
  const deliverBy = revision.requestedDeliveryOn ?? addDays(deal.today, leadDays(quote));
  const invoicing = await deal.policy('invoicing', pins.invoicing);
  deal.end('acceptance');
  setRevision(deal, revision, { status: 'accepted', ended_at: deal.at });
  writeLines(deal, quote, orderId);
  deal.to('ordered').begin('delivery', { subject: orderId, until: endOfDayIn(deal.entity.zone, deliverBy) });
  if (invoicing.issueOn === 'order') deal.begin('invoicing', { subject: orderId, until: deal.atMs });
  await deal.mail('order', orderId);
  const { number, seq, issuedOn } = await nextNumber(
    tx,
    revision.entityId,
    'order',
    deal.today,
    ORDER_PREFIX,
  );
  deal.writes.insert('orders', {
    id: orderId,
    number,
    seq,
    lead_id: deal.lead.id,
    quote_id: revision.quoteId,
    quote_revision: revision.revision,
    account_id: revision.accountId,
    entity_id: revision.entityId,
    currency: revision.currency,
    status: 'open',
    accepted_by_name: acceptedBy.name,
    accepted_by_email: acceptedBy.email,
    purchase_order: purchaseOrder ?? null,
    content_hash: Buffer.from(revision.contentHash, 'hex'),
    net_minor: BigInt(revision.netMinor),
    tax_minor: BigInt(revision.taxMinor),
    gross_minor: BigInt(revision.grossMinor),
    terms: revision.terms,
    bill_on: invoicing.issueOn,
    pins,
    ordered_at: deal.at,
    ordered_on: issuedOn,
    deliver_by: deliverBy,
  });
  deal.detail = { orderId, number, quoteId: revision.quoteId, revision: revision.revision };
  return { result: 'applied', made: orderId };
}

const leadDays = (quote: QuoteJson): number => Math.max(0, ...quote.lines.map((line) => line.leadDays));

function writeLines(deal: DealChange<QuoteJson | null>, quote: QuoteJson, orderId: string): void {
  const rows = quote.lines.map((line) => ({
    id: newId('oline'),
    order_id: orderId,
    position: line.position,
    product_id: line.productId,
    sku: line.sku,
    name: line.name,
    family: line.family,
    unit: line.unit,
    charged_on: line.chargedOn,
    quantity: line.quantity,
    delivered: '0',
    billed: '0',
    net_minor: BigInt(line.netMinor),
    invoiced_minor: 0n,
    recognised_minor: 0n,
    tax_treatment: line.treatment,
    tax_rate_bps: line.rateBps,
    tax_reason: line.taxReason,
    tax_exemption: line.exemption,
  }));
  deal.writes.insert('order_lines', ...rows);
}

/** Payees, splits and managers are fixed on the day of acceptance by the plan the quote was priced under. */
async function writeCredits(
  deal: DealChange<unknown>,
  quote: QuoteJson,
  orderId: string,
  revision: Revision,
): Promise<void> {
  const planVersion = revision.pins.commission;
  if (planVersion === undefined)
    throw new RangeError(`revision ${revision.revision} pins no commission plan`);
  const plan = await deal.policy('commission', planVersion);
  const { owner_id: rep, first_contact_by: sdr } = deal.lead;
  const credits = creditsFor({ rep, sdr }, plan, peopleFrom(quote.people));
  const rows = credits.map((credit) => ({
    order_id: orderId,
    payee_id: credit.payeeId,
    component: credit.component,
    roles: credit.roles,
    report_ids: credit.reportIds,
    share_bps: credit.shareBps,
    plan_version: planVersion,
  }));
  deal.writes.insert('commission_credits', ...rows);
}

export function makeOrderSteps(deps: StepDeps) {
  return {
    acceptQuote: makeStep<QuoteJson | null>(deps, {
      name: 'acceptQuote',
      load: QUOTE_OF_MESSAGE,
      judge: accept,
    }),
  };
}
