// One of the two memories is lost. The engine's: every open deal comes back from its row, whatever it waits for (those
// after its invoice: restoredAfterOrder.test.ts).
// Postgres', restored from before: what the engine knows better is found, and no deal is begun again over it.
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { type OwnEngine, openEngine } from '../support/ownEngine.js';
import { reconciled } from '../support/reconciled.js';
import { captured, type Story } from '../support/story.js';
import { openWorld, until, type World } from '../support/world.js';

let world: World | undefined;
let engine: OwnEngine | undefined;
afterEach(async () => {
  await world?.close();
  await engine?.close();
  world = engine = undefined;
});

const customer = (name: string) => ({
  email: `${name}@customer.example`,
  company: `${name} SL`,
  country: 'ES',
});

/** How a lead comes to each wait, and one thing that moves it on from there. */
const AT: Readonly<
  Record<string, [to: (story: Story) => Promise<unknown>, on: (story: Story) => Promise<unknown>]>
> = {
  qualification: [async () => undefined, (story) => story.qualify()],
  interest: [(story) => story.qualify('nurture'), (story) => story.qualify()],
  quote: [(story) => story.qualify(), (story) => story.submit()],
  approval: [
    async (story) => {
      await story.qualify();
      await story.submit({ discountBps: 1_500 });
    },
    (story) => story.approve('boss'),
  ],
  acceptance: [
    async (story) => {
      await story.qualify();
      await story.submit();
    },
    (story) => story.decided('withdrawLead', 'boss', { reason: 'enough' }),
  ],
  delivery: [(story) => story.order(), (story) => story.deliver()],
  payment: [
    async (story) => {
      await story.order();
      await story.deliver();
      await story.invoiced();
    },
    async (story) => story.pay(await story.invoiced()),
  ],
};

test('the engine forgot everything: open leads come back at every wait, and go on', async () => {
  engine = await openEngine();
  const here = await openWorld({ address: engine.address });
  world = here;
  const stories = new Map<string, Story>();
  for (const [wait, [to]] of Object.entries(AT)) {
    const story = await captured(here, 'scored', customer(wait));
    await to(story);
    await story.waitsFor(wait as 'payment');
    stories.set(wait, story);
  }
  const closed = await captured(here, 'scored', customer('closed'));
  await closed.decided('withdrawLead', 'boss', { reason: 'nothing to sell' });
  await closed.ended();
  await here.stopWorker();
  const unseen = await captured(here, 'unseen', customer('unseen')); // Stored, and told to nobody yet.
  await engine.forget();
  const would = await reconciled(here, { dryRun: true });
  const all = [...stories.values(), unseen].map(({ leadId }) => leadId).sort();
  expect([...would.started].sort()).toEqual(all);
  expect((await reconciled(here, { dryRun: true })).started).toHaveLength(all.length); // It did nothing.
  const report = await reconciled(here);
  expect([...report.started].sort()).toEqual(all);
  expect(report).toMatchObject({ ahead: [], withoutRow: [], failed: [] });
  await here.startWorker();
  await unseen.waitsFor('qualification');
  for (const [wait, story] of stories) {
    const { revision } = await story.lead();
    await AT[wait]?.[1](story);
    await until(`${wait} moved on`, async () => (await story.lead()).revision > revision || undefined);
  }
  for (const paid of ['payment', 'delivery']) {
    const story = stories.get(paid) as Story;
    if (paid === 'delivery') await story.pay(await story.invoiced());
    expect(await story.reaches('closed')).toMatchObject({ outcome: 'won' });
  }
  expect(await reconciled(here)).toMatchObject({ started: [], ahead: [], withoutRow: [], failed: [] });
}, 240_000);

const sendAway = `select pg_terminate_backend(pid) from pg_stat_activity
  where usename = current_user and datname = $1 and pid <> pg_backend_pid()`;

/** Sends everybody away from a database, each role its own, and runs statements about it as a whole. */
async function about(here: World, ...statements: ((name: string) => string)[]): Promise<void> {
  const name = new URL(here.database.ownerUrl).pathname.slice(1);
  const at = (url: string): pg.Client => {
    const client = new pg.Client(Object.assign(new URL(url), { pathname: '/postgres' }).href);
    client.on('error', () => undefined);
    return client;
  };
  const [app, server] = [at(here.database.appUrl), at(here.database.ownerUrl)];
  await app.connect();
  await server.connect();
  try {
    for (const statement of statements) {
      await app.query(sendAway, [name]);
      await server.query(sendAway, [name]);
      // Postgres' own cleaner may sit there for a moment.
      await until(statement(name), () =>
        server.query(statement(name)).then(
          () => true,
          (error: { code?: string }) => {
            if (error.code === '55006' || error.code === '42501') return false;
            throw error;
          },
        ),
      );
    }
  } finally {
    await app.end();
    await server.end();
  }
}

test('Postgres was restored from before: who knows more is found, begun by nobody, and adopted by a person', async () => {
  const here = await openWorld();
  world = here;
  const done = await captured(here, 'scored', customer('done'));
  await done.qualify();
  const quote = await done.submit();
  const still = await captured(here, 'scored', customer('still'));
  await here.stopWorker();
  await here.marks.flush();
  await about(here, (name) => `create database ${name}_before template ${name}`);
  await here.startWorker();
  // An hour of work: one deal is ordered, delivered, invoiced, paid and won; one lead comes in.
  await done.accept(quote);
  await done.deliver();
  await done.pay(await done.invoiced());
  await done.reaches('closed');
  await done.ended();
  const late = await captured(here, 'scored', customer('late'));
  await here.stopWorker();
  await here.marks.flush();
  await about(
    here,
    (name) => `drop database ${name} with (force)`,
    (name) => `alter database ${name}_before rename to ${name}`,
  );
  const [row] = await done.rows<{ stage: string; revision: number }>(
    'select stage, revision from leads where id = $1',
  );
  expect(row?.stage).toBe('offered');

  const would = await reconciled(here, { dryRun: true });
  expect(would.started).toEqual([]);
  expect(would.withoutRow).toEqual([late.workflowId]);
  const known = would.ahead.find(({ subject }) => subject === done.leadId);
  expect(known).toMatchObject({ storedRevision: row?.revision });
  expect(known?.knownRevision).toBeGreaterThan(row?.revision as number);
  expect(known?.messages.length).toBeGreaterThanOrEqual(3); // Accepted, delivered, paid.
  expect(would.ahead.map(({ subject }) => subject).sort()).toEqual([done.leadId, late.leadId].sort());

  await reconciled(here);
  await here.startWorker();
  expect(await done.tasks()).toMatchObject([{ kind: 'restored_behind', role: 'admin' }]);
  expect((await done.handle.describe()).status.name).toBe('COMPLETED');
  await still.qualify(); // Who knew nothing more goes on as ever.

  const adopted = await reconciled(here, { adopt: [done.leadId] });
  expect(adopted.adopted).toEqual([done.leadId]);
  expect(await done.tasks()).toEqual([]);
  await done.accept(quote);
  expect((await done.lead()).stage).not.toBe('offered');
  await here.engine.client.workflow.getHandle(late.workflowId).terminate('its lead is no more');
}, 240_000);
