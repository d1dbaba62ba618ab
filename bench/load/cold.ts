// A worker killed under thousands of open leads, and a cold one in its place that remembers none of them, while people
// click, customers come back and timers are due: how long until everything that waits is done, and what it takes of
// memory.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { callerFor } from '../../cli/http.js';
import { type Chance, chanceOf } from '../../cli/sample/chance.js';
import { benchConfig } from '../children/settings.js';
import { quantile } from '../measures/clicks.js';
import { type Attempt, isAcknowledged, posted } from './forms.js';
import { type HeapAt, heapNow, type OpenLead, openLeads } from './openLeads.js';
import {
  capturesOf,
  clickRows,
  counted,
  memoryRows,
  type PartReport,
  type Row,
  type Stage,
  timesOf,
} from './part.js';
import { offences } from './truth.js';
import { scheduleToStart, startedWithin, Watch, workNow } from './watching.js';

const MINUTE_MS = 60_000;
/** Real time in which the leads that are due soon come due. */
export const SOON_S = 60;
/** So long nobody works, and so long people go on when somebody does again. */
const AWAY_MS = 30_000;
const BACK_S = 300;
const PATIENCE_MS = 2 * BACK_S * 1000;
const POLL_MS = 500;
/** Flat: from the moment the cache was full to the end no more than this above. */
const FLAT = 1.25;

interface Click {
  readonly leadId: string;
  readonly ms: number;
  readonly failure?: string;
}

export async function cold(stage: Stage): Promise<PartReport> {
  const began = performance.now();
  const { rig, db, options, signal, say } = stage;
  const { open, rate, clicks: clickRate, minutes } = options;
  const awayMs = Math.min(AWAY_MS, (minutes * MINUTE_MS) / 2);
  const watch = new Watch(rig, db, say);
  say(`importing ${open} leads`);
  const { leads, heaps, perSecond } = await openLeads(stage, open);
  const dueSoon = leads.flatMap(({ id, isSoon }) => (isSoon ? id : []));
  const soon = dueSoon.length;

  say(`killing the worker; ${rate} touches and ${clickRate} clicks a second go on`);
  await rig.worker.kill();
  const people = new Visitors(stage, leads);
  const working = people.come(rate, clickRate, awayMs * 2);
  await sleep(awayMs, undefined, { signal });
  const waiting = await workNow(db);
  say(
    `starting a cold worker: ${waiting.untold + waiting.unanswered} messages and ${waiting.overdue} waits stand`,
  );
  const coldAt = new Date();
  const started = performance.now();
  await rig.openWorker();
  const openS = (performance.now() - started) / 1000;
  const backlogS = await untilWorkedOff(db, coldAt, started);
  await working;
  const allS = await untilAllFired(db, dueSoon, started);
  await watch.stop();
  const waited = await scheduleToStart(rig.metricsUrl);
  heaps.push(await heapNow(stage, leads.length));
  signal.throwIfAborted();

  say('comparing what was said with what is there');
  const { wrongs, figures } = await people.truth(db, leads);
  wrongs.push(...(await offences(rig, db)));
  if (allS === null)
    wrongs.push(`not all is answered and fired ${PATIENCE_MS / 1000} s after the cold start`);
  const { cachedWorkflows } = benchConfig({ stateDir: rig.stateDir }).worker;
  const rows: Row[] = [
    { figure: 'open leads with timers, due within a minute', measured: `${leads.length}, ${soon}` },
    { figure: 'leads a second on the way there', measured: perSecond.toFixed(1) },
    {
      figure: `stood after ${awayMs / 1000} s without a worker`,
      measured: `${waiting.untold + waiting.unanswered} messages, ${waiting.overdue} waits past their time`,
    },
    { figure: 'cold worker opened after', measured: `${openS.toFixed(1)} s` },
    row('what stood is answered and fired after', backlogS),
    row('all is answered and fired after', allS),
    {
      figure: 'workflow task waited for the cold worker p50, p99',
      measured: [0.5, 0.99]
        .map((share) => `≤ ${startedWithin(new Map(), waited, share) ?? '–'} ms`)
        .join(', '),
    },
    ...figures,
    ...heapRows(heaps, cachedWorkflows),
    ...memoryRows(watch.moments),
  ];
  const seconds = Math.round((performance.now() - began) / 1000);
  const measured = { leads: leads.length, soon, perSecond, waiting, openS, backlogS, allS, heaps };
  return { part: 'cold', seconds, rows, wrongs, measured: { ...measured, moments: watch.moments } };
}

const row = (figure: string, seconds: number | null): Row => ({
  figure,
  aim: `≤ ${BACK_S} s`,
  measured: seconds === null ? 'never' : `${seconds.toFixed(1)} s`,
  isMissed: seconds === null || seconds > BACK_S,
});

/** Flat means bounded by the cache: what comes after it is full takes nothing more. */
function heapRows(heaps: readonly HeapAt[], cached: number): Row[] {
  const full = heaps.filter(({ leads }) => leads >= cached);
  const totals = full.map(({ mainMiB, threadsMiB }) => mainMiB + threadsMiB);
  const growth = Math.max(...totals) / (totals[0] ?? Number.NaN);
  const shown = heaps.map(({ leads, mainMiB, threadsMiB }) => `${leads}: ${mainMiB + threadsMiB}`).join(', ');
  return [
    { figure: 'heap of the worker in MiB, by leads so far; last: the cold one', measured: shown },
    {
      figure: `growth since its cache of ${cached} was full`,
      aim: `≤ × ${FLAT}`,
      measured: totals.length < 2 ? 'its cache was never full' : `× ${growth.toFixed(2)}`,
      isMissed: totals.length >= 2 && growth > FLAT,
    },
  ];
}

/** Until no message stored before the start is open and no wait due before it stands; seconds since the start. */
async function untilWorkedOff(db: pg.Pool, before: Date, started: number): Promise<number | null> {
  return until(started, async () => {
    const { rows } = await db.query<{ n: number }>(
      `select ((select count(*) from messages where answer is null and parked_for is null and recorded_at < $1)
        + (select count(*) from waits w where w.ended_at is null and w.kind = 'qualification'
            and w.until < (select c.anchor_at + ($1 - c.real_anchor_at) * (86400.0 / c.seconds_per_day)
              from clock_segments c order by c.id desc limit 1)))::int as n`,
      [before],
    );
    return rows[0]?.n === 0;
  });
}

/** Until every lead that was due soon has been escalated or qualified, and every message is answered. */
async function untilAllFired(db: pg.Pool, soon: readonly string[], started: number): Promise<number | null> {
  return until(started, async () => {
    const { untold, unanswered, overdue } = await workNow(db);
    if (untold + unanswered + overdue > 0) return false;
    const { rows } = await db.query<{ n: number }>(
      `select count(distinct subject)::int as n from audit_entries
        where subject = any($1) and action in ('escalateQualification', 'qualifyLead')`,
      [soon],
    );
    return rows[0]?.n === soon.length;
  });
}

async function until(started: number, isSo: () => Promise<boolean>): Promise<number | null> {
  for (;;) {
    if (await isSo()) return (performance.now() - started) / 1000;
    if (performance.now() - started > PATIENCE_MS) return null;
    await sleep(POLL_MS);
  }
}

/** Customers who come back and people who qualify, each time another of the open leads. */
class Visitors {
  readonly #stage: Stage;
  readonly #chance: Chance;
  readonly #order: OpenLead[];
  readonly #touches: Attempt[] = [];
  readonly #clicks: Click[] = [];

  constructor(stage: Stage, leads: readonly OpenLead[]) {
    this.#stage = stage;
    this.#chance = chanceOf(stage.options.seed).fork('visitors');
    this.#order = [...leads];
  }

  async come(touchesPerS: number, clicksPerS: number, forMs: number): Promise<void> {
    const began = performance.now();
    const perSecond = touchesPerS + clicksPerS;
    const underWay: Promise<void>[] = [];
    for (let turn = 0; turn < (perSecond * forMs) / 1000 && this.#order.length > 0; turn++) {
      const due = began + (turn * 1000) / perSecond;
      await sleep(Math.max(0, due - performance.now()));
      if (this.#stage.signal.aborted) break;
      // Nobody is drawn twice: what becomes of each lead can be said exactly.
      const at = this.#chance.whole(0, this.#order.length - 1);
      const lead = this.#order[at] as OpenLead;
      this.#order[at] = this.#order.at(-1) as OpenLead;
      this.#order.pop();
      const isClick = turn % Math.ceil(perSecond / clicksPerS) === 0;
      underWay.push(isClick ? this.#qualify(lead, due) : this.#touch(lead, due));
    }
    await Promise.all(underWay);
  }

  async #touch({ id, email }: OpenLead, due: number): Promise<void> {
    const { rig } = this.#stage;
    const key = `touch-${id}`;
    const body = { source: { channel: 'website', landingPage: '/pricing' }, contact: { email } };
    const answer = await posted(`${rig.apiUrl}/v1/leads`, { token: rig.keys.machine, key, body, due });
    this.#touches.push({ tag: id, key, ...answer });
  }

  async #qualify({ id }: OpenLead, due: number): Promise<void> {
    const { rig } = this.#stage;
    const rep = callerFor(rig.apiUrl, rig.keys.rep);
    try {
      await rep.post(`/v1/leads/${id}/qualification`, { decision: 'qualify' }, `qualify-${id}`);
      this.#clicks.push({ leadId: id, ms: performance.now() - due });
    } catch (error) {
      this.#clicks.push({ leadId: id, ms: performance.now() - due, failure: (error as Error).message });
    }
  }

  /** What was acknowledged against what is there, and what people waited. */
  async truth(db: pg.Pool, leads: readonly OpenLead[]): Promise<{ wrongs: string[]; figures: Row[] }> {
    const { rows } = await db.query<{ id: string; touches: number; steps: Record<string, number> }>(
      `select l.id, (select count(*)::int from touches t where t.lead_id = l.id) as touches,
          (select coalesce(jsonb_object_agg(s.action, s.times), '{}') from
            (select action, count(*)::int as times from audit_entries where subject = l.id group by 1) s) as steps
        from leads l where l.external_id like 'cold-%'`,
    );
    const touched = new Map(this.#touches.map((attempt) => [attempt.tag, attempt]));
    const clicked = new Map(this.#clicks.map((click) => [click.leadId, click]));
    const soon = new Set(leads.flatMap(({ id, isSoon }) => (isSoon ? id : [])));
    const counts = { lost: 0, twice: 0 };
    const wrongs: string[] = [];
    for (const { id, touches, steps } of rows) {
      const touch = touched.get(id);
      const click = clicked.get(id);
      const expect = (what: string, is: number, least: number, most: number): void => {
        if (is < least) counts.lost++;
        if (is > most) counts.twice++;
        if (is < least || is > most) wrongs.push(`${id}: ${what} ${is} times, not ${least} to ${most}`);
      };
      const isTouched = touch !== undefined && isAcknowledged(touch);
      expect(
        'touched',
        touches,
        isTouched ? 2 : 1,
        touch !== undefined && (isTouched || touch.status === 0) ? 2 : 1,
      );
      expect('captured', (steps.captureLead ?? 0) + (steps.importLead ?? 0), 1, 1);
      expect('scored', steps.scoreLead ?? 0, 1, 2);
      const isQualified = click !== undefined && click.failure === undefined;
      expect('qualified', steps.qualifyLead ?? 0, isQualified ? 1 : 0, click === undefined ? 0 : 1);
      const fired = steps.escalateQualification ?? 0;
      expect('escalated', fired, soon.has(id) && !isQualified ? 1 : 0, soon.has(id) ? 1 : 0);
    }
    if (rows.length !== leads.length) wrongs.push(`${rows.length} leads of ${leads.length} are there`);
    const captures = capturesOf(this.#touches);
    const ms = this.#clicks.map((click) => click.ms);
    const failed = this.#clicks.filter(({ failure }) => failure !== undefined);
    const figures: Row[] = [
      {
        figure: 'touches sent, acknowledged, refused',
        measured: `${captures.sent}, ${captures.acknowledged}, ${counted(captures.refused)}`,
      },
      { figure: 'touch p50, p99, longest', measured: timesOf(captures) },
      ...clickRows(
        {
          clicks: ms.length,
          failed: failed.length,
          p50: quantile(ms, 0.5),
          p99: quantile(ms, 0.99),
          longest: quantile(ms, 1),
        },
        ', the time without a worker included',
      ),
      {
        figure: 'leads there, something of them lost, twice',
        aim: 'none lost, none twice',
        measured: `${rows.length}, ${counts.lost}, ${counts.twice}`,
        isMissed: wrongs.length > 0,
      },
    ];
    for (const { leadId, failure } of failed) this.#stage.say(`${leadId}: the click failed: ${failure}`);
    return { wrongs, figures };
  }
}
