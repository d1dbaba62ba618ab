// People at work on open leads, at a steady pace whatever the answers take: qualify, draft and submit a quote,
// approve it, accept it. What each lead was last answered is kept, to compare with where it stands in the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Chance, chanceOf } from '../../cli/sample/chance.js';
import type { Deal } from '../chaos/deals.js';
import { byUsers, CALLS, type Call, CLICKS } from '../golden.js';
import { quantile } from '../measures/clicks.js';
import type { Rig } from '../rig.js';

export interface Click {
  readonly call: Call;
  /** From the moment it was due until it was answered, repetitions after a refusal included. */
  readonly ms: number;
  readonly failure?: string;
}

export interface Clicked {
  readonly clicks: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Gave up after a minute of patience, or were refused for another reason. */
  readonly failed: number;
}

const LAST: Call = 'acceptance';
const USERS = 8;
/** People finish what they have begun before they begin another: so many leads are on their desks. */
const DESK = 40;

export class People {
  readonly deals: Deal[] = [];
  readonly clicks: Click[] = [];
  readonly #free: Deal[] = [];
  readonly #chance: Chance;

  constructor(seed: number) {
    this.#chance = chanceOf(seed).fork('people');
  }

  /** Captures so many leads for people to work on, and waits until each has an owner. */
  async open(rig: Rig, count: number): Promise<void> {
    await byUsers(USERS, count, async () => {
      const deal: Deal = { lead: rig.lead(), acknowledged: null };
      this.deals.push(deal);
      await deal.lead.send('capture');
      deal.acknowledged = 'capture';
      await deal.lead.settled('capture');
      this.#free.push(deal);
    });
  }

  /** So many leads are used up by clicks of a pace over a time, and some are waiting for their answers. */
  static needed(perSecond: number, forMs: number): number {
    return Math.ceil((perSecond * forMs) / 1000 / CALLS.indexOf(LAST)) + perSecond * 8;
  }

  /** Clicks at a pace; resolves when the last click has its answer. */
  async work(perSecond: number, forMs: number, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    const underWay: Promise<void>[] = [];
    for (let turn = 0; turn < (perSecond * forMs) / 1000 && !signal.aborted; turn++) {
      const due = began + (turn * 1000) / perSecond;
      await sleep(Math.max(0, due - performance.now()));
      // Nobody has a lead at hand when all of them wait for an answer: the next turn is another try.
      const at = this.#chance.whole(0, Math.max(0, Math.min(DESK, this.#free.length) - 1));
      const [deal] = this.#free.splice(at, 1);
      if (deal !== undefined) underWay.push(this.#click(deal, due));
    }
    await Promise.all(underWay);
  }

  async #click(deal: Deal, due: number): Promise<void> {
    const call = CALLS[CALLS.indexOf(deal.acknowledged ?? 'capture') + 1] as Call;
    try {
      await deal.lead.send(call);
      deal.acknowledged = call;
      this.clicks.push({ call, ms: performance.now() - due });
      if (call !== LAST) this.#free.unshift(deal);
    } catch (error) {
      const why = (error as Error).message;
      deal.failed = { call, why };
      this.clicks.push({ call, ms: performance.now() - due, failure: why });
    }
  }

  /** Of decisions alone: a draft is told to no workflow. */
  get clicked(): Clicked {
    const decisions = this.clicks.filter(({ call }) => (CLICKS as readonly Call[]).includes(call));
    const ms = decisions.map((click) => click.ms);
    return {
      clicks: decisions.length,
      p50: quantile(ms, 0.5),
      p99: quantile(ms, 0.99),
      longest: quantile(ms, 1),
      failed: this.clicks.filter(({ failure }) => failure !== undefined).length,
    };
  }
}
