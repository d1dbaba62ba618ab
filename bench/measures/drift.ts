// Whether a click takes longer the more decisions its lead has behind it: one lead is handed from one rep to the other
// and back, and its last clicks are held against its first.
import { live } from '../golden.js';
import type { Rig } from '../rig.js';
import { quantile } from './clicks.js';

export interface Drift {
  readonly clicks: number;
  /** Medians of the first and of the last third, in ms. */
  readonly first: number;
  readonly last: number;
}

interface Seen {
  readonly revision: number;
  readonly owner: string;
}

export async function drift(rig: Rig, count: number): Promise<Drift> {
  const { boss, admin } = rig.crew;
  const lead = await live(rig.lead(), { to: 'qualification' }); // So that nothing else changes it meanwhile.
  const path = `/v1/leads/${lead.id}`;
  const { items } = await admin.get<{ items: { id: string; roles: { role: string }[] }[] }>(
    '/v1/people?limit=100',
  );
  const reps = items.flatMap(({ id, roles }) => (roles.some(({ role }) => role === 'rep') ? id : []));
  let seen = await boss.get<Seen>(path);
  const tookMs: number[] = [];
  for (let nth = 0; nth < count; nth++) {
    const ownerId = reps.find((id) => id !== seen.owner);
    const began = performance.now();
    seen = await boss.put<Seen>(`${path}/owner`, { ownerId, reason: 'the bench' }, seen.revision);
    tookMs.push(performance.now() - began);
  }
  const third = Math.ceil(count / 3);
  return {
    clicks: count,
    first: quantile(tookMs.slice(0, third), 0.5),
    last: quantile(tookMs.slice(-third), 0.5),
  };
}
