// What a person who leaves still has on the desk.
import { type ApprovalStatus, UNDECIDED } from '../domain/approvals/types.js';
import type { Tx } from './pool.js';

/** Locks the open leads that wait for somebody or are theirs, in the order of their ids. */
export async function lockLeadsOf(tx: Tx, personId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from leads where stage <> 'closed' and (owner_id = $1 or id in (
        select lead_id from waits where person_id = $1 and ended_at is null
        union select lead_id from approvals where approver_id = $1 and status = any($2)))
      order by id for update`,
    [personId, [...UNDECIDED]],
  );
  return rows.map((row) => row.id);
}

export interface UndecidedRow {
  readonly id: string;
  readonly leadId: string;
  readonly status: ApprovalStatus;
  readonly approverId: string;
  readonly requesterId: string;
  readonly makerId: string;
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly level: number;
  readonly approvalVersion: number;
  readonly planVersion: number;
  readonly ownerId: string | null;
  readonly firstContactBy: string | null;
}

/** The undecided approvals of these leads for which somebody was or will be asked. */
export async function undecidedOf(tx: Tx, leadIds: readonly string[]): Promise<UndecidedRow[]> {
  const { rows } = await tx.query<UndecidedRow>(
    `select a.id, a.lead_id as "leadId", a.status, a.approver_id as "approverId",
        a.requested_by as "requesterId", r.created_by as "makerId", a.currency,
        a.amount_minor as "totalMinor", a.level, (r.pins ->> 'approval')::int as "approvalVersion",
        (r.pins ->> 'commission')::int as "planVersion", l.owner_id as "ownerId",
        l.first_contact_by as "firstContactBy"
      from approvals a join quote_revisions r on r.quote_id = a.quote_id and r.revision = a.revision
      join leads l on l.id = a.lead_id
      where a.lead_id = any($1) and a.status = any($2) and a.approver_id is not null order by a.id`,
    [leadIds, [...UNDECIDED]],
  );
  return rows;
}
