// The sweep tells once more what was told and not answered: decisions under their update id, facts by a look at
// the row. Whatever it asks of a lead it claims first, and asks less and less often, because every look is an
// event in a history that holds ten thousand of them.
import { pursue } from '../activities/intake/decide.js';
import { leadTarget } from '../activities/intake/messages.js';
import { type Addressed, type ToldMarks, tellLook } from '../activities/intake/telling.js';
import { inParallel } from './loops.js';
import type { RelayDeps } from './relay.js';

const BATCH = 64;
const IN_FLIGHT = 16;
const TELL_MS = 7_000;

export async function sweepOnce(deps: RelayDeps, marks: ToldMarks): Promise<void> {
  await sweepDecisions(deps, marks);
  await lookAtStuck(deps);
  await lookAtSilent(deps);
}

async function sweepDecisions({ db, engine, log }: RelayDeps, marks: ToldMarks): Promise<void> {
  await db.query({
    name: 'expire_decisions',
    text: `update messages set answer = '{"result":"expired","code":"expired"}', answered_at = now(), told_at = now()
      where kind = 'decision' and told_at is null and answer is null and not_after < now() and parked_for is null`,
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
    try {
      const answer = await pursue({ db, engine, marks }, message, Date.now() + TELL_MS, attempt);
      if (answer) marks.add(message.id);
    } catch (err) {
      log.warn({ message: message.id, err }, 'a decision could not be told yet');
    }
  });
}

/** A fact whose step broke is tried again hourly: its workflow reads what is parked when it looks. */
async function lookAtStuck(deps: RelayDeps): Promise<void> {
  const { rows } = await deps.db.query<{ target: string }>({
    name: 'claim_stuck_facts',
    text: `update messages set claimed_until = now() + interval '1 hour'
      where id in (select id from messages where answer is null and kind = 'fact' and parked_for = 'stuck'
        and told_at is not null and claimed_until < now() limit ${BATCH} for update skip locked)
      returning target`,
  });
  await lookAt(deps, rows);
}

/**
 * Who was told half a minute ago and has not answered is behind its row, or runs a build that fails: asked at
 * once, then after as long as it has been silent already, at most an hour.
 */
export async function lookAtSilent(deps: RelayDeps): Promise<void> {
  const { rows } = await deps.db.query<{ target: string }>({
    name: 'claim_silent',
    text: `update messages set claimed_until = now() + least(now() - told_at, interval '1 hour')
      where id in (select id from messages where answer is null and parked_for is null
        and told_at < now() - interval '30 seconds' and (claimed_until is null or claimed_until < now())
        order by told_at limit ${BATCH} for update skip locked)
      returning target`,
  });
  const gone = await lookAt(deps, rows);
  // Nobody is there to look: the facts are told again, which starts the workflow.
  if (gone.length === 0) return;
  await deps.db.query({
    name: 'tell_again',
    text: 'update messages set told_at = null, claimed_until = null where target = any($1) and answer is null',
    values: [gone],
  });
}

/**
 * What is stuck waits for other code, and other code comes with another worker: everything stuck is tried again
 * when one starts, messages by the sweep, steps of a lead's own by a look.
 */
export async function retryBroken(deps: RelayDeps): Promise<void> {
  const { db } = deps;
  await db.query({
    name: 'retry_stuck',
    text: `update messages set claimed_until = now() where answer is null and parked_for = 'stuck'`,
  });
  await db.query({
    name: 'retry_waits',
    text: 'update waits set retry_at = now() where ended_at is null and retry_at > now()',
  });
  const { rows } = await db.query<{ lead: string }>({
    name: 'stuck_leads',
    text: `select distinct lead_id as lead from tasks
      where status = 'open' and kind = 'step_stuck' and lead_id is not null`,
  });
  await lookAt(
    deps,
    rows.map(({ lead }) => ({ target: leadTarget(lead) })),
  );
}

/** Returns who is not there; one that cannot be asked does not keep the others. */
async function lookAt(
  { engine, log }: RelayDeps,
  rows: readonly { readonly target: string }[],
): Promise<string[]> {
  const gone: string[] = [];
  const targets = [...new Set(rows.map(({ target }) => target))];
  await inParallel(targets, IN_FLIGHT, async (target) => {
    try {
      if (!(await tellLook(engine, target, TELL_MS))) gone.push(target);
    } catch (err) {
      log.warn({ target, err }, 'it could not be asked to look');
    }
  });
  return gone;
}
