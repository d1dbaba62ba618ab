// What the workflows weigh: the bundle against one of an empty workflow, the heap of an open lead.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { openWorld, WORKFLOW_BUNDLE } from '../support/world.js';

const run = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(`./weight/${name}`, import.meta.url));

/** Bytes of a bundle without its inline source map. */
const bytesOf = (path: string): number =>
  Buffer.byteLength(readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*$/s, ''));

test('the bundle is at most 1.3 times that of an empty workflow', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-weight-'));
  try {
    const target = join(folder, 'empty.js');
    await run(process.execPath, [script('bundleEmpty.mjs'), target]);
    const [ours, empty] = [bytesOf(WORKFLOW_BUNDLE.codePath), bytesOf(target)];
    console.info(`bundle: ${ours} bytes, empty: ${empty}, ratio ${(ours / empty).toFixed(3)}`);
    expect(empty).toBeGreaterThan(100_000);
    expect(ours / empty).toBeLessThanOrEqual(1.3);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an open lead takes at most 96 KB of heap', async () => {
  const world = await openWorld({ worker: false });
  try {
    const { stdout } = await run(process.execPath, ['--expose-gc', script('heap.mjs')], {
      env: {
        ...process.env,
        L2C_ADDRESS: world.address,
        L2C_DATABASE: world.database.appUrl,
        L2C_QUEUE: world.engine.taskQueue,
        L2C_ACTOR: 'person_machine',
        L2C_DIST: fileURLToPath(new URL('../../dist', import.meta.url)),
      },
    });
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
    const { leads, bytesPerLead, besides } = said;
    console.info(`heap: ${bytesPerLead} bytes a lead, over ${leads} leads; ${besides} beside it in the SDK`);
    expect(leads).toBe(120);
    expect(bytesPerLead).toBeGreaterThan(1_000);
    expect(bytesPerLead).toBeLessThanOrEqual(96 * 1024);
  } finally {
    await world.close();
  }
});
