// One way to Postgres: types that keep money exact, a pool that survives its database, transactions that
// are retried only for what passes by itself.
import { types as kinds } from 'node:util';
import pg from 'pg';
import { PatientClient } from './client.js';

const INT8 = 20;
const DATE = 1082;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return BigInt;
    if (oid === DATE) return String; // A business date has no zone; a Date object would give it one.
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
  }) as typeof pg.types.getTypeParser,
};

export type Db = pg.Pool;
export type Tx = pg.PoolClient;
export type Queryable = Pick<pg.Pool, 'query'>;

export interface PoolOptions {
  readonly max: number;
  readonly applicationName: string;
  /** Called when an idle connection breaks; the pool replaces it, nothing else has to be done. */
  readonly onIdleError?: (error: Error) => void;
  /** Upper bound of one statement; below the workflow step's own deadline, so Postgres gives up first. */
  readonly statementTimeoutMs?: number;
  /**
   * For a pool that runs the same few statements for ever: they are planned once per connection, and what does not
   * wait for an answer is sent together. No COPY runs over such a connection.
   */
  readonly repetitive?: boolean;
  /** For a pool that reads and writes few rows at a time, found by index whatever the statistics say. */
  readonly byIndex?: boolean;
}

/**
 * A connection nobody uses is asked after so long whether it is still there, and dropped ten seconds later; the
 * system's default is two hours. Routers forget idle connections after minutes.
 */
const KEEPALIVE_MS = 10_000;
/** A connection that is opened anew signs in and plans every statement again, 0.1 s of CPU; the default is 10 s. */
const IDLE_MS = 600_000;
const SESSION = '-c TimeZone=UTC'; // `current_date`, by which roles become usable, is the same day everywhere.

/** Postgres would plan each statement five times anew before it trusts a plan: 12 ms of a lead's CPU. */
const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan';

/**
 * What is planned while a table is small reads it whole, or joins it whole, for as long as its statistics stay what
 * they were: a lead read 7 MB more for each hundred before it. Reading a few rows by index is right at every size. Lists
 * have no name, so that they are planned for the filters they are asked with: one plan for all would read all rows.
 */
const BY_INDEX = ['seqscan', 'hashjoin', 'mergejoin', 'material']
  .map((way) => `-c enable_${way}=off`)
  .join(' ');

export function openPool(url: string, options: PoolOptions): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs ?? 3_000,
    lock_timeout: 2_500,
    idle_in_transaction_session_timeout: 15_000,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    options: [SESSION, options.repetitive && PLANNED_ONCE, options.byIndex && BY_INDEX]
      .filter(Boolean)
      .join(' '),
    pipeline: options.repetitive ?? false,
    types,
    Client: PatientClient,
  });
  repeatStale(pool);
  // Without a listener an idle connection that dies ends the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  // The pool listens to idle connections only: one that dies in the middle of a transaction tells its query and
  // then raises the same error once more as an event, which would end the process as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('release', (_error, client: pg.ClientBase) => {
    if (client instanceof PatientClient) client.usual();
  });
  return pool;
}

/**
 * True when a statement was prepared before its tables were changed, as those of `select *` are when a release adds a
 * column under running processes. The connection holds it for ever; another one prepares it anew.
 */
const isStale = (error: unknown): boolean =>
  (error as { code?: unknown }).code === '0A000' &&
  /cached plan must not change result type/.test((error as Error).message);

/** The pool gives up a connection whose query failed, so each repetition meets another; the last is a new one. */
function repeatStale(pool: Db): void {
  const query = pool.query.bind(pool) as (...asked: unknown[]) => Promise<unknown>;
  const repeated = async (...asked: unknown[]): Promise<unknown> => {
    for (let left = pool.options.max; ; left--) {
      try {
        return await query(...asked);
      } catch (error) {
        if (!isStale(error) || left === 0) throw error;
      }
    }
  };
  pool.query = repeated as typeof pool.query;
}

/** SQLSTATE classes that say the database is away or contended, not that we are wrong. */
const passing = new Set(['08', '40', '53']);
// 25P03: the server ended a transaction it had not heard of for 15 s, and says so once it is heard again.
const passingCodes = new Set(['57P01', '57P02', '57P03', '57014', '55P03', '25P03']);
const networkCodes = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN'.split(
    ' ',
  ),
);

/** True when trying again later is the right answer to this error (absent or contended database). */
export function isDatabaseAway(error: unknown): boolean {
  // An error of the network may come from another realm than ours, where `instanceof` is false.
  if (!(kinds.isNativeError(error) || error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') {
    return passing.has(code.slice(0, 2)) || passingCodes.has(code) || networkCodes.has(code);
  }
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    error.message,
  );
}

/** Raised by `must_meet`. Not a code of Postgres: what stays so after three tries is a bug, no absent database. */
export const WRITE_CONFLICT = 'LC001';

const isSerialization = (error: unknown): boolean => {
  const code = (error as { code?: unknown }).code;
  return code === '40P01' || code === '40001' || code === WRITE_CONFLICT;
};

/** A pool, or a transaction that runs already and is joined. */
export type DbOrTx = Db | Tx;

const isTx = (db: DbOrTx): db is Tx => 'release' in db;

/**
 * Asks one thing after the other, in one round trip where the connection can: none of them may need what another
 * answers. Throws the first error; what was asked after it has failed or is undone with the transaction.
 */
export async function inOneTrip<A, B>(
  tx: Tx,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  if (tx.pipeline) return Promise.all([first(), second()]);
  return [await first(), await second()];
}

/** Ends a transaction together with its last statement, which must fail by itself if it did not do its work. */
export type CommitWith = (last: () => Promise<unknown>) => Promise<void>;

/**
 * Runs `work` in one transaction with one commit. A deadlock or serialization failure is tried again twice,
 * because the other transaction has gone on by then, and a stale statement over another connection; any other error
 * rolls back and is thrown. Given a
 * transaction, `work` becomes part of it: beginning, trying again and ending are its owner's.
 */
export async function withTransaction<T>(
  db: DbOrTx,
  work: (tx: Tx, commitWith: CommitWith) => Promise<T>,
): Promise<T> {
  if (isTx(db)) return work(db, async (last) => void (await last()));
  let stale = db.options.max;
  for (let attempt = 1; ; attempt++) {
    const tx = await db.connect();
    let broken: Error | undefined;
    let ended = false;
    const commitWith: CommitWith = async (last) => {
      await inOneTrip(tx, last, () => tx.query('commit'));
      ended = true;
    };
    try {
      const begun = tx.query('begin');
      begun.catch(() => undefined); // Only a connection that is gone cannot begin; then the work fails as well.
      if (!tx.pipeline) await begun;
      const result = await work(tx, commitWith);
      await begun;
      if (!ended) await tx.query('commit');
      return result;
    } catch (error) {
      // A rollback that fails means the connection is gone; Postgres rolls back by itself then.
      await tx.query('rollback').catch((e: Error) => {
        broken = e;
      });
      if (isStale(error) && stale-- > 0) {
        broken = error as Error;
        attempt--;
      } else if (!isSerialization(error) || attempt === 3) throw error;
    } finally {
      tx.release(broken);
    }
  }
}
