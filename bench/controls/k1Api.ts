// K1's API: what the product's API writes itself is written, then the workflow is signalled. A decision is
// answered when its activity has committed, which that tells by NOTIFY: quicker than any poll.
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { openPool } from '../../db/pool.js';
import { answerParent } from '../children/answer.js';
import { type Call, CLICKS } from '../golden.js';
import { type ControlSettings, K1_CHANNEL, K1_QUEUE } from './k1.js';
import type { PlainInput } from './plainLead.js';
import { openControl, read, writePlainly } from './server.js';

let close: () => Promise<void> = async () => undefined;

async function open({ appUrl, plan, pool, engineAddress, namespace }: ControlSettings): Promise<string> {
  const db = openPool(appUrl, { max: pool, applicationName: 'l2c-k1-api' });
  const connection = await Connection.connect({ address: engineAddress });
  const client = new Client({ connection, namespace });
  const listener = new pg.Client(appUrl);
  await listener.connect();
  await listener.query(`listen ${K1_CHANNEL}`);
  const waiting = new Map<string, () => void>();
  listener.on('notification', ({ payload = '' }) => {
    waiting.get(payload)?.();
    waiting.delete(payload);
  });
  const steps = Object.fromEntries(
    Object.entries(plan.calls).map(([call, commits]) => [
      call,
      commits.filter(({ by }) => by === 'worker').map(({ step }) => step),
    ]),
  );
  const { app, url } = await openControl(db, plan, async ({ call, tag }) => {
    await read(db, plan.reads[call].api, tag);
    for (const step of plan.calls[call]) if (step.by === 'api') await writePlainly(db, step, [], tag);
    if (call === 'draft') return;
    const done = isClick(call)
      ? new Promise<void>((resolve) => waiting.set(`${call} ${tag}`, resolve))
      : Promise.resolve();
    const workflowId = `k1/${tag}`;
    if (call === 'capture') {
      const input: PlainInput = { tag, steps, last: 'payment' };
      await client.workflow.signalWithStart('plainLead', {
        workflowId,
        taskQueue: K1_QUEUE,
        args: [input],
        signal: 'told',
        signalArgs: [call],
      });
    } else await client.workflow.getHandle(workflowId).signal('told', call);
    await done;
  });
  close = async () => {
    await app.close();
    await listener.end();
    await connection.close();
    await db.end();
  };
  return url;
}

const isClick = (call: Call): boolean => (CLICKS as readonly Call[]).includes(call);

answerParent({ open, close: () => close() });
