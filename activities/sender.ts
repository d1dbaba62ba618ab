// Who may decide about a lead. Rights are read again in the step, because whoever reaches the engine could have
// sent the message.
import { DomainError } from '../domain/errors.js';
import { MESSAGES, maySend, onOwnLeadsOnly } from '../domain/messages.js';
import type { DealChange } from './dealChange.js';

/** Throws `forbidden` where a decision's sender has left, lacks the role for it, or the lead is somebody else's. */
export function mustBeAllowed<L>(deal: DealChange<L>): void {
  const { message, lead } = deal;
  if (message?.kind !== 'decision') return;
  const { id, active, roles } = deal.actor; // A fact names nobody who acts.
  const { name } = message;
  if (!active) throw new DomainError('forbidden', `${id} is not active`);
  if (!maySend(roles, name)) {
    throw new DomainError('forbidden', `${name} needs one of the roles ${MESSAGES[name].roles.join(', ')}`);
  }
  if (onOwnLeadsOnly(roles, name) && lead.owner_id !== id) {
    throw new DomainError('forbidden', `lead ${lead.id} belongs to ${lead.owner_id ?? 'nobody'}`);
  }
}
