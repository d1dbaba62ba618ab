// The engine K1 runs on where none is given: a dev server as the CLI starts it, without the tuning of ours, under a
// reaper of its own.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { choosePort } from '../../engine/ports.js';
import { type ProcessIdentity, stopProcess } from '../../engine/processes.js';
import { Reaper } from '../../engine/reaper.js';
import { machineSettings } from '../../engine/stack.js';
import { NO_TUNING, STOP_TEMPORAL, startDevServer } from '../../engine/temporal.js';
import { findTemporalCli } from '../../engine/temporalCli.js';
import type { ServerPids } from '../givenEngine.js';

export interface PlainEngine {
  readonly address: string;
  readonly namespace: string;
  readonly pids: Omit<ServerPids, 'postgres'>;
}

/** One that was started for K1 and has to be stopped. */
interface OwnEngine extends PlainEngine {
  stop(): Promise<void>;
}

/** Starts it on a free port with its data in `folder`; durable as the CLI is when it is given a file. */
export async function startPlainEngine(
  folder: string,
  { durable, env }: { durable: boolean; env: NodeJS.ProcessEnv },
): Promise<OwnEngine> {
  const stateDir = join(folder, 'k1-engine');
  await mkdir(join(stateDir, 'log'), { recursive: true });
  const { path: cli } = await findTemporalCli(machineSettings(env));
  const { port } = await choosePort(undefined);
  const namespace = 'default';
  const reaper = new Reaper();
  let identity: ProcessIdentity | undefined;
  const stop = async (): Promise<void> => {
    if (identity) await stopProcess(identity, STOP_TEMPORAL);
    await reaper.dismiss();
  };
  try {
    const settings = { cli, stateDir, durable, namespace, tuning: NO_TUNING };
    await startDevServer(settings, { temporal: port }, (running) => {
      identity = running.identity;
      reaper.watch({ temporal: running.identity });
    });
  } catch (error) {
    await stop();
    throw error;
  }
  if (identity === undefined) throw new Error('the engine started without telling its process');
  return { address: `127.0.0.1:${port}`, namespace, pids: { engine: identity.pid }, stop };
}
