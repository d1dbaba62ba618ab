// Reading charge notes, each view in one statement. Ids sort by time, so the newest comes first by its id.
import type { ChargeNoteSummary, ChargeNoteView } from '../contracts/charges.js';
import { wireMoney } from '../contracts/money.js';
import { chargeStatus } from '../domain/collections/charges.js';
import type { PeriodJson } from './charges.js';
import { type AllocationJson, allocationView, CHARGE_ALLOCATION } from './paymentViews.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export const CHARGE_FILTERS = ['open', 'paid', 'waived', 'written_off'] as const;

export interface ChargeFilter {
  readonly invoice?: string;
  readonly account?: string;
  readonly lead?: string;
  readonly number?: string;
  readonly status?: (typeof CHARGE_FILTERS)[number];
}

interface Page {
  readonly limit: number;
  readonly after: { readonly id: string } | null;
}

export type ChargeRow = Tables['charge_notes'];

// The words of domain/collections/charges.ts, as conditions an index on what is open can serve.
const IN_STATUS = `case $6 when 'open' then n.open_minor > 0
  when 'written_off' then n.open_minor = 0 and n.written_off_fee_minor + n.written_off_interest_minor > 0
  when 'waived' then n.open_minor = 0 and n.written_off_fee_minor + n.written_off_interest_minor = 0
    and n.waived_fee_minor + n.waived_interest_minor > 0
  when 'paid' then n.open_minor = 0 and n.written_off_fee_minor + n.written_off_interest_minor
    + n.waived_fee_minor + n.waived_interest_minor = 0 end`;

/** Charge notes, the newest first, one more than the page holds when there are more. */
export async function listCharges(db: Queryable, page: Page, filter: ChargeFilter): Promise<ChargeRow[]> {
  const { rows } = await db.query<ChargeRow>({
    text: `select n.* from charge_notes n where ($1::text is null or n.id < $1)
        and ($2::text is null or n.invoice_id = $2) and ($3::text is null or n.account_id = $3)
        and ($4::text is null or n.lead_id = $4) and ($5::text is null or n.number = $5)
        and ($6::text is null or ${IN_STATUS})
      order by n.id desc limit $7`,
    values: [
      page.after?.id ?? null,
      filter.invoice ?? null,
      filter.account ?? null,
      filter.lead ?? null,
      filter.number ?? null,
      filter.status ?? null,
      page.limit + 1,
    ],
  });
  return rows;
}

export function chargeSummary(row: ChargeRow): ChargeNoteSummary {
  const money = (minor: bigint) => wireMoney(minor, row.currency);
  return {
    id: row.id,
    number: row.number,
    invoiceId: row.invoice_id,
    leadId: row.lead_id,
    accountId: row.account_id,
    entityId: row.entity_id,
    letterId: row.letter_id,
    level: row.level,
    issuedOn: row.issued_on,
    dueOn: row.due_on,
    fee: money(row.fee_minor),
    interest: money(row.interest_minor),
    total: money(row.total_minor),
    allocated: money(row.allocated_fee_minor + row.allocated_interest_minor),
    waived: money(row.waived_fee_minor + row.waived_interest_minor),
    writtenOff: money(row.written_off_fee_minor + row.written_off_interest_minor),
    open: money(row.open_minor),
    status: chargeStatus({
      feeMinor: row.fee_minor,
      interestMinor: row.interest_minor,
      allocatedFeeMinor: row.allocated_fee_minor,
      allocatedInterestMinor: row.allocated_interest_minor,
      waivedFeeMinor: row.waived_fee_minor,
      waivedInterestMinor: row.waived_interest_minor,
      writtenOffFeeMinor: row.written_off_fee_minor,
      writtenOffInterestMinor: row.written_off_interest_minor,
    }),
  };
}

interface Parts {
  readonly invoiceNumber: string;
  readonly lines: {
    readonly position: number;
    readonly kind: ChargeNoteView['lines'][number]['kind'];
    readonly amount: string;
    readonly periods: readonly PeriodJson[] | null;
  }[];
  readonly allocations: readonly AllocationJson[];
  readonly waivers: (Omit<ChargeNoteView['waivers'][number], 'amount'> & { readonly amount: string })[];
  readonly writeOffs: (Omit<ChargeNoteView['writeOffs'][number], 'amount'> & { readonly amount: string })[];
}

/** One charge note with everything that stands on it; undefined where there is none. */
export async function chargeById(db: Queryable, id: string): Promise<ChargeNoteView | undefined> {
  const { rows } = await db.query<ChargeRow & Parts>({
    name: 'charge_by_id',
    text: `select n.*, i.number as "invoiceNumber",
        (select jsonb_agg(jsonb_build_object('position', l.position, 'kind', l.kind, 'amount', l.amount_minor::text,
            'periods', l.periods) order by l.position) from charge_note_lines l where l.charge_note_id = n.id)
          as lines,
        (select coalesce(jsonb_agg(${CHARGE_ALLOCATION} order by a.recorded_at, a.id), '[]')
          from charge_allocations a where a.charge_note_id = n.id) as allocations,
        (select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'amount', (w.fee_minor + w.interest_minor)::text,
            'waivedOn', w.waived_on, 'reason', w.reason, 'decidedBy', w.decided_by) order by w.id), '[]')
          from charge_waivers w where w.charge_note_id = n.id) as waivers,
        (select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'amount', (w.fee_minor + w.interest_minor)::text,
            'writtenOffOn', w.written_off_on, 'reason', w.reason, 'decidedBy', w.decided_by) order by w.id), '[]')
          from charge_write_offs w where w.charge_note_id = n.id) as "writeOffs"
      from charge_notes n join invoices i on i.id = n.invoice_id where n.id = $1`,
    values: [id],
  });
  return rows[0] && chargeView(rows[0]);
}

function chargeView(row: ChargeRow & Parts): ChargeNoteView {
  const money = (minor: string) => wireMoney(minor, row.currency);
  return {
    ...chargeSummary(row),
    invoiceNumber: row.invoiceNumber,
    issuedAt: row.issued_at.toISOString(),
    interestFromOn: row.interest_from_on,
    interestUntilOn: row.interest_until_on,
    lines: row.lines.map(({ position, kind, amount, periods }) => ({
      position,
      kind,
      amount: money(amount),
      taxTreatment: 'O',
      periods:
        periods?.map(({ principalMinor, ...period }) => ({ ...period, principal: money(principalMinor) })) ??
        null,
    })),
    allocations: row.allocations.map((one) => allocationView(one, row.currency)),
    waivers: row.waivers.map((one) => ({ ...one, amount: money(one.amount) })),
    writeOffs: row.writeOffs.map((one) => ({ ...one, amount: money(one.amount) })),
  };
}
