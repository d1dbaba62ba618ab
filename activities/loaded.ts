// What every step knows of its lead before it judges: the locked row and what is read beside it (step.ts).
import type { Tables } from '../db/tables.js';
import type { ClockSegment } from '../domain/calendar/clock.js';
import type { MessageName } from '../domain/messages.js';
import type { Role } from '../domain/people/people.js';
import type { PolicyKind } from '../domain/policies/types.js';
import type { Answer } from '../domain/steps.js';
import type { OpenWait } from './waitList.js';

export type LockedLead = Tables['leads'] & { audit_seq: bigint; audit_hash: Buffer };

export interface Loaded<L> {
  readonly message: {
    name: MessageName;
    kind: 'decision' | 'fact';
    body: unknown;
    actorId: string | null;
    notAfter: number | null;
    answer: Answer | null;
    parkedFor: string | null;
  } | null;
  /** Who sent it, with the roles usable today: a role granted today is not. */
  readonly actor: { id: string; active: boolean; managerId: string | null; roles: Role[] } | null;
  readonly waits: OpenWait[];
  readonly clock: ClockSegment;
  readonly versions: Readonly<Partial<Record<PolicyKind, number>>>;
  readonly entity: { id: string; zone: string; country: string } | null;
  readonly own: L;
}
