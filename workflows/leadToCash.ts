// The process: one lead from first contact to commission paid. Read it from the top; a lead may enter at any
// stage, because the state is read from Postgres when a run begins. Messages move the deal on (messages.ts);
// what stands here is what happens when nobody acts in time. What is right is decided in domain/.
import { collectInvoice } from './collectInvoice.js';
import { openDeal } from './deal.js';
import type { LeadInput } from './messages.js';
import type { Contract } from './waits.js';

const delivery: Contract = { wait: 'delivery', overdue: 'escalateDelivery' };
const invoicing: Contract = { wait: 'invoicing', overdue: 'issueInvoice' };
const earning: Contract = { wait: 'earning', overdue: 'earnCommission' };
const release: Contract = { wait: 'release', overdue: 'payCommission' };
const payout: Contract = { wait: 'payout', overdue: 'escalatePayout' };
const task: Contract = { wait: 'task', overdue: 'escalateTask' };

export async function leadToCash(input: LeadInput): Promise<string | null> {
  const deal = await openDeal(input);
  while (await deal.goesOn()) {
    switch (deal.stage) {
      case 'new':
        await deal.waitFor('qualification', { overdue: 'escalateQualification' });
        break;
      case 'nurturing':
        await deal.waitFor('interest', { overdue: 'recycleLead' });
        break;
      case 'qualified':
      case 'quoting':
        await deal.waitFor('quote', { overdue: 'remindRep' });
        break;
      case 'approval':
        await deal.waitFor('approval', { reminder: 'remindApprover', overdue: 'escalateApproval' });
        break;
      case 'offered':
        await deal.waitFor('acceptance', { reminder: 'remindCustomer', overdue: 'expireOffer' });
        break;
      case 'ordered':
      case 'delivering':
      case 'collecting':
      case 'commission':
        await deal.waitForFirst([
          delivery,
          invoicing,
          ...deal.waits('payment').map(collectInvoice),
          earning,
          release,
          payout,
          task,
        ]);
        break;
    }
  }
  return deal.outcome;
}
