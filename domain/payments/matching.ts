// Decides which invoice or charge note a payment is for. The payer's indication comes first; without one it
// posts alone only when a single debt fits payer and amount. Everything else is unapplied cash and a proposal
// for finance.
import {
  type ChargeShare,
  compare,
  compareNumbers,
  type OpenCharge,
  type PaymentOrder,
  shareOverDebt,
} from './debts.js';

export interface OpenInvoice {
  readonly invoiceId: string;
  readonly number: string;
  readonly accountId: string;
  readonly currency: string;
  readonly dueOn: string;
  readonly openMinor: bigint;
  /** Its charge notes, settled ones too: with the invoice they are one debt. */
  readonly charges: readonly OpenCharge[];
}

export interface IncomingPayment {
  readonly currency: string;
  readonly amountMinor: bigint;
  /** The number of the invoice or charge note the payer named. */
  readonly invoiceNumber: string | null;
  /** The customer the payer was recognised as; null when unknown. */
  readonly accountId: string | null;
  /** In which order it settles principal, interest and fees. */
  readonly order: PaymentOrder;
}

export const MATCH_TASKS = [
  'unknown_invoice',
  'settled_invoice',
  'currency_mismatch',
  'overpaid',
  'other_customer',
  'several_candidates',
  'no_candidate',
  'unknown_payer',
] as const;
export type MatchTask = (typeof MATCH_TASKS)[number];

export interface InvoiceShare {
  readonly invoiceId: string;
  readonly amountMinor: bigint;
}
export type Share = InvoiceShare | ChargeShare;

export interface PaymentMatch {
  /** What is posted now. */
  readonly allocations: readonly Share[];
  readonly unappliedMinor: bigint;
  /** Why finance has to look at it; null when nothing is left to decide. */
  readonly task: MatchTask | null;
  /** Alternatives offered to finance, the likeliest first; none is ever posted by itself. */
  readonly proposals: readonly (readonly Share[])[];
}

/** What a payment can be for: a debt, or one charge note of it where the payer means that. */
interface Candidate {
  readonly invoice: OpenInvoice;
  readonly charge: OpenCharge | null;
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
  const named = invoices.flatMap((invoice) => [
    ...(sameNumber(invoice.number, number) ? [debt(invoice)] : []),
    ...invoice.charges
      .filter((charge) => sameNumber(charge.number, number))
      .map((charge) => ({ invoice, charge })),
  ]);
  if (named.length === 0) return unapplied(payment, 'unknown_invoice', proposalsFor(payment, invoices));
  const candidates = named.filter(({ invoice }) => invoice.currency === payment.currency);
  if (candidates.length === 0) return unapplied(payment, 'currency_mismatch', []);
  const [only, second] = candidates;
  if (only === undefined || second !== undefined) {
    return unapplied(payment, 'several_candidates', oneByOne(payment, candidates));
  }
  if (openOf(only) <= 0n) return unapplied(payment, 'settled_invoice', proposalsFor(payment, invoices));
  // A customer named beside another customer's invoice: one of the two is wrong, and finance knows which.
  if (payment.accountId !== null && only.invoice.accountId !== payment.accountId)
    return unapplied(payment, 'other_customer', oneByOne(payment, [only]));
  return post(payment, only);
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

const debt = (invoice: OpenInvoice): Candidate => ({ invoice, charge: null });

function openOf({ invoice, charge }: Candidate): bigint {
  if (charge !== null) return charge.feeMinor + charge.interestMinor;
  return invoice.charges.reduce(
    (sum, { feeMinor, interestMinor }) => sum + feeMinor + interestMinor,
    invoice.openMinor,
  );
}

function post(payment: IncomingPayment, candidate: Candidate): PaymentMatch {
  const allocations = sharesOf(payment.amountMinor, candidate, payment);
  const unappliedMinor = payment.amountMinor - total(allocations);
  return { allocations, unappliedMinor, task: unappliedMinor > 0n ? 'overpaid' : null, proposals: [] };
}

const total = (shares: readonly Share[]): bigint =>
  shares.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);

function unapplied(
  payment: IncomingPayment,
  task: MatchTask,
  proposals: PaymentMatch['proposals'],
): PaymentMatch {
  return { allocations: [], unappliedMinor: payment.amountMinor, task, proposals };
}

/** Debts of exactly this amount, each an alternative; failing that the payer's debts, oldest first. */
function proposalsFor(payment: IncomingPayment, invoices: readonly OpenInvoice[]): PaymentMatch['proposals'] {
  const exact = oneByOne(payment, sameAmount(payment, invoices));
  if (exact.length > 0 || payment.accountId === null) return exact;
  let restMinor = payment.amountMinor;
  const spread = oldestFirst(payersOpen(payment, invoices).map(debt)).flatMap((candidate) => {
    const shares = sharesOf(restMinor, candidate, payment);
    restMinor -= total(shares);
    return shares;
  });
  return spread.length > 0 ? [spread] : [];
}

function oneByOne(payment: IncomingPayment, candidates: readonly Candidate[]): Share[][] {
  return oldestFirst(candidates.filter((candidate) => openOf(candidate) > 0n)).map((candidate) =>
    sharesOf(payment.amountMinor, candidate, payment),
  );
}

/** Debts whose principal alone, or with its charges, is this amount; and single charge notes that are. */
function sameAmount(payment: IncomingPayment, invoices: readonly OpenInvoice[]): Candidate[] {
  const fits = (candidate: Candidate) => openOf(candidate) === payment.amountMinor;
  return payersOpen(payment, invoices).flatMap((invoice) => [
    ...(invoice.openMinor === payment.amountMinor || fits(debt(invoice)) ? [debt(invoice)] : []),
    ...invoice.charges
      .map((charge) => ({ invoice, charge }))
      // The only thing open of a debt is the debt, already a candidate.
      .filter((candidate) => fits(candidate) && !fits(debt(invoice))),
  ]);
}

/** Debts in the payment's currency that the payer owes; anyone's where the payer is unknown. */
function payersOpen(
  { currency, accountId }: IncomingPayment,
  invoices: readonly OpenInvoice[],
): OpenInvoice[] {
  return invoices
    .filter((invoice) => invoice.currency === currency && openOf(debt(invoice)) > 0n)
    .filter((invoice) => accountId === null || invoice.accountId === accountId);
}

function sharesOf(
  amountMinor: bigint,
  { invoice, charge }: Candidate,
  { order }: Pick<IncomingPayment, 'order'>,
): Share[] {
  const meant = charge === null ? invoice : { openMinor: 0n, charges: [charge] };
  const { principalMinor, charges } = shareOverDebt(amountMinor, meant, order);
  const { invoiceId } = invoice;
  return principalMinor > 0n ? [{ invoiceId, amountMinor: principalMinor }, ...charges] : [...charges];
}

function oldestFirst(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort(
    (a, b) =>
      compare((a.charge ?? a.invoice).dueOn, (b.charge ?? b.invoice).dueOn) ||
      compareNumbers((a.charge ?? a.invoice).number, (b.charge ?? b.invoice).number),
  );
}

/** People type numbers with other case and spaces than were printed; nothing else is forgiven. */
function sameNumber(printed: string, typed: string): boolean {
  return normalise(printed) === normalise(typed);
}

function normalise(number: string): string {
  return number.replaceAll(/\s/g, '').toUpperCase();
}
