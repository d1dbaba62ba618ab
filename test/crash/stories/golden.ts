// The deal everybody knows, from capture to commission paid.
import {
  accepted,
  type CrashStory,
  captured,
  delivered,
  handleOf,
  inStage,
  paid,
  submitted,
} from '../moves.js';

export const golden: CrashStory = {
  units: [
    'scoreLead',
    'qualifyLead',
    'submitQuote',
    'decideApproval',
    'acceptQuote',
    'recordDelivery',
    'issueInvoice',
    'applyPayment',
    'earnCommission',
    'payCommission',
    'POST /v1/leads',
    'POST /v1/leads/{id}/qualification',
    'POST /v1/leads/{id}/quotes',
    'POST /v1/quotes/{id}/submission',
    'POST /v1/approvals/{id}/decision',
    'POST /v1/quotes/{id}/acceptance',
    'POST /v1/orders/{id}/deliveries',
    'POST /v1/payments',
  ],
  async tell(house) {
    const { id, owner } = await captured(house);
    const rep = handleOf(house, owner);
    await house.post(rep, `/v1/leads/${id}/qualification`, {
      decision: 'qualify',
      firstContactBy: house.people.marta.personId,
    });
    const lines = [
      { sku: 'DESK-160', quantity: '10', discountBps: 1_500 },
      { sku: 'ASSEMBLY', quantity: '7.5', discountBps: 1_500 },
      { sku: 'FREIGHT', quantity: '1' },
    ];
    const quote = await submitted(house, { id, rep }, { lines });
    const [approval] = quote.approvals;
    const decision = { decision: 'approve', revision: 1 };
    await house.post('carla', `/v1/approvals/${approval.id}/decision`, decision);
    const order = await accepted(house, rep, quote);
    await paid(house, await delivered(house, order));
    await inStage(house, id, 'closed');
  },
};
