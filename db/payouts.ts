// A monthly payout run in the database: set-based over everything that is due, whoever's lead it comes from.
import type { Tx } from './pool.js';

/** A run as its target names it: `2026-11/1`. */
export interface RunName {
  readonly period: string;
  readonly run: number;
}

export interface RunRow {
  readonly payoutId: string;
  readonly status: 'calculated' | 'released' | 'confirmed';
  readonly calculatedBy: string | null;
  readonly calculatedMs: number;
  readonly clock: { anchorMs: number; realAnchorMs: number; secondsPerDay: number };
  /** Version of the payout policy: its own once it is calculated. */
  readonly policy: number;
  readonly entity: { id: string; zone: string };
  readonly chain: { seq: string; hash: string } | null;
  readonly lines: readonly RunLine[];
}

/** A payee's line; amounts as text. */
export interface RunLine {
  readonly payeeId: string;
  readonly currency: string;
  readonly earnedMinor: string;
  readonly amountMinor: string;
  readonly released: boolean;
  readonly confirmed: boolean;
}

/** Locks a run and reads it as it stands under the lock. */
export async function lockRun(tx: Tx, { period, run }: RunName): Promise<RunRow | undefined> {
  await tx.query({
    name: 'lock_run',
    text: `select from payouts where mode = 'monthly' and period = $1 and run = $2 for no key update`,
    values: [period, run],
  });
  const { rows } = await tx.query<RunRow>({
    name: 'read_run',
    text: `select p.id as "payoutId", p.status, p.calculated_by as "calculatedBy",
        (extract(epoch from p.calculated_at) * 1000)::float8 as "calculatedMs",
        (select jsonb_build_object('anchorMs', extract(epoch from c.anchor_at) * 1000,
           'realAnchorMs', extract(epoch from c.real_anchor_at) * 1000, 'secondsPerDay', c.seconds_per_day)
         from clock_segments c order by c.id desc limit 1) as clock,
        coalesce(p.policy_version, (select max(version) from policies where kind = 'payout')) as policy,
        (select jsonb_build_object('id', e.id, 'zone', e.zone) from legal_entities e
          order by e.created_at, e.id limit 1) as entity,
        (select jsonb_build_object('seq', h.seq::text, 'hash', encode(h.hash, 'hex')) from audit_heads h
          where h.subject = p.id) as chain,
        (select coalesce(jsonb_agg(jsonb_build_object('payeeId', l.payee_id, 'currency', l.currency,
            'earnedMinor', l.earned_minor::text, 'amountMinor', l.amount_minor::text,
            'released', l.released_at is not null, 'confirmed', l.confirmed_at is not null)
            order by l.payee_id, l.currency), '[]') from payout_lines l where l.payout_id = p.id) as lines
      from payouts p where p.mode = 'monthly' and p.period = $1 and p.run = $2`,
    values: [period, run],
  });
  return rows[0];
}

// A lead that pays at once keeps its lines: it is about to.
const DUE = `c.earned_on <= $1 and not exists (select from payout_items t where t.commission_line_id = c.id)
  and not exists (select from waits w where w.lead_id = c.lead_id and w.kind = 'release' and w.ended_at is null)`;

/** Everybody something is due to, as keys of lockPayees. */
export async function duePayees(tx: Tx, untilOn: string): Promise<string[]> {
  const { rows } = await tx.query<{ key: string }>({
    name: 'due_payees',
    text: `select distinct c.payee_id || '/' || c.currency as key from commission_lines c where ${DUE}`,
    values: [untilOn],
  });
  return rows.map(({ key }) => key);
}

export interface TakenSum {
  readonly payeeId: string;
  readonly currency: string;
  readonly earnedMinor: bigint;
}

/** Takes every due line of the locked payees into the run; returns what they sum to. */
export async function takeDueLines(
  tx: Tx,
  payoutId: string,
  untilOn: string,
  payees: readonly string[],
): Promise<TakenSum[]> {
  const { rows } = await tx.query<TakenSum>({
    name: 'take_due_lines',
    text: `with taken as (
        insert into payout_items (commission_line_id, payout_id)
        select c.id, $2 from commission_lines c where ${DUE} and c.payee_id || '/' || c.currency = any($3)
        returning commission_line_id)
      select c.payee_id as "payeeId", c.currency, sum(c.amount_minor)::bigint as "earnedMinor"
      from taken t join commission_lines c on c.id = t.commission_line_id group by 1, 2 order by 1, 2`,
    values: [untilOn, payoutId, payees],
  });
  return rows;
}

/** Whether a person edited a plan behind the run: such a person never releases it. */
export async function editedPlanOf(tx: Tx, payoutId: string, personId: string): Promise<boolean> {
  const { rows } = await tx.query({
    name: 'edited_plan_of',
    text: `select from payout_items i join commission_lines c on c.id = i.commission_line_id
      join policies p on p.kind = 'commission' and p.version = c.plan_version
      where i.payout_id = $1 and p.created_by = $2 limit 1`,
    values: [payoutId, personId],
  });
  return rows.length > 0;
}

/** The leads whose lines of these payees stand in the run. */
export async function leadsPaid(tx: Tx, payoutId: string, payeeIds: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ lead: string }>({
    name: 'leads_paid',
    text: `select distinct c.lead_id as lead from payout_items i join commission_lines c
      on c.id = i.commission_line_id where i.payout_id = $1 and c.payee_id = any($2) order by 1`,
    values: [payoutId, payeeIds],
  });
  return rows.map(({ lead }) => lead);
}

export interface ReleaseMessage {
  readonly actorId: string;
  readonly active: boolean;
  readonly roles: readonly string[];
  readonly body: { readonly payeeIds?: readonly string[] };
  readonly expired: boolean;
  readonly isParked: boolean;
  readonly answer: { result: string } | null;
}

/**
 * The decision to release this run, with the rights usable today. What got stuck had come in time, and the bug was
 * ours.
 */
export async function readRelease(
  tx: Tx,
  { run, messageId }: { readonly run: string; readonly messageId: string },
): Promise<ReleaseMessage | undefined> {
  const { rows } = await tx.query<ReleaseMessage>({
    name: 'read_release',
    text: `select m.actor_id as "actorId", p.active, m.body, m.answer,
        m.not_after < now() and m.parked_for is distinct from 'stuck' as expired,
        m.parked_for is not null as "isParked",
        (select coalesce(array_agg(r.role), '{}') from person_roles r where r.person_id = p.id
          and (r.granted_by is null or r.granted_on < current_date)) as roles
      from messages m join people p on p.id = m.actor_id
      where m.id = $1 and m.name = 'releasePayout' and m.target = 'payout/commission/' || $2
      for no key update of m`,
    values: [messageId, run],
  });
  return rows[0];
}
