// Invoices while money moves on and off them: changed in memory line by line, written once at the end. The
// invoice's own columns follow from its lines, so the two can never say different things.

import type { InvoiceRow } from '../db/invoices.js';
import type { Writes } from '../db/writes.js';
import { balanceOf, checkBalance, type InvoiceLine, openGross } from '../domain/invoices/balance.js';
import { parseAmount } from '../domain/money/amounts.js';
import { shareByWeight } from '../domain/money/shares.js';
import { allocateByOpenGross, type LineShare, toleratedDifference } from '../domain/payments/allocation.js';
import { refuseToxic } from '../domain/people/toxicPairs.js';
import type { InvoicingPolicy } from '../domain/policies/types.js';
import type { Charge } from './charges.js';
import { exact } from './progress.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type Line = Writable<InvoiceLine> & { readonly orderLineId: string; readonly quantity: string };

export interface Standing {
  readonly allocationId: string;
  readonly paymentId: string;
  readonly lineId: string;
  readonly amountMinor: bigint;
}

type Amounts = Extract<keyof InvoiceRow, `${string}Minor`>;
export interface Invoice extends Omit<InvoiceRow, Amounts | 'lines' | 'standing' | 'charges'> {
  readonly grossMinor: bigint;
  readonly lines: Line[];
  readonly standing: readonly Standing[];
  /** Its charge notes, the oldest first: with the invoice they are one debt under its lock. */
  readonly charges: readonly Charge[];
}

export const invoiceOf = (row: Omit<InvoiceRow, 'standing'>): Invoice =>
  exact<Invoice>({ standing: [], ...row });

/** Who wrote an invoice off neither records money on it nor puts some there by hand: persons are compared. */
export function refuseOwnWriteOff(
  invoice: Invoice,
  { act, personId }: { readonly act: 'recordPayment' | 'allocatePayment'; readonly personId: string },
  on: string,
  pointer?: string,
): void {
  const { id: recordId, number, writtenOffBy } = invoice;
  const does = act === 'recordPayment' ? 'records the money that comes for it' : 'puts money on it';
  refuseToxic(
    { act, personId, recordId, on },
    writtenOffBy.map((decider) => ({ act: 'writeOffInvoice', personId: decider, recordId, on })),
    `${personId} wrote off ${number}: somebody else ${does}`,
    pointer,
  );
}

export const openOf = (invoice: Invoice): bigint => balanceOf(invoice.lines).openMinor;

/** What is written off of an invoice: money on it is a recovery as long as nothing else is open. */
export const writtenOffOf = (invoice: Invoice): bigint => balanceOf(invoice.lines).writtenOffMinor;

/** Puts money on the open part of an invoice; returns the lines' shares (docs/money.md, Payments). */
export function allocate(invoice: Invoice, amountMinor: bigint): readonly LineShare[] {
  const open = invoice.lines.map((line) => ({ lineId: line.lineId, openMinor: openGross(line) }));
  const { shares } = allocateByOpenGross(amountMinor, open);
  move(invoice, shares, 1n);
  return shares;
}

/** Puts money on what was written off: it leaves the write-off and counts as paid. */
export function recover(invoice: Invoice, amountMinor: bigint): readonly LineShare[] {
  const open = invoice.lines.map((line) => ({ lineId: line.lineId, openMinor: line.writtenOffMinor }));
  const { shares } = allocateByOpenGross(amountMinor, open);
  move(invoice, shares, 1n);
  writeOff(invoice, shares, -1n);
  return shares;
}

/** Takes what stands of allocations off the lines again; a recovery becomes a write-off again. */
export function takeOff(invoice: Invoice, shares: readonly LineShare[], recovery: boolean): void {
  move(invoice, shares, -1n);
  if (recovery) writeOff(invoice, shares, 1n);
}

export function moveOnto(invoice: Invoice, shares: readonly LineShare[]): void {
  move(invoice, shares, 1n);
}

/** Writes off what is open, line by line. Returns the amount. */
export function writeOffOpen(invoice: Invoice): bigint {
  const amountMinor = openOf(invoice);
  for (const line of invoice.lines) line.writtenOffMinor += openGross(line);
  return amountMinor;
}

/** Tolerates a shortfall within the policy: all that is left open, or nothing. Returns the amount. */
export function tolerate(invoice: Invoice, { smallDifference }: InvoicingPolicy): bigint {
  const maximum = smallDifference.maximums.find(({ currency }) => currency === invoice.currency);
  const tolerated = toleratedDifference(balanceOf(invoice.lines), {
    shareBps: smallDifference.shareBps,
    maxMinor: maximum ? parseAmount(maximum.amount, invoice.currency) : 0n,
  });
  if (tolerated > 0n) for (const line of invoice.lines) line.toleratedMinor += openGross(line);
  return tolerated;
}

/** Forgets what was tolerated with a payment that bounced; another payment's may stand beside it. */
export function endTolerance(invoice: Invoice, amountMinor: bigint): void {
  const { lines } = invoice;
  const isAll = amountMinor === balanceOf(lines).toleratedMinor;
  const standing = lines.map(({ toleratedMinor }) => toleratedMinor);
  const off = isAll
    ? standing
    : shareByWeight(
        amountMinor,
        standing.map((minor) => (minor > 0n ? minor : 0n)),
      );
  lines.forEach((line, index) => {
    line.toleratedMinor -= off[index] ?? 0n;
  });
}

/** The rows of invoices and lines as they stand now; RangeError where the parts do not make the total. */
export function writeBalances(writes: Writes, invoices: readonly Invoice[]): void {
  writes.update(
    'invoices',
    ['id'],
    ...invoices.map((invoice) => {
      const balance = checkBalance(balanceOf(invoice.lines));
      return {
        id: invoice.id,
        allocated_minor: balance.allocatedMinor,
        credited_minor: balance.creditedMinor,
        small_difference_minor: balance.toleratedMinor,
        written_off_minor: balance.writtenOffMinor,
      };
    }),
  );
  writes.update(
    'invoice_lines',
    ['id'],
    ...invoices.flatMap(({ lines }) =>
      lines.map((line) => ({
        id: line.lineId,
        credited_net_minor: line.creditedNetMinor,
        credited_tax_minor: line.creditedTaxMinor,
        allocated_minor: line.allocatedMinor,
        tolerated_minor: line.toleratedMinor,
        written_off_minor: line.writtenOffMinor,
      })),
    ),
  );
}

function move(invoice: Invoice, shares: readonly LineShare[], sign: 1n | -1n): void {
  for (const { lineId, amountMinor } of shares) lineOf(invoice, lineId).allocatedMinor += sign * amountMinor;
}

function writeOff(invoice: Invoice, shares: readonly LineShare[], sign: 1n | -1n): void {
  for (const { lineId, amountMinor } of shares) lineOf(invoice, lineId).writtenOffMinor += sign * amountMinor;
}

export function lineOf(invoice: Invoice, lineId: string): Line {
  const line = invoice.lines.find((one) => one.lineId === lineId);
  if (!line) throw new RangeError(`${lineId} is no line of invoice ${invoice.id}`);
  return line;
}
