import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { choosePort } from '../../engine/ports.js';
import type { RunningProcess } from '../../engine/processes.js';
import { Reaper } from '../../engine/reaper.js';
import { machineSettings } from '../../engine/settings.js';
import { prepareNamespace, startDevServer } from '../../engine/temporal.js';
import { findTemporalCli } from '../../engine/temporalCli.js';
import { openScene, type Scene, until } from '../support/product.js';
import { captured, contactOf, handleOf, inStage } from '../support/sale.js';

// An engine of its own that remembers, so that it can be killed and come back.
const reaper = new Reaper();
let server: RunningProcess | undefined;
let startEngine: () => Promise<void>;
let folder: string;
let scene: Scene;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'l2c-engine-'));
  mkdirSync(join(folder, 'log'));
  const cli = (await findTemporalCli(machineSettings(process.env))).path;
  const { port: temporal } = await choosePort(undefined, undefined);
  const settings = { cli, stateDir: folder, durable: true, namespace: 'default', timerMaxShiftMs: 20 };
  const temporalAddress = `127.0.0.1:${temporal}`;
  startEngine = async () => {
    server = await startDevServer(settings, { temporal }, ({ identity }) =>
      reaper.watch({ temporal: identity }),
    );
    await prepareNamespace({ address: temporalAddress }, 'default', true);
  };
  await startEngine();
  scene = await openScene({ temporalAddress });
}, 90_000);

afterAll(async () => {
  await scene?.close();
  await killEngine();
  rmSync(folder, { recursive: true, force: true });
});

async function killEngine(): Promise<void> {
  if (!server) return;
  const { identity, exited } = server;
  process.kill(identity.pid, 'SIGKILL');
  await exited;
  await reaper.dismiss();
  server = undefined;
}

const decided = (leadId: string, rep: Parameters<Scene['call']>[0], key: string) =>
  scene.call(rep, `/v1/leads/${leadId}/qualification`, {
    method: 'POST',
    body: { decision: 'qualify' },
    key,
  });
const stateOf = async (address: string): Promise<string> => (await scene.get('carla', address)).state;

describe('while the worker is away', () => {
  test('a decision answers 202 within 8 s with its address, and is applied when the worker is back', async () => {
    const lead = await captured(scene, 'worker-away');
    const late = await captured(scene, 'too-late');
    await scene.stopWorker();
    const since = Date.now();
    const [answer, other] = await Promise.all([
      decided(lead.id, handleOf(scene, lead.owner), 'in-time'),
      decided(late.id, handleOf(scene, late.owner), 'too-late'),
    ]);
    expect([answer.status, other.status]).toEqual([202, 202]);
    expect(Date.now() - since).toBeLessThan(8_000);
    const { message } = answer.body;
    expect(message).toMatch(/^\/v1\/messages\/msg_/);
    expect(answer.headers.get('message-location')).toBe(message);
    expect(await stateOf(message)).toBe('pending');
    const { notAfter } = await scene.get('carla', message);
    expect(Date.parse(notAfter) - since).toBeLessThanOrEqual(121_000);

    // Two minutes of a test are saved: the other decision's time is over before anybody could apply it.
    const id = other.body.message.split('/').at(-1);
    await scene.database.owner.query(
      `update messages set recorded_at = recorded_at - interval '5 minutes',
         not_after = not_after - interval '5 minutes' where id = $1`,
      [id],
    );
    await scene.startWorker();
    await until('the first is applied', async () => (await stateOf(message)) === 'applied');
    await until('the other is expired', async () => (await stateOf(other.body.message)) === 'expired');
    expect(await inStage(scene, lead.id, 'qualified')).toMatchObject({ stage: 'qualified' });
    expect(await inStage(scene, late.id, 'new')).toMatchObject({ stage: 'new' });
    const repeated = await decided(late.id, handleOf(scene, late.owner), 'too-late');
    expect([repeated.status, repeated.body.code]).toEqual([422, 'expired']);
    expect((await decided(lead.id, handleOf(scene, lead.owner), 'in-time')).status).toBe(200);
    await scene.mustBeClean();
  });
});

describe('while the engine is away', () => {
  test('leads are taken in, decisions wait at their address, and all goes on when it is back', async () => {
    const known = await captured(scene, 'before-the-outage');
    await killEngine();
    const body = { source: { channel: 'website' }, contact: contactOf('during-the-outage') };
    const since = Date.now();
    const capture = await scene.call('ana', '/v1/leads', { method: 'POST', body });
    expect([capture.status, capture.body.stage]).toEqual([201, 'new']);
    const decision = await decided(known.id, handleOf(scene, known.owner), 'engine-away');
    expect(decision.status).toBe(202);
    expect(Date.now() - since).toBeLessThan(10_000);
    const ready = await scene.call('admin', '/health/ready');
    expect([ready.status, ready.body.engine, ready.body.database]).toEqual([503, 'away', 'ready']);
    await startEngine();
    const lead = await until(
      'the lead of the outage has an owner',
      async () => {
        const read = await scene.get('carla', `/v1/leads/${capture.body.id}`);
        return read.owner !== null && read;
      },
      40_000,
    );
    await until(
      'the decision of the outage is applied',
      async () => (await stateOf(decision.body.message)) === 'applied',
      40_000,
    );
    await inStage(scene, known.id, 'qualified');
    const rep = handleOf(scene, lead.owner);
    await scene.post(rep, `/v1/leads/${lead.id}/qualification`, { decision: 'qualify' });
    expect((await scene.call('admin', '/health/ready')).status).toBe(200);
    await scene.mustBeClean();
  });
});
