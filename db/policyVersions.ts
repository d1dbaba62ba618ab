// Reading whole policy versions, with who made and who approved them.
import type { PolicyView } from '../contracts/policyVersions.js';
import type { PolicyKind } from '../domain/policies/types.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type PolicyRow = Tables['policies'] & { approvals: { personId: string; approvedAt: string }[] };

const POLICY = `select p.*, (select coalesce(jsonb_agg(jsonb_build_object('personId', a.person_id,
    'approvedAt', to_char(a.approved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    order by a.approved_at, a.person_id), '[]') from policy_approvals a
    where a.kind = p.kind and a.version = p.version) as approvals
  from policies p`;

/** The newest version of each kind, by kind. */
export async function currentPolicies(db: Queryable): Promise<PolicyRow[]> {
  const { rows } = await db.query<PolicyRow>(
    `${POLICY} where p.version = (select max(version) from policies n where n.kind = p.kind) order by p.kind`,
  );
  return rows;
}

/** One version of a kind; the newest without a number. */
export async function policyVersion(
  db: Queryable,
  kind: PolicyKind,
  version?: number,
): Promise<PolicyRow | undefined> {
  const { rows } = await db.query<PolicyRow>(
    `${POLICY} where p.kind = $1 and ($2::int is null or p.version = $2) order by p.version desc limit 1`,
    [kind, version ?? null],
  );
  return rows[0];
}

/** Takes the lock under which versions of a kind are made, one after the other. */
export async function lockKind(tx: Queryable, kind: PolicyKind): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('policy.' || $1, 0))", [kind]);
}

export function policyView(row: PolicyRow): PolicyView {
  return {
    kind: row.kind as PolicyKind,
    version: row.version,
    hash: row.body_hash.toString('hex'),
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    approvals: row.approvals,
    body: row.body,
  };
}
