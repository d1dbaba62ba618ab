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
  /** What finance is offered: oldest due date first, then lowest number. Never posted by itself. */
  readonly proposals: readonly InvoiceShare[];
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
  if (named.length === 0) return unapplied(payment, 'unknown_invoice', invoices);
  const candidates = named.filter((invoice) => invoice.currency === payment.currency);
  if (candidates.length === 0) return unapplied(payment, 'currency_mismatch', []);
  const [invoice, second] = candidates;
  if (invoice === undefined || second !== undefined)
    return unapplied(payment, 'several_candidates', candidates);
  if (invoice.openMinor <= 0n) return unapplied(payment, 'settled_invoice', invoices);
  return post(payment, invoice);
}

function matchByPayer(payment: IncomingPayment, invoices: readonly OpenInvoice[]): PaymentMatch {
  const sameAmount = invoices.filter(
    (invoice) => invoice.currency === payment.currency && invoice.openMinor === payment.amountMinor,
  );
  // An amount without a known payer is a guess, however well it fits.
  if (payment.accountId === null) {
    return unapplied(payment, sameAmount.length > 0 ? 'several_candidates' : 'no_candidate', sameAmount);
  }
  const [only, second] = sameAmount.filter((invoice) => invoice.accountId === payment.accountId);
  if (only === undefined) return unapplied(payment, 'no_candidate', invoices);
  if (second !== undefined) return unapplied(payment, 'several_candidates', sameAmount);
  return post(payment, only);
}

function post(payment: IncomingPayment, invoice: OpenInvoice): PaymentMatch {
  const amountMinor = payment.amountMinor < invoice.openMinor ? payment.amountMinor : invoice.openMinor;
  const unappliedMinor = payment.amountMinor - amountMinor;
  const allocations = [{ invoiceId: invoice.invoiceId, amountMinor }];
  return { allocations, unappliedMinor, task: unappliedMinor > 0n ? 'overpaid' : null, proposals: [] };
}

function unapplied(
  payment: IncomingPayment,
  task: MatchTask,
  candidates: readonly OpenInvoice[],
): PaymentMatch {
  return {
    allocations: [],
    unappliedMinor: payment.amountMinor,
    task,
    proposals: proposalsFor(payment, candidates),
  };
}

/** Spreads the payment over the candidates, oldest due date first, then lowest number. */
function proposalsFor(payment: IncomingPayment, candidates: readonly OpenInvoice[]): InvoiceShare[] {
  let rest = payment.amountMinor;
  return candidates
    .filter((invoice) => invoice.currency === payment.currency && invoice.openMinor > 0n)
    .filter((invoice) => payment.accountId === null || invoice.accountId === payment.accountId)
    .sort((a, b) => compare(a.dueOn, b.dueOn) || compareNumbers(a.number, b.number))
    .flatMap((invoice) => {
      const amountMinor = rest < invoice.openMinor ? rest : invoice.openMinor;
      rest -= amountMinor;
      return amountMinor > 0n ? [{ invoiceId: invoice.invoiceId, amountMinor }] : [];
    });
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
