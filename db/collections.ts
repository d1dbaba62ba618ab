// What collecting reads: open invoices as items of a dunning plan, and the one lock of a customer's day.

import type { TaskKind } from '../domain/tasks.js';
import type { CashAct } from './charges.js';
import { EARNINGS } from './commissions.js';
import type { Tx } from './pool.js';
import { DEAL } from './progress.js';

/** One open invoice as SQL gives it below, amounts as text. */
export interface ItemJson {
  readonly invoiceId: string;
  readonly leadId: string;
  readonly dueOn: string;
  readonly currency: string;
  readonly openMinor: string;
  /** What of the customer's unapplied cash is left for this item after those due before it. */
  readonly unappliedMinor: string;
  readonly segment: string | null;
  readonly level: number;
  readonly lastReminderOn: string | null;
  readonly pins: { readonly dunning?: number };
}

/** One invoice `i` of account `a` as a dunning item. Unapplied cash covers what is due first, each cent once. */
const ITEM = `jsonb_build_object('invoiceId', i.id, 'leadId', i.lead_id, 'dueOn', i.due_on,
  'currency', i.currency, 'openMinor', i.open_minor::text, 'level', i.dunning_level, 'pins', i.pins,
  'segment', a.segment,
  'unappliedMinor', greatest(0,
    (select coalesce(sum(p.unapplied_minor), 0) from payments p
      where p.account_id = i.account_id and p.entity_id = i.entity_id and p.currency = i.currency
        and p.unapplied_minor > 0)
    - (select coalesce(sum(o.open_minor), 0) from invoices o
      where o.account_id = i.account_id and o.entity_id = i.entity_id and o.currency = i.currency
        and o.open_minor > 0 and (o.due_on, o.id) < (i.due_on, i.id)))::text,
  'lastReminderOn', (select max(r.decided_on) from reminders r where r.invoice_id = i.id))`;

export const TO_APPLY = `jsonb_build_object('deal', ${DEAL}, 'unearned',
  (select count(*) from messages m cross join jsonb_array_elements_text(m.body -> 'allocationIds') a (id)
    where m.id = $2 and not exists (select from commission_lines c where c.allocation_id = a.id)))`;

export const TO_REVERSE = `jsonb_build_object('deal', ${DEAL}, ${EARNINGS}, 'items',
  (select coalesce(jsonb_agg(${ITEM} order by i.id), '[]') from invoices i join accounts a on a.id = i.account_id
    where i.lead_id = $1 and i.open_minor > 0))`;

/** First lock of a reminder: one letter a day for one customer, entity and currency. */
export async function lockLetter(
  tx: Tx,
  { accountId, entityId, currency }: Customer,
  today: string,
): Promise<void> {
  await tx.query({
    name: 'lock_letter',
    text: `select pg_advisory_xact_lock(hashtextextended('letter/' || $1, 0))`,
    values: [[accountId, entityId, currency, today].join('/')],
  });
}

export interface Customer {
  readonly accountId: string;
  readonly entityId: string;
  readonly currency: string;
}

/** Locks what a customer has open, by id, and reads it under the locks. */
export async function lockItems(tx: Tx, { accountId, entityId, currency }: Customer): Promise<ItemJson[]> {
  const values = [accountId, entityId, currency];
  await tx.query({
    name: 'lock_open_invoices',
    text: `select id from invoices where account_id = $1 and entity_id = $2 and currency = $3 and open_minor > 0
      order by id for no key update`,
    values,
  });
  const { rows } = await tx.query<{ item: ItemJson }>({
    name: 'open_items',
    text: `select ${ITEM} as item from invoices i join accounts a on a.id = i.account_id
      where i.account_id = $1 and i.entity_id = $2 and i.currency = $3 and i.open_minor > 0 order by i.id`,
    values,
  });
  return rows.map((row) => row.item);
}

/** Whether this customer has had its letter of the day. */
export async function hasLetter(tx: Tx, customer: Customer, today: string): Promise<boolean> {
  const { rows } = await tx.query({
    name: 'letter_of_the_day',
    text: `select from reminder_letters
      where account_id = $1 and entity_id = $2 and currency = $3 and decided_on = $4`,
    values: [customer.accountId, customer.entityId, customer.currency, today],
  });
  return rows.length > 0;
}

/** Who had money put on an invoice or its charge notes: such a person never writes them off. */
export async function cashActsOn(tx: Tx, invoiceId: string): Promise<CashAct[]> {
  const { rows } = await tx.query<CashAct>({
    name: 'cash_acts_on',
    text: `with placed as (
        select payment_id, allocated_by from allocations where invoice_id = $1
        union
        select a.payment_id, a.allocated_by from charge_notes n
          join charge_allocations a on a.charge_note_id = n.id where n.invoice_id = $1)
      select 'recordPayment' as act, p.recorded_by as "personId" from placed join payments p on p.id = payment_id
      union
      select 'allocatePayment', allocated_by from placed where allocated_by is not null`,
    values: [invoiceId],
  });
  return rows;
}

/** Whether a task of a kind is open for a record. */
export async function hasOpenTask(tx: Tx, kind: TaskKind, subject: string): Promise<boolean> {
  const { rows } = await tx.query({
    name: 'has_open_task',
    text: `select from tasks where kind = $1 and subject = $2 and status = 'open'`,
    values: [kind, subject],
  });
  return rows.length > 0;
}
