// Closed histories under the data folder: there before the engine forgets them, and whole.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import pino from 'pino';
import { archiveClosed } from '../../worker/archive.js';
import { replay } from '../support/histories.js';
import { captured } from '../support/story.js';
import { openWorld, until } from '../support/world.js';

test('a lead that has ended is archived once, replays from its file, and one that runs is left alone', async () => {
  const world = await openWorld();
  const dir = mkdtempSync(join(tmpdir(), 'l2c-archive-'));
  try {
    const deps = { engine: world.engine, dir, log: pino({ level: 'silent' }) };
    const ended = await captured(world, 'scored', { email: 'ended@customer.example' });
    await captured(world, 'scored', { email: 'runs@customer.example' });
    await ended.decided('withdrawLead', 'boss', { reason: 'nothing to sell' });
    await ended.ended();
    // The engine's list lags behind.
    await until('it is listed and archived', async () => (await archiveClosed(deps, Date.now())) === 1);
    const { runId } = await ended.handle.describe();
    const files = readdirSync(dir, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.gz'));
    expect(files).toEqual([expect.stringMatching(`^\\d{4}-\\d\\d-\\d\\d.lead\\.${ended.leadId}\\.${runId}`)]);
    const text = gunzipSync(readFileSync(join(dir, files[0] as string))).toString('utf8');
    await replay(historyFromJSON(JSON.parse(text)), ended.workflowId);
    expect(await archiveClosed(deps, Date.now())).toBe(0);
  } finally {
    await world.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
