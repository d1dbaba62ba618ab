// Decides what is open on an invoice, its status, and identity I2: every minor unit of its total is
// allocated, credited, tolerated, written off or open. Fees and interest stand on charge notes of their own.
import type { Treatment } from '../taxes/treatment.js';

export interface InvoiceLine {
  readonly lineId: string;
  readonly lineNo: number;
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
  readonly creditedNetMinor: bigint;
  readonly creditedTaxMinor: bigint;
  /** Allocated less released and reversed. */
  readonly allocatedMinor: bigint;
  /** Small differences and cash discount granted. */
  readonly toleratedMinor: bigint;
  readonly writtenOffMinor: bigint;
}

export const INVOICE_STATUSES = ['open', 'partly_paid', 'paid', 'credited', 'written_off'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

export interface InvoiceBalance {
  readonly grossMinor: bigint;
  readonly allocatedMinor: bigint;
  readonly creditedMinor: bigint;
  readonly toleratedMinor: bigint;
  readonly writtenOffMinor: bigint;
  readonly openMinor: bigint;
}

/** Open gross of a line: gross less allocations, credits, tolerated differences and write-off. */
export function openGross(line: InvoiceLine): bigint {
  const credited = line.creditedNetMinor + line.creditedTaxMinor;
  return line.grossMinor - credited - line.allocatedMinor - line.toleratedMinor - line.writtenOffMinor;
}

export function balanceOf(lines: readonly InvoiceLine[]): InvoiceBalance {
  const sum = (pick: (line: InvoiceLine) => bigint) => lines.reduce((total, line) => total + pick(line), 0n);
  return {
    grossMinor: sum((line) => line.grossMinor),
    allocatedMinor: sum((line) => line.allocatedMinor),
    creditedMinor: sum((line) => line.creditedNetMinor + line.creditedTaxMinor),
    toleratedMinor: sum((line) => line.toleratedMinor),
    writtenOffMinor: sum((line) => line.writtenOffMinor),
    openMinor: sum(openGross),
  };
}

/**
 * Checks I2 on a balance and returns it. RangeError when the parts do not make the total, or when the open
 * part has passed 0 to the other side.
 */
export function checkBalance(balance: InvoiceBalance): InvoiceBalance {
  const { grossMinor, allocatedMinor, creditedMinor, toleratedMinor, writtenOffMinor, openMinor } = balance;
  const parts = allocatedMinor + creditedMinor + toleratedMinor + writtenOffMinor + openMinor;
  if (parts !== grossMinor) throw new RangeError(`invoice of ${grossMinor} is accounted for with ${parts}`);
  if (openMinor < 0n) throw new RangeError(`invoice of ${grossMinor} has ${openMinor} open`);
  return balance;
}

/** The status that follows from the balance; overdue and disputed are facts of the day, not statuses. */
export function invoiceStatus(balance: InvoiceBalance): InvoiceStatus {
  if (balance.openMinor > 0n) return balance.allocatedMinor > 0n ? 'partly_paid' : 'open';
  if (balance.writtenOffMinor > 0n) return 'written_off';
  if (balance.creditedMinor > 0n && balance.creditedMinor === balance.grossMinor) return 'credited';
  return 'paid';
}
