// Decision against fact, and decision against decision, of one lead at one moment, in states that are drawn from a seed:
// exactly one holds, whoever lost is told why, every history is replayed and the books are right. On the dev server, in
// real time. `L2C_SEED` draws others, `L2C_LONG=1` some two hundred.
import { expect, test } from '@jest/globals';
import { chanceOf } from '../../cli/sample/chance.js';
import { restOf } from '../simulator/rest.js';
import { type History, replayed } from '../support/histories.js';
import { sampled } from '../support/sampled.js';
import { captured, type Story } from '../support/story.js';
import { brokenRules } from '../support/told.js';
import { openWorld, type World } from '../support/world.js';
import { PAIRS } from './pairs.js';

const SEED = Number(process.env.L2C_SEED ?? 20_261_123);
const KINDS = Object.entries(PAIRS);
const COUNT = KINDS.length * (process.env.L2C_LONG === '1' ? 22 : 1);
/** Side by side, so that one meets another's step as well. */
const AT_A_TIME = 3;

/** Nobody else's account, so that no cash of another lead is in its sums. */
const contactOf = (pair: number) => ({
  name: 'Quincy Canarbird',
  email: `quincy@canarbird-${pair}.example`,
  company: `Canarbird ${pair} SL`,
  country: 'ES',
});

async function play(world: World, pair: number): Promise<{ story: Story; history: History; held: string }> {
  const [kind, happens] = KINDS[pair % KINDS.length] as (typeof KINDS)[number];
  const story = await captured(world, 'scored', contactOf(pair));
  try {
    const held = await happens({ story, chance: chanceOf(SEED + pair) });
    const history = await restOf(world, story.workflowId);
    return { story, history, held: `${kind}: ${held}` };
  } catch (error) {
    const message = `pair ${pair} of seed ${SEED}, ${kind}: ${(error as Error).message}`;
    throw new Error(message, { cause: error });
  }
}

test(
  `of ${COUNT} pairs of seed ${SEED} at one moment, exactly one holds each time`,
  async () => {
    const world = await openWorld();
    try {
      const played: Awaited<ReturnType<typeof play>>[] = [];
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < COUNT) played.push(await play(world, next++));
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, lane));
      const held: Record<string, number> = {};
      for (const one of played) held[one.held] = (held[one.held] ?? 0) + 1;
      sampled(`pairs at one moment: ${COUNT} of seed ${SEED}, ${JSON.stringify(held)}`);
      expect(await brokenRules(world)).toEqual([]);
      const histories = played.map(({ story, history }) => ({ workflowId: story.workflowId, history }));
      const broken: string[] = [];
      for await (const { workflowId, error } of replayed(histories))
        if (error) broken.push(`${workflowId}: ${error.message}`);
      expect(broken).toEqual([]);
    } finally {
      await world.close();
    }
  },
  30 * 60_000,
);
