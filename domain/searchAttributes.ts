// The only four search attributes: opaque words and ids, never a name. Lists and reports come from Postgres.

export const SEARCH_ATTRIBUTES = ['Stage', 'WaitsFor', 'Owner', 'Outcome'] as const;
