// Who is credited for an order and with which share, fixed at acceptance by the plan in force then.
// What is earned on it later, and when, decides earn.ts.
import { managersOf, type People } from '../people/people.js';
import type { CommissionPolicy, CreditRole } from '../policies/types.js';
import type { Component, Credit, DealPeople } from './types.js';

const WHOLE_BPS = 10_000;

/**
 * Returns the credits of a deal, by component and payee: the direct ones sum to 10,000 bps, shares of one
 * person are added, the share of a role nobody fills goes to the rep. A manager at an override's level
 * above a payee is credited with the basis of their reports, each report once per manager (the lowest
 * level counts), and never with their own direct share. Inactive managers are left out, not replaced.
 */
export function creditsFor(deal: DealPeople, plan: CommissionPolicy, people: People): Credit[] {
  const { rep } = deal;
  if (rep === null) throw new RangeError('a deal without a rep has nobody to credit');
  const direct = new Map<string, Credit>();
  for (const { role, shareBps } of plan.splits) {
    if (shareBps === 0) continue;
    addCredit(direct, 'direct', deal[role] ?? rep, shareBps, { roles: [role] });
  }
  const total = [...direct.values()].reduce((sum, credit) => sum + credit.shareBps, 0);
  if (total !== WHOLE_BPS) throw new RangeError(`splits sum to ${total} bps, must be ${WHOLE_BPS}`);
  const overrides = overridesOn([...direct.values()], plan, people);
  return [...sorted(direct), ...overrides];
}

function overridesOn(direct: readonly Credit[], plan: CommissionPolicy, people: People): Credit[] {
  const overrides = new Map<string, Credit>();
  const levels = [...plan.overrides].sort((a, b) => a.level - b.level);
  for (const credit of direct) {
    const chain = managersOf(credit.payeeId, people);
    for (const { level } of levels) {
      const manager = chain[level - 1];
      if (manager?.active !== true) continue;
      addCredit(overrides, `override${level}`, manager.id, credit.shareBps, { reportId: credit.payeeId });
    }
  }
  return sorted(overrides);
}

function addCredit(
  credits: Map<string, Credit>,
  component: Component,
  payeeId: string,
  shareBps: number,
  why: { roles?: CreditRole[]; reportId?: string },
): void {
  const key = `${component}/${payeeId}`;
  const credit = credits.get(key) ?? { payeeId, component, shareBps: 0, roles: [], reportIds: [] };
  credit.shareBps += shareBps;
  credit.roles.push(...(why.roles ?? []));
  if (why.reportId !== undefined) credit.reportIds.push(why.reportId);
  credits.set(key, credit);
}

function sorted(credits: Map<string, Credit>): Credit[] {
  return [...credits].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, credit]) => credit);
}

/** Returns who may not approve the quote of this deal: everybody with direct credit (docs/money.md, Commissions). */
export function beneficiariesOf(deal: DealPeople, plan: CommissionPolicy): string[] {
  const credited = plan.splits
    .filter(({ shareBps }) => shareBps > 0)
    .map(({ role }) => deal[role] ?? deal.rep);
  return [...new Set(credited)].filter((id) => id !== null).sort();
}
