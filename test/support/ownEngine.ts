// A Temporal dev server of a test's own, on a file, so that it can be killed, come back, forget everything or be
// read byte by byte.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort } from '../../engine/ports.js';
import type { RunningProcess } from '../../engine/processes.js';
import { Reaper } from '../../engine/reaper.js';
import { machineSettings } from '../../engine/settings.js';
import { prepareNamespace, startDevServer } from '../../engine/temporal.js';
import { findTemporalCli } from '../../engine/temporalCli.js';

export interface OwnEngine {
  readonly address: string;
  /** Kills it; what it has on its disk stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Kills it and starts another one on the same port that has never heard of anything. */
  forget(): Promise<void>;
  /** Everything it has written to disk: its database with the visibility tables, and its log. */
  written(): Buffer;
  close(): Promise<void>;
}

/** Starts one; `close` it in the end, whatever happened. */
export async function openEngine(): Promise<OwnEngine> {
  const reaper = new Reaper();
  const folder = mkdtempSync(join(tmpdir(), 'l2c-engine-'));
  mkdirSync(join(folder, 'log'));
  const cli = (await findTemporalCli(machineSettings(process.env))).path;
  const { port: temporal } = await choosePort(undefined, undefined);
  const address = `127.0.0.1:${temporal}`;
  const settings = { cli, stateDir: folder, durable: true, namespace: 'default', timerMaxShiftMs: 20 };
  let server: RunningProcess | undefined;
  const engine: OwnEngine = {
    address,
    async kill() {
      if (!server) return;
      const { identity, exited } = server;
      process.kill(identity.pid, 'SIGKILL');
      await exited;
      await reaper.dismiss();
      server = undefined;
    },
    async start() {
      server = await startDevServer(settings, { temporal }, ({ identity }) =>
        reaper.watch({ temporal: identity }),
      );
      await prepareNamespace({ address }, 'default', true);
    },
    async forget() {
      await engine.kill();
      for (const name of readdirSync(folder)) {
        if (name.startsWith('temporal.db')) rmSync(join(folder, name));
      }
      await engine.start();
    },
    written() {
      const files = [
        ...['temporal.db', 'temporal.db-wal'].map((name) => join(folder, name)),
        ...readdirSync(join(folder, 'log')).map((name) => join(folder, 'log', name)),
      ];
      return Buffer.concat(files.filter((file) => existsSync(file)).map((file) => readFileSync(file)));
    },
    async close() {
      await engine.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await engine.start();
  return engine;
}
