// Every step of a deal, every call of the API that writes and every statement by which they are told, cut off by SIGKILL
// at three points: the deal ends as
// if nothing had happened, its ledger equal but for ids and instants, and the books are clean. Here one deal with
// every third kill at each point; L2C_LONG=1 runs all stories, each three times.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeActivities } from '../../activities/index.js';
import { sampled } from '../support/sampled.js';
import { STORIES } from './all.js';
import { Company, House, serversOfRun } from './house.js';
import type { CrashStory } from './moves.js';
import { type Kill, type Killed, POINTS } from './processes.js';
import { differences, type State, stateOf } from './state.js';
import { statementsBeside } from './statements.js';

const isLong = process.env.L2C_LONG === '1';
/** Which kills of the golden deal meet which point where not all are run; committed, so that a failure comes again. */
const SEED = 20_261_122;
const LIMIT_MS = 900_000;

let company: Company;
const met: Killed[] = [];
const told = new Set<string>();
beforeAll(async () => {
  company = await Company.load(serversOfRun());
}, 120_000);
afterAll(async () => {
  report();
  await company?.drop();
});

/** What was run. */
function report(): void {
  const at = POINTS.map((point) => `${met.filter((kill) => kill.point === point).length} ${point}`).join(
    ', ',
  );
  const units = new Set(met.map(({ unit }) => unit)).size;
  sampled(
    `crash matrix: stories ${told.size}, kills ${met.length} (${at}) of ${units} activities, calls and statements`,
  );
}

/** Tells a story to its end under these kills; what the database holds then. */
async function live(story: CrashStory, kills: readonly Kill[]): Promise<State> {
  const house = await House.open(company, { ...story.options, kills });
  try {
    await story.tell(house);
    await house.mustBeClean();
    await house.mailsMustHaveArrived();
    expect(house.unkept).toEqual([]);
    met.push(...house.killed);
    return await stateOf(house.db);
  } finally {
    await house.close();
  }
}

async function mustEndTheSame(story: CrashStory, plans: readonly (readonly Kill[])[]): Promise<void> {
  const undisturbed = await live(story, []);
  const states: State[] = [];
  if (story.isAlone) for (const kills of plans) states.push(await live(story, kills));
  else states.push(...(await Promise.all(plans.map((kills) => live(story, kills)))));
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
    async (name, story) => {
      await mustEndTheSame(story, isLong ? all(story) : everyThird(story));
      told.add(name);
    },
    LIMIT_MS,
  );
});

/** Files of the intake that write nothing in a call of these stories, and where they are met. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  clock: 'start-up; a segment is one insert',
  decide: 'reads the row of a lead without a workflow, test/scenarios/protocol/loss.test.ts',
  decoding: 'audit of what the codec decodes, test/api/codec.test.ts',
  firstBoot: 'start-up, test/api/signIn.test.ts',
  knownPayments: 'reads a payment recorded before, test/activities/cashIntake.test.ts',
  lostKey: 'a command, test/activities/lostKey.test.ts',
};
const INTAKE = fileURLToPath(new URL('../../activities/intake/', import.meta.url));
const ASKS = /\.query\b|withTransaction\(|commitChange\(|\.run\(tx/;

describe('the matrix', () => {
  test('has a story for every activity, call and statement beside them that writes, and only one', () => {
    const statements = statementsBeside().map(({ unit }) => unit);
    const product = [...Object.keys(makeActivities({} as never)), ...company.calls, ...statements];
    const units = Object.values(STORIES).flatMap((story) => story.units);
    expect([...units].sort()).toEqual(product.sort());
  });

  // Only after all of them: whoever runs one story has met a part of it.
  (isLong ? test : test.skip)('has cut off every file of the intake that asks the database', () => {
    if (told.size < Object.keys(STORIES).length) return;
    const asking = readdirSync(INTAKE).filter((file) => ASKS.test(readFileSync(join(INTAKE, file), 'utf8')));
    const killedAt = new Set(met.map(({ unit }) => unit));
    const beside = statementsBeside().filter(({ unit }) => killedAt.has(unit));
    const cut = new Set([...met.flatMap(({ intake }) => intake), ...beside.map(({ file }) => file)]);
    const never = asking.map((file) => file.replace('.ts', '')).filter((file) => !cut.has(file));
    expect(never.sort()).toEqual(Object.keys(ELSEWHERE));
  });
});
