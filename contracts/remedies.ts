// What each refusal means and what whoever met it does next, for the page a problem's `type` leads to.
import type { ErrorCode } from '../domain/errors.js';

export interface Remedy {
  readonly means: string;
  readonly next: string;
}

const remedy = (means: string, next: string): Remedy => ({ means, next });

export const REMEDIES: Readonly<Record<ErrorCode, Remedy> & Record<string, Remedy>> = {
  invalid_field: remedy(
    'A value of the body, the query or the address breaks the limit that `detail` names; nothing was changed.',
    'Correct the fields in `errors[].pointer` and send it again, under a new Idempotency-Key.',
  ),
  malformed_body: remedy(
    'The body is no JSON, or nested too deeply.',
    'Send JSON with Content-Type application/json.',
  ),
  unauthenticated: remedy(
    'There is no key or token, or it is unknown, expired or revoked, or its person has left.',
    'Send Authorization: Bearer with a key that holds; an administrator makes one under /v1/keys.',
  ),
  forbidden: remedy(
    'The person has no role or scope for this, or the record is somebody else’s.',
    'Ask somebody who holds the role, or an administrator for the role; it is usable the day after.',
  ),
  not_found: remedy(
    'There is nothing under that address or id for this person.',
    'Check the id; lists show what there is.',
  ),
  method_not_allowed: remedy('The address takes other methods only.', 'Use one of the header Allow.'),
  already_exists: remedy(
    'Something with that name, code or period is there already.',
    'Read it and change it, or choose another name.',
  ),
  one_entity_only: remedy(
    'The company has its legal entity; several in one deployment are not there yet.',
    'Sell as the one that GET /v1/entities shows, or run another deployment for the other entity.',
  ),
  not_configured: remedy(
    'A policy, an entity or a price book this needs has never been set up.',
    'An administrator sets up what `detail` names; then send it again.',
  ),
  key_in_use: remedy(
    'Another request with the same Idempotency-Key is under way.',
    'Wait a moment and send the same again: it gets the first one’s answer.',
  ),
  stale_revision: remedy(
    'The quote has a newer revision than the one named.',
    'Read the quote, and decide on its newest revision.',
  ),
  content_changed: remedy(
    'Prices, rules or customer have changed since this revision was priced, so it would no longer be the same offer.',
    'Make a new revision; it is priced anew.',
  ),
  already_decided: remedy(
    'Somebody has decided this before.',
    'Read the record for who and how; nothing is left to do.',
  ),
  already_reversed: remedy('This payment was taken back before.', 'Read the payment; nothing is left to do.'),
  reference_reused: remedy(
    'The reference is known with another amount, day or payer.',
    'Is it the same payment, send it as before; is it another one, give it its own reference.',
  ),
  wrong_stage: remedy(
    'The lead is at a stage where this does not happen.',
    'GET /v1/leads/{id} says the stage and what is waited for.',
  ),
  lead_closed: remedy(
    'The lead is closed.',
    'A new contact of the same person is captured as a lead of its own.',
  ),
  stale_version: remedy(
    'Somebody else has changed it since you read it.',
    'Read it again, and send your change with the new ETag.',
  ),
  body_too_large: remedy(
    'The body is longer than this call takes.',
    'Send less at a time, a file as an import.',
  ),
  unsupported_media_type: remedy(
    'The Content-Type is none this call takes.',
    'Send application/json, or text/csv for imports.',
  ),
  key_reused: remedy(
    'The Idempotency-Key came with another body before.',
    'Use a new key for a new request; keep the old one only to repeat the very same.',
  ),
  unknown_reference: remedy(
    'An id in the body names something that does not exist or may not be used here.',
    'Correct the id at the pointer.',
  ),
  unknown_sku: remedy('There is no active product with this SKU.', 'GET /v1/products shows those there are.'),
  no_price: remedy(
    'No price book in force prices this product in this currency.',
    'Add a price, or quote in another currency.',
  ),
  not_discountable: remedy('The product is sold at its price.', 'Leave the discount of that line out.'),
  tax_undetermined: remedy(
    'The tax policy has no rule for this customer and product.',
    'Complete the account’s country and VAT id, or the tax policy.',
  ),
  currency_mismatch: remedy(
    'Two amounts that belong together have different currencies.',
    'Use the currency of the document.',
  ),
  limit_exceeded: remedy(
    'A limit that `detail` names is passed.',
    'Stay within it, or ask somebody with a higher one.',
  ),
  conflicting_duties: remedy(
    'The same person did what this must be apart from, as recording a payment and writing off.',
    'Somebody else does it.',
  ),
  nothing_open: remedy(
    'Nothing is left that this could be applied to.',
    'Read the record; there is nothing to do.',
  ),
  nothing_due: remedy(
    'No commission earned by the end of that month is left to pay.',
    'GET /v1/payouts shows what pays it; open a run when something has been earned.',
  ),
  self_approval: remedy(
    'Nobody decides on what he made, asked for or profits from, nor does his delegate.',
    'Somebody else with the right decides.',
  ),
  expired: remedy(
    'The offer or the time to decide is over; a decision not taken within two minutes changes nothing.',
    'Make a new revision, or send the decision again.',
  ),
  unknown_order_line: remedy('The order has no line with that id.', 'GET /v1/orders/{id} shows its lines.'),
  over_delivered: remedy('More would be delivered than was ordered.', 'Deliver what is left of the line.'),
  over_credited: remedy(
    'More would be credited than was invoiced and not credited yet.',
    'Credit what is left.',
  ),
  over_allocated: remedy(
    'More would be put on the invoice than is open, or than the payment has left.',
    'Allocate at most both.',
  ),
  precondition_required: remedy(
    'An edit has to say which version it changes.',
    'Send If-Match with the ETag you read.',
  ),
  too_many_requests: remedy(
    'More requests came than this key or address may send.',
    'Wait as long as Retry-After says.',
  ),
  headers_too_large: remedy('The headers are longer than 16 KiB.', 'Send fewer or shorter ones.'),
  internal: remedy(
    'A fault of ours; its cause is in the log under the request id.',
    'Tell operations the request id.',
  ),
  unavailable: remedy(
    'Database or engine are away, or there is too much to do.',
    'Send it again under the same Idempotency-Key after a moment.',
  ),
};
