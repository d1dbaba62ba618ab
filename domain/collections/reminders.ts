// When an open invoice or instalment is reminded, at which level and fee, and what follows the last
// reminder. Several items of a customer in one letter, and the charge notes, are the step's.
import { addDays } from '../calendar/days.js';
import { parseAmount } from '../money/amounts.js';
import type { DunningPlan, DunningPolicy, WireMoney } from '../policies/types.js';
import type { DunnableItem, DunningAction } from './types.js';

/**
 * Returns what is next for an item and on which day (never before `today`): a reminder of the next level,
 * at the last level, or where too little is open for a letter, a task or a write-off, or null while nothing
 * follows by itself: paid, disputed, or covered by the customer's unapplied cash.
 * A hold and a promise (plus grace) move the day; they do not skip a level.
 */
export function nextReminder(item: DunnableItem, policy: DunningPolicy, today: string): DunningAction | null {
  if (item.openMinor <= 0n || item.disputedMinor > 0n || item.unappliedMinor >= item.openMinor) return null;
  const plan = policy[item.customer];
  const blockedUntil = latest([
    item.heldUntilOn,
    item.promisedOn && addDays(item.promisedOn, policy.promiseGraceDays),
  ]);
  const earliest = (on: string): string =>
    latest([on, today, blockedUntil && addDays(blockedUntil, 1)]) ?? on;
  const next = plan.levels.find(({ level }) => level > item.level);
  // Too little for a letter is not too little to be decided: else the lead would wait for it for ever.
  const isTooLittle = item.openMinor < amountIn(plan.minOpen, item.currency);
  if (next === undefined || isTooLittle) return dunningAction(item, plan, earliest);
  const planned = addDays(item.dueOn, next.afterDays);
  const gap = item.lastReminderOn && addDays(item.lastReminderOn, plan.minGapDays);
  const on = earliest(latest([planned, gap]) ?? planned);
  const isLast = plan.levels[plan.levels.length - 1]?.level === next.level;
  const { action, afterDays } = plan.afterLast;
  return {
    kind: 'reminder',
    level: next.level,
    on,
    feeMinor: amountIn(next.fees, item.currency),
    announces: isLast ? { action, on: addDays(on, afterDays) } : null,
  };
}

/**
 * Returns what follows the last level: a task for finance, or the write-off of what is open, `afterDays`
 * after the last reminder (after the due date where there was none).
 */
export function dunningAction(
  item: DunnableItem,
  plan: DunningPlan,
  earliest: (on: string) => string = (on) => on,
): DunningAction {
  const { action, afterDays } = plan.afterLast;
  const on = earliest(addDays(item.lastReminderOn ?? item.dueOn, afterDays));
  return action === 'task'
    ? { kind: 'task', on, level: item.level }
    : { kind: 'write_off', on, level: item.level, amountMinor: item.openMinor };
}

/** Returns the flat compensation for late payment: 0 where the plan names none in the currency. */
export function flatFeeOf(item: Pick<DunnableItem, 'customer' | 'currency'>, policy: DunningPolicy): bigint {
  return amountIn(policy[item.customer].flatFees, item.currency);
}

function amountIn(amounts: readonly WireMoney[], currency: string): bigint {
  const money = amounts.find((candidate) => candidate.currency === currency);
  return money === undefined ? 0n : parseAmount(money.amount, currency);
}

function latest(days: readonly (string | null | undefined)[]): string | null {
  return days.reduce<string | null>((last, on) => (on && (last === null || on > last) ? on : last), null);
}

/** An item nobody has been reminded of, disputed or held: what an invoice is when it is issued. */
export const freshItem = (
  item: Pick<DunnableItem, 'dueOn' | 'currency' | 'openMinor' | 'customer'>,
): DunnableItem => ({
  ...item,
  disputedMinor: 0n,
  unappliedMinor: 0n,
  level: 0,
  lastReminderOn: null,
  heldUntilOn: null,
  promisedOn: null,
});
