// The neighbour every deal talks to: mail. A normal activity, at least once, under a Message-ID that stays the
// same, so that a mailbox shows one mail however often it was tried. A history holds what an activity is
// given, returns and throws: an id, a word, and failures that name nobody.
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { failMail, markSent, markSkipped } from '../db/mailOutcomes.js';
import { type QueuedMail, readMail, readMailFacts } from '../db/mails.js';
import { type Db, isDatabaseAway } from '../db/pool.js';
import type { MailKind } from '../domain/policies/types.js';
import { codeOf, databaseAway, framesOf } from './failures.js';
import { type Mailer, MailRefused } from './mailer.js';
import { type Letter, WRITERS, type Written } from './mailLetters.js';

export interface MailDeps {
  readonly db: Db;
  readonly mailer: Mailer;
  readonly log: Logger;
}

/** What became of a mail; `unknown` for an id no row has. */
export type MailOutcome = 'sent' | 'skipped' | 'failed' | 'unknown';

export function makeMailActivities(deps: MailDeps) {
  const underWay = new Map<string, Promise<MailOutcome>>();
  return {
    /**
     * Sends one queued mail; a mail sent, failed or skipped before is left alone. Throws `MailRefused`, not to
     * be retried, once the refused mail is `failed` and its task is written; `MailNotSent` or `DatabaseAway`
     * for what may pass: the row stays queued and the same mail is tried again under the same Message-ID.
     */
    sendMail({ mailId }: { mailId: string }): Promise<MailOutcome> {
      // A try that outlived its time is still under way here: the next one waits for it and sends nothing.
      const running = underWay.get(mailId);
      if (running) return running;
      const sending = namingNobody(deps.log, mailId, () => send(deps, mailId)).finally(() =>
        underWay.delete(mailId),
      );
      underWay.set(mailId, sending);
      return sending;
    },
  };
}

async function send({ db, mailer }: MailDeps, mailId: string): Promise<MailOutcome> {
  const mail = await readMail(db, mailId);
  if (!mail) return 'unknown';
  if (mail.status !== 'queued') return mail.status;
  const written = await write(db, mail);
  if ('skipped' in written) {
    await markSkipped(db, mailId, written.skipped);
    return 'skipped';
  }
  const refused = await deliver(mailer, mail, written.letters);
  if (refused) {
    await failMail(db, mailId, refused.message);
    throw ApplicationFailure.nonRetryable(refused.message, 'MailRefused');
  }
  await markSent(db, mailId, written.letters[0]?.language ?? 'en');
  return 'sent';
}

async function write(db: Db, mail: QueuedMail): Promise<Written> {
  if (!mail.notifications) return { skipped: 'no notifications policy names a sender' };
  return writeKind(db, mail.kind, mail.id, mail.notifications.senderName);
}

async function writeKind<K extends MailKind>(db: Db, kind: K, id: string, sender: string): Promise<Written> {
  const facts = await readMailFacts(db, kind, id);
  return facts ? WRITERS[kind](facts, sender) : { skipped: 'what it is about is not there' };
}

/**
 * Hands every letter over, all at once so that the slowest decides; returns the first final refusal after the
 * others had their chance. What may pass is thrown, and the letters accepted already are sent again, as the
 * same mails.
 */
async function deliver(
  mailer: Mailer,
  { id, queuedAt, notifications }: QueuedMail,
  letters: readonly Letter[],
): Promise<MailRefused | undefined> {
  const from = { name: notifications?.senderName ?? '', address: notifications?.senderEmail ?? '' };
  const outcomes = await Promise.allSettled(
    letters.map(({ suffix, language: _, ...letter }) =>
      mailer.send({ ...letter, messageId: `${id}${suffix}`, queuedAt: queuedAt.getTime(), from }),
    ),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const passing = errors.find((error) => !(error instanceof MailRefused));
  if (passing) throw passing;
  return errors[0] as MailRefused | undefined;
}

/** What a mail server or a printer says may hold names and addresses: only codes and places get out. */
async function namingNobody<T>(log: Logger, mailId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    if (isDatabaseAway(error)) throw databaseAway();
    const why = codeOf(error);
    log.warn({ mail: mailId, why, at: framesOf(error) }, 'a mail could not be sent yet');
    throw ApplicationFailure.create({
      message: `${mailId} could not be sent yet: ${why}`,
      type: 'MailNotSent',
    });
  }
}
