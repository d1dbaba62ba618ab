// The engine and the database killed in the middle of every stage, on servers of their own that the product's
// supervisor starts again: the deal ends as if nothing had happened. L2C_LONG=1 kills at every call; a normal run
// leaves it to test/scenarios/outages.test.ts.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machineSettings, type Stack, startStack } from '../../engine/stack.js';
import { STORIES } from './all.js';
import { Company, House } from './house.js';
import { differences, type State, stateOf } from './state.js';

const LIMIT_MS = 900_000;
const BACK_MS = 500;

let folder: string;
let stack: Stack;
let company: Company;

async function told(name: string, underWay?: (what: string) => void): Promise<State> {
  const house = await House.open(company, { ...(underWay && { underWay }) });
  try {
    await STORIES[name]?.tell(house);
    await house.mustBeClean();
    return await stateOf(house.db);
  } finally {
    await house.close();
  }
}

function isKilled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
    throw error;
  }
}

const whenLong = process.env.L2C_LONG === '1' ? describe : describe.skip;

whenLong('a server killed while a call is under way', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'l2c-killed-'));
    chmodSync(folder, 0o711); // As root the database runs as somebody else.
    stack = await startStack({ ...machineSettings(process.env), stateDir: folder, timerMaxShiftMs: 20 });
    const { databaseUrl: ownerUrl, appDatabaseUrl: appUrl, temporalAddress: address } = stack;
    company = await Company.load({ ownerUrl, appUrl, address });
  }, 120_000);

  afterAll(async () => {
    await company?.drop();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test.each([
    ['temporal', 'golden'],
    ['postgres', 'golden'],
    ['temporal', 'cancelled'],
    ['postgres', 'cancelled'],
  ] as const)(
    '%s, at every call of the story %s',
    async (server, story) => {
      const undisturbed = await told(story);
      const killed: string[] = [];
      const state = await told(story, (what) => {
        // In the middle of the call, and each time a little later in it.
        void pause(10 + 15 * killed.length).then(async () => {
          const pid = stack.pids[server];
          if (pid === undefined) return;
          if (!isKilled(pid)) return; // It is not back yet from the last time.
          killed.push(what);
          await pause(BACK_MS);
        });
      });
      expect(killed.length).toBeGreaterThan(6);
      expect(differences(undisturbed, state)).toEqual([]);
    },
    LIMIT_MS,
  );
});
