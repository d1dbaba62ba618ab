// What each payee earns when cash arrives on an invoice line, to the cent and whatever the partition of the
// payments: everything is computed to date, and an event books the difference. Reversals are mirror.ts.
// One rate per product family; tiers would cut an event here, between the shares and the rate.
import { divRound } from '../money/rounding.js';
import { shareByWeight } from '../money/shares.js';
import type { CommissionPolicy } from '../policies/types.js';
import type { CommissionLine, Credit, EarningEvent } from './types.js';

export interface Plan {
  version: number;
  policy: Pick<CommissionPolicy, 'rates' | 'defaultRateBps' | 'overrides'>;
}

/**
 * Returns the commission basis of an invoice line to date: round(net × paid ÷ gross), net and gross after
 * credits (docs/money.md, Commissions). A line credited to nothing has none.
 */
export function basisToDate(line: Pick<EarningEvent, 'netMinor' | 'grossMinor' | 'paidMinor'>): bigint {
  return line.grossMinor === 0n ? 0n : divRound(line.netMinor * line.paidMinor, line.grossMinor);
}

/** Returns the unique key of a commission line; what `corrects` refers to. */
export function keyOf(
  line: Pick<
    CommissionLine,
    'eventLineId' | 'invoiceLineId' | 'payeeId' | 'planVersion' | 'component' | 'sequence'
  >,
): string {
  const { eventLineId, invoiceLineId, payeeId, planVersion, component, sequence } = line;
  return [eventLineId, invoiceLineId, payeeId, planVersion, component, sequence].join('/');
}

/**
 * Returns what the events earn, in their order: for each payee and component basis to date less the basis
 * booked on that invoice line (mirrors included), at the rate of the line's family or the override's,
 * rounded once per line. The basis to date is split first, by largest remainder over the direct credits
 * (ties to the lowest payee id); an override takes the split basis of its reports. An event that was
 * booked already books nothing, so a step that runs again returns [].
 * `booked`: every line on these invoice lines so far, corrections included.
 */
export function earn(
  events: readonly EarningEvent[],
  booked: readonly CommissionLine[],
  credits: readonly Credit[],
  plan: Plan,
): CommissionLine[] {
  const lines: CommissionLine[] = [];
  for (const event of events) {
    const all = [...booked, ...lines];
    const before = all.filter((line) => line.invoiceLineId === event.invoiceLineId);
    if (before.some((line) => line.eventLineId === event.eventLineId)) continue;
    for (const { credit, dueMinor } of basisDue(event, credits)) {
      const basisMinor = dueMinor - bookedBasis(before, credit);
      if (basisMinor !== 0n) lines.push(lineOf(event, credit, basisMinor, plan));
    }
  }
  return lines;
}

/** Returns every credit's basis to date: split over the direct ones, summed over an override's reports. */
export function basisDue(
  line: Pick<EarningEvent, 'netMinor' | 'grossMinor' | 'paidMinor'>,
  credits: readonly Credit[],
): { credit: Credit; dueMinor: bigint }[] {
  const direct = credits
    .filter((credit) => credit.component === 'direct')
    .sort((a, b) => (a.payeeId < b.payeeId ? -1 : 1));
  const shares = shareByWeight(
    basisToDate(line),
    direct.map((credit) => BigInt(credit.shareBps)),
  );
  const byPayee = new Map(direct.map((credit, index) => [credit.payeeId, shares[index] ?? 0n]));
  return credits.map((credit) => {
    const payees = credit.component === 'direct' ? [credit.payeeId] : credit.reportIds;
    return { credit, dueMinor: payees.reduce((sum, payee) => sum + (byPayee.get(payee) ?? 0n), 0n) };
  });
}

/** Returns the basis booked for a credit in these lines, corrections included. */
export function bookedBasis(
  lines: readonly CommissionLine[],
  credit: Pick<Credit, 'payeeId' | 'component'>,
): bigint {
  return lines
    .filter((line) => line.payeeId === credit.payeeId && line.component === credit.component)
    .reduce((sum, line) => sum + line.basisMinor, 0n);
}

function lineOf(event: EarningEvent, credit: Credit, basisMinor: bigint, plan: Plan): CommissionLine {
  const rateBps = rateOf(event.family, credit, plan.policy);
  return {
    eventLineId: event.eventLineId,
    invoiceLineId: event.invoiceLineId,
    payeeId: credit.payeeId,
    planVersion: plan.version,
    component: credit.component,
    sequence: 0,
    corrects: null,
    currency: event.currency,
    basisMinor,
    rateBps,
    amountMinor: divRound(basisMinor * BigInt(rateBps), 10_000n),
    earnOn: event.earnOn,
  };
}

function rateOf(family: string, credit: Credit, policy: Plan['policy']): number {
  if (credit.component === 'direct') {
    return policy.rates.find((rate) => rate.family === family)?.rateBps ?? policy.defaultRateBps;
  }
  const override = policy.overrides.find(({ level }) => `override${level}` === credit.component);
  if (override === undefined) throw new RangeError(`the plan has no rate for ${credit.component}`);
  return override.rateBps;
}
