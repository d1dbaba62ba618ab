// Heap of open leads: workflows run in this very thread, so that its heap is theirs. It prints what each lead
// above the first few added, measured after garbage collection, with all of them cached.
import { Client, Connection } from '@temporalio/client';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import pino from 'pino';

const {
  L2C_ADDRESS: address,
  L2C_DATABASE: url,
  L2C_QUEUE: taskQueue,
  L2C_ACTOR: actorId,
  L2C_DIST: dist,
} = process.env;
const { makeActivities } = await import(`${dist}/activities/index.js`);
const { captureLead } = await import(`${dist}/activities/intake/leads.js`);
const { newId } = await import(`${dist}/db/ids.js`);
const { PolicyStore } = await import(`${dist}/db/policies.js`);
const { openPool } = await import(`${dist}/db/pool.js`);
const { startRelay } = await import(`${dist}/worker/relay.js`);

const WARM = 20;
const LEADS = 120;

Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
const log = pino({ level: 'silent' });
const db = openPool(url, { max: 8, applicationName: 'heap' });
const connection = await Connection.connect({ address });
const engine = { client: new Client({ connection, namespace: 'default' }), taskQueue };
const native = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection: native,
  namespace: 'default',
  taskQueue,
  workflowBundle: { codePath: `${dist}/workflow-bundle.js` },
  activities: makeActivities({ db, policies: new PolicyStore(), log, mailer: undefined }),
  maxCachedWorkflows: 10 * LEADS,
  debugMode: true,
});
const ended = worker.run();
const relay = startRelay({ db, engine, log });

async function captureUpTo(count, from) {
  for (let n = from; n < count; n++) {
    await captureLead(db, {
      capture: {
        source: { channel: 'referral' },
        contact: { email: `c${n}@heap-${n}.example`, country: 'ES' },
      },
      actorId,
      messageId: newId('msg'),
      nowMs: Date.now(),
    });
  }
  for (;;) {
    const { rows } = await db.query(`select count(*)::int as n from waits where kind = 'qualification'`);
    if (rows[0].n === count) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // The last answers are still on their way to their workflows.
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let i = 0; i < 3; i++) gc();
  return process.memoryUsage().heapUsed;
}

const before = await captureUpTo(WARM, 0);
const after = await captureUpTo(WARM + LEADS, WARM);
console.log(JSON.stringify({ leads: LEADS, bytesPerLead: Math.round((after - before) / LEADS) }));
await relay.stop();
worker.shutdown();
await ended;
await native.close();
await connection.close();
await db.end();
