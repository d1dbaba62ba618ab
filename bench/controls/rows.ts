// The rows of a recorded transaction, those of one table and one kind of change together, in the order they can be
// written in.
import type { Change, Commit, Recording } from './recording.js';

/** Tables whose rows take their number from a series. */
export const NUMBERED = ['orders', 'invoices'];

export interface Rows {
  /** The series a number is taken from. */
  readonly series: Change | undefined;
  /** Of one table, changing the same columns. */
  readonly groups: readonly (readonly [Change, ...Change[]])[];
}

export function rowsOf(commit: Commit, recording: Recording): Rows {
  const merged = merge(commit.changes, recording.keys);
  const series = merged.find(({ table }) => table === 'number_series');
  const place = ([first]: readonly [Change, ...Change[]]): number => recording.order.indexOf(first.table);
  const groups = grouped(merged.filter((change) => change !== series)).sort((a, b) => place(a) - place(b));
  return { series, groups };
}

/** A row that is made and changed in one transaction is written once. */
function merge(changes: readonly Change[], keys: Recording['keys']): Change[] {
  const rows = new Map<string, Change>();
  for (const change of changes) {
    const key = JSON.stringify([
      change.table,
      ...(keys[change.table] ?? []).map((column) => change.row[column]),
    ]);
    const first = rows.get(key);
    rows.set(key, first ? { ...first, row: change.row } : change);
  }
  return [...rows.values()];
}

function grouped(changes: readonly Change[]): [Change, ...Change[]][] {
  const groups = new Map<string, [Change, ...Change[]]>();
  for (const change of changes) {
    const columns = change.op === 'UPDATE' ? changedColumns(change).join() : '';
    const key = `${change.op} ${change.table} ${columns}`;
    const group = groups.get(key);
    if (group) group.push(change);
    else groups.set(key, [change]);
  }
  return [...groups.values()];
}

const changedColumns = ({ before, row }: Change): string[] =>
  Object.keys(row).filter((column) => JSON.stringify(row[column]) !== JSON.stringify(before?.[column]));

/** The columns a change writes: all of a new row, those that differ of an old one; none that Postgres fills. */
export function writtenColumns(change: Change, { generated }: Recording): string[] {
  const columns = change.op === 'INSERT' ? Object.keys(change.row) : changedColumns(change);
  return columns.filter((column) => !generated[change.table]?.includes(column));
}

/** What a changed row is found by; of waits the open ones only. */
export function keyColumns({ table }: Change, { keys }: Recording): readonly string[] {
  // A wait is numbered by Postgres; what is open of a kind and subject there is once.
  return table === 'waits' ? ['lead_id', 'kind', 'subject'] : (keys[table] ?? []);
}
