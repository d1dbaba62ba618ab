// A company with one deal of everything, a mail server that can be told to refuse, and the activity between.
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:net';
import pg from 'pg';
import { pino } from 'pino';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { makeMailer } from '../../activities/mailer.js';
import { makeMailActivities } from '../../activities/mails.js';
import { migrate } from '../../db/migrate.js';
import { type Db, openPool } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import type { MailKind } from '../../domain/policies/types.js';

import { AT, company } from './sampleDeal.js';

const SERVER = process.env.L2C_TEST_DATABASE_URL ?? '';

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

const run = randomBytes(6).toString('hex');
const template = `paper_${run}_template`;
let copies = 0;

/** Before the first desk of a file: the company as a template, copied in 50 ms. */
export async function openCompany(): Promise<void> {
  await onServer(`create database ${template}`);
  await migrate(urlOf(template, SERVER));
  const owner = openPool(urlOf(template, SERVER), { max: 1, applicationName: 'fixtures' });
  await company(owner);
  await owner.end();
}

export async function closeCompany(): Promise<void> {
  await onServer(`drop database ${template} with (force)`);
}

export async function openDesk(): Promise<Desk> {
  const name = `paper_${run}_${++copies}`;
  await onServer(`create database ${name} template ${template}`);
  const owner = openPool(urlOf(name, SERVER), { max: 2, applicationName: 'fixtures' });
  const app = process.env.L2C_TEST_APP_DATABASE_URL;
  const appUrl = new URL(urlOf(name, app ?? SERVER));
  if (app === undefined) appUrl.searchParams.set('options', '-c role=l2c_app');
  const working = openPool(appUrl.href, { max: 6, applicationName: 'mails' });

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
      await Promise.all([owner.end(), working.end()]);
      await onServer(`drop database ${name} with (force)`);
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

function urlOf(database: string, server: string): string {
  return Object.assign(new URL(server), { pathname: `/${database}` }).href;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
