// A payment that was recorded before, as it was answered then.
import type { Tx } from '../../db/pool.js';
import { DomainError } from '../../domain/errors.js';
import type { ShownAllocation } from './applied.js';
import type { PaymentInput } from './paymentRow.js';
import type { RecordedPayment } from './payments.js';

/** Refuses `reference_reused` where the reference stands for another body. */
export async function knownPayment(
  tx: Tx,
  known: { id: string; bodyHash: string },
  bodyHash: Buffer,
  { provider, reference }: PaymentInput,
): Promise<RecordedPayment> {
  if (known.bodyHash !== bodyHash.toString('hex')) {
    const detail = `${provider} ${reference} stands for another payment`;
    throw new DomainError('reference_reused', detail, '/reference');
  }
  const { rows } = await tx.query<Omit<RecordedPayment, 'paymentId' | 'created'>>({
    name: 'known_payment',
    text: `select unapplied_minor as "unappliedMinor",
        (select substr(t.kind, 9) from tasks t where t.subject = p.id and t.kind like 'payment\\_%'
          order by t.created_at limit 1) as task,
        (select coalesce(array_agg(m.id), '{}') from messages m
          where m.name = 'paymentApplied' and m.lead_id in (select a.lead_id from allocations a
            where a.payment_id = p.id) and m.body ->> 'paymentId' = p.id) as "messageIds"
      from payments p where p.id = $1`,
    values: [known.id],
  });
  const { rows: allocations } = await tx.query<ShownAllocation>({
    name: 'known_allocations',
    text: `select id, invoice_id as "invoiceId", null as "chargeNoteId", lead_id as "leadId",
        amount_minor as "amountMinor"
      from allocations where payment_id = $1 and cause in ('payment', 'recovery')
      union all
      select id, null, charge_note_id, lead_id, amount_minor
      from charge_allocations where payment_id = $1 and cause in ('payment', 'recovery') order by id`,
    values: [known.id],
  });
  if (!rows[0]) throw new RangeError(`no payment ${known.id}`);
  return { ...rows[0], paymentId: known.id, allocations, created: false };
}
