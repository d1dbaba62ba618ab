// Asking for a monthly payout run: its row names who asked, its workflow calculates it.
import { newId } from '../../db/ids.js';
import { type DbOrTx, withTransaction } from '../../db/pool.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';

export interface PayoutRun {
  readonly payoutId: string;
  readonly period: string;
  readonly run: number;
  /** Id of the workflow to start, and the target of its messages. */
  readonly target: string;
}

/**
 * Opens the next run of a period (`2026-11`). Refuses `invalid_field` for what is no month or has not begun.
 * `at` is the business instant (epoch ms).
 */
export function openPayoutRun(
  { db }: { db: DbOrTx },
  { period, actorId, at }: { period: string; actorId: string; at: number },
): Promise<PayoutRun> {
  return withTransaction(db, async (tx) => {
    const { rows: entities } = await tx.query<{ zone: string }>(
      'select zone from legal_entities order by created_at, id limit 1',
    );
    const current = dateIn(entities[0]?.zone ?? 'UTC', at).slice(0, 7);
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(period) || period > current) {
      const detail = `${JSON.stringify(period.slice(0, 20))} is no month up to ${current}`;
      throw new DomainError('invalid_field', detail, '/period');
    }
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('payout-run/' || $1, 0))`, [period]);
    const payoutId = newId('payout');
    const { rows } = await tx.query<{ run: number }>(
      `insert into payouts (id, mode, period, run, status, calculated_by, calculated_at)
        select $1, 'monthly', $2, coalesce(max(run), 0) + 1, 'calculated', $3, $4
        from payouts where mode = 'monthly' and period = $2 returning run`,
      [payoutId, period, actorId, new Date(at)],
    );
    const run = rows[0]?.run as number;
    return { payoutId, period, run, target: `payout/commission/${period}/${run}` };
  });
}
