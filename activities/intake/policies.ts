// Writing rules: a change is a new version, judged whole, hashed, and never touched again. Running deals keep
// the version they pinned. A commission plan needs two people beside its editor before it pays by itself.
import { checkPolicy } from '../../contracts/policies.js';
import type { PolicyView } from '../../contracts/policyVersions.js';
import { sha256 } from '../../db/ids.js';
import { everybody } from '../../db/people.js';
import { lockKind, policyVersion, policyView } from '../../db/policyVersions.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { peopleById } from '../../domain/people/people.js';
import { canonicalJson } from '../../domain/policies/canonical.js';
import { namesPersons, unknownPersons } from '../../domain/policies/persons.js';
import type { PolicyKind } from '../../domain/policies/types.js';
import { type By, commitChange } from './masterData.js';
import { wakeRelay } from './messages.js';

/**
 * Stores a new version of a kind, based on version `expected` (0 for the first). `invalid_field` with every
 * problem of the body, `unknown_reference` for persons it names who are not here, `stale_version` when another
 * version came first.
 */
export async function putPolicy(
  tx: Tx,
  by: By,
  kind: PolicyKind,
  expected: number,
  body: unknown,
): Promise<PolicyView> {
  const verdict = checkPolicy(kind, body);
  if (!verdict.ok) {
    const [first] = verdict.problems;
    const detail = `the ${kind} policy has ${verdict.problems.length} problems; first ${first?.pointer}: ${first?.detail}`;
    throw new DomainError('invalid_field', detail, first?.pointer, { errors: verdict.problems });
  }
  await mustKnowPersons(tx, kind, body);
  await lockKind(tx, kind);
  const current = (await policyVersion(tx, kind))?.version ?? 0;
  if (current !== expected) {
    throw new DomainError(
      'stale_version',
      `you changed version ${expected} of ${kind}, now it is ${current}`,
    );
  }
  const version = current + 1;
  const bodyHash = sha256(canonicalJson(body));
  const writes = new Writes().insert('policies', {
    kind,
    version,
    body,
    body_hash: bodyHash,
    created_by: by.personId,
    created_at: by.at,
  });
  if (version === 1) await resume(tx, kind, by);
  const detail = { kind, version, hash: bodyHash.toString('hex') };
  await commitChange(tx, writes, by, {
    subject: `policy/${kind}`,
    action: 'policyChanged',
    revision: version,
    detail,
  });
  return stored(tx, kind, version);
}

async function mustKnowPersons(tx: Tx, kind: PolicyKind, body: unknown): Promise<void> {
  if (!namesPersons(kind)) return;
  const problems = unknownPersons(kind, body, peopleById(await everybody(tx)));
  const [first] = problems;
  if (first === undefined) return;
  throw new DomainError('unknown_reference', first.detail, first.pointer, { errors: problems });
}

/**
 * The first version of a kind: what waited for it goes on. Facts are told again; a step of the deal's own is due
 * again within a minute. Also what waits for another kind is told, and says so again.
 */
export async function resume(tx: Tx, missing: PolicyKind | 'entity', by: By): Promise<void> {
  await tx.query({
    name: 'resume_tasks',
    text: `update tasks set status = 'resolved', resolved_at = $2, resolved_by = $3, resolution = 'policy made'
      where kind = 'rules_missing' and status = 'open' and reason ->> 'policy' = $1`,
    values: [missing, by.at, by.personId],
  });
  const { rowCount } = await tx.query({
    name: 'resume_facts',
    text: `update messages set told_at = null, claimed_until = null
      where answer is null and kind = 'fact' and parked_for = 'not_configured'`,
  });
  if (rowCount) await wakeRelay(tx);
}

/**
 * Records that a person approves a version of the commission plan. `self_approval` for its editor,
 * `already_decided` for the second time.
 */
export async function approvePlan(tx: Tx, by: By, version: number): Promise<PolicyView> {
  await lockKind(tx, 'commission');
  const row = await policyVersion(tx, 'commission', version);
  if (row === undefined)
    throw new DomainError('not_found', `there is no version ${version} of the commission plan`);
  if (row.created_by === by.personId) {
    throw new DomainError('self_approval', `${by.personId} wrote version ${version} and never approves it`);
  }
  if (row.approvals.some(({ personId }) => personId === by.personId)) {
    throw new DomainError('already_decided', `${by.personId} approved version ${version} already`);
  }
  const writes = new Writes().insert('policy_approvals', {
    kind: 'commission',
    version,
    person_id: by.personId,
    approved_at: by.at,
  });
  await commitChange(tx, writes, by, {
    subject: 'policy/commission',
    action: `planApproved/${by.personId}`,
    revision: version,
    detail: { version, hash: row.body_hash.toString('hex') },
  });
  return stored(tx, 'commission', version);
}

async function stored(tx: Tx, kind: PolicyKind, version: number): Promise<PolicyView> {
  const row = await policyVersion(tx, kind, version);
  if (row === undefined) throw new RangeError(`${kind} ${version} was written and is not there`);
  return policyView(row);
}
