// When the wait for a payment is due: the next step of the dunning plan as an instant in the seller's zone.

import type { ItemJson } from '../db/collections.js';
import { addDays } from '../domain/calendar/days.js';
import { startOfDayIn } from '../domain/calendar/zones.js';
import { freshItem, nextReminder } from '../domain/collections/reminders.js';
import type { DunnableItem, DunningAction } from '../domain/collections/types.js';
import type { DunningPolicy } from '../domain/policies/types.js';
import { exact } from './progress.js';

/** Customers are businesses unless their segment says that they are not. */
export const customerKind = (segment: string | null): 'business' | 'consumer' =>
  segment === 'consumer' ? 'consumer' : 'business';

/** Disputes, holds and promises have no table yet, so nothing is disputed, held or promised. */
export function itemOf(json: ItemJson): DunnableItem {
  const { dueOn, currency, openMinor, unappliedMinor, level, lastReminderOn } = exact<
    Omit<ItemJson, 'openMinor' | 'unappliedMinor'> & { openMinor: bigint; unappliedMinor: bigint }
  >(json);
  const fresh = freshItem({ dueOn, currency, openMinor, customer: customerKind(json.segment) });
  return { ...fresh, unappliedMinor, level, lastReminderOn };
}

/**
 * The instant of the item's next step. Where none follows by itself (covered by unapplied cash) the item is
 * looked at again after the plan's gap, because that can change without a message.
 */
export function nextStepAt(item: DunnableItem, policy: DunningPolicy, today: string, zone: string): number {
  return startOfDayIn(zone, nextStepOn(nextReminder(item, policy, today), item, policy, today));
}

function nextStepOn(
  action: DunningAction | null,
  item: DunnableItem,
  policy: DunningPolicy,
  today: string,
): string {
  if (action) return action.on;
  const from = item.dueOn > today ? item.dueOn : today;
  return addDays(from, policy[item.customer].minGapDays);
}
