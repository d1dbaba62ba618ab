import type { DealActivities } from '../domain/steps.js';
import { makeApprovalSteps } from './approvals.js';
import { makeCollectionSteps } from './collections.js';
import { makeCommissionSteps } from './commissions.js';
import { makeCreditSteps } from './credits.js';
import { makeDealActivities } from './deal.js';
import { makeDeliverySteps } from './deliveries.js';
import { makeInvoiceSteps } from './invoices.js';
import { makeLeadSteps } from './leads.js';
import { type MailDeps, makeMailActivities } from './mails.js';
import { makeOrderSteps } from './orders.js';
import { makePaymentSteps } from './payments.js';
import { makePayoutActivities } from './payouts.js';
import { makeQuoteSteps } from './quotes.js';
import type { StepDeps } from './step.js';

export type ActivityDeps = StepDeps & MailDeps;

/** Every activity under the name the history shows. */
export function makeActivities(deps: ActivityDeps) {
  return {
    ...makeDealActivities(deps),
    ...makeLeadSteps(deps),
    ...makeQuoteSteps(deps),
    ...makeApprovalSteps(deps),
    ...makeOrderSteps(deps),
    ...makeDeliverySteps(deps),
    ...makeInvoiceSteps(deps),
    ...makePaymentSteps(deps),
    ...makeCollectionSteps(deps),
    ...makeCreditSteps(deps),
    ...makeCommissionSteps(deps),
    ...makePayoutActivities(deps),
    ...makeMailActivities(deps),
  } satisfies DealActivities;
}

export type Activities = ReturnType<typeof makeActivities>;
