// Mails as they are queued, and what each kind needs to be written: one statement a kind, read when it is
// sent, so that nothing personal stands in the queue.
import type { Language } from '../documents/types.js';
import type { DunningPolicy, MailKind, NotificationsPolicy, RuleTexts } from '../domain/policies/types.js';
import { CHARGE_DOCUMENT, type ChargeDocumentJson } from './chargeDocuments.js';
import {
  INVOICE_DOCUMENT,
  INVOICE_DOCUMENT_FROM,
  type InvoiceDocumentJson,
  QUOTE_DOCUMENT,
  QUOTE_DOCUMENT_FROM,
  type QuoteDocumentJson,
} from './documents.js';
import type { Queryable } from './pool.js';
import { ruleTexts } from './ruleTexts.js';

export interface QueuedMail {
  readonly id: string;
  readonly kind: MailKind;
  readonly status: 'queued' | 'sent' | 'failed' | 'skipped';
  readonly queuedAt: Date;
  /** The policy that was in force when the mail was queued: tried again, it has the same sender. */
  readonly notifications: NotificationsPolicy | null;
}

/** The mail and the policy it was queued under; undefined where there is none. */
export async function readMail(db: Queryable, mailId: string): Promise<QueuedMail | undefined> {
  const { rows } = await db.query<QueuedMail>({
    name: 'queued_mail',
    text: `select m.id, m.kind, m.status, m.queued_at as "queuedAt",
      (select p.body from policies p where p.kind = 'notifications' order by p.created_at <= m.queued_at desc,
        case when p.created_at <= m.queued_at then -p.version else p.version end limit 1) as notifications
      from mails m where m.id = $1`,
    values: [mailId],
  });
  return rows[0];
}

export interface AddresseeJson {
  readonly name: string | null;
  readonly email: string | null;
  readonly language: Language;
}

export interface CustomerJson {
  readonly contact: AddresseeJson | null;
  /** The account's own address: where its bills go. */
  readonly account: AddresseeJson;
}

export interface ColleagueJson extends AddresseeJson {
  readonly id: string;
  readonly active: boolean;
  readonly delegations: readonly { toId: string; fromOn: string; untilOn: string }[];
}

/** What the statement of each kind gives. */
export interface MailFacts {
  offer: { document: QuoteDocumentJson; again: boolean; customer: CustomerJson };
  order: {
    number: string;
    orderedOn: string;
    deliverByOn: string;
    purchaseOrder: string | null;
    currency: string;
    amountMinor: string;
    status: 'open' | 'delivered' | 'cancelled';
    /** Day of the cancellation this mail tells of; null for a confirmation. */
    cancelledOn: string | null;
    sellerName: string;
    acceptedBy: { name: string | null; email: string | null };
    customer: CustomerJson;
  };
  invoice: { document: InvoiceDocumentJson; customer: CustomerJson };
  receipt: {
    invoiceNumbers: readonly string[];
    currency: string;
    /** What still stands of the payment on these invoices. */
    amountMinor: string;
    openMinor: string;
    paidOn: string;
    sellerName: string;
    customer: CustomerJson;
  };
  reminder: {
    level: number;
    decidedOn: string;
    currency: string;
    segment: string | null;
    iban: string | null;
    sellerName: string;
    /** Those that are still open, by due date. */
    items: readonly { invoiceNumber: string; dueOn: string; openMinor: string }[];
    /** What is open of the charge notes of its invoices; the document of those issued with this letter. */
    charges: readonly {
      number: string;
      dueOn: string;
      openMinor: string;
      document: ChargeDocumentJson | null;
    }[];
    /** The policy pinned by the invoice that reached the highest level. */
    dunning: DunningPolicy | null;
    customer: CustomerJson;
  };
  approval: {
    status: string;
    quoteId: string;
    revision: number;
    currency: string;
    amountMinor: string;
    discountBps: number;
    textCode: string;
    texts: RuleTexts | null;
    decideByOn: string | null;
    /** The same person was asked before. */
    again: boolean;
    approverId: string | null;
    /** Date on which the mail was queued, in the company's zone. */
    on: string;
    /** The approver and whoever stands in that day, directly or through others. */
    people: readonly ColleagueJson[];
  };
  task: {
    taskKind: string;
    role: string;
    status: 'open' | 'resolved';
    leadId: string;
    wait: { sinceOn: string; untilOn: string } | null;
    on: string;
    people: readonly ColleagueJson[];
  };
}

const person = (alias: string): string => `jsonb_build_object('id', ${alias}.id, 'name', ${alias}.name,
  'email', ${alias}.email, 'language', ${alias}.language, 'active', ${alias}.active,
  'delegations', (select coalesce(jsonb_agg(jsonb_build_object('toId', d.delegate_id, 'fromOn', d.from_on,
    'untilOn', d.until_on)), '[]') from delegations d where d.person_id = ${alias}.id))`;

/** The customer of account `a` on a lead. */
const customer = (leadId: string): string => `jsonb_build_object(
  'contact', (select jsonb_build_object('name', c.name, 'email', c.email, 'language', c.language)
    from contacts c join leads cl on cl.contact_id = c.id where cl.id = ${leadId} and c.erased_at is null),
  'account', jsonb_build_object('name', null, 'email', a.email, 'language', a.language))`;

// Offered at the very instant the mail was queued: the offer itself; before it: a reminder of it.
const OFFER = `select jsonb_build_object('document', ${QUOTE_DOCUMENT}, 'again', r.offered_at < m.queued_at,
    'customer', ${customer('r.lead_id')}) as facts
  from ${QUOTE_DOCUMENT_FROM} join mails m on m.subject = r.quote_id
  where m.id = $1 and r.offered_at <= m.queued_at order by r.revision desc limit 1`;

// Queued before the order was cancelled: its confirmation; from then on: the cancellation.
const ORDER = `select jsonb_build_object('number', o.number, 'orderedOn', o.ordered_on,
    'deliverByOn', o.deliver_by, 'purchaseOrder', o.purchase_order, 'currency', o.currency,
    'amountMinor', o.gross_minor::text, 'status', o.status, 'sellerName', e.name,
    'cancelledOn', case when o.cancelled_at <= m.queued_at and o.ordered_at < m.queued_at
      then (o.cancelled_at at time zone e.zone)::date end,
    'acceptedBy', jsonb_build_object('name', o.accepted_by_name, 'email', o.accepted_by_email),
    'customer', ${customer('o.lead_id')}) as facts
  from mails m join orders o on o.id = m.subject join accounts a on a.id = o.account_id
  join legal_entities e on e.id = o.entity_id where m.id = $1`;

const INVOICE = `select jsonb_build_object('document', ${INVOICE_DOCUMENT},
    'customer', ${customer('i.lead_id')}) as facts
  from ${INVOICE_DOCUMENT_FROM} join mails m on m.subject = i.id where m.id = $1`;

// Named by the payment (on this lead's invoices), by one allocation, or by an invoice (its newest payment).
const RECEIPT = `with named as (
    select x.* from mails m join allocations x on x.id = m.subject where m.id = $1
    union select x.* from mails m join allocations x on x.payment_id = m.subject and x.lead_id = m.lead_id
      where m.id = $1
    union select x.* from mails m join allocations x on x.invoice_id = m.subject
        and x.payment_id = (select y.payment_id from allocations y
          where y.invoice_id = m.subject and y.undoes is null order by y.recorded_at desc, y.id desc limit 1)
      where m.id = $1),
  received as (
    select x.invoice_id, max(p.paid_on) as paid_on, sum(s.amount_minor) as minor
    from named x cross join lateral (select x.amount_minor
        union all select u.amount_minor from allocations u where u.undoes = x.id) s
      join payments p on p.id = x.payment_id
    where x.undoes is null group by x.invoice_id)
  select jsonb_build_object('invoiceNumbers', jsonb_agg(i.number order by i.number),
    'currency', min(i.currency), 'amountMinor', sum(v.minor)::text, 'openMinor', sum(i.open_minor)::text,
    'paidOn', max(v.paid_on), 'sellerName', min(e.name), 'customer', ${customer('min(i.lead_id)')}) as facts
  from received v join invoices i on i.id = v.invoice_id join accounts a on a.id = i.account_id
  join legal_entities e on e.id = i.entity_id group by a.id`;

const REMINDER = `select jsonb_build_object('level', (select max(r.level) from reminders r where r.letter_id = t.id),
    'decidedOn', t.decided_on, 'currency', t.currency, 'segment', a.segment, 'iban', e.iban,
    'sellerName', e.name,
    'items', (select coalesce(jsonb_agg(jsonb_build_object('invoiceNumber', i.number, 'dueOn', i.due_on,
        'openMinor', i.open_minor::text) order by i.due_on, i.number), '[]')
      from reminders r join invoices i on i.id = r.invoice_id where r.letter_id = t.id and i.open_minor > 0),
    'charges', (select coalesce(jsonb_agg(jsonb_build_object('number', n.number, 'dueOn', n.due_on,
        'openMinor', n.open_minor::text,
        'document', case when n.letter_id = t.id then ${CHARGE_DOCUMENT} end) order by n.seq), '[]')
      from reminders r join invoices i on i.id = r.invoice_id join charge_notes n on n.invoice_id = i.id
      where r.letter_id = t.id and n.open_minor > 0),
    'dunning', (select p.body from reminders r join invoices i on i.id = r.invoice_id
      join policies p on p.kind = 'dunning' and p.version = (i.pins ->> 'dunning')::int
      where r.letter_id = t.id order by r.level desc, i.id limit 1),
    'customer', ${customer('m.lead_id')}) as facts
  from mails m join reminder_letters t on t.id = m.subject join accounts a on a.id = t.account_id
  join legal_entities e on e.id = t.entity_id where m.id = $1`;

// The wait of an approver ends so many hours after the question; what was queued later reminds of it.
const APPROVAL = `select jsonb_build_object('status', v.status, 'quoteId', v.quote_id, 'revision', v.revision,
    'currency', v.currency, 'amountMinor', v.amount_minor::text,
    'discountBps', greatest(0, r.effective_discount_bps, r.max_line_discount_bps),
    'textCode', v.text_code, 'texts', ${ruleTexts('v')},
    'decideByOn', (w.until at time zone e.zone)::date,
    'again', coalesce(m.queued_at > w.until - make_interval(hours => (p.body ->> 'escalateHours')::int), false),
    'approverId', v.approver_id, 'on', (m.queued_at at time zone e.zone)::date,
    'people', (with recursive asked as (select v.approver_id as id union
        select d.delegate_id from asked s join delegations d on d.person_id = s.id
        where (m.queued_at at time zone e.zone)::date between d.from_on and d.until_on)
      select coalesce(jsonb_agg(${person('h')}), '[]') from asked s join people h on h.id = s.id
      where not h.system)) as facts
  from mails m join approvals v on v.id = m.subject
  join quote_revisions r on r.quote_id = v.quote_id and r.revision = v.revision
  join quotes q on q.id = v.quote_id join legal_entities e on e.id = q.entity_id
  left join policies p on p.kind = 'approval' and p.version = (r.pins ->> 'approval')::int
  left join waits w on w.lead_id = v.lead_id and w.kind = 'approval' and w.subject = v.id and w.ended_at is null
  where m.id = $1`;

const MAX_HOLDERS = 10;
/** Who a task is for: its person; the lead's owner; the nearest manager above; else who has the role. */
const TASK_PEOPLE = `select h.* from people h where h.active and not h.system and case
    when t.person_id is not null then h.id = t.person_id
    when t.role = 'rep' then h.id = l.owner_id
    when t.role = 'manager' then h.id = (with recursive above as (
        select o.manager_id as id, 1 as level from people o where o.id = l.owner_id
        union select u.manager_id, b.level + 1 from above b join people u on u.id = b.id
        where not u.active and b.level < 20)
      select b.id from above b join people u on u.id = b.id where u.active order by b.level limit 1)
    else h.id in (select x.person_id from person_roles x where x.role = t.role) end
  order by h.id limit ${MAX_HOLDERS}`;

const TASK = `select jsonb_build_object('taskKind', t.kind, 'role', t.role, 'status', t.status, 'leadId', l.id,
    'on', (m.queued_at at time zone e.zone)::date,
    'wait', (select jsonb_build_object('sinceOn', (w.since at time zone e.zone)::date,
        'untilOn', (w.until at time zone e.zone)::date) from waits w where w.lead_id = l.id
      and w.ended_at is null and w.kind || '_overdue' = t.kind order by w.until limit 1),
    'people', (select coalesce(jsonb_agg(${person('h')}), '[]') from (${TASK_PEOPLE}) h)) as facts
  from mails m join leads l on l.id = m.lead_id
  join lateral (select k.* from tasks k where k.id = m.subject
      or (k.lead_id = m.lead_id and k.created_at <= m.queued_at and k.kind <> 'mail_failed')
    order by k.id = m.subject desc, k.created_at = m.queued_at desc, k.subject = m.subject desc,
      k.created_at desc, k.id limit 1) t on true
  cross join (select zone from legal_entities order by created_at, id limit 1) e
  where m.id = $1`;

const STATEMENTS: Readonly<Record<MailKind, string>> = {
  offer: OFFER,
  order: ORDER,
  invoice: INVOICE,
  receipt: RECEIPT,
  reminder: REMINDER,
  approval: APPROVAL,
  task: TASK,
};

/** Everything a mail of this kind says and whom it can go to; undefined when its record is not there. */
export async function readMailFacts<K extends MailKind>(
  db: Queryable,
  kind: K,
  mailId: string,
): Promise<MailFacts[K] | undefined> {
  const { rows } = await db.query<{ facts: MailFacts[K] }>({
    name: `mail_${kind}`,
    text: STATEMENTS[kind],
    values: [mailId],
  });
  return rows[0]?.facts;
}
