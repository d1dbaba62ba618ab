// The thread workflows run in, without the SDK's stack traces: everything else is as the SDK has it.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWorld, type World } from '../support/world.js';

const run = promisify(execFile);
let world: World;

beforeAll(async () => {
  world = await openWorld({ worker: false });
});
afterAll(() => world?.close());

test.each(['on', 'off'])('with stack traces %s a workflow keeps its scope across awaits', async (traces) => {
  const script = fileURLToPath(new URL('./thread/run.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, [script], {
    env: {
      ...process.env,
      L2C_ADDRESS: world.address,
      L2C_QUEUE: `thread-${randomUUID()}`,
      L2C_DIST: fileURLToPath(new URL('../../dist', import.meta.url)),
      L2C_TRACES: traces,
    },
  });
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    kept: [true, true, true, true],
    met: true,
  });
});
