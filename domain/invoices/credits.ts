// Decides what a credit note takes back: net per line, tax per rate, and what happens to money already
// allocated to the credited lines. Amounts of a credit note are positive. It does not decide who may credit.
import { DomainError } from '../errors.js';
import { percentOf } from '../money/amounts.js';
import { shareByWeight } from '../money/shares.js';
import { groupByRate } from '../taxes/document.js';
import type { Treatment } from '../taxes/treatment.js';
import { type InvoiceLine, openGross } from './balance.js';

export interface CreditRequest {
  readonly lineId: string;
  readonly netMinor: bigint;
}

/** A line of a credit note; net 0 where it only takes a unit of tax that the rate's rounding moved here. */
export interface CreditLine {
  readonly lineId: string;
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
}

export interface CreditDraft {
  readonly lines: readonly CreditLine[];
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
}

/** The credit note for everything not yet credited, whatever the signs of the lines. */
export function creditWhole(lines: readonly InvoiceLine[]): CreditDraft {
  const left = lines.map((line) => ({ line, netMinor: netLeft(line), taxMinor: taxLeft(line) }));
  const draft = draftOf(left.filter(({ netMinor, taxMinor }) => netMinor !== 0n || taxMinor !== 0n));
  if (draft.lines.length === 0)
    throw new DomainError('over_credited', 'nothing is left to credit on the invoice');
  return draft;
}

/**
 * The credit note for part of an invoice. Tax per rate = invoice tax − tax credited − round(net left × rate);
 * the last takes the rest (30.15 at 10 %, three thirds: 1.01, 1.00, 1.01). The tax is shared over the
 * credited lines by net; what would exceed a line's own tax moves to another line of the rate, so no line is
 * credited beyond its gross. Refuses `invalid_field` and `over_credited`.
 */
export function creditNote(lines: readonly InvoiceLine[], credits: readonly CreditRequest[]): CreditDraft {
  const nets = netByLine(lines, credits);
  const credited: { line: InvoiceLine; netMinor: bigint; taxMinor: bigint }[] = [];
  for (const group of groupByRate(lines)) {
    const members = group.map(({ line }) => ({ line, netMinor: nets.get(line.lineId) ?? 0n }));
    if (members.every(({ netMinor }) => netMinor === 0n)) continue;
    if (group.some(({ line }) => line.netMinor < 0n)) {
      const detail = 'an invoice of mixed sign can only be credited whole';
      throw new DomainError('over_credited', detail, '/lines');
    }
    const left = members.reduce((sum, { line, netMinor }) => sum + netLeft(line) - netMinor, 0n);
    const before = group.reduce((sum, { line }) => sum + taxLeft(line), 0n);
    const taxes = shareTaxWithin(before - percentOf(left, group[0]?.line.rateBps ?? 0), members);
    for (const [index, member] of members.entries()) {
      const taxMinor = taxes[index] ?? 0n;
      if (member.netMinor !== 0n || taxMinor !== 0n) credited.push({ ...member, taxMinor });
    }
  }
  return draftOf(credited.sort((a, b) => a.line.lineNo - b.line.lineNo));
}

/** An allocation line as it stands: what is left of it after releases. */
export interface StandingAllocation {
  readonly allocationId: string;
  readonly paymentId: string;
  readonly lineId: string;
  readonly amountMinor: bigint;
}

export interface Release {
  readonly allocationId: string;
  readonly paymentId: string;
  readonly lineId: string;
  readonly amountMinor: bigint;
  /** Where it goes: to other open lines of the invoice, and the rest to the customer's unapplied cash. */
  readonly toLines: readonly { readonly lineId: string; readonly amountMinor: bigint }[];
  readonly unappliedMinor: bigint;
}

export interface CreditEffect {
  /** Part of the credit that lowers the receivable. */
  readonly openMinor: bigint;
  readonly releases: readonly Release[];
  /** Part of the credit that becomes unapplied cash. `openMinor + unappliedMinor` is the credit's gross. */
  readonly unappliedMinor: bigint;
}

/**
 * What a credit note does to the cash on the invoice (docs/money.md, Invoices): it lowers the open part of its lines;
 * what exceeds it releases those lines' allocations, the latest first, to the invoice's other open lines in
 * order of line number, then to unapplied cash. `allocations` come oldest first. Refuses `over_credited`
 * where the excess was written off or tolerated, because there is no cash behind it.
 */
export function effectOfCredit(
  lines: readonly InvoiceLine[],
  credit: CreditDraft,
  allocations: readonly StandingAllocation[],
): CreditEffect {
  const open = new Map(lines.map((line) => [line.lineId, openGross(line)]));
  for (const { lineId, grossMinor } of credit.lines) open.set(lineId, (open.get(lineId) ?? 0n) - grossMinor);
  const order = [...lines].sort((a, b) => a.lineNo - b.lineNo).map((line) => line.lineId);
  const releases: Release[] = [];
  for (const allocation of [...allocations].reverse()) {
    const excess = -(open.get(allocation.lineId) ?? 0n);
    const amountMinor = excess < allocation.amountMinor ? excess : allocation.amountMinor;
    if (amountMinor <= 0n) continue;
    open.set(allocation.lineId, amountMinor - excess);
    const toLines = moveToOpenLines(amountMinor, order, open);
    const moved = toLines.reduce((sum, line) => sum + line.amountMinor, 0n);
    const { allocationId, paymentId, lineId } = allocation;
    releases.push({
      allocationId,
      paymentId,
      lineId,
      amountMinor,
      toLines,
      unappliedMinor: amountMinor - moved,
    });
  }
  for (const { lineId } of credit.lines) {
    const openMinor = open.get(lineId) ?? 0n;
    if (openMinor < 0n) {
      const detail = `${-openMinor} minor units of line ${lineId} were written off or tolerated`;
      throw new DomainError('over_credited', detail, '/lines');
    }
  }
  const unappliedMinor = releases.reduce((sum, release) => sum + release.unappliedMinor, 0n);
  return { openMinor: credit.grossMinor - unappliedMinor, releases, unappliedMinor };
}

function moveToOpenLines(
  amountMinor: bigint,
  order: readonly string[],
  open: Map<string, bigint>,
): { lineId: string; amountMinor: bigint }[] {
  let rest = amountMinor;
  return order.flatMap((lineId) => {
    const room = open.get(lineId) ?? 0n;
    const moved = room < rest ? room : rest;
    if (moved <= 0n) return [];
    open.set(lineId, room - moved);
    rest -= moved;
    return [{ lineId, amountMinor: moved }];
  });
}

function netByLine(lines: readonly InvoiceLine[], credits: readonly CreditRequest[]): Map<string, bigint> {
  const byId = new Map(lines.map((line) => [line.lineId, line]));
  const nets = new Map<string, bigint>();
  if (credits.length === 0) throw new DomainError('invalid_field', 'a credit note needs a line', '/lines');
  for (const [index, { lineId, netMinor }] of credits.entries()) {
    const line = byId.get(lineId);
    if (line === undefined) {
      const detail = `${lineId} is no line of this invoice`;
      throw new DomainError('invalid_field', detail, `/lines/${index}/invoiceLineId`);
    }
    const total = (nets.get(lineId) ?? 0n) + netMinor;
    if (netMinor <= 0n || total > netLeft(line)) {
      const detail = `${total} minor units asked, above 0 and at most ${netLeft(line)} can be credited`;
      throw new DomainError('over_credited', detail, `/lines/${index}/net`);
    }
    nets.set(lineId, total);
  }
  return nets;
}

function shareTaxWithin(
  taxMinor: bigint,
  members: readonly { readonly line: InvoiceLine; readonly netMinor: bigint }[],
): bigint[] {
  const shares = shareByWeight(
    taxMinor,
    members.map(({ netMinor }) => netMinor),
  );
  const room = members.map(({ line }, index) => taxLeft(line) - (shares[index] ?? 0n));
  let surplus = 0n;
  for (const [index, left] of room.entries()) {
    if (left >= 0n) continue;
    surplus -= left;
    shares[index] = (shares[index] ?? 0n) + left;
  }
  const creditedFirst = members
    .map(({ netMinor }, index) => ({ index, credited: netMinor > 0n }))
    .sort((a, b) => Number(b.credited) - Number(a.credited));
  for (const { index } of creditedFirst) {
    const left = room[index] ?? 0n;
    const taken = left < surplus ? left : surplus;
    if (taken <= 0n) continue;
    shares[index] = (shares[index] ?? 0n) + taken;
    surplus -= taken;
  }
  if (surplus !== 0n) throw new RangeError(`${surplus} minor units of tax fit on no line of the invoice`);
  return shares;
}

function draftOf(
  credited: readonly { line: InvoiceLine; netMinor: bigint; taxMinor: bigint }[],
): CreditDraft {
  const lines = credited.map(({ line, netMinor, taxMinor }) => ({
    lineId: line.lineId,
    treatment: line.treatment,
    rateBps: line.rateBps,
    netMinor,
    taxMinor,
    grossMinor: netMinor + taxMinor,
  }));
  const netMinor = lines.reduce((sum, line) => sum + line.netMinor, 0n);
  const taxMinor = lines.reduce((sum, line) => sum + line.taxMinor, 0n);
  return { lines, netMinor, taxMinor, grossMinor: netMinor + taxMinor };
}

function netLeft(line: InvoiceLine): bigint {
  return line.netMinor - line.creditedNetMinor;
}

function taxLeft(line: InvoiceLine): bigint {
  return line.taxMinor - line.creditedTaxMinor;
}
