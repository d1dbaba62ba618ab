// A lead in stage `ordered` on a real database, built by SQL: the state every test of the second half starts
// from. One database per test file; each deal has its own lead, account and people.
import pino from 'pino';
import { makeActivities } from '../../activities/index.js';
import type { StepDeps } from '../../activities/step.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import { PolicyStore } from '../../db/policies.js';
import type { Db } from '../../db/pool.js';
import type { CommissionPolicy, PolicyKind } from '../../domain/policies/types.js';
import type { StepAnswer } from '../../domain/steps.js';
import { freshDatabase } from './database.js';

/** The business day every deal is ordered on; the clock stands at noon of it and runs at real speed. */
export const DAY = '2026-03-02';
const NOON = Date.parse(`${DAY}T12:00:00Z`);
const DAY_MS = 86_400_000;

export interface World {
  /** The owner's connections, for fixtures and for looking. */
  readonly db: Db;
  /** What the code under test gets: the application's role. */
  readonly deps: StepDeps;
  readonly steps: ReturnType<typeof makeActivities>;
  /** Real instant of noon on a day `days` after the order. */
  readonly at: (days?: number) => number;
  readonly close: () => Promise<void>;
}

/** A migrated database with policies, one company in Madrid and people. */
export async function openWorld(changes: { commission?: Partial<CommissionPolicy> } = {}): Promise<World> {
  const database = await freshDatabase();
  const db = database.owner;
  await seed(db, changes.commission ?? {});
  const log = pino({ level: process.env.L2C_TEST_LOG ?? 'silent' });
  const deps: StepDeps = { db: database.app, policies: new PolicyStore(), log };
  const steps = makeActivities({ ...deps, mailer: undefined as never });
  return {
    db,
    deps,
    steps,
    at: (days = 0) => NOON + days * DAY_MS,
    close: () => database.drop(),
  };
}

export const PEOPLE = {
  rep: 'person_rep',
  sdr: 'person_sdr',
  boss: 'person_boss',
  finance: 'person_finance',
  finance2: 'person_finance2',
  fulfilment: 'person_fulfilment',
  comp: 'person_comp',
  comp2: 'person_comp2',
  editor: 'person_editor',
} as const;

const ROLES: Record<keyof typeof PEOPLE, string[]> = {
  rep: ['rep'],
  sdr: ['rep'],
  boss: ['manager'],
  finance: ['finance'],
  finance2: ['finance'],
  fulfilment: ['fulfilment'],
  comp: ['compensation'],
  comp2: ['compensation'],
  editor: ['admin'],
};

async function seed(db: Db, commission: Partial<CommissionPolicy>): Promise<void> {
  const names = Object.keys(PEOPLE) as (keyof typeof PEOPLE)[];
  for (const name of names) {
    await db.query(
      `insert into people (id, name, email, created_at) values ($1, $2, $2 || '@example.com', '2026-01-01')`,
      [PEOPLE[name], name],
    );
    for (const role of ROLES[name]) {
      await db.query(`insert into person_roles values ($1, $2, null, '2026-01-01')`, [PEOPLE[name], role]);
    }
  }
  await db.query(`insert into approval_limits values ($1, 'EUR', 2000000)`, [PEOPLE.boss]);
  for (const kind of Object.keys(POLICY_EXAMPLES) as PolicyKind[]) {
    const body =
      kind === 'commission' ? { ...POLICY_EXAMPLES.commission, ...commission } : POLICY_EXAMPLES[kind];
    await db.query(
      `insert into policies (kind, version, body, body_hash, created_by, created_at)
        values ($1, 1, $2, sha256('x'), $3, '2026-01-01')`,
      [kind, body, PEOPLE.editor],
    );
  }
  await db.query(
    `insert into policy_approvals values ('commission', 1, $1, '2026-01-02'),
    ('commission', 1, $2, '2026-01-02')`,
    [PEOPLE.boss, PEOPLE.comp],
  );
  await db.query(`insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day)
    values ('2026-01-01', '2026-01-01', 86400)`);
  await db.query(`insert into legal_entities (id, name, country, vat_id, zone, language, address, email, created_at)
    values ('entity_es', 'Sample SL', 'ES', 'ESB12345674', 'Europe/Madrid', 'en', '{}', 'a@example.com', '2026-01-01')`);
  await db.query(`insert into price_books (id, name, currency, valid_from, created_at)
    values ('book_eur', 'EUR', 'EUR', '2026-01-01', '2026-01-01')`);
  for (const [id, family, taxClass, chargedOn] of [
    ['product_hw', 'hardware', 'standard', 'each_delivery'],
    ['product_sw', 'software', 'reduced', 'each_delivery'],
    ['product_fee', 'other', 'fees', 'each_delivery'],
    ['product_freight', 'other', 'standard', 'first_delivery'],
  ]) {
    await db.query(
      `insert into products (id, sku, name, family, supply, unit, tax_class, charged_on, lead_days, created_at)
        values ($1, $1, '{"en":"x"}', $2, 'goods', 'piece', $3, $4, 5, '2026-01-01')`,
      [id, family, taxClass, chargedOn],
    );
  }
}

export interface LineSpec {
  readonly product?: 'hw' | 'sw' | 'fee' | 'freight';
  readonly quantity: number;
  readonly netMinor: number;
}

export interface DealSpec {
  readonly lines?: readonly LineSpec[];
  readonly billOn?: 'delivery' | 'order';
  readonly accountId?: string;
  /** Versions of policies it was ordered under; the first ones where nothing is said. */
  readonly pins?: Readonly<Record<string, number>>;
}

export interface Deal {
  readonly leadId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly lineIds: readonly string[];
}

const TAX = { hw: 2_100, sw: 1_000, fee: 0, freight: 2_100 } as const;

/** An accepted order of one account: rep and sdr share 80 : 20, their manager overrides the rep. */
export async function orderedDeal({ db }: World, spec: DealSpec = {}): Promise<Deal> {
  const lines = spec.lines ?? [{ quantity: 3, netMinor: 10_000 }];
  const [leadId, orderId, quoteId] = [newId('lead'), newId('order'), newId('quote')];
  const accountId = spec.accountId ?? newId('account');
  const net = lines.reduce((sum, line) => sum + line.netMinor, 0);
  await db.query(
    `insert into accounts (id, legal_name, country, created_at) values ($1, 'Customer', 'ES', '2026-01-01')
      on conflict do nothing`,
    [accountId],
  );
  await db.query(
    `insert into leads (id, revision, stage, stage_since, owner_id, account_id, channel, captured_at)
      values ($1, 7, 'ordered', $2, $3, $4, 'website', '2026-02-01')`,
    [leadId, new Date(NOON), PEOPLE.rep, accountId],
  );
  await db.query(`insert into audit_heads values ($1, 0, decode(repeat('00', 32), 'hex'))`, [leadId]);
  await db.query(`insert into quotes values ($1, $2, $3, 'entity_es', 'EUR', $4, '2026-02-02')`, [
    quoteId,
    leadId,
    accountId,
    PEOPLE.rep,
  ]);
  await db.query(
    `insert into quote_revisions (quote_id, revision, lead_id, status, content_hash, price_book_id, discount_bps,
      effective_discount_bps, max_line_discount_bps, list_minor, net_minor, tax_minor, gross_minor, terms, valid_days,
      pins, created_by, created_at)
      values ($1, 1, $2, 'accepted', sha256('x'), 'book_eur', 0, 0, 0, $3, $3, 0, $3, '{}', 30, '{}', $4, '2026-02-02')`,
    [quoteId, leadId, net, PEOPLE.rep],
  );
  const pins = { commission: 1, invoicing: 1, dunning: 1, payout: 1, tax: 1, ...spec.pins };
  await db.query(
    `insert into orders (id, number, seq, lead_id, quote_id, quote_revision, account_id, entity_id, currency, status,
      content_hash, net_minor, tax_minor, gross_minor, terms, bill_on, pins, ordered_at, ordered_on, deliver_by)
      values ($1, $1, (select count(*) + 1 from orders), $2, $3, 1, $4, 'entity_es', 'EUR', 'open', sha256('x'), $5, 0,
        $5, '{"kind":"net","days":30}', $6, $7, $8, $9, $9)`,
    [orderId, leadId, quoteId, accountId, net, spec.billOn ?? 'delivery', pins, new Date(NOON), DAY],
  );
  const lineIds: string[] = [];
  for (const [index, { product = 'hw', quantity, netMinor }] of lines.entries()) {
    const id = newId('oline');
    lineIds.push(id);
    await db.query(
      `insert into order_lines (id, order_id, position, product_id, sku, name, family, unit, charged_on, quantity,
          net_minor, tax_treatment, tax_rate_bps, tax_reason)
        select $1, $2, $3, p.id, p.sku, 'x', p.family, 'piece', p.charged_on, $5, $6, $7, $8, 'domestic'
        from products p where p.id = 'product_' || $4`,
      [id, orderId, index + 1, product, quantity, netMinor, product === 'fee' ? 'O' : 'S', TAX[product]],
    );
  }
  await db.query(
    `insert into commission_credits (order_id, payee_id, component, roles, report_ids, share_bps, plan_version)
      values ($1, $2, 'direct', '{rep}', '{}', 8000, 1), ($1, $3, 'direct', '{sdr}', '{}', 2000, 1),
        ($1, $4, 'override1', '{}', array[$2], 8000, 1)`,
    [orderId, PEOPLE.rep, PEOPLE.sdr, PEOPLE.boss],
  );
  await beginWait({ db }, leadId, spec.billOn === 'order' ? 'invoicing' : 'delivery', orderId);
  if (spec.billOn === 'order') await beginWait({ db }, leadId, 'delivery', orderId);
  return { leadId, orderId, accountId, lineIds };
}

async function beginWait(
  { db }: Pick<World, 'db'>,
  leadId: string,
  kind: string,
  subject: string,
): Promise<void> {
  await db.query(
    `insert into waits (lead_id, kind, subject, role, since, until, due_step)
      values ($1, $2, $3, 'engine', $4, $4, 'x')`,
    [leadId, kind, subject, new Date(NOON)],
  );
}

type StepOf = keyof World['steps'];

/** Runs a step of the lead's own for one subject, as the workflow would: keyed by the revision it judged by. */
export async function own(
  world: World,
  step: StepOf,
  leadId: string,
  subject = leadId,
  days = 0,
): Promise<StepAnswer> {
  const { rows } = await world.db.query<{ revision: number }>('select revision from leads where id = $1', [
    leadId,
  ]);
  const revision = rows[0]?.revision as number;
  const call = { leadId, key: `${leadId}/${step}/${revision}`, at: world.at(days), subject, revision };
  return (world.steps[step] as (call: unknown) => Promise<StepAnswer>)(call);
}

/** Runs the step of a message. */
export function told(
  world: World,
  step: StepOf,
  leadId: string,
  messageId: string,
  days = 0,
): Promise<StepAnswer> {
  const call = { leadId, key: messageId, at: world.at(days) };
  return (world.steps[step] as (call: unknown) => Promise<StepAnswer>)(call);
}

/** Stores a decision's message, as the API would. */
export async function decision(
  { db }: World,
  leadId: string,
  name: string,
  actorId: string,
  body: object,
): Promise<string> {
  const id = newId('msg');
  await db.query(
    `insert into messages (id, target, lead_id, name, kind, actor_id, body, body_hash, not_after)
      values ($1, 'lead/' || $2, $2, $3, 'decision', $4, $5, sha256('x'), now() + interval '1 day')`,
    [id, leadId, name, actorId, body],
  );
  return id;
}

/** Runs the lead's engine-owned waits until none is due: what its workflow would do by itself. */
export async function settle(world: World, leadId: string, days = 0): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const { rows } = await world.db.query<{ kind: string; subject: string }>(
      `select kind, subject from waits where lead_id = $1 and ended_at is null and until <= $2
        and kind in ('invoicing', 'earning', 'release') order by until, id limit 1`,
      [leadId, new Date(world.at(days))],
    );
    const [due] = rows;
    if (!due) return;
    const step = {
      invoicing: 'issueInvoice',
      earning: 'earnCommission',
      release: 'payCommission',
    };
    await own(world, step[due.kind as 'earning'] as StepOf, leadId, due.subject, days);
  }
  throw new Error(`lead ${leadId} spins`);
}

/** One row of one query, for expectations. */
export async function row<T>({ db }: World, text: string, ...values: unknown[]): Promise<T> {
  const { rows } = await db.query(text, values);
  return rows[0] as T;
}
