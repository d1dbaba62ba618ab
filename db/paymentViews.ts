// Reading payments, each view in one statement. Ids sort by time, so the newest payment comes first by its id.
import { wireMoney } from '../contracts/money.js';
import type { AllocationView, PaymentSummary, PaymentView } from '../contracts/payments.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export interface PaymentFilter {
  readonly account?: string;
  readonly lead?: string;
  readonly reference?: string;
  readonly unapplied?: boolean;
}

interface Page {
  readonly limit: number;
  readonly after: { readonly id: string } | null;
}

export type PaymentRow = Tables['payments'];

/** Payments, the newest first, one more than the page holds when there are more. */
export async function listPayments(db: Queryable, page: Page, filter: PaymentFilter): Promise<PaymentRow[]> {
  const { rows } = await db.query<PaymentRow>({
    text: `select * from payments p where ($1::text is null or p.id < $1)
        and ($2::text is null or p.account_id = $2)
        and ($3::text is null or p.id = any(array(select a.payment_id from allocations a where a.lead_id = $3
          union select c.payment_id from charge_allocations c where c.lead_id = $3)))
        and ($4::text is null or p.reference = $4)
        and ($5::boolean is null or (p.unapplied_minor > 0) = $5)
      order by p.id desc limit $6`,
    values: [
      page.after?.id ?? null,
      filter.account ?? null,
      filter.lead ?? null,
      filter.reference ?? null,
      filter.unapplied ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

export function paymentSummary(row: PaymentRow): PaymentSummary {
  const { currency } = row;
  return {
    id: row.id,
    provider: row.provider,
    reference: row.reference,
    amount: wireMoney(row.amount_minor, currency),
    unapplied: wireMoney(row.unapplied_minor, currency),
    paidOn: row.paid_on,
    method: row.method as PaymentSummary['method'],
    invoiceNumber: row.invoice_number,
    remittance: row.remittance,
    payer: row.payer,
    accountId: row.account_id,
    entityId: row.entity_id,
    recordedBy: row.recorded_by,
    receivedAt: row.received_at.toISOString(),
    reversedAt: row.reversed_at?.toISOString() ?? null,
  };
}

/** One allocation `a` on an invoice, its amount as text. */
export const ALLOCATION = `jsonb_build_object('id', a.id, 'paymentId', a.payment_id,
  'invoiceId', a.invoice_id, 'chargeNoteId', null, 'leadId', a.lead_id, 'amount', a.amount_minor::text, 'valueOn', a.value_on,
  'cause', a.cause, 'undoes', a.undoes)`;

/** The same of one on a charge note. */
export const CHARGE_ALLOCATION = `jsonb_build_object('id', a.id, 'paymentId', a.payment_id, 'invoiceId', null,
  'chargeNoteId', a.charge_note_id, 'leadId', a.lead_id, 'amount', a.amount_minor::text, 'valueOn', a.value_on,
  'cause', a.cause, 'undoes', a.undoes)`;

export type AllocationJson = Omit<AllocationView, 'amount'> & { readonly amount: string };

export const allocationView = (json: AllocationJson, currency: string): AllocationView => ({
  ...json,
  amount: wireMoney(json.amount, currency),
});

interface Parts {
  allocations: AllocationJson[];
  reversal: (Omit<NonNullable<PaymentView['reversal']>, 'bankCharge'> & { bankCharge: string }) | null;
  tasks: PaymentView['tasks'];
}

/** One payment with its allocations, reversal and tasks; undefined where there is none. */
export async function paymentById(db: Queryable, id: string): Promise<PaymentView | undefined> {
  const { rows } = await db.query<PaymentRow & Parts>({
    name: 'payment_by_id',
    text: `select p.*,
        (select coalesce(jsonb_agg(s.json order by s.recorded_at, s.json ->> 'id'), '[]') from (
            select ${ALLOCATION} as json, a.recorded_at from allocations a where a.payment_id = p.id
            union all
            select ${CHARGE_ALLOCATION}, a.recorded_at from charge_allocations a where a.payment_id = p.id) s)
          as allocations,
        (select jsonb_build_object('id', r.id, 'reference', r.reference, 'reversedOn', r.reversed_on,
            'reason', r.reason, 'bankCharge', r.bank_charge_minor::text, 'recordedBy', r.recorded_by)
          from payment_reversals r where r.payment_id = p.id) as reversal,
        (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'kind', t.kind, 'status', t.status)
            order by t.created_at, t.id), '[]') from tasks t where t.subject = p.id) as tasks
      from payments p where p.id = $1`,
    values: [id],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { currency, allocations, reversal, tasks } = row;
  return {
    ...paymentSummary(row),
    allocations: allocations.map((one) => allocationView(one, currency)),
    reversal: reversal && { ...reversal, bankCharge: wireMoney(reversal.bankCharge, currency) },
    tasks,
  };
}
