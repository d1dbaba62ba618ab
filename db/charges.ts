// Charge notes as steps and intake read and write them. An invoice and its charge notes are one debt under one
// lock, the invoice's row; so nothing here locks a note by itself.
import type { InterestPeriod } from '../domain/collections/interest.js';
import type { ChargeBalance, ChargeParts } from '../domain/collections/types.js';
import type { Queryable, Tx } from './pool.js';
import type { Tables } from './tables.js';
import type { Writes } from './writes.js';

/** A stretch of days late interest is counted over, as it is stored. */
export type PeriodJson = Omit<InterestPeriod, 'principalMinor'> & { readonly principalMinor: string };

/** A charge note beside its invoice, amounts as text. */
export type ChargeJson = {
  readonly chargeNoteId: string;
  readonly number: string;
  readonly dueOn: string;
} & { readonly [K in keyof ChargeBalance]: string };

/** The balance of a note `n`, amounts as text. */
export const CHARGE_BALANCE = `'feeMinor', n.fee_minor::text, 'interestMinor', n.interest_minor::text,
  'allocatedFeeMinor', n.allocated_fee_minor::text, 'allocatedInterestMinor', n.allocated_interest_minor::text,
  'waivedFeeMinor', n.waived_fee_minor::text, 'waivedInterestMinor', n.waived_interest_minor::text,
  'writtenOffFeeMinor', n.written_off_fee_minor::text,
  'writtenOffInterestMinor', n.written_off_interest_minor::text`;

/** The charge notes of an invoice `i`, the oldest first. */
export const CHARGES = `(select coalesce(jsonb_agg(jsonb_build_object('chargeNoteId', n.id, 'number', n.number,
    'dueOn', n.due_on, ${CHARGE_BALANCE}) order by n.due_on, n.seq), '[]')
  from charge_notes n where n.invoice_id = i.id)`;

/** What late interest on an invoice is counted from; amounts as text. */
export interface PrincipalJson {
  readonly invoiceId: string;
  readonly grossMinor: string;
  /** Cash by its day of value, credit notes, write-offs and what undid them. */
  readonly changes: readonly { readonly on: string; readonly changeMinor: string }[];
  readonly chargedUntilOn: string | null;
  readonly flatCharged: boolean;
}

export async function readPrincipals(tx: Tx, invoiceIds: readonly string[]): Promise<PrincipalJson[]> {
  const { rows } = await tx.query<PrincipalJson>({
    name: 'late_principals',
    text: `select i.id as "invoiceId", i.gross_minor::text as "grossMinor",
        (select coalesce(jsonb_agg(jsonb_build_object('on', c.on_day, 'changeMinor', c.minor::text)), '[]') from (
            select a.value_on as on_day, -a.amount_minor as minor from allocations a where a.invoice_id = i.id
            union all
            select n.issued_on, -n.gross_minor from invoices n
              where n.order_id = i.order_id and n.credits_id = i.id
            union all
            select w.written_off_on, -w.amount_minor from write_offs w where w.invoice_id = i.id
            union all
            select case when t.business_key = 'small-difference/' || a.id then a.value_on else t.posted_on end,
                -e.amount_minor from allocations a
              join ledger_transactions t on t.business_key in
                ('small-difference/' || a.id, 'small-difference/' || a.id || '/reversed')
              join ledger_entries e on e.transaction_id = t.id and e.account = 'small_differences'
              where a.invoice_id = i.id) c) as changes,
        (select max(n.interest_until_on) from charge_notes n where n.invoice_id = i.id) as "chargedUntilOn",
        exists (select from charge_note_lines l where l.invoice_id = i.id and l.kind = 'flat_compensation')
          as "flatCharged"
      from invoices i where i.id = any($1) order by i.id`,
    values: [invoiceIds],
  });
  return rows;
}

/** The invoice of each charge note that exists; the two never part. */
export async function invoicesOfCharges(
  tx: Tx,
  chargeNoteIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ id: string; invoiceId: string }>({
    name: 'invoices_of_charges',
    text: `select id, invoice_id as "invoiceId" from charge_notes where id = any($1)`,
    values: [chargeNoteIds],
  });
  return new Map(rows.map(({ id, invoiceId }) => [id, invoiceId]));
}

const OPEN_PARTS = `n.fee_minor - n.allocated_fee_minor - n.waived_fee_minor - n.written_off_fee_minor
    as "feeMinor", n.interest_minor - n.allocated_interest_minor - n.waived_interest_minor
    - n.written_off_interest_minor as "interestMinor"`;

/** What is open of one note, without a lock; undefined where there is none. */
export async function openParts(
  db: Queryable,
  chargeNoteId: string,
): Promise<(ChargeParts & { readonly currency: string }) | undefined> {
  const { rows } = await db.query<ChargeParts & { currency: string }>({
    name: 'open_parts_of_charge',
    text: `select n.currency, ${OPEN_PARTS} from charge_notes n where n.id = $1`,
    values: [chargeNoteId],
  });
  return rows[0];
}

/** Cash of a payment that still stands on a charge note. */
export interface StandingCharge extends ChargeParts {
  readonly allocationId: string;
  readonly chargeNoteId: string;
  readonly invoiceId: string;
  readonly recovery: boolean;
}

export async function readStandingCharges(tx: Tx, paymentId: string): Promise<StandingCharge[]> {
  const { rows } = await tx.query<StandingCharge>({
    name: 'standing_charges',
    text: `select a.id as "allocationId", a.charge_note_id as "chargeNoteId", n.invoice_id as "invoiceId",
        a.fee_minor as "feeMinor", a.interest_minor as "interestMinor", a.cause = 'recovery' as recovery
      from charge_allocations a join charge_notes n on n.id = a.charge_note_id
      where a.payment_id = $1 and a.undoes is null
        and not exists (select from charge_allocations u where u.undoes = a.id)
      order by a.recorded_at, a.id`,
    values: [paymentId],
  });
  return rows;
}

/** Who had money put where it stands: by recording it, or by choosing the place by hand. */
export interface CashAct {
  readonly act: 'recordPayment' | 'allocatePayment';
  readonly personId: string;
}

/** Who had money put on a charge note: such a person never waives it. */
export async function cashActsOnCharge(tx: Tx, chargeNoteId: string): Promise<CashAct[]> {
  const { rows } = await tx.query<CashAct>({
    name: 'cash_acts_on_charge',
    text: `select 'recordPayment' as act, p.recorded_by as "personId"
        from charge_allocations a join payments p on p.id = a.payment_id where a.charge_note_id = $1
      union
      select 'allocatePayment', allocated_by from charge_allocations
        where charge_note_id = $1 and allocated_by is not null`,
    values: [chargeNoteId],
  });
  return rows;
}

export type NewChargeAllocation = Pick<
  Tables['charge_allocations'],
  | 'id'
  | 'payment_id'
  | 'charge_note_id'
  | 'lead_id'
  | 'fee_minor'
  | 'interest_minor'
  | 'value_on'
  | 'undoes'
  | 'cause'
> &
  Partial<Pick<Tables['charge_allocations'], 'allocated_by'>>;

/** What stands on notes now, as their columns cache it. */
export function writeChargeBalances(
  writes: Writes,
  charges: readonly (ChargeBalance & { readonly chargeNoteId: string })[],
): void {
  writes.update(
    'charge_notes',
    ['id'],
    ...charges.map((charge) => ({
      id: charge.chargeNoteId,
      allocated_fee_minor: charge.allocatedFeeMinor,
      allocated_interest_minor: charge.allocatedInterestMinor,
      waived_fee_minor: charge.waivedFeeMinor,
      waived_interest_minor: charge.waivedInterestMinor,
      written_off_fee_minor: charge.writtenOffFeeMinor,
      written_off_interest_minor: charge.writtenOffInterestMinor,
    })),
  );
}
