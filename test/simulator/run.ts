// A batch of leads played in one world at once: everybody acts on a grid of virtual time, and time goes on when what
// was told is answered. In the end the books are proven and every history is replayed.
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { inParallel } from '../../worker/loops.js';
import { sweepOnce } from '../../worker/sweep.js';
import { replayed } from '../support/histories.js';
import type { TimeSkipping } from '../support/timeSkipping.js';
import { brokenRules } from '../support/told.js';
import { openWorld, type World } from '../support/world.js';
import { Actor } from './actor.js';
import { play } from './acts.js';
import { actorOf, checkLeads } from './checks.js';
import { type Company, eventsOf, moodyMailer } from './company.js';
import { Faults } from './faults.js';
import { type Plan, STEP_DAYS } from './plans.js';
import { type History, restOf } from './rest.js';

const DAY_MS = 86_400_000;
const ACTING = 12;
const QUIET_WITHIN_MS = 30_000;
/** After the last act: reminders, their tasks and write-offs come to their end. */
const AFTERWARDS_DAYS = 100;

export interface Played {
  readonly actors: readonly Actor[];
  /** How often each activity stands in the histories. */
  readonly steps: Readonly<Record<string, number>>;
  readonly outcomes: readonly string[];
  readonly histories: number;
  readonly events: number;
  readonly struck: readonly string[];
  /** Real milliseconds of each part. */
  readonly took: Readonly<Record<'play' | 'verify' | 'replay', number>>;
}

interface Kept {
  readonly workflowId: string;
  readonly history: History;
}

/** Plays the plans and writes what is wrong to the actors of the leads. */
export async function playBatch(
  time: TimeSkipping,
  company: Company,
  plans: readonly Plan[],
): Promise<Played> {
  const faults = new Faults();
  const world = await openWorld({
    time,
    rules: company.rules,
    mailer: moodyMailer(),
    workerDb: (db) => faults.around(db),
    cachedWorkflows: plans.length + 50,
  });
  try {
    return await new Batch(world, company, plans, faults).play();
  } finally {
    await world.close();
  }
}

class Batch {
  readonly actors: readonly Actor[];
  readonly #payouts: string[] = [];
  readonly #kept: Kept[] = [];
  /** Leads whose history was read when they closed, by the revision it was read at. */
  readonly #read = new Map<string, number>();
  #startedAt = 0;

  constructor(
    readonly world: World,
    readonly company: Company,
    readonly plans: readonly Plan[],
    readonly faults: Faults,
  ) {
    this.actors = plans.map((plan) => new Actor(world, plan, 'sim'));
  }

  async play(): Promise<Played> {
    const begun = performance.now();
    this.#startedAt = await this.world.now();
    await this.#goThrough();
    const played = performance.now();
    await this.world.marks.flush();
    await checkLeads(this.world.database, this.actors);
    for (const line of await brokenRules(this.world)) await this.#blame(line);
    const verified = performance.now();
    await this.#keepAll();
    const steps = await this.#replay();
    const { rows } = await this.world.db.query<{ outcome: string }>(
      `select coalesce(outcome, 'open: ' || stage) as outcome from leads`,
    );
    return {
      actors: this.actors,
      steps,
      outcomes: rows.map(({ outcome }) => outcome),
      histories: this.#kept.length,
      events: this.#kept.reduce((sum, { history }) => sum + (history.events?.length ?? 0), 0),
      struck: this.faults.struck,
      took: { play: played - begun, verify: verified - played, replay: performance.now() - verified },
    };
  }

  async #goThrough(): Promise<void> {
    const events = eventsOf(this.company, this.#payouts);
    const acting = new Map<number, Set<Actor>>();
    for (const actor of this.actors)
      for (const { at } of actor.plan.acts) acting.set(at, (acting.get(at) ?? new Set()).add(actor));
    const last = Math.max(...acting.keys()) + Math.ceil(AFTERWARDS_DAYS / STEP_DAYS);
    const times = new Set([...acting.keys(), ...events.map(({ at }) => at).filter((at) => at < last), last]);
    for (const at of [...times].sort((a, b) => a - b)) {
      await this.#passTo(at);
      for (const event of events) if (event.at === at) await event.happens(this.world);
      await inParallel([...(acting.get(at) ?? [])], ACTING, (actor) => this.#act(actor, at));
      if (!(await this.#quiet())) return; // Whatever came after it would say less.
      await this.#atRest([...(acting.get(at) ?? [])]);
      await this.#keepClosed(at);
    }
  }

  /**
   * Until no task of who acted is under way. A step may be answered in the database and still be tried again; days
   * that pass meanwhile end its task on this server, which then records what came later before what it answers.
   */
  async #atRest(actors: readonly Actor[]): Promise<void> {
    const ids = actors.flatMap(({ leadId }) => (leadId === undefined ? [] : [`lead/${leadId}`]));
    await inParallel(ids, ACTING, async (id) => void (await restOf(this.world, id)));
  }

  async #act(actor: Actor, at: number): Promise<void> {
    for (const act of actor.plan.acts.filter((one) => one.at === at)) {
      actor.begin(act);
      try {
        await play(actor, act.does);
        if (act.does === 'capture') this.faults.plan(actor.story.leadId, actor.plan.faults);
      } catch (error) {
        actor.broken.push(`${act.does} threw ${(error as Error).stack ?? error}`);
      }
    }
  }

  async #passTo(at: number): Promise<void> {
    const target = this.#startedAt + at * STEP_DAYS * DAY_MS;
    const days = (target - (await this.world.now())) / DAY_MS;
    if (days > 0) await this.world.pass(days);
  }

  /** Until everything told is answered; what is stuck is tried again, as the sweep does every hour. */
  async #quiet(): Promise<boolean> {
    const { db, engine, marks } = this.world;
    const end = Date.now() + QUIET_WITHIN_MS;
    for (;;) {
      const { rows } = await db.query<{ waiting: string | null; stuck: string | null }>({
        name: 'simulator_quiet',
        text: `select min(name || ' of ' || target) filter (where parked_for is null) as waiting,
          min(name || ' of ' || target) filter (where parked_for is not null) as stuck
          from messages where answer is null`,
      });
      const { waiting = null, stuck = null } = rows[0] ?? {};
      if (waiting === null && stuck === null) return true;
      if (stuck !== null) {
        await db.query(`update messages set claimed_until = now() - interval '1 second',
          told_at = case when kind = 'fact' then coalesce(told_at, now()) end where parked_for = 'stuck'`);
        await sweepOnce({ db, engine, log: pino({ level: 'silent' }) }, marks);
      }
      if (Date.now() > end) {
        const what = waiting ?? stuck ?? '';
        actorOf(this.actors, what).broken.push(`${what} is not answered within 30 s`);
        return false;
      }
      await pause(4);
    }
  }

  /** Of a lead that is closed and has still something to come, the run is read before another replaces it. */
  async #keepClosed(at: number): Promise<void> {
    const coming = this.actors.filter(
      ({ plan, leadId }) => leadId !== undefined && (plan.acts.at(-1)?.at ?? 0) > at,
    );
    if (coming.length === 0) return;
    const { rows } = await this.world.db.query<{ id: string; revision: number }>(
      `select id, revision from leads where stage = 'closed' and id = any($1)`,
      [coming.map(({ leadId }) => leadId)],
    );
    const fresh = rows.filter(({ id, revision }) => this.#read.get(id) !== revision);
    await inParallel(fresh, ACTING, async ({ id, revision }) => {
      this.#read.set(id, revision);
      await this.#keep(`lead/${id}`);
    });
  }

  async #keepAll(): Promise<void> {
    const { rows } = await this.world.db.query<{ id: string; revision: number; stage: string }>(
      'select id, revision, stage from leads',
    );
    const leads = rows
      .filter(({ id, revision, stage }) => stage !== 'closed' || this.#read.get(id) !== revision)
      .map(({ id }) => `lead/${id}`);
    await inParallel([...leads, ...this.#payouts], ACTING, (id) => this.#keep(id));
  }

  /** Reads a history between two tasks: with one under way a replay would have to go beyond it. */
  async #keep(workflowId: string): Promise<void> {
    const history = await restOf(this.world, workflowId);
    this.#kept.push({ workflowId, history });
  }

  async #replay(): Promise<Record<string, number>> {
    const steps: Record<string, number> = {};
    for (const { history } of this.#kept)
      for (const name of activitiesOf(history)) steps[name] = (steps[name] ?? 0) + 1;
    for await (const { workflowId, runId, error } of replayed(this.#kept)) {
      if (!error) continue;
      const of = this.#kept.find((one) => one.workflowId === workflowId && runOf(one.history) === runId);
      const events = of ? `\n${digestOf(of.history)}` : '';
      actorOf(this.actors, workflowId).broken.push(`cannot be replayed: ${error.message}${events}`);
    }
    return steps;
  }

  /** The lead an offence of the books belongs to: named in it, or the owner of the record that is. */
  async #blame(line: string): Promise<void> {
    const subject = line.split(' ')[1]?.replace(/:$/, '') ?? '';
    const { rows } = await this.world.db.query<{ lead: string }>(
      `select lead_id as lead from messages where id = $1 union all
       select lead_id from invoices where id = $1 union all
       select lead_id from orders where id = $1 union all
       select lead_id from tasks where id = $1 union all
       select lead_id from commission_lines where id = $1 union all
       select lead_id from allocations where payment_id = $1`,
      [subject],
    );
    actorOf(this.actors, `${line} ${rows[0]?.lead ?? ''}`).broken.push(line);
  }
}

const runOf = ({ events }: History): string | null | undefined =>
  events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId;

/** What happened in a history, an event a line: enough to see which order was recorded. */
function digestOf({ events }: History): string {
  const lines = (events ?? []).map((event) => {
    const [kind, said] = Object.entries(event).find(([key]) => key.endsWith('Attributes')) ?? ['', {}];
    const {
      updateId,
      protocolInstanceId,
      signalName,
      details,
      acceptedRequestSequencingEventId: after,
    } = said as {
      [key: string]: unknown;
    };
    const payload = (details as { data?: { payloads?: { data?: Uint8Array }[] } } | undefined)?.data
      ?.payloads?.[0];
    const marker = payload?.data && Buffer.from(payload.data).toString('utf8').slice(0, 200);
    const words = [updateId, protocolInstanceId, signalName, marker, after && `after ${String(after)}`];
    return `    ${event.eventId} ${kind.replace('EventAttributes', '')} ${words.filter(Boolean).join(' ')}`;
  });
  return lines.join('\n');
}

/** Names of the activities a history shows, local ones by their markers. */
function activitiesOf({ events }: History): string[] {
  const names: string[] = [];
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (scheduled) names.push(scheduled);
    const marker = event.markerRecordedEventAttributes?.details?.data?.payloads?.[0]?.data;
    if (!marker) continue;
    const { activity_type: name } = JSON.parse(Buffer.from(marker).toString('utf8')) as Record<
      string,
      unknown
    >;
    if (typeof name === 'string') names.push(name);
  }
  return names;
}
