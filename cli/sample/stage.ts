// What every story of the play stands on: the time of the business, the people who act, and the lines that tell
// the reader what they do.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, callerFor } from '../http.js';
import type { CastLead } from './cast.js';
import type { SampleKey } from './file.js';
import type { Handle } from './people.js';
import type { ActWord } from './words.js';

const DAY_MS = 86_400_000;
const LOOK_MS = 150;

export interface Money {
  readonly amount: string;
  readonly currency: string;
}

export interface Line {
  readonly lead: CastLead;
  readonly act: ActWord;
  /** Business instant. */
  readonly atMs: number;
  readonly detail?: string;
  readonly money?: Money;
}

export type Tell = (line: Line) => void;

export interface StageSettings {
  readonly baseUrl: string;
  readonly seed: number;
  readonly keys: readonly SampleKey[];
  /** The business instant now. */
  readonly now: () => number;
  readonly beganAtMs: number;
  /** Acts of an earlier, killed play are not told again. */
  readonly toldFromMs: number;
  readonly tell: Tell;
  /** Aborted when the user stops the program. */
  readonly signal: AbortSignal;
  /** Aborted when the fast clock has reached today: nobody waits for another day then. */
  readonly over: AbortSignal;
}

/** Thrown out of a story whose time is over; its lead stays where it is. */
export class CurtainFell extends Error {
  override readonly name = 'CurtainFell';
}

export class Stage {
  readonly #settings: StageSettings;
  readonly #callers: ReadonlyMap<Handle, Caller>;

  constructor(settings: StageSettings) {
    this.#settings = settings;
    const { keys, baseUrl, signal } = settings;
    this.#callers = new Map(keys.map(({ handle, key }) => [handle, callerFor(baseUrl, key, signal)]));
  }

  as(handle: Handle): Caller {
    const caller = this.#callers.get(handle);
    if (!caller) throw new RangeError(`nobody of the sample company is ${handle}`);
    return caller;
  }

  /** The handle behind a person's id. */
  handleOf(personId: string | null): Handle {
    const found = this.#settings.keys.find((key) => key.personId === personId);
    if (!found) throw new RangeError(`${personId} is nobody of the sample company`);
    return found.handle;
  }

  nameOf(handle: Handle): string {
    return this.#settings.keys.find((key) => key.handle === handle)?.name ?? handle;
  }

  idOf(handle: Handle): string {
    return this.#settings.keys.find((key) => key.handle === handle)?.personId ?? '';
  }

  /** The Idempotency-Key of an act: the same in every start, so that nothing is done twice. */
  key(...parts: (string | number)[]): string {
    return ['play', this.#settings.seed, ...parts].join('/');
  }

  instantOf(day: number): number {
    return this.#settings.beganAtMs + Math.round(day * DAY_MS);
  }

  isoOf(day: number): string {
    return new Date(this.instantOf(day)).toISOString();
  }

  /** The date of a day of the play where the company is; noon keeps it clear of the zone. */
  dateOf(day: number): string {
    return this.isoOf(day).slice(0, 10);
  }

  /** Waits until that day of the play. Throws CurtainFell when the play ends first. */
  async until(day: number): Promise<void> {
    const { now, over } = this.#settings;
    for (let left = this.instantOf(day) - now(); left > 0; left = this.instantOf(day) - now()) {
      this.#mustPlay();
      // A second a day on the fast clock; at real speed only the end of the play is waited for.
      await pause(Math.min(Math.max(left / DAY_MS, 0.005) * 1_000, 1_000), over);
    }
  }

  /** Looks until it holds; undefined when the play is over and it still does not. */
  async seen<T>(look: () => Promise<T | undefined>, patienceMs = 6_000): Promise<T | undefined> {
    const { over, signal } = this.#settings;
    let endsAt = Number.POSITIVE_INFINITY;
    for (;;) {
      signal.throwIfAborted();
      const found = await look();
      if (found !== undefined) return found;
      if (over.aborted) endsAt = Math.min(endsAt, Date.now() + patienceMs);
      if (Date.now() > endsAt) return undefined;
      await sleep(LOOK_MS);
    }
  }

  /**
   * One act of a story: waits for its day, does it, and tells it with what it says of itself. What a killed play
   * had done and told before is done again under its key, which changes nothing, and not told again.
   */
  async act<T>(
    lead: CastLead,
    day: number,
    word: ActWord,
    work: () => Promise<T>,
    more: (result: T) => { readonly detail?: string; readonly money?: Money } = () => ({}),
  ): Promise<T> {
    await this.until(day);
    const { now, toldFromMs, tell } = this.#settings;
    const atMs = now(); // Before what follows from it: the act comes first.
    const result = await work();
    if (this.instantOf(day) >= toldFromMs) tell({ lead, act: word, atMs, ...more(result) });
    return result;
  }

  #mustPlay(): void {
    this.#settings.signal.throwIfAborted();
    if (this.#settings.over.aborted) throw new CurtainFell('the play is over');
  }
}

async function pause(ms: number, over: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: over });
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}
