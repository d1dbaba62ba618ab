import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import { type Json, openScene, type Scene, until } from '../support/product.js';
import { cents, delivered, inStage, ordered, paid } from '../support/sale.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene?.close());

describe('a lead that becomes money', () => {
  let leadId: string;
  let order: Json;
  let invoice: Json;

  test('is captured, qualified, quoted, approved, ordered, delivered, invoiced, paid and won', async () => {
    const { id } = await scene.post('ana', '/v1/leads', {
      source: { channel: 'referral', campaign: 'autumn', landingPage: '/desks' },
      contact: {
        name: 'Luz Vega',
        email: 'luz@vega-taller.example',
        company: 'Vega Taller',
        country: 'ES',
        language: 'es',
      },
      interest: 'ten desks',
    });
    leadId = id;
    const lead = await until('it has an owner', async () => {
      const read = await scene.get('carla', `/v1/leads/${id}`);
      return read.owner !== null && read;
    });
    expect(lead).toMatchObject({ stage: 'new', owner: scene.people.ana.personId, grade: 'A' });
    expect(lead.scoreReasons.reduce((sum: number, { points }: Json) => sum + points, 0)).toBe(lead.score);
    await scene.post('ana', `/v1/leads/${id}/qualification`, {
      decision: 'qualify',
      firstContactBy: scene.people.marta.personId,
    });
    const lines = [
      { sku: 'DESK-160', quantity: '10', discountBps: 1_500 },
      { sku: 'ASSEMBLY', quantity: '7.5', discountBps: 1_500 },
      { sku: 'FREIGHT', quantity: '1' },
    ];
    const draft = await scene.post('ana', `/v1/leads/${id}/quotes`, { lines });
    expect(draft.approvalsNeeded).toMatchObject([{ approver: scene.people.carla.personId }]);
    const quote = await scene.post('ana', `/v1/quotes/${draft.id}/submission`, { revision: 1 });
    const [approval] = quote.approvals;
    const decision = { decision: 'approve', revision: 1 };
    const decided = await scene.post('carla', `/v1/approvals/${approval.id}/decision`, decision);
    expect(decided).toMatchObject({ status: 'approved', decidedBy: scene.people.carla.personId });
    const acceptance = { revision: 1, acceptedBy: { name: 'Luz Vega', email: 'luz@vega-taller.example' } };
    const answer = await scene.call('ana', `/v1/quotes/${draft.id}/acceptance`, {
      method: 'POST',
      body: acceptance,
    });
    expect(answer.status).toBe(200);
    order = await scene.get('ana', answer.headers.get('location') ?? '');
    invoice = await delivered(scene, order);
    expect(invoice).toMatchObject({ net: order.net, open: order.gross, status: 'open' });
    await paid(scene, invoice);
    const closed = await inStage(scene, id, 'closed');
    expect(closed).toMatchObject({ outcome: 'won', waitingFor: [] });
  });

  test('pays each payee the share of the money that came, and says why down to the source of the lead', async () => {
    const { items } = await scene.get('hugo', `/v1/commissions?lead=${leadId}`);
    const { ana, carla, marta } = scene.people;
    const payees = new Set(items.map(({ payeeId }: Json) => payeeId));
    expect(payees).toEqual(new Set([ana.personId, carla.personId, marta.personId]));
    const basis = items
      .filter(({ component }: Json) => component === 'direct')
      .reduce((sum: number, line: Json) => sum + cents(line.basis), 0);
    expect(basis).toBe(cents(order.net));
    expect(items.every(({ payoutId }: Json) => payoutId !== null)).toBe(true);
    const { chain, sentences } = await scene.get('hugo', `/v1/explanations/${items[0].id}`);
    const steps = chain.map(({ what }: Json) => what);
    for (const what of [
      'commission',
      'allocation',
      'payment',
      'invoice_line',
      'order',
      'quote',
      'approval',
    ]) {
      expect(steps).toContain(what);
    }
    expect(chain.at(-1)).toMatchObject({ what: 'lead', id: leadId });
    expect(chain.at(-1).text).toContain('referral');
    expect(sentences.length).toBeGreaterThan(5);
  });

  test('shows a payee their own lines only', async () => {
    const own = await scene.get('marta', `/v1/commissions?lead=${leadId}`);
    expect(own.items.length).toBeGreaterThan(0);
    expect(own.items.every(({ payeeId }: Json) => payeeId === scene.people.marta.personId)).toBe(true);
    const others = `/v1/commissions?payee=${scene.people.ana.personId}`;
    expect((await scene.call('marta', others)).status).toBe(403);
  });

  test('has its quote and its invoice on paper, in both languages', async () => {
    const papers = [`/v1/quotes/${order.quoteId}/revisions/1.pdf`, `/v1/invoices/${invoice.id}.pdf`];
    for (const paper of papers) {
      for (const language of ['en', 'es']) {
        const { status, headers, body } = await scene.call('elena', `${paper}?language=${language}`);
        expect([status, headers.get('content-type')]).toEqual([200, 'application/pdf']);
        expect(body.subarray(0, 5).toString()).toBe('%PDF-');
      }
    }
  });

  test('tells its whole story in order', async () => {
    const { items } = await scene.get('carla', `/v1/leads/${leadId}/timeline?limit=100`);
    const stages = items.filter(({ from, to }: Json) => from !== to && to !== null).map(({ to }: Json) => to);
    expect(stages).toEqual([
      'new',
      'qualified',
      'approval',
      'offered',
      'ordered',
      'collecting',
      'commission',
      'closed',
    ]);
    expect(items.map(({ seq }: Json) => seq)).toEqual(items.map((_: Json, index: number) => index + 1));
  });

  test('writes to its customer in the language of the customer', async () => {
    const account = {
      legalName: 'Kontor Nord GmbH',
      country: 'DE',
      language: 'en',
      email: 'ap@kontor.example',
    };
    const { id: accountId } = await scene.post('ana', '/v1/accounts', account);
    const english = await ordered(scene, 'kontor-nord', { accountId });
    const bill = await delivered(scene, english);
    await paid(scene, bill);
    await inStage(scene, english.leadId, 'closed');
    const mails = await until('offer, order, invoice and receipt went to both customers', async () => {
      const written = await Promise.all((await scene.mails()).map((mail) => PostalMime.parse(mail)));
      return written.length >= 8 && written;
    });
    const subjects = mails.map(({ subject }) => subject ?? '');
    expect(subjects.some((subject) => /invoice/i.test(subject))).toBe(true);
    expect(subjects.some((subject) => /factura/i.test(subject))).toBe(true);
    expect(
      mails.some(({ attachments }) => attachments.some(({ mimeType }) => mimeType === 'application/pdf')),
    ).toBe(true);
  });

  test('leaves clean books, and the leads of another house in the same namespace are none of ours', async () => {
    const handle = await scene.product.engine.client.workflow.start('leadToCash', {
      workflowId: 'lead/lead_of_another_house',
      taskQueue: 'another-house',
      args: [{ leadId: 'lead_of_another_house' }],
    });
    try {
      await scene.mustBeClean();
    } finally {
      await handle.terminate('the test is over');
    }
  });
});
