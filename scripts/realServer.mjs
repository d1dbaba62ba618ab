// `npm run real-server [-- command …]`: the real Temporal server, built from its module where Go is at hand, on a
// Postgres of its own. Runs the command against it, or serves until Ctrl-C. Nothing of it is left either way.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importBuilt, prepare } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

const USAGE = `usage: node scripts/realServer.mjs [--timer-shift-ms <n>] [-- command …]
  --timer-shift-ms   longest rounding of timers; the server's own is 1000, the tests of this project have 20
Without a command it serves until Ctrl-C.`;

const { command, ...options } = argumentsOf(process.argv.slice(2));
const log = stepPrinter();
let server;
let child;
const stopping = new AbortController();
let stopped;
const untilStopped = new Promise((resolve) => {
  stopped = resolve;
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopping.abort();
    child?.kill(signal);
    stopped(undefined);
  });
}
process.exit(await main());

async function main() {
  try {
    await prepare(log);
  } catch {
    return 1; // The step that failed has said why and what to do.
  }
  const stateDir = mkdtempSync(join(tmpdir(), 'l2c-real-'));
  chmodSync(stateDir, 0o711); // As root the database runs as somebody else.
  try {
    const { startRealServer } = await importBuilt('engine/realServer.js');
    const { machineSettings } = await importBuilt('engine/settings.js');
    server = await startRealServer({
      ...machineSettings(process.env),
      env: process.env,
      stateDir,
      ...options,
      signal: stopping.signal,
      onEvent: log,
    });
    if (stopping.signal.aborted) return 130;
    return command.length > 0 ? await runCommand() : await serve();
  } catch (error) {
    if (error?.name !== 'StackError') throw error;
    return 3;
  } finally {
    await server?.stop();
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function serve() {
  for (const [name, value] of Object.entries(variables())) process.stdout.write(`export ${name}=${value}\n`);
  // Servers do not hold the event loop, nor does waiting for a signal.
  const hold = setInterval(() => undefined, 60_000);
  await untilStopped;
  clearInterval(hold);
  return 0;
}

async function runCommand() {
  const { Reaper } = await importBuilt('engine/reaper.js');
  const { identify } = await importBuilt('engine/processes.js');
  const [program, ...args] = command;
  child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...variables() } });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${program} does not run: ${error.message}\n`);
      resolve(2);
    });
    child.once('exit', (code, signal) => resolve(signal ? 130 : code));
  });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  // The command must not outlive a kill -9 of this process either; it gets the signal an engine would.
  const reaper = new Reaper();
  if (identity) reaper.watch({ temporal: identity });
  const code = await ended;
  await reaper.dismiss();
  return code;
}

/** What the product, the tests and the bench take a server by. */
function variables() {
  const { temporal, postgres } = server.pids;
  return {
    TEMPORAL_ADDRESS: server.address,
    TEMPORAL_NAMESPACE: server.namespace,
    L2C_TEST_TEMPORAL_ADDRESS: server.address,
    L2C_BENCH_ENGINE_PIDS: `${temporal},${postgres}`,
  };
}

/** Our own options come first; what follows them, or `--`, is the command. */
function argumentsOf(argv) {
  const [first, value, ...rest] = argv;
  if (first === '--timer-shift-ms' && /^[1-9]\d{0,3}$/.test(value ?? '')) {
    return { ...argumentsOf(rest), timerMaxShiftMs: Number(value) };
  }
  if (first === '--') return { command: argv.slice(1) };
  if (!first?.startsWith('-')) return { command: argv };
  const isHelp = first === '--help';
  process[isHelp ? 'stdout' : 'stderr'].write(
    `${isHelp ? '' : `${[first, value].join(' ')} is refused\n`}${USAGE}\n`,
  );
  process.exit(isHelp ? 0 : 2);
}
