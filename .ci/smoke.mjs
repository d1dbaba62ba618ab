// What a newcomer does first, as a check: `npm start --silent -- --empty --json` in an empty folder until it is ready, one request, Ctrl-C.
// Every line on stdout has to be JSON, it has to stop within 3 s, and nothing of it may be left.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const READY_MS = 60_000;
const STOP_MS = 3_000;
const stateDir = mkdtempSync(join(tmpdir(), 'l2c-smoke-'));
chmodSync(stateDir, 0o711); // As root the database runs as another user, who must pass.

// A group of its own: a terminal sends Ctrl-C to all of it, npm included.
const child = spawn('npm start --silent -- --empty --json', {
  shell: true,
  detached: true,
  env: { ...process.env, L2C_STATE_DIR: stateDir, L2C_PORT: '0', DATABASE_URL: '', TEMPORAL_ADDRESS: '' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
const signal = (name) => {
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // Gone already.
  }
};
const guard = setTimeout(() => signal('SIGKILL'), READY_MS);
try {
  const ready = await readyEvent();
  const { status } = await fetch(`${ready.api}/v1/people`, {
    headers: { authorization: `Bearer ${ready.adminKey}` },
  });
  if (status !== 200) throw new Error(`GET /v1/people answers ${status}`);
  const servers = Object.values(JSON.parse(readFileSync(join(stateDir, 'stack.json'), 'utf8')).children);
  const since = performance.now();
  signal('SIGINT');
  await ended;
  const ms = Math.round(performance.now() - since);
  if (ms > STOP_MS) throw new Error(`Ctrl-C took ${ms} ms, more than ${STOP_MS}`);
  const left = servers.map(({ pid }) => pid).filter(isAlive);
  if (left.length > 0) throw new Error(`processes ${left.join(', ')} are left`);
  process.stdout.write(`ready, served, stopped in ${ms} ms, nothing left\n`);
} finally {
  clearTimeout(guard);
  signal('SIGKILL');
  rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
}

async function readyEvent() {
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (event.step === 'ready') {
      child.stdout.resume(); // What it says while it stops is not read, and must not fill the pipe.
      return event;
    }
  }
  throw new Error(`it ended with ${await ended} before it was ready`);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
