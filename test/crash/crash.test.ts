// Every step of a deal and every call of the API that writes, cut off by SIGKILL at three points: the deal ends as
// if nothing had happened, its ledger equal but for ids and instants, and the books are clean. Here one deal with
// every third kill at each point; L2C_LONG=1 runs all stories, each three times.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeActivities } from '../../activities/index.js';
import { STORIES } from './all.js';
import { Company, House, serversOfRun } from './house.js';
import type { CrashStory } from './moves.js';
import { type Kill, type Killed, POINTS } from './processes.js';
import { differences, type State, stateOf } from './state.js';

const isLong = process.env.L2C_LONG === '1';
/** Which kills of the golden deal meet which point where not all are run; committed, so that a failure comes again. */
const SEED = 20_261_122;
const LIMIT_MS = 600_000;

let company: Company;
const met: Killed[] = [];
beforeAll(async () => {
  company = await Company.load(serversOfRun());
}, 120_000);
afterAll(() => company?.drop());

/** Tells a story to its end under these kills; what the database holds then. */
async function told(story: CrashStory, kills: readonly Kill[]): Promise<State> {
  const house = await House.open(company, { ...story.options, kills });
  try {
    await story.tell(house);
    await house.mustBeClean();
    expect(house.unkept).toEqual([]);
    met.push(...house.killed);
    return await stateOf(house.db);
  } finally {
    await house.close();
  }
}

async function mustEndTheSame(story: CrashStory, plans: readonly (readonly Kill[])[]): Promise<void> {
  const undisturbed = await told(story, []);
  const states = await Promise.all(plans.map((kills) => told(story, kills)));
  for (const state of states) {
    expect(differences(undisturbed, state)).toEqual([]);
    expect(state.counts).toEqual(undisturbed.counts);
  }
}

const everyThird = ({ units }: CrashStory): Kill[][] =>
  POINTS.map((point, turn) =>
    units.flatMap((unit, index) => ((index + turn + SEED) % POINTS.length === 0 ? { unit, point } : [])),
  );
const all = ({ units }: CrashStory): Kill[][] =>
  POINTS.map((point) => units.map((unit) => ({ unit, point })));

describe('wherever its processes are killed, it ends the same', () => {
  const stories = Object.entries(STORIES).filter(([name]) => isLong || name === 'golden');
  test.each(stories)(
    'the story %s',
    (_name, story) => mustEndTheSame(story, isLong ? all(story) : everyThird(story)),
    LIMIT_MS,
  );
});

describe('the matrix', () => {
  test('has a story for every activity and for every call that writes, and only one', () => {
    const product = [...Object.keys(makeActivities({} as never)), ...company.calls];
    const told = Object.values(STORIES).flatMap(({ units }) => units);
    expect([...told].sort()).toEqual(product.sort());
  });
});
