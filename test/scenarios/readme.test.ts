// Every command of README.md and docs/operations.md is run against the product, or named below with the reason
// why it is not.
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machineSettings } from '../../engine/settings.js';
import { findTemporalCli } from '../../engine/temporalCli.js';
import { clickThrough, commandsOf, ROOT, textOf } from '../support/documents.js';
import { openScene, type Scene, until } from '../support/product.js';

const run = promisify(execFile);

/** Commands that need something else than a product that runs; each is shown by that file, in those words. */
const ELSEWHERE: Readonly<Record<string, { readonly file: string; readonly holds: string }>> = {
  'npm start': { file: 'test/scenarios/firstStart.test.ts', holds: 'npm start --silent -- --json' },
  'npm start -- --empty': { file: '.ci/smoke.mjs', holds: 'npm start --silent -- --empty' },
  'npm start --silent -- --json': {
    file: 'test/scenarios/firstStart.test.ts',
    holds: 'npm start --silent -- --json',
  },
  'npm start -- --language es': {
    file: 'test/scenarios/firstStart.test.ts',
    holds: 'npm start -- --language es',
  },
  'npx l2c start --json': { file: 'test/cli/start.test.ts', holds: "'--json'" },
  'npm test': { file: '.ci/run', holds: 'npm test' },
  'npm run test:long': { file: 'scripts/test.mjs', holds: '--long' },
  'npm run bench -- --quick': { file: 'test/bench/quick.test.ts', holds: 'npm run bench -- --quick' },
  'npm run real-server': { file: 'test/bench/realServer.test.ts', holds: 'npm run real-server -- ' },
  'npm run real-server -- npm run bench -- --quick': {
    file: 'test/bench/realServer.test.ts',
    holds: 'npm run real-server -- npm run bench -- ',
  },
  'npm run real-server -- --timer-shift-ms 20 npm test -- test/scenarios/golden': {
    file: 'test/engine/realServer.test.ts',
    holds: "'--timer-shift-ms', '20'",
  },
  'npm run chaos -- --minutes 2': { file: 'test/bench/chaos.test.ts', holds: 'npm run chaos -- --minutes 2' },
  'npm run load -- --minutes 2 --open 2000': {
    file: 'test/bench/load.test.ts',
    holds: 'npm run load -- --minutes ',
  },
  'npx l2c funnel samples/leads.csv samples/deals.csv': {
    file: 'test/cli/funnel.test.ts',
    holds: "'funnel'",
  },
  'npm run test:long -- test/network': { file: 'test/network/faults.test.ts', holds: 'L2C_LONG' },
  'npm run test:long -- test/teeth': { file: 'test/teeth/teeth.test.ts', holds: 'L2C_LONG' },
  'npm run mutation': { file: 'test/teeth/teeth.test.ts', holds: 'npm run mutation' },
  'npx l2c reconcile --adopt <lead or payout run>': {
    file: 'test/scenarios/restore.test.ts',
    holds: 'reconciled(here, { adopt: [',
  },
  'npx l2c verify --checkpoint-key <file>': {
    file: 'test/verify/tampering.test.ts',
    holds: 'checkpointKey: publicKey',
  },
  'npx l2c docs': { file: 'test/house/documents.test.ts', holds: 'messagesDocument()' },
  'npm run bench -- --full --without-controls': {
    file: 'test/bench/bench.test.ts',
    holds: 'rounds without controls',
  },
  'npm run bench -- --full --json full.json': { file: 'test/bench/bench.test.ts', holds: "'--json'" },
  'npm run bench -- --markdown full.json': { file: 'test/bench/bench.test.ts', holds: "'--markdown'" },
  'npm run bench -- --settings': { file: 'test/bench/settings.test.ts', holds: "'--settings'" },
  "temporal workflow terminate --workflow-id lead/<id> --reason '…'": {
    file: 'test/workflows/reset.test.ts',
    holds: ".terminate('it cannot be replayed')",
  },
};
/** What needs a docker engine; that their services, commands and files are there is test/house/image.test.ts. */
const isContainers = (command: string): boolean => command.startsWith('docker ');

const DOCUMENTS = ['README.md', 'docs/operations.md'] as const;

/** Those of a repair name a lead; they are run one after the other on the one of the click-through. */
const isRepair = (command: string): boolean =>
  command.startsWith('temporal workflow ') && !(command in ELSEWHERE);
const WRITTEN = [...new Set(DOCUMENTS.flatMap(commandsOf))];
const RUNNABLE = WRITTEN.filter(
  (command) => !(command in ELSEWHERE) && !isRepair(command) && !isContainers(command),
);
/** Ends with 1 here: the tests' database has no fsync, and the doctor says so. */
const FINDS: Readonly<Record<string, RegExp>> = { 'npx l2c doctor': /✗ database settings +fsync is off/ };

let scene: Scene;
let toolsDir: string;
beforeAll(async () => {
  scene = await openScene();
  toolsDir = dirname((await findTemporalCli(machineSettings(process.env))).path);
});
afterAll(() => scene?.close());

/** The environment of somebody who works beside the running product. */
function environment(): NodeJS.ProcessEnv {
  const { people, database, config } = scene;
  return {
    ...process.env,
    NODE_OPTIONS: '',
    PATH: `${process.env.PATH}:${toolsDir}`,
    DATABASE_URL: database.ownerUrl,
    L2C_APP_DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: config.temporal.address,
    L2C_TASK_QUEUE: config.temporal.taskQueue,
    L2C_STATE_DIR: scene.stateDir,
    L2C_URL: scene.url,
    API: scene.url,
    REP: people.ana.key,
    MANAGER: people.carla.key,
    FULFILMENT: people.gael.key,
    FINANCE: people.elena.key,
    MARKETING: people.marta.key,
  };
}

async function shell(script: string): Promise<{ code: number; out: string; err: string }> {
  const options = { cwd: ROOT, env: environment(), timeout: 60_000, maxBuffer: 16 * 1024 * 1024 };
  try {
    // Its input is a socket here, which bash takes for a remote login and would read its start-up files for.
    const shell = ['--norc', '-euo', 'pipefail', '-c', script];
    const { stdout, stderr } = await run('bash', shell, options);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
    return { code: code ?? -1, out: stdout, err: stderr };
  }
}

describe('what the documents tell people to type', () => {
  test('the click-through carries a lead from its capture to money in the bank', async () => {
    const { code, out, err } = await shell(clickThrough());
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('"closed"');
    const { items } = await scene.get('carla', '/v1/leads?outcome=won');
    expect(items).toHaveLength(1);
  });

  test('there is something to run, and nothing is excused that nobody writes', () => {
    expect(RUNNABLE.length).toBeGreaterThan(3);
    const written = new Set(DOCUMENTS.flatMap(commandsOf));
    expect(Object.keys(ELSEWHERE).filter((command) => !written.has(command))).toEqual([]);
  });

  test.each(Object.entries(ELSEWHERE))('%s is shown elsewhere', (_command, { file, holds }) => {
    expect(textOf(file)).toContain(holds);
  });

  test.each(RUNNABLE)('%s', async (command) => {
    const { code, out, err } = await shell(command);
    const finds = FINDS[command];
    if (finds) expect(out).toMatch(finds);
    expect([code, code === 0 || finds ? '' : `${out}${err}`]).toEqual([finds ? 1 : 0, '']);
    expect(out.match(/✗/g) ?? []).toHaveLength(finds ? 1 : 0);
  });

  test('a lead is reset to an event of its history and told to look, as the operator reads it', async () => {
    const { items } = await scene.get('carla', '/v1/leads?outcome=won');
    const { client } = scene.product.engine;
    const first = client.workflow.getHandle(`lead/${items[0].id}`);
    const { runId } = await first.describe();
    const { events } = await first.fetchHistory();
    const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
    const eventId = String(tasks[Math.floor(tasks.length / 2)]?.eventId);
    const before = await scene.get('carla', `/v1/leads/${items[0].id}/timeline`);
    const repairs = WRITTEN.filter(isRepair);
    const typed = (command: string): string =>
      command
        .replaceAll(/\s+/g, ' ')
        .replace('<id>', items[0].id)
        .replace('<n>', eventId)
        .replace('http://127.0.0.1:3000', scene.url)
        .replace('l2c_…', scene.people.gael.key);
    expect(repairs.map((command) => command.split(' ')[2])).toEqual(['show', 'reset', 'signal', 'show']);
    for (const command of repairs) {
      const { code, out, err } = await shell(typed(command));
      // The signal finds nobody where the run has read its row and ended by itself.
      if (command !== repairs[2] || !/not found|already completed/i.test(err))
        expect([code, `${out}${err}`]).toEqual([0, expect.anything()]);
    }
    const again = client.workflow.getHandle(`lead/${items[0].id}`);
    await until('the run that was reset has ended', async () => {
      const described = await again.describe();
      return described.runId !== runId && described.status.name === 'COMPLETED';
    });
    expect(await scene.get('carla', `/v1/leads/${items[0].id}/timeline`)).toEqual(before);
  });

  test('and the books are clean afterwards', () => scene.mustBeClean());
});
