// When somebody leaves: the person is closed and everything open that waited for them goes to somebody else in the
// same transaction, with a message for each lead touched, so that no wait hangs on an empty desk. Leads they own get
// another owner; approvals go to somebody who may decide them, the admin's where nobody may.
import type { PersonView } from '../../contracts/people.js';
import { newId } from '../../db/ids.js';
import { lockLeadsOf, type UndecidedRow, undecidedOf } from '../../db/leavers.js';
import { everybody, lockHierarchy } from '../../db/people.js';
import type { PolicyStore } from '../../db/policies.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { whyNot } from '../../domain/approvals/approvalsNeeded.js';
import { insteadOf } from '../../domain/approvals/escalation.js';
import type { ApproverFacts } from '../../domain/approvals/types.js';
import { beneficiariesOf } from '../../domain/commissions/credits.js';
import { DomainError } from '../../domain/errors.js';
import { heirOf, heirOfLeads } from '../../domain/people/leavers.js';
import { limitOf, type People, type Person, peopleById } from '../../domain/people/people.js';
import { writeTask } from '../answers.js';
import { type By, commitChange } from './masterData.js';
import { factRow, wakeRelay } from './messages.js';
import { lockedAt, mustLeaveAnAdmin, stored } from './people.js';

const HOUR_MS = 3_600_000;

interface Leaving {
  readonly tx: Tx;
  readonly policies: PolicyStore;
  readonly by: By;
  readonly id: string;
  readonly leftOn: string;
  /** As they are once the person has left. */
  readonly people: People;
  readonly heirId: string | null;
  readonly ownerId: string | null;
}

interface Asked {
  readonly approval: UndecidedRow;
  readonly next: Person | null;
}

/**
 * Closes a person as of `leftOn` and hands over what is open: tasks and waits to their delegate of that day, else
 * their nearest active manager, else an admin; leads to the first of these who sells; approvals to the first who may
 * decide them. Keys stop working at once. `not_found`, `stale_version`, `forbidden` for oneself, `limit_exceeded`
 * for the last admin.
 */
export async function deactivatePerson(
  tx: Tx,
  policies: PolicyStore,
  by: By,
  leaver: { readonly id: string; readonly expected: number; readonly leftOn: string },
): Promise<PersonView> {
  const { id, expected, leftOn } = leaver;
  if (id === by.personId) throw new DomainError('forbidden', 'nobody deactivates themselves');
  await lockHierarchy(tx);
  const leads = await lockLeadsOf(tx, id);
  const row = await lockedAt(tx, id, expected);
  if (row.roles.some(({ role }) => role === 'admin')) await mustLeaveAnAdmin(tx, id);
  const everyone = await everybody(tx);
  const people = peopleById(everyone.map((one) => (one.id === id ? { ...one, active: false } : one)));
  const lastResort = await lastResortOf(tx, policies);
  const heirId = heirOf(id, leftOn, people);
  const ownerId = heirOfLeads(id, leftOn, people, lastResort);
  const leaving: Leaving = { tx, policies, by, id, leftOn, people, heirId, ownerId };
  const asked = await askedInstead(leaving, leads);
  const revision = row.revision + 1;
  const writes = new Writes().update('people', ['id'], { id, active: false, left_on: leftOn, revision });
  handOver(writes, leaving);
  await handOverApprovals(writes, leaving, asked);
  writes.insert('messages', ...leads.map((leadId) => messageFor(leaving, leadId, asked)));
  const detail = { leftOn, heirId, ownerId, leads: leads.length, approvals: asked.length };
  await commitChange(tx, writes, by, { subject: id, action: 'personDeactivated', revision, detail });
  if (leads.length > 0) await wakeRelay(tx);
  return stored(tx, id);
}

/** Of the newest assignment policy; nobody before a company has one. */
async function lastResortOf(tx: Tx, policies: PolicyStore): Promise<string> {
  const { rows } = await tx.query<{ version: number | null }>(
    `select max(version) as version from policies where kind = 'assignment'`,
  );
  const version = rows[0]?.version;
  return version ? (await policies.get(tx, 'assignment', version)).fallbackOwnerId : '';
}

/** Approvals whose approver leaves, or now profits as the owner of the deal, and who is asked instead. */
async function askedInstead(leaving: Leaving, leads: readonly string[]): Promise<Asked[]> {
  const { tx, policies, id, people, leftOn, ownerId } = leaving;
  const asked: Asked[] = [];
  for (const approval of await undecidedOf(tx, leads)) {
    const { approverId, requesterId, planVersion, firstContactBy, makerId, currency, totalMinor } = approval;
    const plan = await policies.get(tx, 'commission', planVersion);
    const rep = approval.ownerId === id ? ownerId : approval.ownerId;
    const beneficiaryIds = beneficiariesOf({ rep, sdr: firstContactBy }, plan);
    const facts: ApproverFacts = { currency, totalMinor, makerId, beneficiaryIds };
    const approver = people.get(approverId);
    const tookOver = approver !== undefined && whyNot(approver, facts, requesterId) === 'profits';
    if (approverId !== id && !tookOver) continue;
    asked.push({ approval, next: insteadOf(approverId, requesterId, facts, people, leftOn) });
  }
  return asked;
}

function messageFor({ by, id, heirId, ownerId }: Leaving, leadId: string, asked: readonly Asked[]) {
  const open = asked.filter(
    ({ approval, next }) => next && approval.leadId === leadId && approval.status === 'open',
  );
  const approvalIds = open.map(({ approval }) => approval.id);
  return factRow({
    id: newId('msg'),
    leadId,
    name: 'waitReassigned',
    actorId: by.personId,
    body: { fromId: id, toId: heirId, ownerId, ...(approvalIds.length > 0 && { approvalIds }) },
  });
}

function handOver(writes: Writes, { id, heirId, ownerId }: Leaving): void {
  const who = { from: id, to: heirId, owner: ownerId };
  writes
    .statement(
      'hand over waits',
      `update waits w set person_id = case when l.owner_id = $ ->> 'from' and w.role = 'rep'
          then $ ->> 'owner' else $ ->> 'to' end
        from leads l where l.id = w.lead_id and w.person_id = $ ->> 'from' and w.ended_at is null
          and w.kind <> 'approval'`,
      who,
      'any',
    )
    .statement(
      'hand over leads',
      `update leads set owner_id = $ ->> 'owner' where owner_id = $ ->> 'from' and stage <> 'closed'`,
      who,
      'any',
    )
    .statement(
      'hand over tasks',
      `update tasks set person_id = $ ->> 'to' where person_id = $ ->> 'from' and status = 'open'`,
      who,
      'any',
    );
}

/** Whoever is asked now has the whole time of the matrix; nobody left is overdue at once. */
async function handOverApprovals(
  writes: Writes,
  { tx, policies, by }: Leaving,
  asked: readonly Asked[],
): Promise<void> {
  const atMs = by.at.getTime();
  writes.update(
    'approvals',
    ['id'],
    ...asked.map(({ approval, next }) => ({
      id: approval.id,
      approver_id: next?.id ?? null,
      limit_minor: next && limitOf(next, approval.currency),
    })),
  );
  const waits: object[] = [];
  for (const { approval, next } of asked) {
    const { id, leadId, status, level, approvalVersion, approverId } = approval;
    if (status !== 'open') continue;
    const { remindHours, escalateHours } = await policies.get(tx, 'approval', approvalVersion);
    waits.push({
      id,
      personId: next?.id ?? null,
      remindAt: next && new Date(atMs + remindHours * HOUR_MS),
      until: new Date(next ? atMs + escalateHours * HOUR_MS : atMs),
    });
    if (next) continue;
    const reason = { level, approverId };
    writeTask(writes, {
      kind: 'approval_overdue',
      leadId,
      subject: id,
      role: 'admin',
      personId: null,
      reason,
      at: by.at,
    });
  }
  writes.statement(
    'hand over waits of approvals',
    `update waits w set person_id = r."personId", remind_at = r."remindAt", until = r.until
      from jsonb_to_recordset($ -> 'waits') as r(id text, "personId" text, "remindAt" timestamptz, until timestamptz)
      where w.kind = 'approval' and w.subject = r.id and w.ended_at is null`,
    { waits },
    'any',
  );
}
