// A company with one deal of everything, a mail server that can be told to refuse, and the activity between.
import type { Server } from 'node:net';
import { pino } from 'pino';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { makeMailer } from '../../activities/mailer.js';
import { makeMailActivities } from '../../activities/mails.js';
import type { Db } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import type { MailKind } from '../../domain/policies/types.js';

import { freshDatabase, type TestDatabase } from '../support/database.js';
import { company } from './sampleDeal.js';
import { AT } from './sampleWords.js';

export interface Desk {
  /** Of the owner: for fixtures and for looking. */
  readonly db: Db;
  /** Of the application, as the activity has it. */
  readonly working: Db;
  readonly received: { to: string[]; mail: Email }[];
  readonly logged: string[];
  refuse: { rcpt?: number; data?: number; only?: string };
  queue(kind: MailKind, subject: string, more?: Partial<Tables['mails']>): Promise<string>;
  sendMail(mailId: string): Promise<string>;
  /** The same activity in another worker. */
  sendMailElsewhere(mailId: string): Promise<string>;
  /** What the activity threw, as its history would hold it. */
  failureOf(mailId: string): Promise<{ message: string; type: string; nonRetryable: boolean; text: string }>;
  row(mailId: string): Promise<Tables['mails']>;
  tasks(mailId: string): Promise<Tables['tasks'][]>;
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

let kept: TestDatabase;

/** Before the first desk of a file: the template its databases are copied from stays until the last. */
export async function openCompany(): Promise<void> {
  kept = await freshDatabase();
}

export async function closeCompany(): Promise<void> {
  await kept.drop();
}

export async function openDesk(): Promise<Desk> {
  const database = await freshDatabase();
  const { owner, app: working } = database;
  await company(owner);

  const logged: string[] = [];
  const desk = { refuse: {} as Desk['refuse'] };
  const received: Desk['received'] = [];
  const server = mailServer(desk, received);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = (server.server as unknown as Server).address() as { port: number };
  const mailer = makeMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, outboxDir: '/nonexistent' });
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const { sendMail } = makeMailActivities({ db: working, mailer, log });
  const elsewhere = makeMailActivities({ db: working, mailer, log });
  let open = true;
  let mails = 0;
  const stopServer = async () => {
    if (open) await new Promise<void>((resolve) => void server.close(() => resolve()));
    open = false;
  };
  return Object.assign(desk, {
    db: owner,
    working,
    received,
    logged,
    async queue(kind: MailKind, subject: string, more: Partial<Tables['mails']> = {}) {
      const id = `mail_${++mails}`;
      const row = { id, lead_id: 'lead_1', kind, subject, language: 'en', status: 'queued', queued_at: AT };
      await new Writes().insert('mails', { ...row, ...more }).run(owner);
      return id;
    },
    sendMail: (mailId: string) => sendMail({ mailId }),
    sendMailElsewhere: (mailId: string) => elsewhere.sendMail({ mailId }),
    async failureOf(mailId: string) {
      const error = await sendMail({ mailId }).then(
        (outcome) => {
          throw new RangeError(`${mailId} was ${outcome}`);
        },
        (thrown: unknown) => thrown as Error & { type: string; nonRetryable: boolean },
      );
      const { message, type, nonRetryable, stack, cause } = error;
      return {
        message,
        type,
        nonRetryable,
        text: `${message} ${stack} ${String(cause)} ${JSON.stringify(error)}`,
      };
    },
    async row(mailId: string) {
      const { rows } = await owner.query<Tables['mails']>('select * from mails where id = $1', [mailId]);
      return rows[0] as Tables['mails'];
    },
    async tasks(mailId: string) {
      return (await owner.query<Tables['tasks']>('select * from tasks where subject = $1', [mailId])).rows;
    },
    stopServer,
    async close() {
      await stopServer();
      await database.drop();
    },
  });
}

function mailServer(desk: { refuse: Desk['refuse'] }, received: Desk['received']): SMTPServer {
  const refusal = (code: number | undefined, to: string) =>
    code === undefined ? null : Object.assign(new Error(`<${to}> unknown here`), { responseCode: code });
  return new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, done) {
      const { only, rcpt } = desk.refuse;
      done(refusal(only === undefined || only === address ? rcpt : undefined, address));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        const refused = refusal(desk.refuse.data, to.join());
        if (refused) return done(refused);
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          received.push({ to, mail });
          done();
        });
      });
    },
  });
}
