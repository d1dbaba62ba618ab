// The answers of POSTs that may be sent again. A row is written by the transaction that did the work.
import type { Queryable, Tx } from './pool.js';
import { WriteConflict } from './writes.js';

export interface IdempotencyRow {
  readonly bodyHash: Buffer;
  readonly status: number;
  readonly answer: unknown;
}

/**
 * Takes a person's key for this transaction: `free` (it is ours until the end), the stored row, or `busy` when
 * another transaction works under it. The lock is advisory, so a killed process lets go with its connection.
 */
export async function takeKey(
  tx: Tx,
  personId: string,
  key: string,
): Promise<IdempotencyRow | 'free' | 'busy'> {
  const { rows } = await tx.query<{
    taken: boolean;
    body_hash: Buffer | null;
    status: number | null;
    answer: unknown;
  }>({
    name: 'idempotency_take',
    text: `select pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 1)) as taken,
        k.body_hash, k.status, k.answer
      from (select 1) one left join idempotency_keys k on k.person_id = $1 and k.key = $2`,
    values: [personId, key],
  });
  const [row] = rows;
  if (row?.body_hash && row.status !== null) {
    return { bodyHash: row.body_hash, status: row.status, answer: row.answer };
  }
  return row?.taken ? 'free' : 'busy';
}

/**
 * Stores the answer. Throws WriteConflict when another transaction stored one after our look (its commit and
 * our lock can cross): the caller's transaction is then run again and finds that answer.
 */
export async function rememberAnswer(
  tx: Tx,
  row: IdempotencyRow & { personId: string; key: string; route: string },
): Promise<void> {
  const { rowCount } = await tx.query({
    name: 'idempotency_remember',
    text: `insert into idempotency_keys (person_id, key, route, body_hash, status, answer)
      values ($1, $2, $3, $4, $5, $6) on conflict (person_id, key) do nothing`,
    values: [row.personId, row.key, row.route, row.bodyHash, row.status, JSON.stringify(row.answer)],
  });
  if (rowCount !== 1) throw new WriteConflict(`idempotency key ${row.key} was stored by another request`);
}

/** Forgets answers older than `hours` of real time; returns how many. Their keys are free again. */
export async function forgetAnswers(db: Queryable, hours: number): Promise<number> {
  const { rowCount } = await db.query(
    'delete from idempotency_keys where created_at < now() - make_interval(hours => $1)',
    [hours],
  );
  return rowCount ?? 0;
}
