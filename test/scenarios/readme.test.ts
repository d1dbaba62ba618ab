// Every command of README.md and docs/operations.md is run against the product, or named below with the reason
// why it is not.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openScene, type Scene } from '../support/product.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const THIS = 'test/scenarios/readme.test.ts';

/** Commands that need something else than a product that runs; each is shown by that file, in those words. */
const ELSEWHERE: Readonly<Record<string, { readonly file: string; readonly holds: string }>> = {
  'npm start': { file: '.ci/smoke.mjs', holds: 'npm start' },
  'npm start -- --empty': { file: '.ci/smoke.mjs', holds: 'npm start --silent -- --empty' },
  'npm start --silent -- --json': { file: '.ci/smoke.mjs', holds: '--json' },
  'npm start -- --language es': { file: 'test/cli/words.test.ts', holds: "readyText(READY, 'es')" },
  'npx l2c start --json': { file: 'test/cli/start.test.ts', holds: "'--json'" },
  'npm test': { file: '.ci/run', holds: 'npm test' },
  'npm run test:long': { file: 'scripts/test.mjs', holds: '--long' },
  'npm run bench -- --quick': { file: 'test/bench/bench.test.ts', holds: 'bench/' },
  'npx l2c funnel samples/leads.csv samples/deals.csv': {
    file: 'test/cli/funnel.test.ts',
    holds: "'funnel'",
  },
  'npx l2c docs': { file: 'test/house/documents.test.ts', holds: 'messagesDocument()' },
  'docker compose up -d': { file: 'test/house/compose.test.ts', holds: 'docker-compose.yml' },
  'temporal workflow show --workflow-id lead/<id>': { file: THIS, holds: 'workflow show' },
  "temporal workflow reset --workflow-id lead/<id> --event-id <n> --reason '…'": {
    file: THIS,
    holds: 'workflow reset',
  },
  'temporal workflow signal --workflow-id lead/<id> --name look': { file: THIS, holds: 'workflow signal' },
};

const DOCUMENTS = ['README.md', 'docs/operations.md'] as const;
const textOf = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');
const CLICK_THROUGH = /<!-- click-through[^>]*-->\n```sh\n([\s\S]*?)```/;

/** Commands of shell blocks, one a line, and those in backticks within sentences. */
function commandsOf(file: string): string[] {
  const text = textOf(file).replace(CLICK_THROUGH, '');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [
    ...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`((?:npm|npx|docker|temporal) [^`]+)`/g),
  ];
  const all = [...blocks, ...inline.map(([, command = '']) => command)];
  return [...new Set(all.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== ''))];
}

const RUNNABLE = [...new Set(DOCUMENTS.flatMap(commandsOf))].filter((command) => !(command in ELSEWHERE));
/** Ends with 1 here: the tests' database has no fsync, and the doctor says so. */
const FINDS: Readonly<Record<string, RegExp>> = { 'npx l2c doctor': /✗ database settings +fsync is off/ };

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene?.close());

/** The environment of somebody who works beside the running product. */
function environment(): NodeJS.ProcessEnv {
  const { people, database, config } = scene;
  return {
    ...process.env,
    NODE_OPTIONS: '',
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
    const [, script = ''] = CLICK_THROUGH.exec(textOf('README.md')) ?? [];
    expect(script).toContain('/v1/leads');
    const { code, out, err } = await shell(script);
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

  test('the reset of operations.md repeats the history and changes nothing', async () => {
    const { items } = await scene.get('carla', '/v1/leads?outcome=won');
    const [lead] = items as { id: string; revision: number }[];
    const doctor = JSON.parse((await shell('npx l2c doctor --json')).out) as {
      findings: { check: string; detail: string }[];
    };
    const temporal = doctor.findings.find(({ check }) => check === 'temporal command')?.detail ?? '';
    const id = `--workflow-id lead/${lead?.id}`;
    const history = await shell(`${temporal} workflow show ${id} --output json`);
    const { events } = JSON.parse(history.out) as { events: { eventId: string; eventType: string }[] };
    const completed = events.filter(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED');
    const reset = `workflow reset ${id} --event-id ${completed.at(-2)?.eventId} --reason 'a test'`;
    expect((await shell(`${temporal} ${reset}`)).err).toBe('');
    // It may have ended by itself again before it could be told to look.
    await shell(`${temporal} workflow signal ${id} --name look || true`);
    const ended = `${temporal} workflow describe ${id} | grep -qi completed`;
    const { code } = await shell(`for _ in $(seq 50); do ${ended} && exit 0; sleep 0.2; done; exit 1`);
    expect(code).toBe(0);
    expect(await scene.get('carla', `/v1/leads/${lead?.id}`)).toMatchObject({
      outcome: 'won',
      revision: lead?.revision,
    });
  });

  test.each(RUNNABLE)('%s', async (command) => {
    const { code, out, err } = await shell(command);
    const finds = FINDS[command];
    if (finds) expect(out).toMatch(finds);
    expect([code, code === 0 || finds ? '' : `${out}${err}`]).toEqual([finds ? 1 : 0, '']);
    expect(out.match(/✗/g) ?? []).toHaveLength(finds ? 1 : 0);
  });

  test('and the books are clean afterwards', () => scene.mustBeClean());
});
