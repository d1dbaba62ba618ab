// The selling half of a deal in plain SQL: captured, quoted, approved, ordered, delivered, invoiced.
import { Books, sha256 } from './books.js';

const WHOLE = { net_minor: 10_000, tax_minor: 2_100, gross_minor: 12_100 };

export class SalesBooks extends Books {
  async capture(lead: string): Promise<void> {
    this.pass(1);
    await this.transaction(async () => {
      await this.insert('leads', {
        id: lead,
        revision: 1,
        stage: 'new',
        stage_since: this.at,
        channel: 'website',
        owner_id: 'per_rep',
        captured_at: this.at,
      });
      await this.wait(lead, 'qualification');
      await this.audit(lead, `capture/${lead}`, 'captureLead', { revision: 1, to: 'new' });
    });
    this.begin(lead);
    await this.step({ lead, action: 'leadCaptured', message: 'fact' });
  }

  /** To an accepted order of 2 chairs at 50.00, 21 % tax. */
  async order(lead: string): Promise<void> {
    const quote_id = `quote_${lead}`;
    await this.step({ lead, action: 'qualifyLead', message: 'decision', to: 'qualified' });
    await this.step({
      lead,
      action: 'submitQuote',
      message: 'decision',
      to: 'approval',
      write: () => this.#submit(lead, quote_id),
    });
    await this.step({
      lead,
      action: 'decideApproval',
      message: 'decision',
      to: 'offered',
      write: async () => {
        const decided = { status: 'approved', decided_by: 'per_boss', decided_at: this.at };
        await this.update('approvals', { id: `appr_${lead}` }, decided);
        await this.update('quote_revisions', { quote_id }, { status: 'offered' });
      },
    });
    await this.step({
      lead,
      action: 'acceptQuote',
      message: 'decision',
      to: 'ordered',
      write: () => this.#accept(lead, quote_id),
    });
  }

  async #submit(lead_id: string, quote_id: string): Promise<void> {
    const made = { lead_id, created_by: 'per_rep', created_at: this.at };
    const content_hash = sha256(`content of ${lead_id}`);
    await this.insert('quotes', {
      id: quote_id,
      account_id: 'acc_1',
      entity_id: 'ent_1',
      currency: 'EUR',
      ...made,
    });
    await this.insert('quote_revisions', {
      quote_id,
      revision: 1,
      status: 'submitted',
      content_hash,
      price_book_id: 'book_1',
      discount_bps: 0,
      effective_discount_bps: 0,
      max_line_discount_bps: 0,
      list_minor: 10_000,
      ...WHOLE,
      terms: {},
      valid_days: 30,
      pins: { invoicing: 1 },
      submitted_by: 'per_rep',
      ...made,
    });
    await this.insert('approvals', {
      id: `appr_${lead_id}`,
      quote_id,
      revision: 1,
      lead_id,
      sequence: 1,
      rule_id: 'all',
      text_code: 'all',
      approver_id: 'per_boss',
      requested_by: 'per_rep',
      status: 'open',
      amount_minor: 10_000,
      currency: 'EUR',
      limit_minor: 50_000,
      content_hash,
    });
  }

  async #accept(lead_id: string, quote_id: string): Promise<void> {
    const order_id = `order_${lead_id}`;
    await this.update('quote_revisions', { quote_id }, { status: 'accepted' });
    await this.insert('orders', {
      id: order_id,
      ...(await this.number('order')),
      lead_id,
      quote_id,
      quote_revision: 1,
      account_id: 'acc_1',
      entity_id: 'ent_1',
      currency: 'EUR',
      status: 'open',
      content_hash: sha256(`content of ${lead_id}`),
      ...WHOLE,
      terms: {},
      bill_on: 'delivery',
      pins: { invoicing: 1 },
      ordered_at: this.at,
      ordered_on: this.today,
      deliver_by: this.today,
    });
    await this.insert('order_lines', {
      id: `oline_${lead_id}`,
      order_id,
      position: 1,
      product_id: 'prod_1',
      sku: 'CHAIR',
      name: 'Chair',
      family: 'furniture',
      unit: 'piece',
      charged_on: 'each_delivery',
      quantity: 2,
      net_minor: 10_000,
      tax_treatment: 'S',
      tax_rate_bps: 2_100,
      tax_reason: 'domestic',
    });
    const credit = { order_id, report_ids: [], roles: ['rep'], share_bps: 10_000, plan_version: 1 };
    await this.insert('commission_credits', { ...credit, payee_id: 'per_rep', component: 'direct' });
    await this.insert('commission_credits', { ...credit, payee_id: 'per_boss', component: 'override1' });
  }

  /** Delivered whole and invoiced: 121.00. */
  async invoice(lead: string): Promise<void> {
    await this.step({
      lead,
      action: 'deliveryRecorded',
      message: 'fact',
      to: 'collecting',
      body: { deliveryId: `deliv_${lead}` },
      write: async () => {
        await this.insert('deliveries', {
          id: `deliv_${lead}`,
          order_id: `order_${lead}`,
          key: 'first',
          body_hash: sha256('delivery'),
          delivered_at: this.at,
          delivered_on: this.today,
          recorded_by: 'per_ful',
          status: 'applied',
        });
        const line = { delivery_id: `deliv_${lead}`, order_line_id: `oline_${lead}`, quantity: 2 };
        await this.insert('delivery_lines', line);
        await this.update('order_lines', { id: `oline_${lead}` }, { delivered: 2 });
      },
    });
    await this.step({
      lead,
      action: 'issueInvoice',
      write: async () => {
        await this.document(lead, `inv_${lead}`, 'invoice', [10_000, 2_100]);
        await this.update('deliveries', { id: `deliv_${lead}` }, { invoice_id: `inv_${lead}` });
        await this.update('order_lines', { id: `oline_${lead}` }, { invoiced_minor: 10_000 });
        await this.post(`invoice_${lead}`, lead, [
          ['receivable', 12_100, 'acc_1'],
          ['revenue', -10_000],
          ['tax_payable', -2_100],
        ]);
      },
    });
  }

  async document(
    lead: string,
    id: string,
    kind: 'invoice' | 'credit_note',
    [net_minor, tax_minor]: [number, number],
  ): Promise<void> {
    const amounts = { net_minor, tax_minor, gross_minor: net_minor + tax_minor };
    await this.insert('invoices', {
      id,
      kind,
      entity_id: 'ent_1',
      series: kind,
      ...(await this.number(kind)),
      lead_id: lead,
      order_id: `order_${lead}`,
      credits_id: kind === 'credit_note' ? `inv_${lead}` : null,
      account_id: 'acc_1',
      currency: 'EUR',
      issued_on: this.today,
      issued_at: this.at,
      tax_point_on: this.today,
      due_on: this.today,
      ...amounts,
      created_by: kind === 'credit_note' ? 'per_fin1' : null,
      approved_by: kind === 'credit_note' ? 'per_fin2' : null,
      pins: {},
    });
    const tax = { tax_treatment: 'S', tax_rate_bps: 2_100 };
    const line = { id: `${id}_1`, invoice_id: id, position: 1, order_line_id: `oline_${lead}`, quantity: 2 };
    await this.insert('invoice_lines', { ...line, ...amounts, ...tax });
    const group = { treatment: 'S', rate_bps: 2_100, base_minor: net_minor, tax_minor };
    await this.insert('invoice_taxes', { invoice_id: id, ...group });
  }
}
