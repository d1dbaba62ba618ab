// A mail server that is away for hours keeps its mails waiting and nothing else: no decision, no later fact. On the
// dev server, in real time.
import { expect, test } from '@jest/globals';
import { startWorkflow } from '../../../activities/intake/telling.js';
import { replayAndKeep } from '../../support/histories.js';
import { MailServer } from '../../support/mailAway.js';
import { captured, type Story } from '../../support/story.js';
import { brokenRules } from '../../support/told.js';
import { openWorld, until } from '../../support/world.js';

const stillRuns = async ({ handle }: Story): Promise<boolean> =>
  (await handle.describe()).status.name === 'RUNNING';

test('a lead closed while its receipt cannot be sent is reopened by a bounce and goes on as ever', async () => {
  const mailer = new MailServer();
  const world = await openWorld({ mailer, rules: { notifications: { mails: ['receipt'] } } });
  try {
    const story = await captured(world);
    await story.order();
    await story.deliver();
    mailer.isAway = true;
    const { paymentId } = await story.pay(await story.invoiced());
    await story.reaches('closed');
    expect(await stillRuns(story)).toBe(true);
    // A decision is refused for what the lead is, not because its run is about to end.
    const withdrawn = await story.decide('withdrawLead', 'rep', { reason: 'too late' });
    expect(withdrawn).toMatchObject({ result: 'refused', code: 'lead_closed' });
    await story.bounce(paymentId);
    await story.reaches('collecting');
    await story.waitsFor('payment');
    await story.earned(4); // What the reversal takes back is a step of the deal's own.
    mailer.isAway = false;
    const queued = () => story.rows(`select from mails where lead_id = $1 and status = 'queued'`);
    await until('no mail waits any more', async () => (await queued()).length === 0, 40_000);
    expect(await brokenRules(world)).toEqual([]);
    await replayAndKeep(story, 'mail-away');
  } finally {
    await world.close();
  }
});

test('a lead that begins again with more mails queued than one load brings sends every one of them', async () => {
  const mailer = new MailServer();
  const world = await openWorld({ mailer, rules: { notifications: { mails: ['receipt'] } } });
  try {
    const story = await captured(world);
    await story.order();
    await story.deliver();
    await story.pay(await story.invoiced());
    await story.ended();
    expect(mailer.taken).toHaveLength(1);
    // As after days without a mail server: the same receipt, owed 24 times more.
    await world.database.owner.query(
      `insert into mails (id, lead_id, kind, subject, language, queued_at)
        select id || '_' || n, lead_id, kind, subject, language, queued_at from mails, generate_series(1, 24) n`,
    );
    expect(await brokenRules(world)).toHaveLength(1);
    await startWorkflow(world.engine, story.workflowId, 5_000);
    await story.ended();
    expect(new Set(mailer.taken).size).toBe(25);
    expect(mailer.taken).toHaveLength(25);
    expect(await brokenRules(world)).toEqual([]);
  } finally {
    await world.close();
  }
});
