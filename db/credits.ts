// What crediting and cancelling read beside the deal.
import type { Tx } from './pool.js';
import { DEAL } from './progress.js';

/** Invoices that still have something to credit, roles of who asked, and deliveries no invoice was issued for. */
export const TO_CREDIT = `jsonb_build_object('deal', ${DEAL},
  'invoiceIds', (select coalesce(jsonb_agg(i.id order by i.id), '[]') from invoices i
    where i.lead_id = $1 and i.kind = 'invoice' and i.credited_minor < i.gross_minor),
  'requesterRoles', (select coalesce(jsonb_agg(r.role), '[]') from person_roles r
    where r.person_id = (select m.body ->> 'requestedBy' from messages m where m.id = $2)
      and (r.granted_by is null or r.granted_on < current_date)),
  'openDeliveries', (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'status', d.status,
      'lines', (select jsonb_agg(jsonb_build_object('lineId', dl.order_line_id,
        'quantityMicro', (dl.quantity * 1000000)::bigint::text)) from delivery_lines dl
        where dl.delivery_id = d.id)) order by d.id), '[]')
    from deliveries d join orders o on o.id = d.order_id
    where o.lead_id = $1 and d.invoice_id is null
      and (d.status = 'recorded' or d.status = 'applied' and o.bill_on = 'delivery')))`;

export interface HeldPayment {
  readonly id: string;
  readonly unappliedMinor: bigint;
  readonly accountId: string | null;
}

/** Locks and reads the payments whose cash stands on invoices that are locked already. */
export async function lockPaymentsOn(tx: Tx, invoiceIds: readonly string[]): Promise<HeldPayment[]> {
  const { rows } = await tx.query<HeldPayment>({
    name: 'lock_payments_on',
    text: `select p.id, p.unapplied_minor as "unappliedMinor", p.account_id as "accountId" from payments p
      where p.id in (select a.payment_id from allocations a where a.invoice_id = any($1))
      order by p.id for no key update`,
    values: [invoiceIds],
  });
  return rows;
}
