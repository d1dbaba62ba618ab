// What every write of master data has in common: who did it and when, the row it is based on, one audit entry.
import { recordChange } from '../../db/chains.js';
import type { Queryable } from '../../db/pool.js';
import type { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';

/** Who writes, and the business instant. */
export interface By {
  readonly personId: string;
  readonly at: Date;
}

/** Refuses an edit of another revision than the one it was based on, and of what does not exist. */
export function atRevision<Row extends { revision: number }>(
  row: Row | undefined,
  id: string,
  expected: number,
): Row {
  if (row === undefined) throw new DomainError('not_found', `there is no ${id}`);
  if (row.revision === expected) return row;
  throw new DomainError(
    'stale_version',
    `you changed version ${expected} of ${id}, now it is ${row.revision}`,
  );
}

/** The columns a patch sets: its fields by their column names, absent ones left out. */
export function columnsOf<Patch extends object>(
  patch: Patch,
  columns: Readonly<Record<keyof Patch & string, string>>,
): Record<string, unknown> {
  const entries = Object.entries(patch).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([field, value]) => [columns[field as keyof Patch & string], value]));
}

/** Adds the audit entry of one change and sends all writes. `revision` makes the entry's key unique. */
export async function commitChange(
  tx: Queryable,
  writes: Writes,
  by: By,
  change: {
    readonly subject: string;
    readonly action: string;
    readonly revision: number;
    readonly detail: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { subject, action, revision, detail } = change;
  const key = `${action}/${revision}`;
  await recordChange(tx, writes, { subject, key, action, at: by.at, actor: by.personId, revision, detail });
  await writes.run(tx);
}
