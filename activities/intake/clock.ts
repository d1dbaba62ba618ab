// The business clock as it is stored: the segment in force, a new one, and the word to every open lead that
// instants have moved. Segments are only ever added, and none puts the business before what was written.
import { type Db, type Queryable, withTransaction } from '../../db/pool.js';
import { type ClockSegment, instantAt } from '../../domain/calendar/clock.js';
import { leadTarget } from './messages.js';
import { type Engine, tellLook } from './telling.js';

export const REAL_SPEED = 86_400;
/** More looks at once would let thousands of open leads wake together (docs/protocol.md, Engine). */
const IN_FLIGHT = 16;
const PAGE = 1_000;
const LOOK_MS = 7_000;
/** A business clock at real speed that is off by less is left alone: no two machines agree closer. */
const TOLERANCE_MS = 1_000;

/** Answers the segment in force, undefined before the first one. */
export async function segmentInForce(db: Queryable): Promise<ClockSegment | undefined> {
  const { rows } = await db.query<{ anchor: Date; real: Date; seconds: number }>(
    `select anchor_at as anchor, real_anchor_at as real, seconds_per_day as seconds
     from clock_segments order by id desc limit 1`,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { anchorMs: row.anchor.getTime(), realAnchorMs: row.real.getTime(), secondsPerDay: row.seconds };
}

export interface NewSegment {
  /** Real instant it begins. */
  readonly nowMs: number;
  /** Whole seconds one business day takes, 1 to 86,400. */
  readonly secondsPerDay: number;
  /** Business instant it begins with; where the business already is further, it goes on from there. */
  readonly anchorMs?: number;
  /**
   * What the business may not be put behind: the clock itself (`clock`, while anything runs), or the last
   * instant anything was written at (`written`, when nothing runs: the time of a standstill is not counted).
   */
  readonly floor?: 'clock' | 'written';
}

/** Adds a segment and answers it. Leads that are open keep their old timers until they are told to look. */
export async function addSegment(
  db: Db,
  { nowMs, secondsPerDay, anchorMs, floor = 'clock' }: NewSegment,
): Promise<ClockSegment> {
  return withTransaction(db, async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('clock', 0))");
    const before = await segmentInForce(tx);
    const floorMs = before && instantAt(before, floor === 'clock' ? nowMs : await lastWritten(tx, before));
    const anchor = Math.max(anchorMs ?? floorMs ?? nowMs, floorMs ?? Number.NEGATIVE_INFINITY);
    await tx.query(
      'insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values ($1, $2, $3)',
      [new Date(anchor), new Date(nowMs), secondsPerDay],
    );
    return { anchorMs: anchor, realAnchorMs: nowMs, secondsPerDay };
  });
}

/**
 * Sees to it that the clock runs at this speed, adding a segment where it does not; at real speed the business
 * lives in the present. Answers whether a segment was added, so that open leads have to look.
 */
export async function ensureClock(db: Db, secondsPerDay: number, nowMs: number): Promise<boolean> {
  const before = await segmentInForce(db);
  const isReal = secondsPerDay === REAL_SPEED;
  if (before?.secondsPerDay === secondsPerDay) {
    if (!isReal || instantAt(before, nowMs) > nowMs - TOLERANCE_MS) return false;
  }
  await addSegment(db, { nowMs, secondsPerDay, ...(isReal && { anchorMs: nowMs }) });
  return before !== undefined;
}

/** The real instant of the last written change: nothing of the business is dated later. */
async function lastWritten(db: Queryable, before: ClockSegment): Promise<number> {
  const { rows } = await db.query<{ last: Date | null }>(
    `select greatest((select max(recorded_at) from audit_entries), (select max(recorded_at) from messages),
       (select max(answered_at) from messages)) as last`,
  );
  return Math.max(before.realAnchorMs, rows[0]?.last?.getTime() ?? 0);
}

/**
 * Tells every open lead to look, at most 16 at a time. Answers how many were told; the first failure is thrown
 * after the others were tried, because a lead that looks later than others is only late.
 */
export async function lookToOpenLeads(db: Db, engine: Engine): Promise<number> {
  let told = 0;
  let failure: unknown;
  for (let after = ''; ; ) {
    const { rows } = await db.query<{ id: string }>(
      `select id from leads where stage <> 'closed' and id > $1 order by id limit ${PAGE}`,
      [after],
    );
    const queue = rows.map(({ id }) => id);
    const runners = Array.from({ length: Math.min(IN_FLIGHT, queue.length) }, async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        try {
          if (await tellLook(engine, leadTarget(id), LOOK_MS)) told += 1;
        } catch (error) {
          failure ??= error;
        }
      }
    });
    await Promise.all(runners);
    after = rows.at(-1)?.id ?? after;
    if (rows.length < PAGE) break;
  }
  if (failure !== undefined) throw failure;
  return told;
}

/** The clock of a process: read once, then kept up with by looking now and then. */
export interface RunningClock {
  /** The business instant now, epoch milliseconds. */
  now(): number;
  /** Reads the segment in force again; after one was added in this process. */
  refresh(): Promise<void>;
  stop(): void;
}

/** Opens the clock of a process. Throws where the database is away or has no segment yet. */
export async function openClock(db: Db, onError: (error: unknown) => void): Promise<RunningClock> {
  const read = async (): Promise<ClockSegment> => {
    const segment = await segmentInForce(db);
    if (segment === undefined) throw new Error('the business clock was never set: start the product once');
    return segment;
  };
  let segment = await read();
  const refresh = async (): Promise<void> => {
    segment = await read();
  };
  const timer = setInterval(() => void refresh().catch(onError), REFRESH_MS);
  timer.unref();
  return { now: () => instantAt(segment, Date.now()), refresh, stop: () => clearInterval(timer) };
}

const REFRESH_MS = 5_000;
