// Every step of a deal and every call of the API that writes, cut off by SIGKILL at three points: the deal ends as
// if nothing had happened, its ledger equal but for ids and instants, and the books are clean.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeActivities } from '../../activities/index.js';
import { Company, House, serversOfRun } from './house.js';
import { golden } from './golden.js';
import { type Kill, type Killed, POINTS } from './processes.js';
import { differences, type State, stateOf } from './state.js';
import type { CrashStory } from './stories.js';

const STORIES: Readonly<Record<string, CrashStory>> = { golden };
const isLong = process.env.L2C_LONG === '1';

let company: Company;
const killed: Killed[] = [];
beforeAll(async () => {
  company = await Company.load(serversOfRun());
}, 120_000);
afterAll(() => company?.drop());

async function told(story: CrashStory, kills: readonly Kill[]): Promise<State> {
  const house = await House.open(company, { ...story.options, kills });
  const since = Date.now();
  try {
    await story.tell(house);
    await house.mustBeClean();
    expect(house.unkept).toEqual([]);
    killed.push(...house.killed);
    console.info(`${kills.length} kills, ${Math.round((Date.now() - since) / 1000)} s`);
    return await stateOf(house.db);
  } finally {
    await house.close();
  }
}

describe.each(Object.entries(STORIES))('the story %s', (_name, story) => {
  test('ends the same, wherever its processes are killed', async () => {
    const undisturbed = await told(story, []);
    for (const point of isLong ? POINTS : POINTS.slice(0, 1)) {
      const state = await told(story, story.units.map((unit) => ({ unit, point })));
      expect(differences(undisturbed, state)).toEqual([]);
      expect(state.counts).toEqual(undisturbed.counts);
    }
  }, 600_000);
});

test('every activity and every call that writes has its story', () => {
  const activities = Object.keys(makeActivities({} as never));
  const all = [...activities, ...company.calls].sort();
  const told = Object.values(STORIES).flatMap(({ units }) => units);
  expect([...told].sort()).toEqual(all);
});
