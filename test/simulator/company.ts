// The companies of the simulation: their rules, so that each way a lead can go is open in one of them, and what
// happens to all leads of one: somebody leaves, commissions are paid monthly.
import { decide } from '../../activities/intake/decide.js';
import { deactivatePerson } from '../../activities/intake/leavers.js';
import { openPayoutRun } from '../../activities/intake/payoutRuns.js';
import { startWorkflow } from '../../activities/intake/telling.js';
import { type Mailer, MailRefused } from '../../activities/mailer.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { BEGINS_AT, PEOPLE, type Rules } from '../support/company.js';
import type { World } from '../support/world.js';
import { STEP_DAYS } from './plans.js';

const ZONE = 'Europe/Madrid';
const DAY_MS = 86_400_000;

export interface Company {
  readonly rules: Rules;
  /** Commissions are paid by monthly runs. */
  readonly monthly: boolean;
}

const assignment = {
  territories: [{ id: 'iberia', countries: ['ES'], channels: [], repIds: [PEOPLE.rep] }],
  capacities: [],
  maxOpenLeads: 100_000,
  fallbackOwnerId: PEOPLE.boss,
};
const { dunning, invoicing, notifications } = POLICY_EXAMPLES;

export const COMPANIES: readonly Company[] = [
  // Pays commission as it is earned; a debt nobody pays is a task of finance.
  {
    monthly: false,
    rules: {
      assignment,
      dunning: { business: { ...dunning.business, afterLast: { action: 'task', afterDays: 14 } } },
    },
  },
  // Pays commission monthly, bills at the order, gives debts up, writes to colleagues and to approvers.
  {
    monthly: true,
    rules: {
      assignment,
      commission: { payout: 'monthly' },
      invoicing: { ...invoicing, issueOn: 'order' },
      notifications: { ...notifications, mails: ['approval', 'task'] },
    },
  },
];

/** A mail server that refuses some mails for ever and others once. */
export function moodyMailer(): Mailer {
  const seen = new Set<string>();
  let count = 0;
  return {
    send: async ({ messageId }) => {
      const isNew = !seen.has(messageId);
      seen.add(messageId);
      if (isNew) count++;
      if (isNew && count % 7 === 0) throw new MailRefused('no such mailbox', 550);
      if (isNew && count % 5 === 0) throw new Error('too many connections');
      return { messageId };
    },
  };
}

/** Business days after the beginning on which something happens to the whole company. */
export interface CompanyEvent {
  readonly at: number;
  readonly happens: (world: World) => Promise<void>;
}

const stepsUntil = (on: string): number =>
  Math.ceil((Date.parse(`${on}T12:00:00Z`) - BEGINS_AT) / DAY_MS / STEP_DAYS);

/** The payday of March comes late, so that its leads ask for it; the others come on time. */
const PAYDAYS = [
  ['2026-03', '2026-04-16'],
  ['2026-04', '2026-05-05'],
  ['2026-05', '2026-06-05'],
  ['2026-06', '2026-07-05'],
  ['2026-07', '2026-08-05'],
  ['2026-08', '2026-09-05'],
  ['2026-09', '2026-10-05'],
  ['2026-10', '2026-11-05'],
  ['2026-11', '2026-12-05'],
] as const;

export function eventsOf({ monthly }: Company, payouts: string[]): CompanyEvent[] {
  const leaving = { at: 40, happens: sdrLeaves };
  if (!monthly) return [leaving];
  const paydays = PAYDAYS.map(([period, on]) => ({
    at: stepsUntil(on),
    happens: async (world: World) => {
      const target = await payday(world, period);
      if (target) payouts.push(target);
    },
  }));
  return [leaving, ...paydays];
}

async function sdrLeaves(world: World): Promise<void> {
  const at = await world.businessNow();
  const { rows } = await world.db.query<{ revision: number }>(`select revision from people where id = $1`, [
    PEOPLE.sdr,
  ]);
  const leaver = { id: PEOPLE.sdr, expected: rows[0]?.revision as number, leftOn: dateIn(ZONE, at) };
  const by = { personId: PEOPLE.admin, at: new Date(at) };
  await withTransaction(world.db, (tx) => deactivatePerson(tx, world.policies, by, leaver));
}

/** One calculates, another releases; who is paid is neither of them. The workflow that pays it, if one was due. */
async function payday(world: World, period: string): Promise<string | undefined> {
  const at = await world.businessNow();
  try {
    const { target } = await openPayoutRun(world, { period, actorId: PEOPLE.comp, at });
    await startWorkflow(world.engine, target, 5_000);
    const id = newId('msg');
    const release = { name: 'releasePayout', actorId: PEOPLE.comp2, body: {}, nowMs: Date.now() } as const;
    const deps = { db: world.db, engine: world.engine, marks: world.marks, log: { warn: () => undefined } };
    const answer = await decide(deps, { id, target, leadId: null, ...release });
    if (answer?.result !== 'applied') throw new Error(`${target}: ${JSON.stringify(answer)}`);
    return target;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'nothing_due') return undefined;
    throw error;
  }
}
