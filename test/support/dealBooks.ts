// The cash half of a deal in plain SQL: paid, bounced, credited, written off, commission earned.
import type pg from 'pg';
import { sha256 } from './books.js';
import { ChargeBooks } from './chargeBooks.js';

const SHARES = [
  { payee_id: 'per_rep', component: 'direct', rate_bps: 500 },
  { payee_id: 'per_boss', component: 'override1', rate_bps: 100 },
];

export class DealBooks extends ChargeBooks {
  /** The whole invoice, and `extraMinor` nobody knows a use for. */
  async pay(lead: string, extraMinor = 0): Promise<void> {
    const payment = `pay_${lead}`;
    await this.transaction(async () => {
      await this.insert('payments', {
        id: payment,
        provider: 'bank',
        reference: lead,
        body_hash: sha256('payment'),
        amount_minor: 12_100 + extraMinor,
        currency: 'EUR',
        paid_on: this.today,
        method: 'bank_transfer',
        account_id: 'acc_1',
        entity_id: 'ent_1',
        unapplied_minor: extraMinor,
        recorded_by: 'per_fin1',
        received_at: this.at,
      });
      await this.allocate(lead, `alloc_${lead}`, 12_100);
      const unapplied: [string, number, string][] = extraMinor
        ? [['unapplied_cash', -extraMinor, 'acc_1']]
        : [];
      await this.post(`payment_${lead}`, lead, [
        ['cash', 12_100 + extraMinor],
        ['receivable', -12_100, 'acc_1'],
        ...unapplied,
      ]);
      await this.audit(payment, payment, 'recordPayment');
    });
    await this.step({ lead, action: 'paymentApplied', message: 'fact', to: 'commission' });
  }

  async allocate(
    lead: string,
    id: string,
    amount_minor: number,
    undoes: string | null = null,
  ): Promise<void> {
    await this.insert('allocations', {
      id,
      payment_id: `pay_${lead}`,
      invoice_id: `inv_${lead}`,
      lead_id: lead,
      amount_minor,
      value_on: this.today,
      undoes,
      cause: undoes ? 'reversal' : 'payment',
    });
    const line = { allocation_id: id, invoice_line_id: `inv_${lead}_1`, amount_minor };
    await this.insert('allocation_lines', line);
    const allocated_minor = undoes ? 0 : amount_minor;
    await this.update('invoices', { id: `inv_${lead}` }, { allocated_minor });
    await this.update('invoice_lines', { id: `inv_${lead}_1` }, { allocated_minor });
  }

  /** 5 % for the rep, 1 % for the manager on the cash; `mirrored` takes the same back. */
  earn(lead: string, mirrored = false): Promise<string> {
    const sign = mirrored ? -1 : 1;
    return this.step({
      lead,
      action: mirrored ? 'reverseCommission' : 'earnCommission',
      write: async () => {
        for (const { payee_id, component, rate_bps } of SHARES) {
          const first = `com_${lead}_${component}`;
          const amount_minor = rate_bps * sign;
          await this.insert('commission_lines', {
            id: mirrored ? `${first}_mirror` : first,
            lead_id: lead,
            order_id: `order_${lead}`,
            invoice_id: `inv_${lead}`,
            invoice_line_id: `inv_${lead}_1`,
            allocation_id: `alloc_${lead}`,
            payee_id,
            component,
            plan_version: 1,
            family: 'furniture',
            basis_minor: 10_000 * sign,
            rate_bps,
            amount_minor,
            currency: 'EUR',
            sequence: mirrored ? 1 : 0,
            corrects: mirrored ? first : null,
            earned_on: this.today,
          });
          await this.post(`${mirrored ? 'mirror' : 'earn'}_${lead}_${component}`, lead, [
            ['commission_expense', amount_minor],
            ['commission_payable', -amount_minor, payee_id],
          ]);
        }
      },
    });
  }

  payOut(lead: string): Promise<string> {
    const payout_id = `payout_${lead}`;
    return this.step({
      lead,
      action: 'payCommission',
      to: 'closed',
      write: async () => {
        await this.insert('payouts', {
          id: payout_id,
          mode: 'on_earned',
          period: this.today.slice(0, 7),
          run: 1,
          lead_id: lead,
          status: 'confirmed',
          plan_version: 1,
          calculated_at: this.at,
        });
        // 1 bps of the 100.00 net is one cent.
        for (const { payee_id, component, rate_bps: minor } of SHARES) {
          const paid = { earned_minor: minor, amount_minor: minor, currency: 'EUR' };
          await this.insert('payout_lines', { payout_id, payee_id, ...paid });
          const item = { payout_id, commission_line_id: `com_${lead}_${component}` };
          await this.insert('payout_items', item);
          await this.post(`payout_${lead}_${component}`, lead, [
            ['commission_payable', minor, payee_id],
            ['payout_clearing', -minor, payee_id],
            ['payout_clearing', minor, payee_id],
            ['cash', -minor],
          ]);
        }
        await this.endWaits(lead);
        await this.close(lead, 'won');
      },
    });
  }

  async bounce(lead: string): Promise<void> {
    await this.transaction(async () => {
      await this.insert('payment_reversals', {
        id: `rev_${lead}`,
        payment_id: `pay_${lead}`,
        reference: 'bounce',
        reversed_on: this.today,
        reason: 'no funds',
        recorded_by: 'per_fin1',
      });
      await this.update('payments', { id: `pay_${lead}` }, { reversed_at: this.at });
      await this.allocate(lead, `unalloc_${lead}`, -12_100, `alloc_${lead}`);
      await this.post(`bounce_${lead}`, lead, [
        ['receivable', 12_100, 'acc_1'],
        ['cash', -12_100],
      ]);
      await this.audit(`pay_${lead}`, `rev_${lead}`, 'reversePayment');
    });
    await this.step({ lead, action: 'paymentReversed', message: 'fact', to: 'collecting' });
  }

  /** Half of the invoice credited, the other half written off. */
  async giveUp(lead: string): Promise<void> {
    const half = { net: 5_000, tax: 1_050, gross: 6_050 };
    await this.step({
      lead,
      action: 'creditInvoice',
      message: 'decision',
      write: async () => {
        await this.document(lead, `note_${lead}`, 'credit_note', [half.net, half.tax]);
        await this.update('invoices', { id: `inv_${lead}` }, { credited_minor: half.gross });
        const credited = { credited_net_minor: half.net, credited_tax_minor: half.tax };
        await this.update('invoice_lines', { id: `inv_${lead}_1` }, credited);
        await this.post(`credit_${lead}`, lead, [
          ['revenue', half.net],
          ['tax_payable', half.tax],
          ['receivable', -half.gross, 'acc_1'],
        ]);
      },
    });
    await this.step({
      lead,
      action: 'writeOffInvoice',
      message: 'decision',
      to: 'closed',
      write: async () => {
        await this.insert('write_offs', {
          id: `off_${lead}`,
          invoice_id: `inv_${lead}`,
          lead_id: lead,
          amount_minor: half.gross,
          written_off_on: this.today,
          reason: 'insolvent',
          decided_by: 'per_fin2',
        });
        await this.update('invoices', { id: `inv_${lead}` }, { written_off_minor: half.gross });
        await this.update('invoice_lines', { id: `inv_${lead}_1` }, { written_off_minor: half.gross });
        await this.post(`write_off_${lead}`, lead, [
          ['bad_debt', half.gross],
          ['receivable', -half.gross, 'acc_1'],
        ]);
        await this.writeOffCharge(lead, 4_000);
        await this.endWaits(lead);
        await this.close(lead, 'written_off');
      },
    });
  }
}

/**
 * Four leads: `won` (reminded and charged, paid with 5.00 too much, commission paid, the charge paid in part and
 * waived), `bounced` (paid, earned, taken back, open again), `lost` money (charged, credited, all written off), `fresh` (captured, with a refused decision and
 * a parked fact that is somebody's task).
 */
export async function writeBooks(db: pg.ClientBase, nowMs: number): Promise<void> {
  const books = new DealBooks(db, nowMs);
  await books.transaction(() => books.company());
  for (const lead of ['lead_won', 'lead_bounced', 'lead_lost', 'lead_fresh']) await books.capture(lead);
  for (const lead of ['lead_won', 'lead_bounced', 'lead_lost']) {
    await books.order(lead);
    await books.invoice(lead);
  }
  await books.remind('lead_won', { kind: 'reminder_fee', fee: 500, days: 3 });
  await books.pay('lead_won', 500);
  await books.earn('lead_won');
  await books.payOut('lead_won');
  await books.payCharge('lead_won', 10, 190);
  await books.waive('lead_won', 310);
  await books.pay('lead_bounced');
  await books.earn('lead_bounced');
  await books.bounce('lead_bounced');
  await books.earn('lead_bounced', true);
  await books.remind('lead_lost', { kind: 'flat_compensation', fee: 4_000 });
  await books.giveUp('lead_lost');
  const refused = { result: 'refused', code: 'wrong_stage' };
  await books.message('msg_refused', 'lead_fresh', 'acceptQuote', 'decision', {}, refused);
  await books.message('msg_parked', 'lead_fresh', 'paymentApplied', 'fact', {}, null);
  await books.update('messages', { id: 'msg_parked' }, { parked_for: 'no_order' });
  await books.insert('tasks', {
    id: 'task_parked',
    kind: 'fact_parked',
    lead_id: 'lead_fresh',
    subject: 'msg_parked',
    role: 'finance',
    created_at: books.at,
  });
}
