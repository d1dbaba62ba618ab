// A cancellation that was asked for, as the API opens it: what another person then approves.
import { CANCELLATION_REQUEST, openRequest } from '../../activities/intake/requests.js';
import type { OrderCancellation } from '../../contracts/decisions.js';
import { type DbOrTx, withTransaction } from '../../db/pool.js';

/** Opens the request and returns the decision its approval sends. */
export async function askedToCancel(
  db: DbOrTx,
  { leadId, orderId }: { readonly leadId: string; readonly orderId: string },
  requestedBy: string,
  reason = 'customer stepped back',
): Promise<OrderCancellation> {
  const request = {
    kind: CANCELLATION_REQUEST,
    leadId,
    subject: orderId,
    asked: { orderId, reason },
  } as const;
  const by = { personId: requestedBy, at: new Date() };
  const taskId = await withTransaction(db, (tx) => openRequest(tx, by, request));
  return { orderId, reason, requestedBy, taskId };
}
