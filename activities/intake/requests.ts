// What takes two persons is a task first: one asks, another approves the task, which sends the decision. Nothing
// is credited or cancelled here: the step of the decision does that and resolves the task.
import type { Approved, InvoiceCredit, OrderCancellation } from '../../contracts/decisions.js';
import { newId } from '../../db/ids.js';
import type { Tx } from '../../db/pool.js';
import type { TaskRow } from '../../db/tasks.js';
import { Writes } from '../../db/writes.js';
import { refuseToxic } from '../../domain/people/toxicPairs.js';
import type { TaskKind } from '../../domain/tasks.js';
import { type By, commitChange } from './masterData.js';

export const CREDIT_REQUEST = 'credit_note_requested' satisfies TaskKind;
export const CANCELLATION_REQUEST = 'cancellation_requested' satisfies TaskKind;

/** The decision each kind of request stands for, and the record the right to approve it is asked for. */
export const REQUESTS = {
  [CREDIT_REQUEST]: { name: 'creditInvoice', resource: 'invoices' },
  [CANCELLATION_REQUEST]: { name: 'cancelOrder', resource: 'orders' },
} as const;
export type RequestKind = keyof typeof REQUESTS;

export const isRequest = (kind: string): kind is RequestKind => kind in REQUESTS;

type Asked = Omit<InvoiceCredit, keyof Approved> | Omit<OrderCancellation, keyof Approved>;

export interface Request {
  readonly kind: RequestKind;
  readonly leadId: string;
  /** The record it is about: one request of a kind is open for it at a time. */
  readonly subject: string;
  readonly asked: Asked;
}

/** Opens the task. `already_exists` while another request of the kind is open for the record. */
export async function openRequest(tx: Tx, by: By, request: Request): Promise<string> {
  const { kind, leadId, subject, asked } = request;
  const id = newId('task');
  const body: Asked & Pick<Approved, 'requestedBy'> = { ...asked, requestedBy: by.personId };
  const writes = new Writes().insert('tasks', {
    id,
    kind,
    lead_id: leadId,
    subject,
    role: 'finance',
    reason: body,
    created_at: by.at,
  });
  const action = kind === CREDIT_REQUEST ? 'requestCredit' : 'requestCancellation';
  await commitChange(tx, writes, by, { subject: id, action, revision: 1, detail: { subject, leadId } });
  return id;
}

/** The decision an approved request stands for. Refuses the approval of one's own. */
export function decisionOfRequest(
  { id, reason, subject }: TaskRow,
  approverId: string,
  note: string,
  on: string,
): Asked & Approved {
  const asked = reason as Asked & Pick<Approved, 'requestedBy'>;
  refuseToxic(
    { act: 'approveCreditNote', personId: approverId, recordId: subject, on },
    [{ act: 'createCreditNote', personId: asked.requestedBy, recordId: subject, on }],
    `${approverId} asked for it and may not approve it`,
  );
  return { ...asked, taskId: id, note };
}
