// A small company for the stories: people with roles and limits, rules, products, one price book, one clock
// segment that begins on a Monday morning in Madrid. Written by plain SQL, as an import of master data would.
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { sha256 } from '../../db/ids.js';
import type { Db } from '../../db/pool.js';
import { canonicalJson } from '../../domain/policies/canonical.js';
import { POLICY_KINDS, type PolicyByKind } from '../../domain/policies/types.js';

/** Business instant every story begins at: Monday 2 March 2026, 09:00 in Madrid. */
export const BEGINS_AT = Date.UTC(2026, 2, 2, 8);
const FOUNDED = '2026-01-01';

export const PEOPLE = {
  admin: 'person_admin',
  rep: 'person_rep',
  sdr: 'person_sdr',
  boss: 'person_boss',
  head: 'person_head',
  finance: 'person_finance',
  finance2: 'person_finance2',
  fulfilment: 'person_fulfilment',
  comp: 'person_comp',
  comp2: 'person_comp2',
  machine: 'person_machine',
} as const;
export type PersonName = keyof typeof PEOPLE;

interface PersonRow {
  readonly role: string;
  readonly manager?: PersonName;
  readonly limitMinor?: number;
}

// From the top down: a manager must be there before who reports to them.
const STAFF: readonly (readonly [PersonName, PersonRow])[] = [
  ['admin', { role: 'admin' }],
  ['head', { role: 'manager', limitMinor: 100_000_000 }],
  ['boss', { role: 'manager', manager: 'head', limitMinor: 2_000_000 }],
  ['rep', { role: 'rep', manager: 'boss' }],
  ['sdr', { role: 'rep', manager: 'boss' }],
  ['finance', { role: 'finance' }],
  ['finance2', { role: 'finance' }],
  ['fulfilment', { role: 'fulfilment' }],
  ['comp', { role: 'compensation' }],
  ['comp2', { role: 'compensation' }],
  ['machine', { role: 'integration' }],
];

export type Rules = { readonly [K in keyof PolicyByKind]?: Partial<PolicyByKind[K]> };

/** Words that must never reach a history, an id or a search attribute: every name and mail of the company. */
export const COMPANY_CANARIES = ['canarina', 'canarywerk'];

const OWN_RULES: Rules = {
  assignment: {
    territories: [{ id: 'iberia', countries: ['ES'], channels: [], repIds: [PEOPLE.rep] }],
    maxOpenLeads: 10_000, // A test may keep hundreds open at once.
    capacities: [],
    fallbackOwnerId: PEOPLE.boss,
  },
  notifications: { mails: [] },
};

/** The number of products; their skus are ITEM-01 … in order, at 50.00, 60.00 … euros. */
export const PRODUCTS = 10;
export const sku = (n: number): string => `ITEM-${String(n).padStart(2, '0')}`;

/** Writes the company; `rules` change fields of the example policies. */
export async function seedCompany(db: Db, realAnchorMs: number, rules: Rules = {}): Promise<void> {
  for (const [name, { role, manager, limitMinor }] of STAFF)
    await addPerson(db, name, role, manager, limitMinor);
  for (const kind of POLICY_KINDS) {
    const parts: object[] = [POLICY_EXAMPLES[kind], OWN_RULES[kind] ?? {}, rules[kind] ?? {}];
    const body: unknown = Object.assign({}, ...parts);
    await db.query(
      `insert into policies (kind, version, body, body_hash, created_by, created_at) values ($1, 1, $2, $3, $4, $5)`,
      [kind, body, sha256(canonicalJson(body)), PEOPLE.admin, FOUNDED],
    );
  }
  await db.query(
    `insert into policy_approvals values ('commission', 1, $1, '2026-01-02'), ('commission', 1, $2, '2026-01-02')`,
    [PEOPLE.comp, PEOPLE.comp2],
  );
  await db.query(
    `insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values ($1, $2, 86400)`,
    [new Date(BEGINS_AT), new Date(realAnchorMs)],
  );
  await db.query(
    `insert into legal_entities (id, name, country, vat_id, zone, language, address, email, created_at)
      values ('entity_es', 'Canarywerk Hispania SL', 'ES', 'ESB12345674', 'Europe/Madrid', 'en', '{}',
        'office@canarywerk.example', $1)`,
    [FOUNDED],
  );
  await seedCatalogue(db);
}

async function addPerson(
  db: Db,
  name: PersonName,
  role: string,
  manager?: PersonName,
  limitMinor?: number,
): Promise<void> {
  const id = PEOPLE[name];
  await db.query(`insert into people (id, name, email, manager_id, created_at) values ($1, $2, $3, $4, $5)`, [
    id,
    `Canarina ${name}`,
    `${name}@canarywerk.example`,
    manager ? PEOPLE[manager] : null,
    FOUNDED,
  ]);
  // Granted by nobody, as at the first boot: usable at once.
  await db.query(`insert into person_roles values ($1, $2, null, $3)`, [id, role, FOUNDED]);
  if (limitMinor !== undefined) {
    await db.query(`insert into approval_limits values ($1, 'EUR', $2)`, [id, limitMinor]);
  }
}

async function seedCatalogue(db: Db): Promise<void> {
  await db.query(
    `insert into price_books (id, name, currency, valid_from, created_at) values ('book_eur', 'EUR', 'EUR', $1::date, $1::date)`,
    [FOUNDED],
  );
  for (let n = 1; n <= PRODUCTS; n++) {
    const id = `product_${n}`;
    await db.query(
      `insert into products (id, sku, name, family, supply, unit, tax_class, lead_days, created_at)
        values ($1, $2, $3, 'hardware', 'goods', 'piece', 'standard', 10, $4)`,
      [id, sku(n), { en: `Item ${n}`, es: `Artículo ${n}` }, FOUNDED],
    );
    await db.query(`insert into price_book_entries values ('book_eur', $1, $2)`, [id, 40 + 10 * n]);
  }
}

/** From now on the company mails tasks as well: its newest rules, and that. */
export async function mailTasks(db: Db): Promise<void> {
  await db.query(`insert into policies (kind, version, body, body_hash, created_by, created_at)
    select kind, version + 1, jsonb_set(body, '{mails}', '["task"]'), sha256('task'), created_by, created_at
    from policies where kind = 'notifications' order by version desc limit 1`);
}
