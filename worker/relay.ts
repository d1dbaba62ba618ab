// The relay tells workflows the facts that were stored, as fast as they are answered. It claims rows for a while
// instead of holding locks, so a relay that dies loses nothing. The sweep (sweep.ts) goes round beside it.
import type { Logger } from 'pino';
import { MESSAGE_CHANNEL } from '../activities/intake/messages.js';
import { type Addressed, type Engine, ToldMarks, tellFact } from '../activities/intake/telling.js';
import type { Db } from '../db/pool.js';
import { atMost, inParallel, loop, makeBell, pause } from './loops.js';
import { MOST, Pace } from './pace.js';
import { retryBroken, sweepOnce } from './sweep.js';

export interface RelayDeps {
  readonly db: Db;
  readonly engine: Engine;
  readonly log: Logger;
}

const POLL_MS = 1_000;
/** While as much is under way as may be. */
const FULL_MS = 50;
/** Facts that come meanwhile are claimed together; a lead that is slow to take one in does not keep the others. */
const TOGETHER_MS = 200;
const SWEEP_MS = 2_000;
const LISTEN_AGAIN_MS = 1_000;
const TELL_MS = 7_000;

export interface Relay {
  stop(): Promise<void>;
}

export function startRelay(deps: RelayDeps): Relay {
  const { db, log } = deps;
  const marks = new ToldMarks(db, (err) => log.warn({ err }, 'could not mark messages told'));
  const stopping = new AbortController();
  const { signal } = stopping;
  const bell = makeBell();
  const pace = new Pace();
  let isRetried = false;
  const underWay = new Set<Promise<void>>();
  const loops = [
    loop('relay', signal, log, async () => {
      const room = await pace.room(db);
      if (room === 0) return pause(FULL_MS, signal);
      const { claimed, told } = await relayOnce(deps, marks, pace, room);
      underWay.add(told);
      void told.then(() => underWay.delete(told));
      await atMost(TOGETHER_MS, told);
      if (claimed < room) await bell.wait(POLL_MS, signal);
    }),
    loop('sweep', signal, log, async () => {
      if (!isRetried) await retryBroken(deps);
      isRetried = true;
      await sweepOnce(deps, marks);
      await pause(SWEEP_MS, signal);
    }),
    loop('listen', signal, log, () => listen(db, bell.ring, signal, log)),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      await Promise.all(underWay);
      await marks.flush();
    },
  };
}

type Claimed = Addressed & { readonly answered: boolean; readonly attempts: number };

/** @internal What nobody has tried first, then what was tried in vain, and what comes in bulk after all of it. */
export const CLAIM_FACTS = {
  name: 'claim_facts',
  text: `update messages set claimed_until = now() + interval '10 seconds', attempts = attempts + 1
    where id in (select id from messages where told_at is null and kind = 'fact'
      and (claimed_until is null or claimed_until < now())
      order by bulk, claimed_until nulls first, recorded_at limit $1 for update skip locked)
    returning id, target, lead_id as "leadId", name, attempts, answer is not null as answered`,
};

/** One batch of facts: claimed, and told at once. `told` ends when all of them are told or given up, and marked. */
export async function relayOnce(
  { db, engine, log }: RelayDeps,
  marks: ToldMarks,
  pace: Pace,
  room: number,
): Promise<{ readonly claimed: number; readonly told: Promise<void> }> {
  const { rows } = await db.query<Claimed>({ ...CLAIM_FACTS, values: [room] });
  const telling = inParallel(rows, MOST, async (message) => {
    try {
      if (!message.answered) {
        pace.begun(message.id);
        await tellFact(engine, message, TELL_MS, message.attempts > 1);
      }
      marks.add(message.id);
    } catch (err) {
      pace.dropped(message.id);
      log.warn({ message: message.id, err }, 'a fact could not be told yet');
    }
  });
  return { claimed: rows.length, told: telling.then(() => marks.flush()) };
}

/** @internal Listens for what was stored until its connection breaks or the relay ends; polling goes on meanwhile. */
export async function listen(db: Db, ring: () => void, signal: AbortSignal, log: Logger): Promise<void> {
  const client = await db.connect();
  const over = new AbortController(); // Each connection that broke would leave its listener with the relay.
  try {
    const broken = new Promise<Error>((resolve) => client.once('error', resolve));
    const ended = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: over.signal });
      if (signal.aborted) resolve(undefined);
    });
    client.on('notification', ring);
    await client.query(`listen ${MESSAGE_CHANNEL}`);
    const err = await Promise.race([broken, ended]);
    if (!err) return;
    log.warn({ err }, 'no longer listening; polling goes on');
  } finally {
    over.abort();
    client.removeListener('notification', ring);
    client.release(true); // Never back into the pool: it would go on listening.
  }
  await pause(LISTEN_AGAIN_MS, signal);
}
