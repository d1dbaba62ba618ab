// The second half of the sample deal: what was billed, paid, reminded of and left to do.
import type { Db } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import { AT, CHARGE, hash } from './sampleWords.js';

type Totals = Pick<Tables['invoices'], 'net_minor' | 'tax_minor' | 'gross_minor'>;

export async function bills(
  db: Db,
  totals: Totals,
  treated: { tax_treatment: string; tax_rate_bps: number },
): Promise<void> {
  const bill = (id: string, kind: string, number: string, seq: bigint, credits_id: string | null) => ({
    id,
    kind,
    entity_id: 'entity_1',
    series: kind,
    seq,
    number,
    lead_id: 'lead_1',
    order_id: 'order_1',
    credits_id,
    account_id: 'account_1',
    currency: 'EUR',
    issued_on: '2026-11-22',
    issued_at: AT,
    tax_point_on: '2026-11-20',
    due_on: '2026-12-22',
    ...totals,
    allocated_minor: kind === 'invoice' ? 100_000n : 0n,
    credited_minor: 0n,
    discount_minor: 0n,
    small_difference_minor: 0n,
    written_off_minor: 0n,
    dunning_level: 0,
    created_by: kind === 'invoice' ? null : 'person_fin',
    approved_by: kind === 'invoice' ? null : 'person_boss',
    pins: { dunning: 1 },
  });
  const billLine = (id: string, invoice_id: string) => ({
    id,
    invoice_id,
    position: 1,
    order_line_id: 'oline_1',
    quantity: '2',
    ...totals,
    ...treated,
    credited_net_minor: 0n,
    credited_tax_minor: 0n,
    allocated_minor: 0n,
    tolerated_minor: 0n,
    written_off_minor: 0n,
  });
  const tax = (invoice_id: string) => ({
    invoice_id,
    treatment: 'S',
    rate_bps: 2100,
    base_minor: totals.net_minor,
    tax_minor: totals.tax_minor,
  });
  const charge = { charge_note_id: CHARGE, invoice_id: 'inv_1', letter_id: 'letter_1' };
  const counted = { days: 35, principalMinor: '117800', rateBps: 1_015 };
  const periods = [{ fromOn: '2026-12-23', untilOn: '2027-01-26', ...counted }];
  const chargeLines = [
    { ...charge, position: 1, kind: 'reminder_fee', amount_minor: 1_000n, periods: null },
    { ...charge, position: 2, kind: 'flat_compensation', amount_minor: 4_000n, periods: null },
    { ...charge, position: 3, kind: 'interest', amount_minor: 1_147n, periods },
  ];
  await new Writes()
    .insert(
      'invoices',
      bill('inv_1', 'invoice', 'INV-000042', 42n, null),
      bill('inv_2', 'credit_note', 'CN-000003', 3n, 'inv_1'),
    )
    .insert('invoice_lines', billLine('iline_1', 'inv_1'), billLine('iline_2', 'inv_2'))
    .insert('invoice_taxes', tax('inv_1'), tax('inv_2'))
    .insert('payments', {
      id: 'pay_1',
      provider: 'bank',
      reference: 'R1',
      body_hash: hash,
      amount_minor: 100_000n,
      currency: 'EUR',
      paid_on: '2026-11-25',
      method: 'bank_transfer',
      account_id: 'account_1',
      entity_id: 'entity_1',
      unapplied_minor: 0n,
      recorded_by: 'person_fin',
      received_at: AT,
      recorded_at: AT,
    })
    .insert('allocations', {
      id: 'alloc_1',
      payment_id: 'pay_1',
      invoice_id: 'inv_1',
      lead_id: 'lead_1',
      amount_minor: 100_000n,
      value_on: '2026-11-25',
      cause: 'payment',
      recorded_at: AT,
    })
    .insert('reminder_letters', {
      id: 'letter_1',
      account_id: 'account_1',
      entity_id: 'entity_1',
      currency: 'EUR',
      decided_on: '2027-01-26',
    })
    .insert('reminders', {
      invoice_id: 'inv_1',
      level: 3,
      letter_id: 'letter_1',
      open_minor: 117_800n,
      decided_on: '2027-01-26',
      decided_at: AT,
    })
    .insert('charge_notes', {
      id: CHARGE,
      entity_id: 'entity_1',
      series: 'charge_note',
      seq: 7n,
      number: 'CH-000007',
      invoice_id: 'inv_1',
      lead_id: 'lead_1',
      account_id: 'account_1',
      letter_id: 'letter_1',
      currency: 'EUR',
      level: 3,
      issued_on: '2027-01-26',
      issued_at: AT,
      due_on: '2027-01-26',
      fee_minor: 5_000n,
      interest_minor: 1_147n,
      interest_from_on: '2026-12-23',
      interest_until_on: '2027-01-26',
      pins: { dunning: 1 },
    })
    .insert('charge_note_lines', ...chargeLines)
    .insert('tasks', {
      id: 'task_1',
      kind: 'quote_overdue',
      lead_id: 'lead_1',
      subject: 'lead_1',
      role: 'rep',
      person_id: 'person_rep',
      reason: {},
      status: 'open',
      created_at: AT,
    })
    .run(db);
}
