// What earning and paying commission reads: cash events, invoice lines after credits, what was booked, credits.
import type { Tx } from './pool.js';
import { DEAL } from './progress.js';

const EVENTS = `(select coalesce(jsonb_agg(jsonb_build_object('allocationId', a.id,
    'rootId', coalesce(a.undoes, a.id), 'cause', a.cause, 'valueOn', a.value_on, 'lineId', al.invoice_line_id,
    'amountMinor', al.amount_minor::text) order by a.recorded_at, a.id, il.position), '[]')
  from allocations a join allocation_lines al on al.allocation_id = a.id
  join invoice_lines il on il.id = al.invoice_line_id where a.lead_id = $1)`;

const INVOICE_LINES = `(select coalesce(jsonb_agg(jsonb_build_object('lineId', l.id, 'invoiceId', i.id,
    'family', o.family, 'netMinor', (l.net_minor - l.credited_net_minor)::text,
    'grossMinor', (l.gross_minor - l.credited_net_minor - l.credited_tax_minor)::text)), '[]')
  from invoices i join invoice_lines l on l.invoice_id = i.id join order_lines o on o.id = l.order_line_id
  where i.lead_id = $1 and i.kind = 'invoice')`;

const BOOKED = `(select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'eventLineId', c.allocation_id,
    'invoiceLineId', c.invoice_line_id, 'payeeId', c.payee_id, 'component', c.component,
    'planVersion', c.plan_version, 'sequence', c.sequence, 'currency', c.currency, 'rateBps', c.rate_bps,
    'basisMinor', c.basis_minor::text, 'amountMinor', c.amount_minor::text, 'earnOn', c.earned_on)
    order by c.recorded_at, c.id), '[]') from commission_lines c where c.lead_id = $1)`;

const CREDITS = `(select coalesce(jsonb_agg(jsonb_build_object('payeeId', c.payee_id, 'component', c.component,
    'shareBps', c.share_bps, 'roles', c.roles, 'reportIds', c.report_ids, 'planVersion', c.plan_version)
    order by c.component, c.payee_id), '[]')
  from commission_credits c join orders o on o.id = c.order_id where o.lead_id = $1)`;

// Two persons other than its editor: the database lets an editor approve nothing.
const APPROVALS = `(select count(*) from policy_approvals p where p.kind = 'commission' and p.version = (
    select max(c.plan_version) from commission_credits c join orders o on o.id = c.order_id
    where o.lead_id = $1))`;

export const EARNINGS = `'events', ${EVENTS}, 'lines', ${INVOICE_LINES}, 'booked', ${BOOKED},
  'credits', ${CREDITS}, 'approvals', ${APPROVALS}`;

export const TO_EARN = `jsonb_build_object('deal', ${DEAL}, ${EARNINGS})`;

/** Who is owed something on this lead; what exactly is read again under their locks. */
export const TO_PAY = `jsonb_build_object('deal', ${DEAL}, 'planVersion',
  (select max(c.plan_version) from commission_lines c where c.lead_id = $1), 'payees',
  (select coalesce(jsonb_agg(distinct c.payee_id || '/' || c.currency), '[]') from commission_lines c
    where c.lead_id = $1 and not exists (select from payout_items t where t.commission_line_id = c.id)))`;

export interface DueLine {
  readonly id: string;
  readonly payeeId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
}

export interface Carried {
  readonly payeeId: string;
  readonly currency: string;
  readonly carriedMinor: bigint;
}

/** One payout of a payee and currency at a time, in one order for everybody. `payees`: `<id>/<currency>`. */
export async function lockPayees(tx: Tx, payees: readonly string[]): Promise<void> {
  await tx.query({
    name: 'lock_payees',
    text: `select pg_advisory_xact_lock(hashtextextended('payee/' || p, 0))
      from (select p from unnest($1::text[]) p order by p) s`,
    values: [payees],
  });
}

/** The lines of a lead that stand in no payout. */
export async function readDueLines(tx: Tx, leadId: string): Promise<DueLine[]> {
  const { rows } = await tx.query<DueLine>({
    name: 'due_lines',
    text: `select c.id, c.payee_id as "payeeId", c.currency, c.amount_minor as "amountMinor"
      from commission_lines c where c.lead_id = $1
        and not exists (select from payout_items t where t.commission_line_id = c.id)
      order by c.payee_id, c.currency, c.id`,
    values: [leadId],
  });
  return rows;
}

/**
 * What earlier payouts left over, below 0 what a payee owes. A line that is calculated has taken its carry, whether
 * anybody has released it or not: money is carried from released lines only and less what any line has taken, a debt
 * is what no line recovers. Only rows that left something are indexed.
 */
export async function readCarried(tx: Tx, payeeIds: readonly string[]): Promise<Carried[]> {
  const { rows } = await tx.query<Carried>({
    name: 'carried',
    text: `select payee_id as "payeeId", currency, greatest(coalesce(sum(earned_minor - amount_minor)
          filter (where released_at is not null or earned_minor < amount_minor), 0),
        least(sum(earned_minor - amount_minor), 0))::bigint as "carriedMinor"
      from payout_lines where payee_id = any($1) and earned_minor <> amount_minor
      group by 1, 2`,
    values: [payeeIds],
  });
  return rows;
}
