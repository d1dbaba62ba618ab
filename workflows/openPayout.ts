// The Schedule's short part: every day it asks whether this is payday, opens the run of the month before and starts
// the workflow that pays it. The day is the nominal one, so a run that is late or filled in pays the right month.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { payCommissions, payouts } from './payCommissions.js';

/** Returns the run (`2026-11/1`), or null where there is none to open. */
export async function openPayout(): Promise<string | null> {
  const nominal = workflowInfo().searchAttributes.TemporalScheduledStartTime?.[0];
  const at = nominal instanceof Date ? nominal.getTime() : workflowInfo().startTime.getTime();
  const run = await payouts.openPayout({ at });
  if (run === null) return null;
  try {
    await startChild(payCommissions, {
      args: [{ run }],
      workflowId: `payout/commission/${run}`,
      parentClosePolicy: ParentClosePolicy.ABANDON, // It waits for people; the Schedule must not wait for it.
      workflowTaskTimeout: '5s',
      staticSummary: 'a payout run',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  return run;
}
