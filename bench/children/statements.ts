// Counts what a process asks of Postgres, by wrapping the one function of pg every query goes through.
import pg from 'pg';

/** One statement as it was sent: its name where it is prepared, its words otherwise. */
export interface Statement {
  readonly name: string;
  readonly times: number;
  /** Commits it caused by itself or, for `commit`, those of its transaction that wrote something. */
  readonly commits: number;
}

interface Counted {
  times: number;
  commits: number;
}

/** What was read, in the order it was asked; `transaction` counts those that wrote something, null outside of one. */
export interface Read {
  readonly transaction: number | null;
  readonly name: string | null;
  readonly text: string;
  /** JSON. */
  readonly values: string;
}

const WRITES = /\b(insert|delete|update)\b/i;
const LOCKS = /\bfor (no key )?update\b/gi;

const counted = new Map<string, Counted>();
const inTransaction = new WeakMap<object, { wrote: boolean }>();
let counting = false;

type Query = (this: object, config: unknown, ...rest: unknown[]) => unknown;

/** Wraps pg in this process; nothing is counted before `startCounting`. */
export function wrapQueries(): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (config, ...rest) {
    if (counting) count(this, config);
    if (hearing) hear(this, config, rest[0]);
    return query.call(this, config, ...rest);
  };
}

export function startCounting(): void {
  counted.clear();
  counting = true;
}

/** Stops counting and answers what was sent since the start. */
export function stopCounting(): Statement[] {
  counting = false;
  return [...counted].map(([name, { times, commits }]) => ({ name, times, commits }));
}

function count(client: object, config: unknown): void {
  const { text, name } = typeof config === 'string' ? { text: config, name: undefined } : (config as never);
  const words = String(text ?? '');
  const verb = words.trim().slice(0, 8).toLowerCase();
  if (verb.startsWith('begin')) inTransaction.set(client, { wrote: false });
  const open = inTransaction.get(client);
  const writes = WRITES.test(words.replaceAll(LOCKS, ''));
  if (open && writes) open.wrote = true;
  const ends = verb.startsWith('commit') || verb.startsWith('rollback');
  const commits = ends ? verb.startsWith('commit') && open?.wrote : writes && !open;
  if (ends) inTransaction.delete(client);
  // A step's writes are named by a hash: their first words say more.
  const shown = name && !/^[\w-]{22}$/.test(name) ? String(name) : words.replaceAll(/\s+/g, ' ').slice(0, 80);
  const seen = counted.get(shown) ?? { times: 0, commits: 0 };
  seen.times++;
  if (commits) seen.commits++;
  counted.set(shown, seen);
}

interface Heard {
  readonly reads: Omit<Read, 'transaction'>[];
  wrote: boolean;
}

let hearing = false;
let alone: Omit<Read, 'transaction'>[] = [];
let transactions: Heard[] = [];
const heardIn = new WeakMap<object, Heard>();

/** From now on what is read is kept, for a control that has to read the same. */
export function startHearing(): void {
  [hearing, alone, transactions] = [true, [], []];
}

/** Stops it and answers what was read: inside of transactions that wrote, and outside of any. */
export function stopHearing(): Read[] {
  hearing = false;
  const wrote = transactions.filter((one) => one.wrote);
  return [
    ...wrote.flatMap(({ reads }, transaction) => reads.map((read) => ({ ...read, transaction }))),
    ...alone.map((read) => ({ ...read, transaction: null })),
  ];
}

function hear(client: object, config: unknown, given: unknown): void {
  const asked = typeof config === 'string' ? { text: config } : (config as { text?: string; name?: string });
  const { text = '', name = null, values = given ?? [] } = asked as Partial<Read> & { values?: unknown };
  if (/^\s*begin/i.test(text)) {
    const one: Heard = { reads: [], wrote: false };
    transactions.push(one);
    heardIn.set(client, one);
    return;
  }
  const inside = heardIn.get(client);
  if (/^\s*(commit|rollback)/i.test(text)) heardIn.delete(client);
  else if (WRITES.test(text.replaceAll(LOCKS, ''))) {
    if (inside) inside.wrote = true;
  } else if (/^\s*(select|with)/i.test(text)) {
    (inside?.reads ?? alone).push({ name, text, values: jsonOf(values) });
  }
}

const jsonOf = (values: unknown): string =>
  JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
