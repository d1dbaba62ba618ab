// Charge notes as the tests look at them.
import type { Deal, World } from './deal.js';

export interface ChargeSeen {
  readonly id: string;
  readonly number: string;
  readonly invoice: string;
  readonly letter: string;
  readonly level: number;
  readonly fee: bigint;
  readonly interest: bigint;
  readonly paid: bigint;
  readonly waived: bigint;
  readonly writtenOff: bigint;
  readonly open: bigint;
  readonly from: string | null;
  readonly until: string | null;
  readonly issued: string;
}

/** The charge notes of a lead, in the order of their numbers. */
export async function chargesOf({ db }: World, { leadId }: Deal): Promise<ChargeSeen[]> {
  const { rows } = await db.query<ChargeSeen>(
    `select id, number, invoice_id as invoice, letter_id as letter, level, fee_minor as fee, interest_minor as interest,
      allocated_fee_minor + allocated_interest_minor as paid, waived_fee_minor + waived_interest_minor as waived,
      written_off_fee_minor + written_off_interest_minor as "writtenOff", open_minor as open,
      interest_from_on as from, interest_until_on as until, issued_on as issued
      from charge_notes where lead_id = $1 order by seq`,
    [leadId],
  );
  return rows;
}

export async function linesOf({ db }: World, chargeNoteId: string): Promise<object[]> {
  const { rows } = await db.query<object>(
    `select kind, amount_minor as amount, periods from charge_note_lines where charge_note_id = $1 order by position`,
    [chargeNoteId],
  );
  return rows;
}
