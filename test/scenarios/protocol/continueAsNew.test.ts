// A history that grows long continues as new: forced early, on a dev server of its own with a low threshold.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Mailer } from '../../../activities/mailer.js';
import { choosePort } from '../../../engine/ports.js';
import { type RunningProcess, spawnServer, stopProcess } from '../../../engine/processes.js';
import { Reaper } from '../../../engine/reaper.js';
import { machineSettings } from '../../../engine/settings.js';
import {
  prepareNamespace,
  SEARCH_ATTRIBUTES,
  STOP_TEMPORAL,
  untilListens,
} from '../../../engine/temporal.js';
import { findTemporalCli } from '../../../engine/temporalCli.js';
import { historyOf, replay, replayAndKeep } from '../../support/histories.js';
import { captured } from '../../support/story.js';
import { brokenRules, ledgerSums } from '../../support/told.js';
import { openWorld, until } from '../../support/world.js';
import { type Fault, faulty } from './faulty.js';

const reaper = new Reaper();
const folder = mkdtempSync(join(tmpdir(), 'l2c-can-'));
let server: RunningProcess;
let address: string;

beforeAll(async () => {
  const { path } = await findTemporalCli(machineSettings(process.env));
  const { port } = await choosePort(undefined);
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const config = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=12'];
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--headless'];
  server = await spawnServer({
    command: path,
    args: [...args, '--log-level', 'error', ...attributes, ...config],
    cwd: folder,
    logFile: join(folder, 'temporal.log'),
  });
  reaper.watch({ temporal: server.identity });
  const trouble = await untilListens(port, server, 30_000);
  if (trouble) throw new Error(trouble);
  address = `127.0.0.1:${port}`;
  await prepareNamespace({ address }, 'default', false);
});
afterAll(async () => {
  if (server) await stopProcess(server.identity, STOP_TEMPORAL);
  await reaper.dismiss();
  rmSync(folder, { recursive: true, force: true });
});

test('a lead that continues as new again and again loses nothing and is won', async () => {
  const world = await openWorld({ address });
  try {
    const story = await captured(world);
    const runs = new Set<string>();
    const note = async () => runs.add((await story.handle.describe()).runId);
    await note();
    await story.qualify();
    await note();
    const quote = await story.submit();
    await note();
    await story.accept(quote);
    await note();
    // Facts and a decision at once, while a run is being handed over.
    const [, , reassigned] = await Promise.all([
      story.deliver(1),
      story.deliver(3),
      story.decided('reassignLead', 'boss', { ownerId: 'person_sdr', reason: 'holiday' }),
    ]);
    expect(reassigned).toEqual({ result: 'applied' });
    await story.invoiced(2);
    await note();
    for (const invoice of await story.invoices()) await story.pay(invoice);
    await story.reaches('closed');
    await story.ended();
    await note();
    console.info(`runs seen: ${runs.size}`);
    expect(runs.size).toBeGreaterThanOrEqual(3);
    expect(await story.lead()).toMatchObject({ outcome: 'won', owner: 'person_sdr' });
    expect(await story.waits()).toEqual([]);
    const steps = await story.steps();
    for (const [step, times] of [
      ['qualifyLead', 1],
      ['recordDelivery', 2],
      ['issueInvoice', 2],
      ['applyPayment', 2],
    ] as const) {
      expect(steps.filter((done) => done === step)).toHaveLength(times);
    }
    expect(await ledgerSums(story)).toEqual([]);
    expect(await brokenRules(world)).toEqual([]);
    for (const run of runs) await replay(await historyOf(story, run), story.workflowId);
    for (const [i, run] of [...runs].slice(0, 3).entries()) {
      await replayAndKeep(story, `continued-as-new-${i + 1}`, run);
    }
  } finally {
    await world.close();
  }
});

test('a lead that needed a look is found by the same attributes in its next run', async () => {
  const fault: Fault = { at: 'write', left: 3, step: 'qualifyLead' };
  const world = await openWorld({ address, workerDb: (db) => faulty(db, fault) });
  try {
    const story = await captured(world);
    expect(await story.decide('qualifyLead', 'rep', { decision: 'qualify' })).toBeNull();
    await world.stopWorker();
    await world.startWorker(); // What is stuck is tried again by the next worker.
    await story.reaches('qualified');
    const first = (await story.handle.describe()).runId;
    await story.accept(await story.submit());
    await until('the next run is found by what it waits for', async () => {
      const { runId, typedSearchAttributes } = await story.handle.describe();
      const values = typedSearchAttributes.getAll().map(({ value }) => value);
      return runId !== first && values.includes('ordered') && values.includes('delivery');
    });
    await replay(await historyOf(story), story.workflowId);
    const untold = `select from messages where lead_id = $1 and told_at is null`;
    await until('what was stuck is told', async () => (await story.rows(untold)).length === 0);
    expect(await brokenRules(world)).toEqual([]);
  } finally {
    await world.close();
  }
});

test('a mail that cannot be sent keeps no run open: decisions go on, and the next run sends it', async () => {
  let isAway = true;
  const tried = new Set<string>();
  const mailer: Mailer = {
    send: ({ messageId }) => {
      tried.add(messageId);
      return isAway ? Promise.reject(new Error('421')) : Promise.resolve({ messageId });
    },
  };
  const world = await openWorld({ address, mailer, rules: { notifications: { mails: ['offer', 'order'] } } });
  try {
    const story = await captured(world);
    const first = (await story.handle.describe()).runId;
    await story.order();
    await until('it has continued as new', async () => (await story.handle.describe()).runId !== first);
    const answer = await story.decided('reassignLead', 'boss', { ownerId: 'person_sdr', reason: 'holiday' });
    expect(answer).toEqual({ result: 'applied' });
    isAway = false;
    const queued = () => story.rows(`select from mails where lead_id = $1 and status = 'queued'`);
    await until('both mails are sent', async () => (await queued()).length === 0, 40_000);
    // Whichever run tries it: a mailbox that took it before shows the one mail it was.
    expect(tried.size).toBe(2);
    expect(await brokenRules(world)).toEqual([]);
  } finally {
    await world.close();
  }
});
