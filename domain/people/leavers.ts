// Who takes over when somebody leaves: the work that waits for them, and the leads they own. Who decides an approval
// instead of them is domain/approvals/escalation.ts: that takes a limit and no stake in the deal.
import { delegateOn, managersOf, type People, type Person } from './people.js';

/** Who takes over open work: the delegate of that day, else the nearest active manager, else an admin. */
export function heirOf(id: string, on: string, people: People): string | null {
  return inOrder(id, on, people)[0]?.id ?? admins(id, people)[0] ?? null;
}

/**
 * Who owns the leads from now on: the first of the same persons who sells (rep or manager), else the owner of last
 * resort if active, else an admin, because a deal without an owner has nobody to credit.
 */
export function heirOfLeads(id: string, on: string, people: People, lastResortId: string): string | null {
  const seller = inOrder(id, on, people).find(
    ({ roles }) => roles.includes('rep') || roles.includes('manager'),
  );
  if (seller !== undefined) return seller.id;
  if (lastResortId !== id && people.get(lastResortId)?.active) return lastResortId;
  return admins(id, people)[0] ?? null;
}

function inOrder(id: string, on: string, people: People): Person[] {
  const person = people.get(id);
  if (person === undefined) throw new RangeError(`${id} is not among the people`);
  const delegate = delegateOn(person, on, people);
  return [...(delegate ? [delegate] : []), ...managersOf(id, people).filter(({ active }) => active)];
}

const admins = (id: string, people: People): string[] =>
  [...people.values()]
    .filter((one) => one.active && one.id !== id && one.roles.includes('admin'))
    .map((one) => one.id)
    .sort();
