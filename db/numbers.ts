// Gapless document numbers: a counter row per entity and series, locked last and only until the commit, so a
// number exists exactly when its document does. The date never goes back within a series.
import type { Queryable } from './pool.js';

export type Series = 'order' | 'invoice' | 'credit_note' | 'charge_note';

export interface DocumentNumber {
  readonly number: string;
  readonly seq: bigint;
  /** `wantedOn`, or the date of the last document of the series where that is later. */
  readonly issuedOn: string;
}

export async function nextNumber(
  tx: Queryable,
  entityId: string,
  series: Series,
  wantedOn: string,
  prefix: string,
): Promise<DocumentNumber> {
  const { rows } = await tx.query<{ prefix: string; last_seq: bigint; last_issued_on: string }>({
    name: 'next_number',
    text: `insert into number_series as s (entity_id, series, prefix, last_seq, last_issued_on)
      values ($1, $2, $3, 1, $4)
      on conflict (entity_id, series) do update
        set last_seq = s.last_seq + 1, prefix = excluded.prefix,
           last_issued_on = greatest(s.last_issued_on, excluded.last_issued_on)
      returning prefix, last_seq, last_issued_on`,
    values: [entityId, series, prefix, wantedOn],
  });
  const row = rows[0] as (typeof rows)[0];
  return {
    number: `${row.prefix}-${row.last_seq.toString().padStart(6, '0')}`,
    seq: row.last_seq,
    issuedOn: row.last_issued_on,
  };
}
