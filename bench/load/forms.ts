// Web forms that send leads at a rate of their own, whether or not those before them were answered (an open loop:
// who waits for an answer before the next call hides a server that cannot keep up). Every answer is written down.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Chance, chanceOf } from '../../cli/sample/chance.js';

/** One request and what came of it. */
export interface Attempt {
  /** Eight digits, in everything unique about the lead. */
  readonly tag: string;
  readonly key: string;
  /** 0: no answer came. */
  readonly status: number;
  /** From the moment it was due: a queue in front of the server is waiting, too. */
  readonly ms: number;
  readonly leadId?: string;
  readonly code?: string;
  readonly retryAfterS?: number;
}

export interface FormsOptions {
  readonly url: string;
  /** Keys the forms send with, each as often as the others. */
  readonly tokens: readonly string[];
  readonly seed: number;
  /** Leads of other forms of the same run have other names. */
  readonly name: string;
}

/** One lead in so many is sent twice at once, as an impatient finger does. */
const TWICE_IN = 20;
const ANSWER_MS = 30_000;
const CHANNELS = ['website', 'social', 'advertising', 'referral', 'email'] as const;
const COUNTRIES = ['ES', 'DE', 'FR', 'PT', 'IT'] as const;

export class Forms {
  readonly attempts: Attempt[] = [];
  readonly #options: FormsOptions;
  #sent = 0;

  constructor(options: FormsOptions) {
    this.#options = options;
  }

  /** Address of a tag's lead at its source. */
  externalId(tag: string): string {
    return `${this.#options.name}-${tag}`;
  }

  /** Sends new leads at moments drawn evenly from the time; resolves when the last of them has its answer. */
  async send(perSecond: number, forMs: number, signal: AbortSignal): Promise<void> {
    const chance = chanceOf(this.#options.seed).fork(`${this.#options.name} arrivals`);
    const count = Math.round((perSecond * forMs) / 1000);
    const moments = Array.from({ length: count }, () => (chance.whole(0, 999_999) / 1_000_000) * forMs);
    moments.sort((a, b) => a - b);
    const began = performance.now();
    const underWay: Promise<unknown>[] = [];
    for (const moment of moments) {
      const due = began + moment;
      const early = due - performance.now();
      if (early > 1) await sleep(early);
      if (signal.aborted) break;
      const tag = String(++this.#sent).padStart(8, '0');
      const twice = chance.whole(1, TWICE_IN) === 1;
      for (let times = twice ? 2 : 1; times > 0; times--) underWay.push(this.capture(tag, due));
    }
    await Promise.all(underWay);
  }

  /** Sends one lead, the same under the same tag, and writes down the answer. `due` is of performance.now(). */
  async capture(tag: string, due = performance.now()): Promise<Attempt> {
    const key = this.externalId(tag);
    const attempt = { tag, key, ...(await this.#post(key, this.#bodyOf(tag), due)) };
    this.attempts.push(attempt);
    return attempt;
  }

  #bodyOf(tag: string): object {
    const chance: Chance = chanceOf(this.#options.seed).fork(`${this.#options.name} ${tag}`);
    const name = this.externalId(tag);
    return {
      source: {
        channel: chance.pick(CHANNELS),
        campaign: `load-${chance.whole(1, 20)}`,
        landingPage: '/desks',
      },
      contact: {
        name: 'Quincy Canarbird',
        email: `quincy@${name}.example`,
        company: `Canarbird ${name} SL`,
        country: chance.pick(COUNTRIES),
        language: chance.pick(['en', 'es']),
      },
      interest: `${chance.whole(2, 200)} desks`,
      externalId: name,
    };
  }

  /** Sends a body to the capture once, without patience. */
  async #post(key: string, body: object, due: number): Promise<Omit<Attempt, 'tag' | 'key'>> {
    const { url, tokens } = this.#options;
    const token = tokens[Number(key.slice(-8)) % tokens.length];
    return posted(`${url}/v1/leads`, { token: token ?? '', key, body, due });
  }
}

// Of node:http and not fetch: the sender shares its cores with the product, and costs a third of it.
const agent = new Agent({ keepAlive: true });

/** One POST and its answer, refusals and silence included. */
export function posted(
  address: string,
  { token, key, body, due }: { token: string; key: string; body: object; due: number },
): Promise<Omit<Attempt, 'tag' | 'key'>> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request(address, { method: 'POST', agent, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('error', silent);
      response.once('end', () => {
        const { id, code } = JSON.parse(text) as { id?: string; code?: string };
        const retryAfter = response.headers['retry-after'];
        resolve({
          status: response.statusCode ?? 0,
          ms: performance.now() - due,
          ...(id !== undefined && { leadId: id }),
          ...(code !== undefined && { code }),
          ...(retryAfter !== undefined && { retryAfterS: Number(retryAfter) }),
        });
      });
    });
    // Refused by the network, cut, or too late: whether it was done is asked for afterwards.
    const silent = (): void => resolve({ status: 0, ms: performance.now() - due });
    asked.once('error', silent);
    asked.end(JSON.stringify(body));
  });
}

export const isAcknowledged = ({ status }: Attempt): boolean => status === 200 || status === 201;
/** What a server may answer that has too much to do. */
export const isShed = ({ status }: Attempt): boolean => status === 429 || status === 503;
