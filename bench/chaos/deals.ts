// Golden deals of people who know nothing of the kills, and what must be true of every one of them afterwards: what
// was acknowledged has happened once, what was not acknowledged at most once, and the lead stands where that puts it.
import type pg from 'pg';
import { CALLS, type Call, type Lead } from '../golden.js';

export interface Deal {
  readonly lead: Lead;
  /** The last call that was answered; none before the capture. */
  acknowledged: Call | null;
  /** The call somebody gave up waiting for, and why. */
  failed?: { readonly call: Call; readonly why: string };
}

/** Takes a lead through its life, and writes down how far it came. */
export async function live(lead: Lead, deals: Deal[]): Promise<void> {
  const deal: Deal = { lead, acknowledged: null };
  deals.push(deal);
  for (const call of CALLS) {
    try {
      await lead.send(call);
      deal.acknowledged = call;
      await lead.settled(call);
    } catch (error) {
      deal.failed = { call, why: (error as Error).message };
      return;
    }
  }
}

/** What each call leaves in the audit chain of its lead or, drafting, of the quote. */
const STEP_OF: Readonly<Record<Call, string>> = {
  capture: 'captureLead',
  qualification: 'qualifyLead',
  draft: 'draftQuote',
  submission: 'submitQuote',
  approval: 'decideApproval',
  acceptance: 'acceptQuote',
  delivery: 'recordDelivery',
  payment: 'applyPayment',
};
const STAGE_AFTER: Readonly<Record<Call, readonly string[]>> = {
  capture: ['new'],
  qualification: ['qualified'],
  draft: ['qualified', 'quoting'],
  submission: ['approval'],
  approval: ['offered'],
  acceptance: ['ordered'],
  delivery: ['collecting'],
  payment: ['closed'],
};
/** Done by the deal itself, once for the one delivery and the one payment: of a won deal each, of others at most. */
const OWN_STEPS = ['scoreLead', 'issueInvoice', 'earnCommission', 'payCommission'];

interface Found {
  readonly id: string;
  readonly stage: string;
  readonly outcome: string | null;
  readonly waits: number;
  readonly invoices: number;
  readonly payments: number;
  readonly steps: Readonly<Record<string, number>>;
}

/** What is wrong with the deals; nothing where all is as it should be. */
export async function wrongs(db: pg.Pool, deals: readonly Deal[]): Promise<string[]> {
  const { rows } = await db.query<Found & { tag: string }>(
    `select l.id, substr(l.external_id, 7) as tag, l.stage, l.outcome,
        (select count(*)::int from waits w where w.lead_id = l.id and w.ended_at is null) as waits,
        (select count(*)::int from invoices i where i.lead_id = l.id) as invoices,
        (select count(distinct a.payment_id)::int from allocations a where a.lead_id = l.id) as payments,
        (select coalesce(jsonb_object_agg(s.action, s.times), '{}') from
          (select action, count(*)::int as times from audit_entries
            where subject = any(array(select l.id union all select q.id from quotes q where q.lead_id = l.id))
            group by 1) s) as steps
      from leads l where l.external_id like 'bench-%'`,
  );
  const byTag = new Map(rows.map((row) => [row.tag, row]));
  return [
    ...deals.flatMap((deal) => wrongsOf(deal, byTag.get(deal.lead.tag))),
    ...rows
      .filter(({ tag }) => !deals.some(({ lead }) => lead.tag === tag))
      .map(({ id }) => `${id}: nobody's`),
  ];
}

function wrongsOf({ lead, acknowledged, failed }: Deal, found: Found | undefined): string[] {
  if (found === undefined) return acknowledged === null ? [] : [`lead ${lead.tag} was captured and is lost`];
  const { id, stage, outcome, waits, steps } = found;
  const said: string[] = [];
  const last = CALLS.indexOf(acknowledged ?? 'capture');
  for (const [index, call] of CALLS.entries()) {
    const times = steps[STEP_OF[call]] ?? 0;
    const least = index <= last ? 1 : 0;
    // What nobody answered may have happened or not.
    const most = index <= last || call === failed?.call ? 1 : 0;
    if (times < least || times > most) said.push(`${STEP_OF[call]} ${times} times, not ${least} to ${most}`);
  }
  const own = stage === 'closed' && outcome === 'won' ? 1 : 0;
  for (const step of OWN_STEPS) {
    const times = steps[step] ?? 0;
    if (times < own || times > 1) said.push(`${step} ${times} times, not ${own} to 1`);
  }
  if (found.invoices > 1 || found.payments > 1)
    said.push(`${found.invoices} invoices and ${found.payments} payments`);
  const calls = [acknowledged ?? 'capture', ...(failed ? [failed.call] : [])];
  const stages = calls.flatMap((call) => STAGE_AFTER[call]);
  if (!stages.includes(stage)) said.push(`it is ${stage}, not ${stages.join(' or ')}`);
  if (stage === 'closed' ? outcome !== 'won' || waits > 0 : waits === 0)
    said.push(`${stage} ${outcome ?? ''} with ${waits} waits`);
  return said.map((what) => `${id} (${acknowledged}): ${what}`);
}
