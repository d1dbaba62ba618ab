// Everything the people around a lead know of it, read in one go.
import type { Outcome, Stage } from '../../domain/leads/stages.js';

export interface KnownInvoice {
  readonly id: string;
  readonly number: string;
  readonly openMinor: number;
  readonly grossMinor: number;
  readonly lines: readonly { readonly id: string; readonly netMinor: number }[];
}

export interface Known {
  readonly stage: Stage;
  readonly outcome: Outcome | null;
  readonly owner: string | null;
  readonly accountId: string | null;
  /** The newest revision of the newest quote. */
  readonly quote: { readonly quoteId: string; readonly revision: number; readonly status: string } | null;
  readonly approval: {
    readonly approvalId: string;
    readonly quoteId: string;
    readonly revision: number;
    readonly approverId: string | null;
    readonly status: string;
  } | null;
  readonly order: {
    readonly id: string;
    readonly lines: readonly { readonly id: string; readonly left: string; readonly ordered: string }[];
  } | null;
  /** In the order they were issued; amounts in minor units, far below what a number holds. */
  readonly invoices: readonly KnownInvoice[];
  readonly payments: readonly { readonly id: string; readonly unappliedMinor: number }[];
}

/** $1 is the lead. What waits for a decision comes before what was decided. */
export const KNOWN = `select jsonb_build_object(
  'stage', l.stage, 'outcome', l.outcome, 'owner', l.owner_id, 'accountId', l.account_id,
  'quote', (select jsonb_build_object('quoteId', r.quote_id, 'revision', r.revision, 'status', r.status)
    from quote_revisions r
    where r.lead_id = l.id order by r.created_at desc, r.quote_id desc, r.revision desc limit 1),
  'approval', (select jsonb_build_object('approvalId', a.id, 'quoteId', a.quote_id, 'revision', a.revision,
      'approverId', a.approver_id, 'status', a.status) from approvals a
    where a.lead_id = l.id order by a.status = 'open' desc, a.revision desc, a.sequence desc limit 1),
  'order', (select jsonb_build_object('id', o.id, 'lines', (select jsonb_agg(jsonb_build_object('id', ol.id,
      'left', (ol.quantity - coalesce((select sum(dl.quantity) from delivery_lines dl
        join deliveries d on d.id = dl.delivery_id and d.status <> 'refused' where dl.order_line_id = ol.id), 0))::text,
      'ordered', ol.quantity::text) order by ol.position)
    from order_lines ol where ol.order_id = o.id)) from orders o where o.lead_id = l.id),
  'invoices', (select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'number', i.number,
      'openMinor', i.open_minor, 'grossMinor', i.gross_minor,
      'lines', (select jsonb_agg(jsonb_build_object('id', il.id, 'netMinor', il.net_minor))
        from invoice_lines il where il.invoice_id = i.id)) order by i.seq), '[]')
    from invoices i where i.lead_id = l.id and i.kind = 'invoice'),
  'payments', (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'unappliedMinor', p.unapplied_minor)
      order by p.id), '[]') from payments p
    where p.id in (select a.payment_id from allocations a where a.lead_id = l.id)
      and not exists (select from payment_reversals r where r.payment_id = p.id))
  ) as known from leads l where l.id = $1`;
