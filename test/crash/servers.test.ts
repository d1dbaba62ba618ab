// The engine and the database killed in the middle of every stage, on servers of their own that the product's
// supervisor starts again: the deal ends as if nothing had happened. L2C_LONG=1 kills at every call; a normal run
// leaves it to test/scenarios/outages.test.ts.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machineSettings, type Stack, startStack } from '../../engine/stack.js';
import { until } from '../support/until.js';
import { STORIES } from './all.js';
import { Company, House, type HouseOptions } from './house.js';
import { differences, type State, stateOf } from './state.js';

const LIMIT_MS = 900_000;
const BACK_MS = 60_000;

/** Between them they have every stage: sold, nobody acts, unpaid and undone, cancelled. */
const KILLED_IN = ['golden', 'silent', 'unpaid', 'cancelled'];

type Server = 'temporal' | 'postgres';
type UnderWay = NonNullable<HouseOptions['underWay']>;

let folder: string;
let stack: Stack;
let company: Company;

async function told(name: string, underWay?: UnderWay): Promise<State> {
  const house = await House.open(company, { ...STORIES[name]?.options, ...(underWay && { underWay }) });
  try {
    await STORIES[name]?.tell(house);
    await house.mustBeClean();
    return await stateOf(house.db);
  } finally {
    await house.close();
  }
}

/** Kills a server again and again: never before it is back from the last time. */
class Killer {
  readonly killed: string[] = [];
  #back: Promise<void> = Promise.resolve();

  constructor(readonly server: Server) {}

  /** In the middle of what is under way, and each time a little later in it. */
  readonly strike: UnderWay = async (what) => {
    await this.#back;
    const delayMs = 10 + 15 * (this.killed.length % 12);
    this.#back = pause(delayMs).then(async () => {
      const pid = stack.pids[this.server];
      if (pid === undefined) throw new Error(`${this.server} does not run`);
      process.kill(pid, 'SIGKILL');
      this.killed.push(what);
      await until(`${this.server} is back`, () => isBack(this.server, pid), BACK_MS);
    });
    this.#back.catch(() => undefined); // It is thrown where it is waited for.
  };

  done = (): Promise<void> => this.#back;
}

async function isBack(server: Server, before: number): Promise<boolean> {
  const pid = stack.pids[server];
  if (pid === undefined || pid === before) return false;
  const { hostname, port } = new URL(
    server === 'postgres' ? stack.databaseUrl : `grpc://${stack.temporalAddress}`,
  );
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}

/** What is called, the ids of this telling aside. */
const withoutIds = (what: string): string => what.replace(/\w+_[0-9a-z]{26}/g, '*');

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

  const servers = ['temporal', 'postgres'] as const;
  test.each(servers.flatMap((server) => KILLED_IN.map((story) => [server, story] as const)))(
    '%s, at every call and every day of the story %s',
    async (server, story) => {
      const met: string[] = [];
      const undisturbed = await told(story, async (what) => void met.push(what));
      const killer = new Killer(server);
      const state = await told(story, killer.strike);
      await killer.done();
      expect(killer.killed.map(withoutIds)).toEqual(met.map(withoutIds));
      expect(differences(undisturbed, state)).toEqual([]);
    },
    LIMIT_MS,
  );
});
