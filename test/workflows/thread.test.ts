// The thread workflows run in: without the SDK's stack traces, and with one time limit for all calls of an activation.
// Everything else is as the SDK has it.
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

const THREADS = ['sdk', 'stacks', 'lean'];

async function runIn(thread: string, loops: readonly string[]): Promise<unknown> {
  const script = fileURLToPath(new URL('./thread/run.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, [script], {
    env: {
      ...process.env,
      L2C_ADDRESS: world.address,
      L2C_QUEUE: `thread-${randomUUID()}`,
      L2C_DIST: fileURLToPath(new URL('../../dist', import.meta.url)),
      L2C_THREAD: thread,
      L2C_LOOPS: loops.join(),
    },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

test.each(THREADS)(
  'in the thread "%s" a workflow keeps its scope across awaits, and one that loops fails its task alone',
  async (thread) => {
    const whole = { kept: [true, true, true, true], met: true };
    const stopped = expect.stringContaining('timed out after 400ms') as unknown;
    expect(await runIn(thread, ['atOnce', 'inCondition'])).toEqual({
      before: whole,
      failures: { atOnce: stopped, inCondition: stopped },
      after: whole,
    });
  },
);

// Node loses count of its asynchronous scopes when code behind an `await` is stopped. That the worker ends, to be
// started again, is better than a thread in which no lead goes on; it does so with the SDK's thread as well.
test.each(THREADS)('in the thread "%s" a loop behind an await does not hang the worker', async (thread) => {
  const ended = await runIn(thread, ['afterAwait']).catch(({ stderr }: { stderr: string }) => stderr);
  expect(ended).toEqual(
    typeof ended === 'string'
      ? expect.stringContaining('async hook stack has become corrupted')
      : expect.objectContaining({
          failures: { afterAwait: expect.stringContaining('timed out') as unknown },
        }),
  );
});
