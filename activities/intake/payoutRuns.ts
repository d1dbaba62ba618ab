// Asking for a monthly payout run: its row names who asked, nobody where the Schedule did; its workflow calculates it.
import { newId } from '../../db/ids.js';
import { duePayees } from '../../db/payouts.js';
import type { PolicyStore } from '../../db/policies.js';
import { type DbOrTx, type Tx, withTransaction } from '../../db/pool.js';
import { type ClockSegment, instantAt } from '../../domain/calendar/clock.js';
import { addDays, endOfMonth } from '../../domain/calendar/days.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { policyMissing } from '../../domain/policies/missing.js';

export interface PayoutRun {
  readonly payoutId: string;
  readonly period: string;
  readonly run: number;
  /** Id of the workflow to start, and the target of its messages. */
  readonly target: string;
}

/**
 * Opens the next run of a period (`2026-11`). Refuses `invalid_field` for what is no month or has not begun,
 * `not_configured` without a payout policy, `already_exists` while a run of the period is not calculated yet (it takes
 * all that is due), `nothing_due` where nothing earned by its end is left to pay. `at` is the business instant
 * (epoch ms).
 */
export function openPayoutRun(
  { db }: { db: DbOrTx },
  { period, actorId, at }: { period: string; actorId: string | null; at: number },
): Promise<PayoutRun> {
  return withTransaction(db, async (tx) => {
    const { rows: rules } = await tx.query<{ zone: string | null; hasPolicy: boolean }>(
      `select (select zone from legal_entities order by created_at, id limit 1) as zone,
        exists (select from policies where kind = 'payout') as "hasPolicy"`,
    );
    const current = dateIn(rules[0]?.zone ?? 'UTC', at).slice(0, 7);
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(period) || period > current) {
      const detail = `${JSON.stringify(period.slice(0, 20))} is no month up to ${current}`;
      throw new DomainError('invalid_field', detail, '/period');
    }
    if (!rules[0]?.hasPolicy) throw policyMissing('payout');
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('payout-run/' || $1, 0))`, [period]);
    const pending = await uncalculated(tx, period);
    if (pending !== undefined) {
      const detail = `run ${period}/${pending} is not calculated yet, and takes everything due up to its end`;
      throw new DomainError('already_exists', detail, '/period');
    }
    const untilOn = endOfMonth(`${period}-01`);
    if ((await duePayees(tx, untilOn)).length === 0) {
      const detail = `nothing earned up to ${untilOn} is left to pay: it is paid, or a run or its plan pays it`;
      throw new DomainError('nothing_due', detail, '/period');
    }
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

/** The run of a period that has been opened and not calculated; its first audit entry would say that it was. */
async function uncalculated(tx: Tx, period: string): Promise<number | undefined> {
  const { rows } = await tx.query<{ run: number }>(
    `select p.run from payouts p where p.mode = 'monthly' and p.period = $1
      and not exists (select from audit_heads h where h.subject = p.id) order by p.run limit 1`,
    [period],
  );
  return rows[0]?.run;
}

const REAL_SPEED = 86_400;

/**
 * Opens the run that the Schedule asks for on a nominal day (`atMs`, real): that of the month before, on the
 * policy's day of the month. Returns its period and number, the same one however often it is asked, or null on
 * other days, where nothing is due, and on a fast clock, whose months a Schedule in real time cannot know.
 */
export function openScheduledRun(
  { db, policies }: { db: DbOrTx; policies: PolicyStore },
  atMs: number,
): Promise<string | null> {
  return withTransaction(db, async (tx) => {
    const { rows } = await tx.query<{
      clock: ClockSegment | null;
      zone: string | null;
      policy: number | null;
    }>(
      `select (select jsonb_build_object('anchorMs', floor(extract(epoch from c.anchor_at) * 1000),
           'realAnchorMs', floor(extract(epoch from c.real_anchor_at) * 1000), 'secondsPerDay', c.seconds_per_day)
         from clock_segments c order by c.id desc limit 1) as clock,
        (select zone from legal_entities order by created_at, id limit 1) as zone,
        (select max(version) from policies where kind = 'payout') as policy`,
    );
    const { clock = null, zone = null, policy = null } = rows[0] ?? {};
    if (!clock || zone === null || policy === null || clock.secondsPerDay !== REAL_SPEED) return null;
    const at = instantAt(clock, atMs);
    const today = dateIn(zone, at);
    const { dayOfMonth } = await policies.get(tx, 'payout', policy);
    if (Number(today.slice(8)) !== dayOfMonth) return null;
    const untilOn = addDays(today, -dayOfMonth); // The last day of the month before.
    const period = untilOn.slice(0, 7);
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('payout-run/' || $1, 0))`, [period]);
    const pending = await uncalculated(tx, period);
    if (pending !== undefined) return `${period}/${pending}`;
    const { rows: open } = await tx.query<{ run: number }>(
      `select run from payouts where mode = 'monthly' and period = $1 and calculated_by is null order by run limit 1`,
      [period],
    );
    if (open[0]) return `${period}/${open[0].run}`;
    if ((await duePayees(tx, untilOn)).length === 0) return null;
    const { run } = await openPayoutRun({ db: tx }, { period, actorId: null, at });
    return `${period}/${run}`;
  });
}
