// The production worker or API in a process of its own that kills itself where it is told to. The product knows
// nothing of it: what is wrapped is the table of activities, the HTTP server of Node and the query function of pg.
import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync, writeSync } from 'node:fs';
import { Server, ServerResponse } from 'node:http';
import { Worker } from '@temporalio/worker';
import pg from 'pg';
import pino from 'pino';

const {
  role,
  dist,
  address,
  appUrl,
  taskQueue,
  stateDir,
  port,
  smtpUrl,
  kills,
  faults = [],
} = JSON.parse(process.env.L2C_VICTIM);
const under = new AsyncLocalStorage();
const hadOpen = new WeakSet();
const WRITES = /^\s*(with [\s\S]*?)?(insert|update|delete)\b/i;
Error.stackTraceLimit = 60;

const isKilledAt = (unit, point) =>
  unit !== undefined && kills.some((k) => k.unit === unit && k.point === point);

/** Nothing of this process runs after it: the word goes out synchronously, then SIGKILL. */
function die(unit, point) {
  const { intake = new Set() } = under.getStore() ?? {};
  writeSync(1, `killed ${JSON.stringify({ unit, point, intake: [...intake] })}\n`);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/** Which files of the intake a transaction was made by: for the proof that every one of them was cut off once. */
function noteIntake(store) {
  for (const [, file] of new Error().stack.matchAll(/activities\/intake\/(\w+)\.js/g)) store.intake.add(file);
}

const { query } = pg.Client.prototype;

/** A statement by its name kills only where it writes. Before: what it wrote goes with the connection. */
async function runNamed(client, unit, asked) {
  const isBefore = isKilledAt(unit, 'before');
  if (isBefore) await query.call(client, 'begin');
  try {
    const value = await query.call(client, ...asked);
    if (value.rowCount > 0) {
      for (const point of ['before', 'committed']) if (isKilledAt(unit, point)) die(unit, point);
      // Its caller goes on first.
      if (isKilledAt(unit, 'answered')) setImmediate(() => die(unit, 'answered'));
    }
    return value;
  } finally {
    if (isBefore) await query.call(client, 'commit');
  }
}

pg.Client.prototype.query = function (config, ...rest) {
  const named = `${role} ${config?.name}`;
  if (kills.some(({ unit }) => unit === named)) {
    const tell = rest.at(-1);
    if (typeof tell !== 'function') return runNamed(this, named, [config, ...rest]);
    runNamed(this, named, [config, ...rest.slice(0, -1)]).then(
      (value) => tell(null, value),
      (error) => tell(error),
    );
    return undefined;
  }
  const text = typeof config === 'string' ? config : String(config?.text ?? '');
  if (text === 'begin') hadOpen.add(this);
  const isInside = hadOpen.has(this);
  if (text === 'commit' || text === 'rollback') hadOpen.delete(this);
  const store = under.getStore();
  if (store === undefined || typeof config?.submit === 'function') return query.call(this, config, ...rest);
  const isLastWrite = text === 'commit' || (!isInside && WRITES.test(text));
  if (text === 'begin' || isLastWrite) {
    if (store.at === 'api' && isKilledAt(store.unit, 'before')) die(store.unit, 'before');
  }
  if (text !== 'begin' && text !== 'commit') noteIntake(store);
  if (faults.includes(store.unit) && text.includes('update leads t set') && existsSync(`${stateDir}/broken`))
    return Promise.reject(new TypeError('a step that is broken on purpose'));
  const done = () => {
    if (!isLastWrite) return;
    store.committed = true;
    if (isKilledAt(store.unit, 'committed')) die(store.unit, 'committed');
  };
  const tell = rest.at(-1);
  if (typeof tell === 'function') {
    const told = (error, value) => {
      if (!error) under.run(store, done);
      tell(error, value);
    };
    return query.call(this, config, ...rest.slice(0, -1), told);
  }
  return query.call(this, config, ...rest).then((value) => {
    done();
    return value;
  });
};

/** Answers the call of the API that a request is, as the kills name it. */
function unitOf(method, url) {
  const path = url.split('?')[0];
  const found = kills.find(({ unit }) => {
    const [verb, pattern] = unit.split(' ');
    if (verb !== method || pattern === undefined) return false;
    return new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  });
  return found?.unit;
}

function wrapServer() {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (event, ...args) {
    if (event !== 'request') return emit.call(this, event, ...args);
    const [request, response] = args;
    const unit = unitOf(request.method, request.url);
    if (unit === undefined) return emit.call(this, event, ...args);
    const store = { at: 'api', unit, committed: false, intake: new Set() };
    response.l2cStore = store;
    return under.run(store, () => emit.call(this, event, ...args));
  };
  for (const name of ['writeHead', 'end']) {
    const original = ServerResponse.prototype[name];
    ServerResponse.prototype[name] = function (...args) {
      const store = this.l2cStore;
      if (store?.committed && isKilledAt(store.unit, 'answered')) die(store.unit, 'answered');
      return original.apply(this, args);
    };
  }
}

function wrapActivities(activities) {
  return Object.fromEntries(
    Object.entries(activities).map(([unit, run]) => [
      unit,
      (...args) =>
        under.run({ at: 'worker', unit, intake: new Set() }, async () => {
          if (isKilledAt(unit, 'before')) die(unit, 'before');
          const result = await run(...args);
          // Returned to the SDK, which has a turn of the loop; what it reports goes out later than that.
          if (isKilledAt(unit, 'answered')) setImmediate(() => die(unit, 'answered'));
          return result;
        }),
    ]),
  );
}

const load = (path) => import(`${dist}/${path}`);
const { readConfig } = await load('config.js');
const config = readConfig({
  L2C_STATE_DIR: stateDir,
  L2C_TASK_QUEUE: taskQueue,
  L2C_REQUESTS_PER_MINUTE: '10000000',
  L2C_MAX_EVENT_LOOP_DELAY_MS: '0',
  ...(smtpUrl && { SMTP_URL: smtpUrl }),
});
const log = pino({ level: process.env.L2C_TEST_LOG ?? 'silent' });
const { openEngineClient } = await load('activities/intake/engineClient.js');
const client = openEngineClient({ address }, 'default', config.payloadKeys);
const engine = { client: client.client, taskQueue };
const parts = { config, log, durable: false, schedule: false, appDatabaseUrl: appUrl, engine };

if (role === 'worker') {
  const { create } = Worker;
  Worker.create = (options) =>
    create.call(Worker, { ...options, activities: wrapActivities(options.activities) });
  const { openWorker } = await load('worker/open.js');
  await openWorker({ ...parts, connection: { address }, graceMs: 1_000 });
} else {
  wrapServer();
  const { openApi } = await load('api/open.js');
  const api = await openApi({ ...parts, probeEngine: client.probe, port });
  const refresh = () => api.clock.refresh().catch(() => setTimeout(refresh, 250)); // Its database may be away.
  process.stdin.on('data', refresh);
}
writeSync(1, 'ready\n');
// Whoever started it is gone: nobody is left to kill it.
process.stdin.on('end', () => process.exit(0)).resume();
