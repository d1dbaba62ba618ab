// What a lead costs Postgres does not grow with the leads before it: every statement that one lead's path sends finds
// its rows by the first column of an index, and is planned so while the tables are as good as empty. A plan that reads
// a small table whole, or joins it whole, is kept for as long as its statistics, and costs more with every lead.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { type Json, openScene, type Scene } from '../support/product.js';
import { accepted, delivered, inStage, paid, submitted } from '../support/sale.js';

/** What has as many rows as the company has people, products and rules: read whole it costs the same tomorrow. */
const FEW_ROWS = /^(people|person_roles|legal_entities|policies|products|price_books|prices|clock_segments)$/;

/** What a screen shows of one lead. */
const LISTS = [
  ['carla', 'orders'],
  ['elena', 'invoices'],
  ['elena', 'payments'],
  ['elena', 'charge-notes'],
  ['elena', 'ledger'],
  ['helena', 'payouts'],
  ['helena', 'commissions'],
] as const;

interface Asked {
  readonly text: string;
  readonly values: readonly unknown[];
  /** How the connection was opened: what may be planned is said there. */
  readonly options: string;
  /** Planned once for whatever it is asked; any other is planned for what it is asked now. */
  readonly isGeneric: boolean;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Plan[];
}

interface Index {
  readonly table: string;
  readonly column: string;
  /** It holds a part of its table only: what is untold, open, due. */
  readonly isPart: boolean;
}

let scene: Scene;
const asked = new Map<string, Asked>();

beforeAll(async () => {
  scene = await openScene();
  const query: Json = pg.Client.prototype.query;
  jest.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: Json, ...args: Json[]) {
    const { text, values, name } =
      typeof args[0] === 'string' ? { text: args[0], values: args[1], name: undefined } : args[0];
    const { application_name: pool, options } = this.connectionParameters;
    if (/^l2c-(api|worker)$/.test(pool) && /^\s*(select|with|insert|update|delete)\b/i.test(text)) {
      const isGeneric = pool === 'l2c-worker' || name !== undefined;
      asked.set(`${pool} ${text}`, { text, values: values ?? [], options, isGeneric });
    }
    return query.apply(this, args);
  } as never);
  await oneLead();
  jest.restoreAllMocks();
});
afterAll(() => scene?.close());

/** From the form to the commission, with an approval and what the pages around it ask. */
async function oneLead(): Promise<void> {
  const lines = [{ sku: 'DESK-160', quantity: '10', discountBps: 1_500 }];
  const offer = await submitted(scene, 'acme-plans', { lines });
  const [approval] = offer.quote.approvals.filter(({ status }: Json) => status === 'open');
  const approve = { decision: 'approve', revision: offer.quote.revision };
  await scene.post('carla', `/v1/approvals/${approval.id}/decision`, approve);
  const order = await accepted(scene, offer);
  const invoice = await delivered(scene, order);
  await paid(scene, invoice);
  await inStage(scene, offer.leadId, 'commission', 'closed');
  for (const [who, list] of LISTS) await scene.get(who, `/v1/${list}?lead=${offer.leadId}`);
}

async function indexesOf(db: pg.Client): Promise<Map<string, Index>> {
  const { rows } = await db.query<Index & { name: string }>(
    `select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as table,
       pg_get_indexdef(i.indexrelid, 1, true) as column, i.indpred is not null as "isPart"
     from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map(({ name, ...index }) => [name, index]));
}

/** The plan of a statement as a connection of the product would make it, without running it. */
async function planOf(db: pg.Client, { text, values, isGeneric }: Asked): Promise<Plan> {
  if (!isGeneric) {
    const { rows } = await db.query(`explain (format json) ${text}`, [...values]);
    return rows[0]['QUERY PLAN'][0].Plan;
  }
  const parameters = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const nulls = parameters === 0 ? '' : `(${Array(parameters).fill('null').join(', ')})`;
  await db.query(`set plan_cache_mode = force_generic_plan; prepare one as ${text}`);
  const { rows } = await db.query(`explain (format json) execute one${nulls}`);
  await db.query('deallocate one; reset plan_cache_mode');
  return rows[0]['QUERY PLAN'][0].Plan;
}

/** What of a plan costs more with every row of a table that grows. */
function* growing(plan: Plan, indexes: Map<string, Index>): Generator<string> {
  const { 'Node Type': node, 'Index Name': name, 'Index Cond': condition = '' } = plan;
  const index = name === undefined ? undefined : indexes.get(name);
  const table = plan['Relation Name'] ?? index?.table ?? '';
  if (/^(Hash|Merge) Join$/.test(node)) yield node;
  if (node === 'Seq Scan' && !FEW_ROWS.test(table)) yield `${table} is read whole`;
  if (index && !index.isPart && !FEW_ROWS.test(table)) {
    const column = /\w+/.exec(index.column.replace(/^\W*lower\W/, ''))?.[0] ?? '';
    if (!new RegExp(`\\b${column}\\b`).test(condition))
      yield `${name} is read whole, for ${condition || 'all'}`;
  }
  for (const below of plan.Plans ?? []) yield* growing(below, indexes);
}

test('each statement of a lead is planned to find what it reads by index, however few there are', async () => {
  const found = new Map<string, string[]>();
  for (const ways of new Set([...asked.values()].map(({ options }) => options))) {
    const db = new pg.Client({ connectionString: scene.database.ownerUrl, options: ways });
    await db.connect();
    try {
      const indexes = await indexesOf(db);
      for (const statement of [...asked.values()].filter(({ options }) => options === ways)) {
        const whole = [...growing(await planOf(db, statement), indexes)];
        if (whole.length > 0) found.set(statement.text.replace(/\s+/g, ' ').slice(0, 200), whole);
      }
    } finally {
      await db.end();
    }
  }
  expect(Object.fromEntries(found)).toEqual({});
  expect(asked.size).toBeGreaterThan(50);
});
