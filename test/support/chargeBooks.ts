// Reminders and what they charge, in plain SQL: a fee with three days of interest, paid in part and waived; a flat
// compensation that is written off.
import { sha256 } from './books.js';
import { SalesBooks } from './salesBooks.js';

interface Charge {
  readonly kind: 'reminder_fee' | 'flat_compensation';
  readonly fee: number;
  /** Interest on 121.00 at 10.15 % for so many days up to today. */
  readonly days?: number;
}

export class ChargeBooks extends SalesBooks {
  /** Three days after the due date. */
  async remind(lead: string, { kind, fee, days = 0 }: Charge): Promise<void> {
    this.pass(72);
    const letter = { id: `letter_${lead}`, account_id: 'acc_1', entity_id: 'ent_1', currency: 'EUR' };
    await this.step({
      lead,
      action: 'sendReminder',
      write: async () => {
        await this.insert('reminder_letters', { ...letter, decided_on: this.today });
        await this.insert('reminders', {
          invoice_id: `inv_${lead}`,
          level: 1,
          letter_id: letter.id,
          open_minor: 12_100,
          decided_on: this.today,
        });
        await this.charge(lead, letter.id, kind, fee, days);
      },
    });
  }

  async charge(lead: string, letter_id: string, kind: string, fee: number, days: number): Promise<void> {
    const interest = Math.round((12_100 * 1_015 * days) / 3_650_000);
    const fromOn = new Date(this.at.getTime() - (days - 1) * 86_400_000).toISOString().slice(0, 10);
    const id = `charge_${lead}`;
    await this.insert('charge_notes', {
      id,
      entity_id: 'ent_1',
      ...(await this.number('charge_note')),
      invoice_id: `inv_${lead}`,
      lead_id: lead,
      account_id: 'acc_1',
      letter_id,
      currency: 'EUR',
      level: 1,
      issued_on: this.today,
      issued_at: this.at,
      due_on: this.today,
      fee_minor: fee,
      interest_minor: interest,
      interest_from_on: interest ? fromOn : null,
      interest_until_on: interest ? this.today : null,
      pins: {},
    });
    const line = { charge_note_id: id, invoice_id: `inv_${lead}`, letter_id };
    await this.insert('charge_note_lines', { ...line, position: 1, kind, amount_minor: fee });
    const period = { fromOn, untilOn: this.today, days, principalMinor: '12100', rateBps: 1_015 };
    if (interest) {
      const periods = JSON.stringify([period]);
      await this.insert('charge_note_lines', {
        ...line,
        position: 2,
        kind: 'interest',
        amount_minor: interest,
        periods,
      });
    }
    const earned: [string, number][] = [['fee_income', -fee]];
    if (interest) earned.push(['interest_income', -interest]);
    await this.post(`charge-note/${id}`, lead, [['receivable', fee + interest, 'acc_1'], ...earned]);
  }

  /** Interest first, then of the fee. */
  async payCharge(lead: string, interest_minor: number, fee_minor: number): Promise<void> {
    const amount_minor = interest_minor + fee_minor;
    await this.transaction(async () => {
      await this.insert('payments', {
        id: 'pay_charge',
        provider: 'bank',
        reference: 'charge',
        body_hash: sha256('charge'),
        amount_minor,
        currency: 'EUR',
        paid_on: this.today,
        method: 'bank_transfer',
        account_id: 'acc_1',
        entity_id: 'ent_1',
        unapplied_minor: 0,
        recorded_by: 'per_fin1',
        received_at: this.at,
      });
      await this.insert('charge_allocations', {
        id: 'alloc_charge',
        payment_id: 'pay_charge',
        charge_note_id: `charge_${lead}`,
        lead_id: lead,
        fee_minor,
        interest_minor,
        value_on: this.today,
        cause: 'payment',
      });
      const allocated = { allocated_fee_minor: fee_minor, allocated_interest_minor: interest_minor };
      await this.update('charge_notes', { id: `charge_${lead}` }, allocated);
      await this.post('payment_charge', lead, [
        ['cash', amount_minor],
        ['receivable', -amount_minor, 'acc_1'],
      ]);
      await this.audit('pay_charge', 'pay_charge', 'recordPayment');
    });
  }

  async waive(lead: string, fee_minor: number): Promise<void> {
    const charge_note_id = `charge_${lead}`;
    await this.transaction(async () => {
      const waiver = { charge_note_id, fee_minor, interest_minor: 0, waived_on: this.today };
      await this.insert('charge_waivers', { id: 'waiver_1', ...waiver, reason: 'x', decided_by: 'per_fin2' });
      await this.update('charge_notes', { id: charge_note_id }, { waived_fee_minor: fee_minor });
      await this.post('charge-waiver/waiver_1', lead, [
        ['fee_income', fee_minor],
        ['receivable', -fee_minor, 'acc_1'],
      ]);
      await this.audit(charge_note_id, 'waiver_1', 'waiveCharge');
    });
  }

  async writeOffCharge(lead: string, fee_minor: number): Promise<void> {
    const charge_note_id = `charge_${lead}`;
    const off = { charge_note_id, fee_minor, interest_minor: 0, written_off_on: this.today };
    await this.insert('charge_write_offs', { id: 'off_charge', ...off, reason: 'x', decided_by: 'per_fin2' });
    await this.update('charge_notes', { id: charge_note_id }, { written_off_fee_minor: fee_minor });
    await this.post('charge-write-off/off_charge', lead, [
      ['bad_debt', fee_minor],
      ['receivable', -fee_minor, 'acc_1'],
    ]);
  }
}
