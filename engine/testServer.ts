import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { choosePort } from './ports.js';
import { lastLines, spawnServer, stopProcess } from './processes.js';
import { Reaper } from './reaper.js';
import { STOP_TEMPORAL, untilListens } from './temporal.js';

const READY_MS = 30_000;

/** A time-skipping server that runs; connect a `TestWorkflowEnvironment` to its address. */
export interface TestServer {
  address: string;
  pid: number;
  /** Stops it and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts the time-skipping test server under a reaper of its own: the SDK gives its child five seconds to answer
 * and orphans it when Jest is killed.
 *
 * @param program path of the binary, from `findTestServer`
 * @throws Error with the end of its log when it dies or stays silent
 */
export async function startTestServer(program: string, logFile: string): Promise<TestServer> {
  const { port } = await choosePort(undefined);
  const cwd = dirname(logFile);
  await mkdir(cwd, { recursive: true });
  const server = await spawnServer({ command: program, args: [String(port)], cwd, logFile });
  const reaper = new Reaper();
  reaper.watch({ temporal: server.identity });
  const stop = async () => {
    await stopProcess(server.identity, STOP_TEMPORAL);
    await reaper.dismiss();
  };
  const trouble = await untilListens(port, server, READY_MS);
  if (trouble !== undefined) {
    await stop();
    throw new Error(
      `the time-skipping server did not start: ${trouble}\n${lastLines(logFile)}\nSee ${logFile}`,
    );
  }
  return { address: `127.0.0.1:${port}`, pid: server.identity.pid, stop };
}
