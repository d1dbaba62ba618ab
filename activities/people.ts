// People as the loads of a step hand them over, turned into what domain/people reads.

import type { PersonJson } from '../db/leads.js';
import type { People, Role } from '../domain/people/people.js';
import { peopleById } from '../domain/people/people.js';

export function peopleFrom(rows: readonly PersonJson[]): People {
  return peopleById(
    rows.map((row) => ({
      ...row,
      roles: row.roles as Role[],
      limits: row.limits.map(({ currency, limitMinor }) => ({ currency, limitMinor: BigInt(limitMinor) })),
    })),
  );
}
