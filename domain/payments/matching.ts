// Decides which invoice a payment is for. The payer's indication comes first; without one it posts alone only
// when a single invoice fits payer and amount. Everything else is unapplied cash and a proposal for finance.

export interface OpenInvoice {
  readonly invoiceId: string;
  readonly number: string;
  readonly accountId: string;
  readonly currency: string;
  readonly dueOn: string;
  readonly openMinor: bigint;
}

export interface IncomingPayment {
  readonly currency: string;
  readonly amountMinor: bigint;
  /** The number the payer named. */
  readonly invoiceNumber: string | null;
  /** The customer the payer was recognised as; null when unknown. */
  readonly accountId: string | null;
}

export const MATCH_TASKS = [
  'unknown_invoice',
  'settled_invoice',
  'currency_mismatch',
  'overpaid',
  'several_candidates',
  'no_candidate',
  'unknown_payer',
] as const;
export type MatchTask = (typeof MATCH_TASKS)[number];

export interface InvoiceShare {
  readonly invoiceId: string;
  readonly amountMinor: bigint;
}

export interface PaymentMatch {
  /** What is posted now. */
  readonly allocations: readonly InvoiceShare[];
  readonly unappliedMinor: bigint;
  /** Why finance has to look at it; null when nothing is left to decide. */
  readonly task: MatchTask | null;
  /** Alternatives offered to finance, the likeliest first; none is ever posted by itself. */
  readonly proposals: readonly (readonly InvoiceShare[])[];
}

/**
 * Matches one payment. `invoices` are those of the payment's customer or all open ones where the payer is
 * unknown, and the one the payer named even when nothing is open on it.
 */
export function matchPayment(payment: IncomingPayment, invoices: readonly OpenInvoice[]): PaymentMatch {
  if (payment.amountMinor <= 0n) throw new RangeError(`payment of ${payment.amountMinor}`);
  return payment.invoiceNumber === null
    ? matchByPayer(payment, invoices)
    : matchByNumber(payment, payment.invoiceNumber, invoices);
}

function matchByNumber(
  payment: IncomingPayment,
  number: string,
  invoices: readonly OpenInvoice[],
): PaymentMatch {
  const named = invoices.filter((invoice) => sameNumber(invoice.number, number));
  if (named.length === 0) return unapplied(payment, 'unknown_invoice', proposalsFor(payment, invoices));
  const candidates = named.filter((invoice) => invoice.currency === payment.currency);
  if (candidates.length === 0) return unapplied(payment, 'currency_mismatch', []);
  const [invoice, second] = candidates;
  if (invoice === undefined || second !== undefined) {
    return unapplied(payment, 'several_candidates', oneByOne(payment, candidates));
  }
  if (invoice.openMinor <= 0n) return unapplied(payment, 'settled_invoice', proposalsFor(payment, invoices));
  return post(payment, invoice);
}

function matchByPayer(payment: IncomingPayment, invoices: readonly OpenInvoice[]): PaymentMatch {
  // An amount without a known payer is a guess, however well it fits.
  if (payment.accountId === null) return unapplied(payment, 'unknown_payer', proposalsFor(payment, invoices));
  const candidates = sameAmount(payment, invoices);
  const [only, second] = candidates;
  if (only === undefined) return unapplied(payment, 'no_candidate', proposalsFor(payment, invoices));
  if (second !== undefined) return unapplied(payment, 'several_candidates', oneByOne(payment, candidates));
  return post(payment, only);
}

function post(payment: IncomingPayment, invoice: OpenInvoice): PaymentMatch {
  const share = shareOf(payment.amountMinor, invoice);
  const unappliedMinor = payment.amountMinor - share.amountMinor;
  return {
    allocations: [share],
    unappliedMinor,
    task: unappliedMinor > 0n ? 'overpaid' : null,
    proposals: [],
  };
}

function unapplied(
  payment: IncomingPayment,
  task: MatchTask,
  proposals: PaymentMatch['proposals'],
): PaymentMatch {
  return { allocations: [], unappliedMinor: payment.amountMinor, task, proposals };
}

/** Invoices of exactly this amount, each an alternative; failing that the payer's invoices, oldest first. */
function proposalsFor(payment: IncomingPayment, invoices: readonly OpenInvoice[]): PaymentMatch['proposals'] {
  const exact = oneByOne(payment, sameAmount(payment, invoices));
  if (exact.length > 0 || payment.accountId === null) return exact;
  let restMinor = payment.amountMinor;
  const spread = oldestFirst(payersOpen(payment, invoices)).flatMap((invoice) => {
    const share = shareOf(restMinor, invoice);
    restMinor -= share.amountMinor;
    return share.amountMinor > 0n ? [share] : [];
  });
  return spread.length > 0 ? [spread] : [];
}

function oneByOne(payment: IncomingPayment, candidates: readonly OpenInvoice[]): InvoiceShare[][] {
  return oldestFirst(candidates.filter(({ openMinor }) => openMinor > 0n)).map((invoice) => [
    shareOf(payment.amountMinor, invoice),
  ]);
}

function sameAmount(payment: IncomingPayment, invoices: readonly OpenInvoice[]): OpenInvoice[] {
  return payersOpen(payment, invoices).filter(({ openMinor }) => openMinor === payment.amountMinor);
}

/** Open invoices in the payment's currency that the payer owes; anyone's where the payer is unknown. */
function payersOpen(
  { currency, accountId }: IncomingPayment,
  invoices: readonly OpenInvoice[],
): OpenInvoice[] {
  return invoices
    .filter((invoice) => invoice.currency === currency && invoice.openMinor > 0n)
    .filter((invoice) => accountId === null || invoice.accountId === accountId);
}

function shareOf(amountMinor: bigint, { invoiceId, openMinor }: OpenInvoice): InvoiceShare {
  return { invoiceId, amountMinor: amountMinor < openMinor ? amountMinor : openMinor };
}

function oldestFirst(invoices: readonly OpenInvoice[]): OpenInvoice[] {
  return [...invoices].sort((a, b) => compare(a.dueOn, b.dueOn) || compareNumbers(a.number, b.number));
}

/** People type numbers with other case and spaces than were printed; nothing else is forgiven. */
function sameNumber(printed: string, typed: string): boolean {
  return normalise(printed) === normalise(typed);
}

function normalise(number: string): string {
  return number.replaceAll(/\s/g, '').toUpperCase();
}

/** Shorter first, so that INV-9 comes before INV-10 within one series. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
