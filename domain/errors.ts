// Decides which refusals exist and which HTTP status and title each one has: the only table of them.
// A refusal is an answer to the caller and changes nothing. Bugs are RangeErrors, outcomes are return values.

/** Every refusal code with its HTTP status and the problem+json title. */
export const ERRORS = {
  invalid_field: { status: 400, title: 'A field has a value that cannot be accepted' },
  malformed_body: { status: 400, title: 'The body cannot be read' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  forbidden: { status: 403, title: 'Not allowed for this person' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'This address does not take that method' },
  already_exists: { status: 409, title: 'There is one already' },
  one_entity_only: { status: 409, title: 'The company sells as one legal entity' },
  key_in_use: { status: 409, title: 'The same request is being worked on' },
  stale_revision: { status: 409, title: 'Another revision is the current one' },
  content_changed: { status: 409, title: 'Changed since it was priced' },
  already_decided: { status: 409, title: 'Decided already' },
  already_reversed: { status: 409, title: 'Reversed already' },
  reference_reused: { status: 409, title: 'The reference was used with other content' },
  wrong_stage: { status: 409, title: 'Not possible at this stage' },
  lead_closed: { status: 409, title: 'The lead is closed' },
  not_configured: { status: 409, title: 'The company has not been set up for this yet' },
  stale_version: { status: 412, title: 'Changed by somebody else meanwhile' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This media type is not accepted' },
  key_reused: { status: 422, title: 'The idempotency key was used with another body' },
  unknown_reference: { status: 422, title: 'Refers to something that does not exist' },
  unknown_sku: { status: 422, title: 'No such product' },
  no_price: { status: 422, title: 'The price book has no price for this product' },
  not_discountable: { status: 422, title: 'This product carries no discount' },
  tax_undetermined: { status: 422, title: 'The tax policy has no rate for this sale' },
  currency_mismatch: { status: 422, title: 'Two currencies where one is needed' },
  limit_exceeded: { status: 422, title: 'A limit is exceeded' },
  conflicting_duties: { status: 403, title: 'Two duties that never lie with one person' },
  nothing_open: { status: 409, title: 'Nothing is open' },
  nothing_due: { status: 409, title: 'Nothing is due' },
  self_approval: { status: 422, title: 'Nobody approves what they profit from or asked for' },
  expired: { status: 422, title: 'Its time is over' },
  unknown_order_line: { status: 422, title: 'The order has no such line' },
  over_delivered: { status: 422, title: 'More than was ordered' },
  over_credited: { status: 422, title: 'More than can be credited' },
  over_allocated: { status: 422, title: 'More than is open or unapplied' },
  precondition_required: { status: 428, title: 'Say which version you are changing' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'A fault of ours' },
  unavailable: { status: 503, title: 'Not available at the moment' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A refusal: `detail` names the value refused and the limit it broke, `pointer` is the JSON pointer of the
 * field in the caller's body (`/lines/0/quantity`), `extra` are further members of the problem document.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly pointer: string | undefined;
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, detail: string, pointer?: string, extra?: Readonly<Record<string, unknown>>) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.pointer = pointer;
    this.extra = extra;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
