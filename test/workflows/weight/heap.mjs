// Heap of open leads: the objects of the thread the workflows live in, counted in heap snapshots (which collect
// garbage first) with all leads cached. It prints what each lead above the first few added there, and what it added
// to the heap of this thread, where the SDK keeps its books of every cached workflow.
import threads from 'node:worker_threads';
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
const { inLeanThread } = await import(`${dist}/worker/workflowThread.js`);

const WARM = 20;
const LEADS = 120;

// The SDK starts the thread and keeps it to itself; this notes it as it is made.
const made = [];
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    super(...args);
    made.push(this);
  }
};

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
const options = {
  connection: native,
  namespace: 'default',
  taskQueue,
  workflowBundle: { codePath: `${dist}/workflow-bundle.js` },
  activities: makeActivities({ db, policies: new PolicyStore(), log, mailer: undefined }),
  maxCachedWorkflows: 10 * LEADS,
};
const worker = await inLeanThread(false, () => Worker.create(options));
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
  const { heapUsed } = process.memoryUsage();
  return { heapUsed, ofWorkflows: await bytesOfThread() };
}

async function bytesOfThread() {
  if (made.length !== 1) throw new Error(`${made.length} threads were made; one was expected`);
  const parts = [];
  for await (const part of await made[0].getHeapSnapshot()) parts.push(part);
  const { snapshot, nodes } = JSON.parse(
    Buffer.concat(parts.map((part) => Buffer.from(part))).toString('utf8'),
  );
  const fields = snapshot.meta.node_fields;
  const size = fields.indexOf('self_size');
  let bytes = 0;
  for (let at = size; at < nodes.length; at += fields.length) bytes += nodes[at];
  return bytes;
}

const before = await captureUpTo(WARM, 0);
const after = await captureUpTo(WARM + LEADS, WARM);
const perLead = (of) => Math.round((after[of] - before[of]) / LEADS);
console.log(
  JSON.stringify({ leads: LEADS, bytesPerLead: perLead('ofWorkflows'), besides: perLead('heapUsed') }),
);
await relay.stop();
worker.shutdown();
await ended;
await native.close();
await connection.close();
await db.end();
