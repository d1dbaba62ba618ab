// A plan of 5 % shared by rep and sdr with 1 % for their manager, and the people it pays.
import { creditsFor } from '../../../domain/commissions/credits.js';
import type { Plan } from '../../../domain/commissions/earn.js';
import type { CommissionPolicy } from '../../../domain/policies/types.js';
import { people, person } from '../people/sample.js';

export const policy: CommissionPolicy = {
  rates: [{ family: 'hardware', rateBps: 500 }],
  defaultRateBps: 1_000,
  splits: [
    { role: 'rep', shareBps: 8_000 },
    { role: 'sdr', shareBps: 2_000 },
  ],
  overrides: [{ level: 1, rateBps: 100 }],
  payout: 'onEarned',
};
export const plan: Plan = { version: 1, policy };
export const staff = people(
  person('rep', { managerId: 'lead' }),
  person('sdr', { managerId: 'lead' }),
  person('lead', { managerId: 'head' }),
  person('head'),
);
export const credits = creditsFor({ rep: 'rep', sdr: 'sdr' }, policy, staff);
