// K1's worker: settings as the SDK has them, sessions of Postgres as it opens them. Each step is a normal activity with a
// transaction of its own.
import { NativeConnection, Worker } from '@temporalio/worker';
import { openPool } from '../../db/pool.js';
import { installRuntime } from '../../worker/runtime.js';
import { answerParent } from '../children/answer.js';
import type { Call } from '../golden.js';
import { type ControlSettings, K1_CHANNEL, K1_QUEUE } from './k1.js';
import type { PlainStep } from './plainLead.js';
import { writePlainly } from './server.js';

let close: () => Promise<void> = async () => undefined;

interface Settings extends ControlSettings {
  readonly bundle: string;
}

async function open(settings: Settings): Promise<void> {
  const { appUrl, plan, pool, engineAddress, namespace, bundle } = settings;
  installRuntime();
  const db = openPool(appUrl, { max: pool, applicationName: 'l2c-k1-worker' });
  const own = (call: Call) => plan.calls[call].filter(({ by }) => by === 'worker');
  const writeStep = async ({ tag, call, index }: PlainStep): Promise<void> => {
    const step = own(call as Call)[index];
    if (step === undefined) throw new RangeError(`${call} has no step ${index}`);
    // Only a call's first step is waited for.
    const note = index === 0 ? { channel: K1_CHANNEL, payload: `${call} ${tag}` } : undefined;
    await writePlainly(db, step, plan.reads[call as Call].steps[index] ?? [], tag, note);
  };
  const steps = Object.keys(plan.calls).flatMap((call) => own(call as Call).map(({ step }) => step));
  const connection = await NativeConnection.connect({ address: engineAddress });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: K1_QUEUE,
    workflowBundle: { codePath: bundle },
    activities: Object.fromEntries(steps.map((step) => [step, writeStep])),
    // No more at once than there are connections, or they would wait for one until they time out.
    maxConcurrentActivityTaskExecutions: pool,
  });
  const ended = worker.run();
  close = async () => {
    worker.shutdown();
    await ended;
    await connection.close();
    await db.end();
  };
}

answerParent({ open, close: () => close() });
