// What a story sees of its lead in the database.
import type { Outcome, Stage } from '../../domain/leads/stages.js';
import type { WaitKind } from '../../domain/waits.js';

export interface LeadSeen {
  readonly stage: Stage;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly owner: string | null;
  readonly revision: number;
  readonly reopened: number;
}

export interface WaitSeen {
  readonly kind: WaitKind;
  readonly subject: string;
  readonly level: number;
  readonly personId: string | null;
  readonly until: Date;
}

export interface InvoiceSeen {
  readonly id: string;
  readonly number: string;
  readonly grossMinor: bigint;
  readonly openMinor: bigint;
  readonly level: number;
  readonly dueOn: string;
}
