// The relay tells workflows the facts that were stored; the sweep tells once more what was told and not
// answered. Both claim rows for a while instead of holding locks, so a relay that dies loses nothing.

import type pg from 'pg';
import type { Logger } from 'pino';
import { pursue } from '../activities/intake/decide.js';
import { MESSAGE_CHANNEL } from '../activities/intake/messages.js';
import { type Addressed, type Engine, ToldMarks, tellFact, tellLook } from '../activities/intake/telling.js';
import type { Db } from '../db/pool.js';

export interface RelayDeps {
  readonly db: Db;
  readonly engine: Engine;
  readonly log: Logger;
  readonly onTold?: (count: number) => void;
}

const BATCH = 64;
const IN_FLIGHT = 16; // More would let thousands of starts push the engine into task time-outs.
const POLL_MS = 1_000;
const SWEEP_MS = 2_000;
const TELL_MS = 7_000;
const LOOK_AFTER_S = 30;

export interface Relay {
  stop(): Promise<void>;
}

export function startRelay(deps: RelayDeps): Relay {
  const { db, log } = deps;
  const marks = new ToldMarks(db, (err) => log.warn({ err }, 'could not mark messages told'));
  const stopping = new AbortController();
  const bell = makeBell();
  const listener = listen(db, bell.ring, log);
  const loops = [
    loop('relay', stopping.signal, log, async () => {
      const told = await relayOnce(deps, marks);
      if (told < BATCH) await bell.wait(POLL_MS, stopping.signal);
    }),
    loop('sweep', stopping.signal, log, async () => {
      await sweepOnce(deps, marks);
      await makeBell().wait(SWEEP_MS, stopping.signal);
    }),
  ];
  return {
    async stop() {
      stopping.abort();
      bell.ring();
      await Promise.all(loops);
      await marks.flush();
      (await listener)?.release(true);
    },
  };
}

/** One batch of facts: claimed, told with bounded concurrency, marked. Returns how many were claimed. */
async function relayOnce({ db, engine, log, onTold }: RelayDeps, marks: ToldMarks): Promise<number> {
  const { rows } = await db.query<Addressed & { answered: boolean }>({
    name: 'claim_facts',
    text: `update messages set claimed_until = now() + interval '10 seconds', attempts = attempts + 1
      where id in (select id from messages where told_at is null and kind = 'fact'
        and (claimed_until is null or claimed_until < now())
        order by claimed_until nulls first, recorded_at limit ${BATCH} for update skip locked)
      returning id, target, lead_id as "leadId", name, answer is not null as answered`,
  });
  await inParallel(rows, IN_FLIGHT, async (message) => {
    try {
      if (!message.answered) await tellFact(engine, message, TELL_MS);
      marks.add(message.id);
    } catch (err) {
      log.warn({ message: message.id, err }, 'a fact could not be told yet');
    }
  });
  await marks.flush();
  if (rows.length > 0) onTold?.(rows.length);
  return rows.length;
}

async function sweepOnce(deps: RelayDeps, marks: ToldMarks): Promise<void> {
  const { db, engine } = deps;
  await db.query({
    name: 'expire_decisions',
    text: `update messages set answer = '{"result":"expired","code":"expired"}', answered_at = now(), told_at = now()
      where kind = 'decision' and answer is null and not_after < now() and parked_for is null`,
  });
  const { rows } = await db.query<Addressed & { attempts: number; stuck: boolean }>({
    name: 'claim_decisions',
    text: `update messages set attempts = attempts + 1,
        claimed_until = now() + case when parked_for = 'stuck' then interval '1 hour' else interval '10 seconds' end
      where id in (select id from messages where told_at is null and kind = 'decision'
        and (claimed_until < now() or (claimed_until is null and recorded_at < now() - interval '8 seconds'))
        order by recorded_at limit ${BATCH} for update skip locked)
      returning id, target, lead_id as "leadId", name, attempts, parked_for = 'stuck' as stuck`,
  });
  await inParallel(rows, IN_FLIGHT, async (message) => {
    // A finished update id never runs again in that run: what got stuck is tried under another.
    const attempt = message.stuck ? message.attempts : undefined;
    const answer = await pursue({ db, engine, marks }, message, Date.now() + TELL_MS, attempt);
    if (answer) marks.add(message.id);
  });
  await lookAtStuck(deps);
  const { rows: silent } = await db.query<{ target: string }>({
    name: 'silent_targets',
    text: `select distinct target from messages where answer is null and parked_for is null and told_at is not null
      and told_at < now() - interval '${LOOK_AFTER_S} seconds' limit ${BATCH}`,
  });
  await inParallel(silent, IN_FLIGHT, async ({ target }) => {
    if (await tellLook(engine, target, TELL_MS)) return;
    // Nobody is there to look: the facts are told again, which starts the workflow.
    await db.query('update messages set told_at = null where target = $1 and answer is null', [target]);
  });
}

/** A fact whose step broke is tried again soon, then hourly: its workflow reads what is parked when it looks. */
async function lookAtStuck({ db, engine }: RelayDeps): Promise<void> {
  const { rows } = await db.query<{ target: string }>({
    name: 'claim_stuck_facts',
    text: `update messages set claimed_until = now() + interval '1 hour'
      where id in (select id from messages where answer is null and kind = 'fact' and parked_for = 'stuck'
        and told_at is not null and claimed_until < now() limit ${BATCH} for update skip locked)
      returning target`,
  });
  const targets = [...new Set(rows.map(({ target }) => target))];
  await inParallel(targets, IN_FLIGHT, async (target) => void (await tellLook(engine, target, TELL_MS)));
}

async function loop(
  name: string,
  signal: AbortSignal,
  log: Logger,
  once: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await once();
    } catch (err) {
      // Database or engine away: both loops go on by themselves when they are back.
      log.warn({ loop: name, err }, 'will be tried again');
      await makeBell().wait(POLL_MS, signal);
    }
  }
}

async function listen(db: Db, ring: () => void, log: Logger): Promise<pg.PoolClient | undefined> {
  try {
    const client = await db.connect();
    client.on('notification', ring);
    client.on('error', (err) => log.warn({ err }, 'no longer listening; polling goes on'));
    await client.query(`listen ${MESSAGE_CHANNEL}`);
    return client;
  } catch (err) {
    log.warn({ err }, 'cannot listen; polling goes on');
    return undefined;
  }
}

function makeBell() {
  let wake: (() => void) | undefined;
  let rung = false;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    async wait(ms: number, signal: AbortSignal): Promise<void> {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
          };
          const timer = setTimeout(done, ms);
          wake = done;
          signal.addEventListener('abort', done);
        });
      }
      rung = false;
    },
  };
}

export async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>) {
  const queue = [...items];
  const runners = Array.from({ length: Math.min(limit, queue.length) }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
  await Promise.all(runners);
}
