import { makeApprovalSteps } from './approvals.js';
import { makeDealActivities } from './deal.js';
import { makeLeadSteps } from './leads.js';
import { type MailDeps, makeMailActivities } from './mails.js';
import { makeOrderSteps } from './orders.js';
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
    ...makeMailActivities(deps),
  };
}

export type Activities = ReturnType<typeof makeActivities>;
