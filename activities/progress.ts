// Where a lead with an order stands once a step has done its work: rows as loaded, changed by the step as it
// writes, and from them the stage. The rule itself is stageOf in domain/leads/stages.ts.

import type { Pins } from '../db/policies.js';
import { dateIn } from '../domain/calendar/zones.js';
import { DomainError } from '../domain/errors.js';
import type { PaymentTerms } from '../domain/invoices/terms.js';
import { type LeadProgress, outcomeWhenSettled, stageOf } from '../domain/leads/stages.js';
import type { ChargedOn } from '../domain/quotes/price.js';
import type { Treatment } from '../domain/taxes/treatment.js';
import type { DealChange } from './dealChange.js';

export interface OrderLine {
  readonly lineId: string;
  readonly lineNo: number;
  readonly sku: string;
  readonly family: string;
  readonly chargedOn: ChargedOn;
  readonly orderedMicro: bigint;
  deliveredMicro: bigint;
  billedMicro: bigint;
  readonly netMinor: bigint;
  invoicedMinor: bigint;
  recognisedMinor: bigint;
  /** Net taken back by credit notes. */
  creditedMinor: bigint;
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly taxReason: string;
}

export interface Order {
  readonly id: string;
  status: 'open' | 'delivered' | 'cancelled';
  readonly billOn: 'delivery' | 'order';
  readonly accountId: string;
  readonly entityId: string;
  readonly zone: string;
  readonly currency: string;
  readonly terms: PaymentTerms;
  readonly pins: Pins;
  cancelReason: string | null;
  readonly lines: OrderLine[];
}

/** Amounts and quantities as JSON text; made by DEAL (db/progress.ts). */
export interface DealJson {
  readonly order: (Omit<Order, 'lines'> & { lines: Record<string, unknown>[] }) | null;
  readonly uninvoiced: string[];
  readonly openInvoices: string[];
  readonly keptMinor: string;
  readonly writtenOffMinor: string;
  readonly unsettled: number;
  readonly untold: number;
}

export interface DealState {
  /** The business date where the selling entity is: its documents and days are counted there. */
  readonly today: string;
  readonly order: Order;
  /** Deliveries applied and not invoiced. */
  readonly uninvoiced: Set<string>;
  readonly openInvoices: Set<string>;
  keptMinor: bigint;
  writtenOffMinor: bigint;
  /** Commission lines that stand in no released payout. */
  unsettled: number;
  /** Payments recorded whose message has no answer yet: their cash is still to be earned on. */
  readonly untold: number;
}

const AMOUNTS = /(Minor|Micro)$/;

/** Turns amounts and quantities of JSON (`…Minor`, `…Micro`) from text into bigint, at any depth. */
export function exact<T>(value: unknown): T {
  if (Array.isArray(value)) return value.map((inner) => exact(inner)) as T;
  if (value === null || typeof value !== 'object') return value as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      AMOUNTS.test(key) && typeof inner === 'string' ? BigInt(inner) : exact(inner),
    ]),
  ) as T;
}

/**
 * The state the step begins with. Refuses `wrong_stage` for a lead without an order: one that was lost is closed as
 * well, and a credit note asked of it must not get stuck.
 */
export function stateOf<L extends { deal: DealJson }>({ own, lead, atMs }: DealChange<L>): DealState {
  const { order, uninvoiced, openInvoices, ...rest } = exact<Omit<DealState, 'order'> & DealJson>(own.deal);
  if (!order) throw new DomainError('wrong_stage', `lead ${lead.id} has no order`);
  return {
    ...rest,
    today: dateIn(order.zone, atMs),
    order: order as unknown as Order,
    uninvoiced: new Set(uninvoiced),
    openInvoices: new Set(openInvoices),
  };
}

/** What stageOf needs, from the state after the step and the waits it leaves open. */
export function progressOf(state: DealState, earning: boolean): LeadProgress {
  const { order, uninvoiced, openInvoices, unsettled, untold } = state;
  const toDeliver = order.lines.filter((line) => line.chargedOn === 'each_delivery');
  const complete = toDeliver.every((line) => line.deliveredMicro === line.orderedMicro);
  const started = toDeliver.some((line) => line.deliveredMicro > 0n);
  const cancelled = order.status === 'cancelled';
  const unbilled =
    (order.billOn === 'order' || toDeliver.length === 0) &&
    order.lines.some((line) => line.billedMicro < line.orderedMicro);
  return {
    ended: false,
    qualification: 'qualified',
    quote: 'accepted',
    order: { delivered: cancelled || complete ? 'all' : started ? 'some' : 'none' },
    uninvoiced: !cancelled && (uninvoiced.size > 0 || unbilled),
    openInvoices: openInvoices.size,
    unsettledCommissions: unsettled + untold + (earning ? 1 : 0),
  };
}

/** Moves the lead to the stage its state shows; what is settled closes with the outcome it earned. */
export function moveOn<L>(deal: DealChange<L>, state: DealState): void {
  const next = stageOf(progressOf(state, deal.wait('earning') !== undefined));
  if (deal.stage === 'closed') {
    // The one way back: everything that follows is found again from there.
    if (next !== 'closed') deal.to('collecting');
  } else if (next === 'closed') {
    const { order, keptMinor, writtenOffMinor } = state;
    const cancelled = order.status === 'cancelled';
    const outcome = outcomeWhenSettled({ cancelled, keptMinor, writtenOffMinor });
    deal.close(outcome, outcome === 'cancelled' ? order.cancelReason : null);
  } else deal.to(next);
}
