// Who owns a lead: the reps of its territory with room left, in turn. Equal input, equal owner: no chance
// is involved, so an import repeated or a step run again gives the same answer. Counting is the step's.
import type { AssignmentPolicy } from '../policies/types.js';

export interface AssignableLead {
  country?: string | null;
  channel?: string | null;
}

export interface RepLoad {
  id: string;
  active: boolean;
  /** Counted as far as `capacity` reaches. */
  openLeads: number;
  /** The most this person can hold, whatever the policy says. */
  capacity: number;
  /** Countries of the leads this person takes; empty is any. */
  countries: readonly string[];
  /** Count of leads ever given, or the instant of the last one (ms): the lowest is next. Null: never. */
  lastAssignedAt: number | null;
}

export interface Assignment {
  /** Null: nobody of the territory takes it, and the fallback owner has left. */
  ownerId: string | null;
  territoryId: string | null;
  reasonCode: 'in_turn' | 'no_territory' | 'nobody_active' | 'nobody_for_country' | 'nobody_with_room';
  /** Reps of the territory who were passed over because they hold as many leads as they may. */
  fullRepIds: string[];
}

/**
 * Returns the owner: of the first territory that matches, the active rep who takes leads of that country, holds
 * fewer than both the policy and they themselves allow, and was given a lead longest ago; ties by fewer open
 * leads, then by id. Nobody: the policy's fallback owner, and why; nobody at all where that one has left, because a
 * leaver's desk is empty.
 */
export function assignOwner(
  lead: AssignableLead,
  reps: readonly RepLoad[],
  policy: AssignmentPolicy,
  fallbackIsActive: boolean,
): Assignment {
  const territory = policy.territories.find(
    ({ countries, channels }) => covers(countries, lead.country) && covers(channels, lead.channel),
  );
  const fallback = (reasonCode: Assignment['reasonCode'], fullRepIds: string[]): Assignment => ({
    ownerId: fallbackIsActive ? policy.fallbackOwnerId : null,
    territoryId: territory?.id ?? null,
    reasonCode,
    fullRepIds,
  });
  if (territory === undefined) return fallback('no_territory', []);
  const active = reps.filter((rep) => rep.active && territory.repIds.includes(rep.id));
  if (active.length === 0) return fallback('nobody_active', []);
  const taking = active.filter(({ countries }) => covers(countries, lead.country));
  if (taking.length === 0) return fallback('nobody_for_country', []);
  const [free, full] = [taking.filter(hasRoom(policy)), taking.filter((rep) => !hasRoom(policy)(rep))];
  const fullRepIds = full.map((rep) => rep.id).sort();
  const next = [...free].sort(inTurn)[0];
  if (next === undefined) return fallback('nobody_with_room', fullRepIds);
  return { ownerId: next.id, territoryId: territory.id, reasonCode: 'in_turn', fullRepIds };
}

function covers(list: readonly string[], value: string | null | undefined): boolean {
  if (list.length === 0) return true;
  const sought = value?.trim().toLowerCase();
  return list.some((entry) => entry.toLowerCase() === sought);
}

function hasRoom(policy: AssignmentPolicy): (rep: RepLoad) => boolean {
  return (rep) => {
    const own = policy.capacities.find((capacity) => capacity.repId === rep.id);
    return rep.openLeads < Math.min(rep.capacity, own?.maxOpenLeads ?? policy.maxOpenLeads);
  };
}

function inTurn(a: RepLoad, b: RepLoad): number {
  const since = (a.lastAssignedAt ?? -1) - (b.lastAssignedAt ?? -1);
  return since || a.openLeads - b.openLeads || (a.id < b.id ? -1 : 1);
}
