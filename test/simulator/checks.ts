// What has to be true of each lead once everything is quiet, besides the invariants of `l2c verify`: asked of its
// facts by SQL that knows nothing of the engine, and of what its people were answered.
import type { TestDatabase } from '../support/database.js';
import type { Actor } from './actor.js';

// Kept is what stands on the invoices of the order; a recovery counts, what was released by a credit does not.
const OFFENCES = `
  with facts as (
    select l.id, l.stage, l.outcome, o.status as ordered,
      coalesce((select sum(i.allocated_minor) from invoices i where i.lead_id = l.id), 0) as kept,
      coalesce((select sum(a.amount_minor) from allocations a where a.lead_id = l.id), 0) as allocated,
      coalesce((select sum(w.amount_minor) from write_offs w where w.lead_id = l.id), 0) as written_off,
      (select count(*) from invoices i where i.lead_id = l.id and i.open_minor > 0) as open_invoices,
      (select count(*) from waits w where w.lead_id = l.id and w.ended_at is null) as open_waits,
      (select count(*) from order_lines ol where ol.order_id = o.id and ol.delivered < ol.quantity
        and ol.charged_on = 'each_delivery') as undelivered
    from leads l left join orders o on o.lead_id = l.id)
  select id, format('is closed as %s after an order', outcome) as what from facts
    where stage = 'closed' and outcome in ('lost', 'disqualified') and ordered is not null
  union all select id, format('is closed as %s without an order', outcome) from facts
    where stage = 'closed' and outcome in ('won', 'cancelled', 'written_off') and ordered is null
  union all select id, format('is closed as %s and kept %s', outcome, kept) from facts
    where stage = 'closed' and outcome in ('cancelled', 'written_off') and kept <> 0
  union all select id, format('is closed as %s of an order that is %s', outcome, ordered) from facts
    where stage = 'closed' and (outcome = 'cancelled' and ordered <> 'cancelled'
      or outcome = 'won' and ordered = 'cancelled' and kept <= 0)
  union all select id, format('is closed as written off with %s written off', written_off) from facts
    where stage = 'closed' and outcome = 'written_off' and written_off <= 0
  union all select id, format('is closed with %s open invoices', open_invoices) from facts
    where stage = 'closed' and open_invoices > 0
  union all select id, format('is closed with %s lines not delivered', undelivered) from facts
    where stage = 'closed' and ordered <> 'cancelled' and undelivered > 0
  union all select id, format('is closed and has %s open waits', open_waits) from facts
    where stage = 'closed' and open_waits > 0
  union all select id, format('has %s allocated, its invoices say %s', allocated, kept) from facts
    where allocated <> kept
  union all select id, 'has neither an outcome nor an open stage' from facts
    where (stage = 'closed') <> (outcome is not null)
  union all select m.lead_id, format('%s %s (%s) is unanswered, parked for %s', m.kind, m.name, m.id, m.parked_for)
    from messages m where m.answer is null
  union all select m.lead_id, format('%s %s (%s) is answered and untold', m.kind, m.name, m.id)
    from messages m where m.told_at is null
  union all select lead_id, format('has %s orders', count(*)) from orders group by lead_id having count(*) > 1
  union all select o.lead_id, format('line %s has %s delivered of %s', ol.id, ol.delivered, ol.quantity)
    from order_lines ol join orders o on o.id = ol.order_id where ol.delivered > ol.quantity or ol.delivered < 0
  union all select t.lead_id, format('task %s of %s is open although its step is done', t.kind, t.subject)
    from tasks t where t.status = 'open' and t.kind in ('step_stuck', 'message_parked')`;

/** Writes what is wrong with each lead to its actor. */
export async function checkLeads({ owner }: TestDatabase, actors: readonly Actor[]): Promise<void> {
  const { rows } = await owner.query<{ id: string; what: string }>(OFFENCES);
  for (const { id, what } of rows) actorOf(actors, id).broken.push(what);
  await checkAnswers({ owner }, actors);
  await checkCash({ owner }, actors);
}

/** What somebody was answered is what is stored for ever. */
async function checkAnswers({ owner }: Pick<TestDatabase, 'owner'>, actors: readonly Actor[]) {
  const { rows } = await owner.query<{ id: string; result: string; code: string | null }>(
    `select id, answer ->> 'result' as result, answer ->> 'code' as code from messages where kind = 'decision'`,
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  for (const actor of actors) {
    for (const { id, name, answer } of actor.sent) {
      const found = stored.get(id);
      actor.must(found !== undefined, `${name} (${id}) was told and is not stored`);
      if (!answer || !found) continue;
      const same = found.result === answer.result && found.code === (answer.code ?? null);
      actor.must(same, `${name} (${id}) was answered ${answer.result} and is stored as ${found.result}`);
    }
  }
}

/** Every payment told is there once with its amount, and none that was not. */
async function checkCash({ owner }: Pick<TestDatabase, 'owner'>, actors: readonly Actor[]): Promise<void> {
  const { rows } = await owner.query<{ id: string; minor: bigint }>(
    `select p.id, p.amount_minor as minor from payments p
      where not exists (select from payment_reversals r where r.payment_id = p.id)`,
  );
  const stored = new Map(rows.map(({ id, minor }) => [id, minor]));
  for (const actor of actors) {
    for (const [id, minor] of actor.cash) {
      actor.must(stored.get(id) === minor, `payment ${id} of ${minor} is stored as ${stored.get(id)}`);
      stored.delete(id);
    }
  }
  const [nobodys] = stored.keys();
  if (nobodys !== undefined) actors[0]?.broken.push(`payment ${nobodys} stands and nobody told it`);
}

/** The lead somebody's offence belongs to; the first where it belongs to none of them. */
export function actorOf(actors: readonly Actor[], text: string): Actor {
  const actor = actors.find(({ leadId }) => leadId !== undefined && text.includes(leadId)) ?? actors[0];
  if (!actor) throw new RangeError('nobody played');
  return actor;
}
