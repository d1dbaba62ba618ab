// What a golden lead writes, row by row: triggers note each change while one lead of the product is lived.
// The controls write the same rows into the same tables because theirs are made of this.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Read } from '../children/statements.js';
import { CALLS, type Call, type Lead, live } from '../golden.js';
import { quietly } from '../quiet.js';
import type { Rig } from '../rig.js';
import { type Belongings, belongingsOf } from './plainReads.js';

export interface Change {
  readonly table: string;
  readonly op: 'INSERT' | 'UPDATE';
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly row: Readonly<Record<string, unknown>>;
}

/** One transaction of the product that wrote rows. */
export interface Commit {
  readonly by: 'api' | 'worker';
  /** The step, as the audit entry names it. */
  readonly step: string;
  readonly changes: readonly Change[];
}

/** What one call read beside what it wrote. */
export interface CallReads {
  readonly api: readonly Read[];
  readonly worker: readonly Read[];
}

export interface Recording {
  readonly tag: string;
  readonly reads: Readonly<Record<Call, CallReads>>;
  readonly calls: Readonly<Record<Call, readonly Commit[]>>;
  /** What the API answered to each call. */
  readonly answers: Readonly<Record<Call, unknown>>;
  /** Ids that were there before: people, products, prices. A copy of the lead keeps them. */
  readonly masterIds: readonly string[];
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Tables before those that refer to them. */
  readonly order: readonly string[];
  /** Columns Postgres fills by itself. */
  readonly generated: Readonly<Record<string, readonly string[]>>;
  /** Types of columns, by table. */
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly belongings: Belongings;
}

const LOG = `create table bench_changes (id bigint generated always as identity, tx xid8 not null,
    app text not null, tab text not null, op text not null, before jsonb, after jsonb);
  create function bench_note() returns trigger language plpgsql security definer as $$
  begin
    insert into bench_changes (tx, app, tab, op, before, after) values (pg_current_xact_id(),
      current_setting('application_name'), tg_table_name, tg_op, to_jsonb(old), to_jsonb(new));
    return null;
  end $$`;

interface Noted {
  readonly id: string;
  readonly tx: string;
  readonly app: string;
  readonly tab: string;
  readonly op: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

/** Lives one golden lead of the product under triggers, which are gone afterwards. */
export async function record(rig: Rig): Promise<Recording> {
  return rig.asOwner(async (owner) => {
    const tables = await tablesOf(owner);
    const masterIds = await masterIdsOf(owner);
    await owner.query(LOG);
    for (const table of tables) {
      await owner.query(
        `create trigger bench_note after insert or update or delete on ${table}
          for each row execute function bench_note()`,
      );
    }
    const lead = rig.lead();
    const ends = new Map<Call, number>();
    const hears = await listener(rig);
    const reads = {} as Record<Call, CallReads>;
    await live(lead, {
      watch: quietly(rig.client, async (call) => {
        const { rows } = await owner.query<{ end: string }>(
          'select coalesce(max(id), 0)::text as end from bench_changes',
        );
        ends.set(call as Call, Number(rows[0]?.end));
        reads[call as Call] = await hears();
      }),
    });
    const { rows } = await owner.query<Noted>(
      'select id::text, tx::text, app, tab, op, before, after from bench_changes c order by c.id',
    );
    await owner.query('drop table bench_changes; drop function bench_note cascade');
    const calls = callsOf(rows, ends);
    mustBeWhole(calls, lead);
    const [keys, generated, types] = [await keysOf(owner), await generatedOf(owner), await typesOf(owner)];
    const [order, belongings] = [await orderOf(owner, tables), await belongingsOf(owner)];
    const answers = Object.fromEntries(lead.answers) as Recording['answers'];
    return { tag: lead.tag, reads, calls, answers, masterIds, keys, order, generated, types, belongings };
  });
}

/** Long enough for one round of relay and sweep. */
const IDLE_MS = 2_500;
// Who the caller is, what the protocol asks of its messages, and what people look at between two calls (lists have no
// name): the controls have reads of their own for that.
const NOT_OF_THE_CALL = /^(sign_in|message_|claim_|lead_view|order_by_id|stage_of_lead)/;

/** Answers what was read since it was asked last, without what is read while nobody calls. */
async function listener(rig: Rig): Promise<() => Promise<CallReads>> {
  const parts = [rig.api, rig.worker];
  const start = (): Promise<unknown> => Promise.all(parts.map((part) => part.ask('startHearing')));
  const stop = (): Promise<Read[][]> => Promise.all(parts.map((part) => part.ask<Read[]>('stopHearing')));
  await start();
  await sleep(IDLE_MS);
  const idle = new Set((await stop()).flat().map(({ text }) => text));
  const ofTheCall = ({ name, text }: Read): boolean =>
    !idle.has(text) &&
    name !== null &&
    !NOT_OF_THE_CALL.test(name) &&
    !/pg_notify|pg_try_advisory/.test(text);
  await start();
  return async () => {
    const [api = [], worker = []] = await stop();
    await start();
    return { api: api.filter(ofTheCall), worker: worker.filter(ofTheCall) };
  };
}

function callsOf(rows: readonly Noted[], ends: ReadonlyMap<Call, number>): Record<Call, Commit[]> {
  let from = 0;
  const calls = {} as Record<Call, Commit[]>;
  for (const call of CALLS) {
    const to = ends.get(call) ?? from;
    const own = rows.filter(({ id }) => Number(id) > from && Number(id) <= to);
    const transactions = [...new Set(own.map(({ tx }) => tx))].map((tx) =>
      own.filter((row) => row.tx === tx),
    );
    calls[call] = transactions.filter((changes) => !changes.every(marksMessage)).map(commitOf);
    from = to;
  }
  return calls;
}

/** That a message was claimed or told: marks for telling it again, which the controls never do. */
const marksMessage = ({ tab, op }: Noted): boolean => tab === 'messages' && op === 'UPDATE';

function commitOf(rows: readonly Noted[]): Commit {
  const changes = rows.map(({ tab, op, before, after }): Change => {
    if (op === 'DELETE' || after === null)
      throw new Error(`a golden lead deletes rows of ${tab}; copies cannot`);
    // Never untold: the product marks it later, in a batch.
    const row = tab === 'messages' ? { ...after, told_at: after.told_at ?? after.recorded_at } : after;
    return { table: tab, op: op as Change['op'], before, row };
  });
  const audit = changes.find(({ table }) => table === 'audit_entries');
  const step = String(audit?.row.action ?? 'write');
  return { by: rows[0]?.app === 'l2c-worker' ? 'worker' : 'api', step, changes };
}

function mustBeWhole(calls: Record<Call, Commit[]>, lead: Lead): void {
  const tables = new Set(
    Object.values(calls).flatMap((commits) => commits.flatMap((c) => c.changes.map((x) => x.table))),
  );
  for (const table of [
    'leads',
    'quotes',
    'orders',
    'invoices',
    'payments',
    'commission_lines',
    'payout_lines',
  ]) {
    if (!tables.has(table)) throw new Error(`the golden lead ${lead.id} wrote no row of ${table}`);
  }
}

async function tablesOf(owner: pg.Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and relowner = current_user::regrole and relname <> 'bench_changes'`,
  );
  return rows.map(({ name }) => name).filter((name) => !name.includes('migrations'));
}

async function masterIdsOf(owner: pg.Client): Promise<string[]> {
  const tables = ['people', 'products', 'price_books', 'legal_entities', 'api_keys'];
  const { rows } = await owner.query<{ id: string }>(
    tables.map((table) => `select id from ${table}`).join(' union all '),
  );
  return rows.map(({ id }) => id);
}

async function keysOf(owner: pg.Client): Promise<Record<string, string[]>> {
  const { rows } = await owner.query<{ name: string; columns: string[] }>(
    `select conrelid::regclass::text as name, array(select attname::text from unnest(conkey) k
       join pg_attribute a on a.attrelid = conrelid and a.attnum = k) as columns
     from pg_constraint where contype = 'p' and connamespace = 'public'::regnamespace`,
  );
  return Object.fromEntries(rows.map(({ name, columns }) => [name, columns]));
}

async function generatedOf(owner: pg.Client): Promise<Record<string, string[]>> {
  const { rows } = await owner.query<{ name: string; columns: string[] }>(
    `select table_name::text as name, array_agg(column_name::text) as columns from information_schema.columns
     where table_schema = 'public' and (is_generated = 'ALWAYS' or is_identity = 'YES') group by 1`,
  );
  return Object.fromEntries(rows.map(({ name, columns }) => [name, columns]));
}

async function typesOf(owner: pg.Client): Promise<Recording['types']> {
  const { rows } = await owner.query<{ name: string; types: Record<string, string> }>(
    `select attrelid::regclass::text as name, jsonb_object_agg(attname, format_type(atttypid, atttypmod)) as types
     from pg_attribute join pg_class c on c.oid = attrelid and c.relkind = 'r'
     where c.relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped group by 1`,
  );
  return Object.fromEntries(rows.map(({ name, types }) => [name, types]));
}

/** Sorts tables so that what a row refers to is written before it. */
async function orderOf(owner: pg.Client, tables: readonly string[]): Promise<string[]> {
  const { rows } = await owner.query<{ child: string; parent: string }>(
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
     where contype = 'f' and conrelid <> confrelid and connamespace = 'public'::regnamespace`,
  );
  const order: string[] = [];
  for (let left = [...tables]; left.length > 0; ) {
    const free = left.filter((table) => !rows.some((r) => r.child === table && left.includes(r.parent)));
    const children = (table: string): number =>
      rows.filter((r) => r.parent === table && left.includes(r.child)).length;
    // A ring (a delivery names the invoice that names it) is entered where most hangs on: the other one is an update.
    const [busiest] = [...left].sort((a, b) => children(b) - children(a));
    order.push(...(free.length > 0 ? free : [busiest as string]));
    left = left.filter((table) => !order.includes(table));
  }
  return order;
}
