// What a run of the workflow itself needs: its opening state, and a place for what broke or could not be sent.
import type { Logger } from 'pino';
import { failMail } from '../db/mailOutcomes.js';
import { isDatabaseAway } from '../db/pool.js';
import type { MessageName } from '../domain/messages.js';
import { INBOX_BATCH, type Opening, type StepAnswer, type StepCall } from '../domain/steps.js';
import { writeStuck } from './answers.js';
import { databaseAway, stepFailed } from './failures.js';
import { makeQuery, makeStep, type StepDeps } from './step.js';

interface Inbox {
  readonly fresh: { id: string; name: MessageName }[];
  readonly parked: { id: string; name: MessageName }[];
  readonly mails: string[];
}

const unanswered = (which: string): string => `(select coalesce(jsonb_agg(
  jsonb_build_object('id', f.id, 'name', f.name) order by f.recorded_at, f.id), '[]') from
  (select id, name, recorded_at from messages m where target = 'lead/' || $1 and kind = 'fact' and answer is null
     and ${which}
   order by recorded_at, id limit ${INBOX_BATCH + 1}) f)`;

// Fresh ones first: a batch full of parked facts must not hide what has never been tried. What is fresh is less
// each time; parked ones stay, so each batch of them begins after the last of the one before.
const INBOX = `jsonb_build_object('fresh', ${unanswered('parked_for is null')},
  'parked', ${unanswered(`parked_for is not null and not exists (select from messages b
     where b.id = $2 and (b.recorded_at, b.id) >= (m.recorded_at, m.id))`)},
  'mails', (select coalesce(jsonb_agg(id), '[]') from
    (select id from mails where lead_id = $1 and status = 'queued' order by queued_at, id
     limit ${INBOX_BATCH + 1}) m))`;

export function makeDealActivities(deps: StepDeps & { log: Logger }) {
  /** The state a run begins with that no capture began: continue-as-new, reopening, restore, a decision that was first. */
  const loadLead = makeQuery<Inbox, Opening>(deps, INBOX, (deal) => {
    const { fresh, parked, mails } = deal.own;
    const lastParked = parked.length > INBOX_BATCH ? parked[INBOX_BATCH - 1]?.id : undefined;
    const next = lastParked ?? (fresh.length > INBOX_BATCH ? deal.call.leadId : undefined);
    const facts = [...fresh.slice(0, INBOX_BATCH), ...parked.slice(0, INBOX_BATCH)];
    return {
      head: deal.head(),
      facts,
      mails: mails.slice(0, INBOX_BATCH),
      ...(next !== undefined && { next }),
      ...(mails.length > INBOX_BATCH && { moreMails: true as const }),
    };
  });

  return {
    loadLead,

    /** A step that failed for a reason of ours: its message waits, a person is told, the deal goes on. */
    markStuck: makeStep<null>(deps, {
      name: 'markStuck',
      judge: (deal) => {
        const { subject, retry } = deal.call;
        const wait = retry && deal.wait(retry.kind, subject);
        deal.keepsRevision();
        if (retry && !wait) return { result: 'no_effect' }; // Nobody waits for it any more.
        const task = writeStuck(deal.writes, deal.call, deal.at);
        if (!deal.hasWaitedFor('stuck', wait || undefined)) deal.mails.tellOf(task);
        if (wait) deal.retry(wait, retry.at);
        return { result: 'stuck', code: 'stuck' };
      },
    }),

    /** A mail nobody took for a day: a person's task from here. One that was refused has its task already. */
    async giveUpMail({ leadId, key, at }: StepCall): Promise<StepAnswer> {
      try {
        await failMail(deps.db, key, 'not delivered in time');
      } catch (error) {
        if (isDatabaseAway(error)) throw databaseAway();
        deps.log.error({ mail: key, err: error }, 'a mail could not be given up');
        throw stepFailed('giveUpMail', error);
      }
      return { head: (await loadLead({ leadId, key: leadId, at })).head };
    },
  };
}
