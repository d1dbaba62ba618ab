import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { MailRefused, makeMailer, type OutgoingMail } from '../../activities/mailer.js';

const FROM = { name: 'Peña, S.L.', address: 'ventas@pena.example' };
const QUEUED_AT = Date.UTC(2026, 10, 22, 23, 59, 59);

const MAIL: OutgoingMail = {
  messageId: 'mail_01abc',
  queuedAt: QUEUED_AT,
  from: FROM,
  to: 'ana@kunde.example',
  subject: 'Factura INV-42: 1.234,50 €',
  text: 'Estimada Ana:\n¿Recibió la factura?\n.\nAdiós\n',
  html: '<p>Estimada Ana: <b>¿Recibió la factura?</b></p>',
  attachments: [
    { filename: 'Factura nº 42.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.7 ñ') },
  ],
};

let outboxDir: string;
let running: { close: () => Promise<void> } | undefined;

beforeEach(async () => {
  outboxDir = await mkdtemp(join(tmpdir(), 'outbox-'));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  await rm(outboxDir, { recursive: true, force: true });
});

interface Received {
  readonly from: string;
  readonly to: string[];
  readonly raw: Buffer;
}

/** A mail server that refuses each stage with the code it is told, and keeps what it accepted. */
async function mailServer(refuse: { rcpt?: number; data?: number; login?: number } = {}) {
  const received: Received[] = [];
  const refusal = (code: number | undefined) =>
    code === undefined ? null : Object.assign(new Error('<ana@kunde.example> no'), { responseCode: code });
  const server = new SMTPServer({
    authOptional: refuse.login === undefined,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (_auth, _session, done) => done(refusal(refuse.login), { user: 'l2c' }),
    onRcptTo: (_address, _session, done) => done(refusal(refuse.rcpt)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom ? mailFrom.address : '';
        if (refuse.data === undefined) {
          received.push({ from, to: rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks) });
        }
        done(refusal(refuse.data));
      });
    },
  });
  const port = await listen(server.server as unknown as Server);
  running = { close: () => new Promise((resolve) => void server.close(() => resolve())) };
  return { url: `smtp://127.0.0.1:${port}`, port, received };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new RangeError(`listening at ${address}`);
  return address.port;
}

const files = async () =>
  (await readdir(outboxDir, { recursive: true })).filter((name) => name.includes('mail_'));

describe('a mail by SMTP', () => {
  test('arrives whole: names, accents, both bodies, the attachment and its stable Message-ID', async () => {
    const server = await mailServer();
    const mailer = makeMailer({ smtpUrl: server.url, outboxDir });
    expect(await mailer.send(MAIL)).toEqual({ messageId: '<mail_01abc@pena.example>' });
    expect(await files()).toEqual([]);
    const [mail] = server.received;
    expect(mail).toMatchObject({ from: FROM.address, to: [MAIL.to] });
    const parsed = await PostalMime.parse(mail?.raw ?? '');
    expect(parsed).toMatchObject({
      from: FROM,
      to: [{ address: MAIL.to, name: '' }],
      subject: MAIL.subject,
      messageId: '<mail_01abc@pena.example>',
      date: '2026-11-22T23:59:59.000Z',
    });
    expect(parsed.text?.trim()).toBe(MAIL.text.trim());
    expect(parsed.html?.trim()).toBe(MAIL.html);
    expect(parsed.attachments).toHaveLength(1);
    expect(parsed.attachments[0]).toMatchObject({
      filename: 'Factura nº 42.pdf',
      mimeType: 'application/pdf',
    });
    expect(Buffer.from(parsed.attachments[0]?.content as ArrayBuffer).toString()).toBe('%PDF-1.7 ñ');
  });

  test('sent twice it carries the same Message-ID and the same bytes', async () => {
    const server = await mailServer();
    const mailer = makeMailer({ smtpUrl: server.url, outboxDir });
    await mailer.send(MAIL);
    await mailer.send(MAIL);
    expect(server.received).toHaveLength(2);
    expect(server.received[1]?.raw.equals(server.received[0]?.raw ?? Buffer.alloc(0))).toBe(true);
  });

  test.each([
    ['an unknown recipient', { rcpt: 550 }, 550],
    ['a message it will never take', { data: 554 }, 554],
  ])('%s is refused for good, and the error names no address', async (_what, refuse, code) => {
    const server = await mailServer(refuse);
    const sent = makeMailer({ smtpUrl: server.url, outboxDir }).send(MAIL);
    const refused: unknown = await sent.catch((error: unknown) => error);
    if (!(refused instanceof MailRefused)) throw refused;
    expect(refused.responseCode).toBe(code);
    expect(refused.message).toBe(`mail_01abc was refused with ${code}`);
    expect(refused.reply).toContain('no');
  });

  test.each([
    ['a full mailbox', { rcpt: 450 }],
    ['a server short of space', { data: 452 }],
    ['a login that is wrong', { login: 535 }],
  ])('%s is no refusal of the mail: it may pass later', async (_what, refuse) => {
    const server = await mailServer(refuse);
    const smtpUrl = `smtp://l2c:secret@127.0.0.1:${server.port}`;
    const sent = makeMailer({ smtpUrl, outboxDir }).send(MAIL);
    const error: unknown = await sent.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(MailRefused);
  });

  test('a server that is away throws its own error', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const sent = makeMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, outboxDir }).send(MAIL);
    await expect(sent).rejects.toMatchObject({ name: 'Error' });
  });

  test.each([
    ['says nothing', () => undefined, { silenceMs: 200, totalMs: 5_000 }],
    [
      'never stops greeting',
      (socket: Socket) => {
        const drip = setInterval(() => socket.write('220-wait\r\n'), 50);
        socket.on('close', () => clearInterval(drip));
      },
      { silenceMs: 5_000, totalMs: 300 },
    ],
  ])('a server that %s is given up in time', async (_what, greet, limits) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      greet(socket);
    });
    const port = await listen(server);
    running = {
      close: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => void server.close(() => resolve()));
      },
    };
    const smtpUrl = `smtp://127.0.0.1:${port}`;
    const error: unknown = await makeMailer({ smtpUrl, outboxDir, limits })
      .send(MAIL)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(MailRefused);
  });
});

describe('a mail without a server', () => {
  test('becomes a file of the day it was queued, readable by nobody else', async () => {
    await makeMailer({ outboxDir }).send(MAIL);
    expect(await files()).toEqual([join('2026-11-22', 'mail_01abc.eml')]);
    const file = join(outboxDir, '2026-11-22', 'mail_01abc.eml');
    expect((await stat(file)).mode & 0o077).toBe(0);
    const parsed = await PostalMime.parse(await readFile(file));
    expect(parsed).toMatchObject({ subject: MAIL.subject, messageId: '<mail_01abc@pena.example>' });
    expect(parsed.attachments).toHaveLength(1);
  });

  test('written twice and at the same time it is one file with the same bytes', async () => {
    const mailer = makeMailer({ outboxDir });
    await mailer.send(MAIL);
    const file = join(outboxDir, '2026-11-22', 'mail_01abc.eml');
    const first = await readFile(file);
    await mailer.send(MAIL);
    await rm(file);
    await Promise.all([mailer.send(MAIL), mailer.send(MAIL), mailer.send(MAIL)]);
    expect(await readdir(join(outboxDir, '2026-11-22'))).toEqual(['mail_01abc.eml']);
    expect((await readFile(file)).equals(first)).toBe(true);
  });
});

describe('what nobody can do through the mailer', () => {
  test('a line break in subject, sender or file name makes no header and no recipient', async () => {
    const server = await mailServer();
    const evil = 'Hola\r\nBcc: thief@example.test\r\n\r\nbody';
    const from = { name: `Peña\r\nBcc: thief@example.test`, address: FROM.address };
    const attachment = { filename: '../x\r\nX-Evil: 1.pdf', contentType: 'text/plain\r\nX-Evil: 2' };
    await makeMailer({ smtpUrl: server.url, outboxDir }).send({
      ...MAIL,
      from,
      subject: evil,
      attachments: [{ ...attachment, content: Buffer.from('x') }],
    });
    const [mail] = server.received;
    expect(mail?.to).toEqual([MAIL.to]);
    expect(mail?.raw.toString()).not.toMatch(/^(Bcc|X-Evil):/im);
    const parsed = await PostalMime.parse(mail?.raw ?? '');
    expect(parsed.bcc ?? []).toEqual([]);
    expect(parsed.subject).toBe('Hola Bcc: thief@example.test body');
    expect(parsed.attachments[0]?.filename).toBe('..-x X-Evil: 1.pdf');
  });

  test.each([
    'ana@kunde.example\r\nBcc: thief@example.test',
    'ana@kunde.example, thief@example.test',
    'Ana <ana@kunde.example>',
    '"ana thief"@kunde.example',
    'group: ana@kunde.example;',
    'ana',
    'ana@',
    '@kunde.example',
    'a@b@c',
    '',
    `${'a'.repeat(65)}@kunde.example`,
    `ana@${'k'.repeat(260)}`,
  ])('the recipient %j is refused for good and nothing is sent', async (to) => {
    const sent = makeMailer({ outboxDir }).send({ ...MAIL, to });
    await expect(sent).rejects.toThrow(MailRefused);
    await expect(sent).rejects.toThrow('the recipient of mail_01abc has no address mail can go to');
    expect(await files()).toEqual([]);
  });

  test.each(['../mail_1', 'mail/1', 'mail_1\r\nX: y', '', 'm'.repeat(101)])(
    'the id %j never becomes a path or a header',
    async (messageId) => {
      await expect(makeMailer({ outboxDir }).send({ ...MAIL, messageId })).rejects.toThrow(RangeError);
      expect(await readdir(outboxDir)).toEqual([]);
    },
  );

  test('a sender that is no address is refused for good and nothing is sent', async () => {
    const from = { name: 'x', address: 'a@b\r\nBcc: c@d' };
    const sent = makeMailer({ outboxDir }).send({ ...MAIL, from });
    await expect(sent).rejects.toThrow('the sender of mail_01abc has no address mail can come from');
    await expect(sent).rejects.toThrow(MailRefused);
    expect(await files()).toEqual([]);
  });
});
