// How many facts may be under way at a time. Telling takes the engine a moment, the step behind it takes the
// worker longer: told as fast as they come, thousands of leads would wake at once, and a person's decision would
// wait behind them until its time is over. So what is told and not answered counts, and slow answers halve it.
import type { Queryable } from '../db/pool.js';

/** At most so many steps at a time for facts (docs/protocol.md, Engine). */
export const MOST = 16;
const FEWEST = 2;
/** A step takes some 10 ms; one that takes so long waits behind others. */
const SLOW_MS = 1_000;
/** What has no answer after so long says nothing of the machine: its lead is broken, or its worker gone. */
const LOST_MS = 10_000;

export class Pace {
  #width = MOST;
  #narrowedAt = 0;
  readonly #underWay = new Map<string, number>();

  constructor(private readonly nowMs: () => number = Date.now) {}

  /** How many more may be told now; asks for answers only when the width is used up. */
  async room(db: Queryable): Promise<number> {
    if (this.#underWay.size >= this.#width) await this.#look(db);
    return Math.max(0, this.#width - this.#underWay.size);
  }

  begun(id: string): void {
    this.#underWay.set(id, this.nowMs());
  }

  /** It could not be told. */
  dropped(id: string): void {
    this.#underWay.delete(id);
  }

  async #look(db: Queryable): Promise<void> {
    const { rows } = await db.query<{ id: string }>({
      name: 'facts_under_way',
      text: 'select id from messages where id = any($1) and answer is null and parked_for is null',
      values: [[...this.#underWay.keys()]],
    });
    const open = new Set(rows.map(({ id }) => id));
    const now = this.nowMs();
    let slow = false;
    for (const [id, begunAt] of this.#underWay) {
      const isLost = now - begunAt > LOST_MS;
      if (!open.has(id) || isLost) this.#underWay.delete(id);
      else if (now - begunAt > SLOW_MS) slow = true;
    }
    if (!slow) this.#width = Math.min(MOST, this.#width + 1);
    else if (now - this.#narrowedAt > SLOW_MS) {
      this.#width = Math.max(FEWEST, Math.floor(this.#width / 2));
      this.#narrowedAt = now;
    }
  }
}
