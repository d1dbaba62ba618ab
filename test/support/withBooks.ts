// Books that are right, once per test file as a template database; each case breaks a copy of its own.
import pg from 'pg';
import type { InvariantResult, VerifyEngine, WorkflowState } from '../../cli/verify/types.js';
import { verify } from '../../cli/verify/verify.js';
import { dropDatabase, TEMPLATE } from './database.js';
import { writeBooks } from './dealBooks.js';

// Set by the run's global set-up: a server on which this role may create databases.
const server = new URL(process.env.L2C_TEST_DATABASE_URL ?? 'no-server:');
const template = `verify_${process.pid}_template`;
const urlOf = (database: string): string => Object.assign(new URL(server), { pathname: `/${database}` }).href;

// The books were written through every guard; who owns a database can take them away, and so do the cases.
const WITHOUT_GUARDS = `do $$ declare t record; begin
  for t in select conrelid::regclass as name, conname from pg_constraint where contype = 'f' loop
    execute format('alter table %s drop constraint %I', t.name, t.conname);
  end loop;
  for t in select tgrelid::regclass as name, tgname from pg_trigger where not tgisinternal loop
    execute format('alter table %s disable trigger %I', t.name, t.tgname);
  end loop;
end $$`;

let owner: pg.Client;

export async function openBooks(): Promise<void> {
  owner = new pg.Client(server.href);
  await owner.connect();
  await owner.query(`create database ${template} template ${TEMPLATE}`);
  const books = new pg.Client(urlOf(template));
  await books.connect();
  await writeBooks(books, Date.now());
  await books.query(WITHOUT_GUARDS);
  await books.end();
}

export async function closeBooks(): Promise<void> {
  await dropDatabase(template);
  await owner.end();
}

let copies = 0;

/** A copy of the books, changed by their owner. */
export async function withBooks<T>(change: string, work: (db: pg.Pool) => Promise<T>): Promise<T> {
  const name = `verify_${process.pid}_${++copies}`;
  await owner.query(`create database ${name} template ${template}`);
  const db = new pg.Pool({ connectionString: urlOf(name), max: 4 });
  db.on('error', () => undefined); // A closing connection may still meet the database's end.
  try {
    await db.query(`begin; ${change}; commit`);
    return await work(db);
  } finally {
    await db.end();
    await dropDatabase(name);
  }
}

const states = new Map<string, WorkflowState>([
  ['lead/lead_fresh', 'open'],
  ['lead/lead_bounced', 'open'],
  ['lead/lead_won', 'closed'],
  ['lead/lead_lost', 'closed'],
]);
export const engineWith = (changed: Readonly<Record<string, WorkflowState>> = {}): VerifyEngine => {
  const now = new Map([...states, ...Object.entries(changed)]);
  return {
    describe: (id) => Promise.resolve(now.get(id) ?? 'missing'),
    async *listOpen() {
      for (const [id, state] of now) if (state === 'open') yield id;
    },
  };
};

export const brokenIn = (results: readonly InvariantResult[]) =>
  Object.fromEntries(
    results
      .filter(({ ok }) => !ok)
      .map((r) => [r.invariant, [...new Set(r.broken.map(({ subject }) => subject))].sort()]),
  );

export const brokenAfter = (change: string) =>
  withBooks(change, async (db) => brokenIn(await verify({ db, engine: engineWith() })));

export const rehash = `with recursive chain as (
    select subject, seq, entry, sha256(decode(repeat('00', 32), 'hex') || convert_to(entry, 'UTF8')) as hash
    from audit_entries where seq = 1
    union all
    select e.subject, e.seq, e.entry, sha256(c.hash || convert_to(e.entry, 'UTF8'))
    from chain c join audit_entries e on e.subject = c.subject and e.seq = c.seq + 1)
  update audit_entries e set hash = c.hash from chain c where e.subject = c.subject and e.seq = c.seq;
  update audit_heads h set hash = e.hash from audit_entries e where e.subject = h.subject and e.seq = h.seq`;

/** Changes an entry and builds its chain anew, as somebody would who owns the database. */
export const rewrite = (subject: string, seq: number, from: string, to: string): string =>
  `update audit_entries set entry = replace(entry, '${from}', '${to}')
   where subject = '${subject}' and seq = ${seq}; ${rehash}`;
