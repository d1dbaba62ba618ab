// K0, the first control: Fastify and pg, no engine. Each call writes the rows the product writes until it is
// quiet again, in one transaction, and answers. Nothing waits, nothing is retried, nothing survives a crash.
import { openPool } from '../../db/pool.js';
import { answerParent } from '../children/answer.js';
import type { Plan } from './plan.js';
import { openControl, write } from './server.js';

let close: () => Promise<void> = async () => undefined;

async function open({ appUrl, plan, pool }: { appUrl: string; plan: Plan; pool: number }): Promise<string> {
  const db = openPool(appUrl, { max: pool, applicationName: 'l2c-k0' });
  const { app, url } = await openControl(db, plan, async ({ call, tag }) => {
    const client = await db.connect();
    try {
      await client.query('begin');
      for (const { statement } of plan.calls[call]) await write(client, statement, tag);
      await client.query('commit');
      client.release();
    } catch (error) {
      client.release(true); // Its transaction ends with its connection.
      throw error;
    }
  });
  close = async () => {
    await app.close();
    await db.end();
  };
  return url;
}

answerParent({ open, close: () => close() });
