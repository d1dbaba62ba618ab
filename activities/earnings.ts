// Commission that follows the cash of one lead: what is new is earned, what bounced is mirrored, what a credit
// note released is taken back. Safe to run at any time: it books the difference between what stands and what
// was booked, so whichever step comes first, the sum is the same.
import { newId } from '../db/ids.js';
import { type Posting, post } from '../db/ledger.js';
import { addDays, addMonths } from '../domain/calendar/days.js';
import { startOfDayIn } from '../domain/calendar/zones.js';
import { clawBack } from '../domain/commissions/clawBack.js';
import { earn, keyOf, type Plan } from '../domain/commissions/earn.js';
import { mirror } from '../domain/commissions/mirror.js';
import type { CommissionLine, Credit, EarningEvent } from '../domain/commissions/types.js';
import { postCommissionEarned, postCommissionReversed } from '../domain/ledger/commissions.js';
import type { DealChange } from './dealChange.js';
import type { DealState } from './progress.js';
import { exact } from './progress.js';

interface CashEvent {
  readonly allocationId: string;
  readonly rootId: string;
  readonly cause: string;
  readonly valueOn: string;
  readonly lineId: string;
  readonly amountMinor: bigint;
}

interface EarningLine {
  readonly lineId: string;
  readonly invoiceId: string;
  readonly family: string;
  readonly netMinor: bigint;
  readonly grossMinor: bigint;
}

export interface EarningsJson {
  readonly events: unknown[];
  readonly lines: unknown[];
  readonly booked: unknown[];
  readonly credits: (Credit & { planVersion: number })[];
  readonly approvals: number;
}

type Booked = CommissionLine & { readonly id: string };

const HOUR_MS = 3_600_000;

/**
 * Books what the lead's cash earns now, and returns how many lines it wrote. Writes lines and postings; the
 * wait for their payout is the caller's (awaitPayout).
 */
export async function settleEarnings<L extends EarningsJson>(
  deal: DealChange<L>,
  state: DealState,
): Promise<number> {
  const { credits } = deal.own;
  const version = credits[0]?.planVersion;
  if (version === undefined) return 0;
  const policy = await deal.policy('commission', version);
  const events = exact<CashEvent[]>(deal.own.events);
  const lines = exact<EarningLine[]>(deal.own.lines);
  const booked = exact<Booked[]>(deal.own.booked);
  const fresh = book(events, lines, booked, credits, { version, policy }, state.order.currency, state.today);
  if (fresh.length > 0) write(deal, state, fresh, booked, lines);
  state.unsettled += fresh.length;
  return fresh.length;
}

const eventLine = (allocationId: string, lineId: string): string => `${allocationId}/${lineId}`;

function book(
  events: readonly CashEvent[],
  lines: readonly EarningLine[],
  booked: readonly CommissionLine[],
  credits: readonly Credit[],
  plan: Plan,
  currency: string,
  today: string,
): CommissionLine[] {
  const bounces = new Map(events.filter(isBounce).map((event) => [event.rootId, event.valueOn]));
  const mirrored = [...bounces].flatMap(([rootId, on]) =>
    mirror(
      booked.filter((line) => line.eventLineId === rootId),
      on,
    ),
  );
  const standing = events.filter((event) => !bounces.has(event.rootId));
  const isBooked = new Set(booked.map((line) => eventLine(line.eventLineId, line.invoiceLineId)));
  const isFresh = (event: CashEvent): boolean =>
    event.rootId === event.allocationId && !isBooked.has(eventLine(event.allocationId, event.lineId));
  const takenBack: CommissionLine[] = [];
  const earnings: EarningEvent[] = [];
  for (const line of lines) {
    const onLine = standing.filter((event) => event.lineId === line.lineId);
    let paidMinor = onLine
      .filter((event) => !isFresh(event))
      .reduce((sum, event) => sum + event.amountMinor, 0n);
    const { lineId: invoiceLineId, family, netMinor, grossMinor } = line;
    const at = { invoiceLineId, netMinor, grossMinor, paidMinor: paidMinor > 0n ? paidMinor : 0n };
    takenBack.push(...clawBack({ ...at, earnOn: today }, [...booked, ...mirrored], credits));
    for (const { allocationId, amountMinor, valueOn } of onLine.filter(isFresh)) {
      paidMinor += amountMinor;
      earnings.push({ ...at, eventLineId: allocationId, family, currency, paidMinor, earnOn: valueOn });
    }
  }
  const before = [...booked, ...mirrored, ...takenBack];
  // A later allocation never earns less than was booked: what shrank was taken back above.
  const earned = earn(earnings, before, credits, plan).filter((line) => line.basisMinor > 0n);
  return [...mirrored, ...takenBack, ...earned];
}

const isBounce = ({ cause }: CashEvent): boolean => cause === 'reversal';

function write<L>(
  deal: DealChange<L>,
  state: DealState,
  fresh: readonly CommissionLine[],
  booked: readonly Booked[],
  lines: readonly EarningLine[],
): void {
  const ids = new Map(booked.map((line) => [keyOf(line), line.id]));
  const rows = fresh.map((line) => {
    const id = newId('cline');
    ids.set(keyOf(line), id);
    const on = lines.find(({ lineId }) => lineId === line.invoiceLineId) as EarningLine;
    return {
      id,
      lead_id: deal.lead.id,
      order_id: state.order.id,
      invoice_id: on.invoiceId,
      invoice_line_id: line.invoiceLineId,
      allocation_id: line.eventLineId,
      payee_id: line.payeeId,
      component: line.component,
      plan_version: line.planVersion,
      family: on.family,
      basis_minor: line.basisMinor,
      rate_bps: line.rateBps,
      amount_minor: line.amountMinor,
      currency: line.currency,
      sequence: line.sequence,
      corrects: line.corrects === null ? null : (ids.get(line.corrects) ?? null),
      earned_on: line.earnOn,
    };
  });
  deal.writes.insert('commission_lines', ...rows);
  post(deal.writes, ...postingsOf(deal, state, fresh));
}

/** One transaction per allocation and step: earned is an expense, reversed its mirror, payee by payee. */
function postingsOf<L>(
  deal: DealChange<L>,
  { order, today }: DealState,
  fresh: readonly CommissionLine[],
): Posting[] {
  const allocations = [...new Set(fresh.map((line) => line.eventLineId))];
  return allocations.map((allocationId) => {
    const byPayee = new Map<string, bigint>();
    for (const line of fresh.filter((one) => one.eventLineId === allocationId)) {
      byPayee.set(line.payeeId, (byPayee.get(line.payeeId) ?? 0n) + line.amountMinor);
    }
    return {
      businessKey: `commission/${allocationId}/${deal.lead.revision + 1}`,
      kind: 'commission',
      entityId: order.entityId,
      leadId: deal.lead.id,
      postedOn: today,
      currency: order.currency,
      lines: [...byPayee].flatMap(([payee, amountMinor]) =>
        amountMinor >= 0n
          ? postCommissionEarned({ payee, amountMinor })
          : postCommissionReversed({ payee, amountMinor: -amountMinor }),
      ),
    };
  });
}

/**
 * Begins the wait for what is unsettled: paid by the lead at once where the plan says so and two persons have
 * approved it, otherwise by the monthly run after the period's end.
 */
export async function awaitPayout<L extends EarningsJson>(
  deal: DealChange<L>,
  state: DealState,
): Promise<void> {
  if (state.unsettled === 0) return;
  const version = deal.own.credits[0]?.planVersion;
  const { payout } = await deal.policy('commission', version);
  if (payout === 'onEarned' && deal.own.approvals >= 2) {
    deal.begin('release', { until: deal.atMs });
    return;
  }
  const { dayOfMonth, releaseHours } = await deal.policy('payout', state.order.pins.payout);
  if (payout === 'onEarned') {
    deal.task('plan_without_approvals', deal.lead.id, 'compensation', {
      version,
      approvals: deal.own.approvals,
    });
  }
  if (deal.wait('payout')) return;
  const firstOfNext = addMonths(`${state.today.slice(0, 7)}-01`, 1);
  const payday = startOfDayIn(state.order.zone, addDays(firstOfNext, dayOfMonth - 1));
  deal.begin('payout', { until: payday + releaseHours * HOUR_MS });
}
