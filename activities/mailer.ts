// Decides how a mail leaves: by SMTP, or as a file where no server is set. At least once, under a Message-ID
// that stays the same however often it is tried. It does not decide whether or what to write.
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import nodemailer from 'nodemailer';

export interface MailerSettings {
  /** `smtp://` or `smtps://` address with credentials; without it mails become files. */
  readonly smtpUrl?: string | undefined;
  /** Folder of the files, made when it is missing. */
  readonly outboxDir: string;
  /** How long a server may be silent, and how long one mail may take in all. Defaults 10 s and 25 s. */
  readonly limits?: { readonly silenceMs: number; readonly totalMs: number };
}

export interface MailAttachment {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

export interface OutgoingMail {
  /** Id of the mail row: letters, digits, `_`, `-`. The same id is the same mail. */
  readonly messageId: string;
  /** When it was queued (epoch ms): its Date header and the folder of its file, also when sent again. */
  readonly queuedAt: number;
  /** Who it comes from; the domain is that of its Message-ID, so the same mail names the same sender. */
  readonly from: { readonly name: string; readonly address: string };
  /** One plain address, no name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: readonly MailAttachment[];
}

/**
 * The mail will never be accepted: sending it again is useless. `message` holds no address, because it may
 * end up in a workflow history; `reply` is what the server said and may hold one.
 */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly responseCode: number | null;
  readonly reply: string | null;

  constructor(message: string, responseCode: number | null = null, reply: string | null = null) {
    super(message);
    this.responseCode = responseCode;
    this.reply = reply;
  }
}

export interface Mailer {
  /**
   * Sends one mail and answers with its Message-ID header. MailRefused for an address that is none and for a
   * final refusal of the recipient, the sender or the message (5xx); a server that is away, full, slow or
   * refuses our login throws its own error, because the same mail may pass later. RangeError for an id or
   * instant that is none.
   */
  send(mail: OutgoingMail): Promise<{ readonly messageId: string }>;
}

/** Makes the way out for mails. Nothing is opened before the first one. */
export function makeMailer({ smtpUrl, outboxDir, limits = LIMITS }: MailerSettings): Mailer {
  const deliver = smtpUrl === undefined ? toFile(outboxDir) : bySmtp(smtpUrl, limits);
  return {
    async send(mail) {
      const message = messageOf(mail);
      await deliver(message, mail);
      return { messageId: message.messageId };
    },
  };
}

// Below the 30 s the workflow gives one try, so that a slow server is told from a worker that died.
const LIMITS = { silenceMs: 10_000, totalMs: 25_000 } as const;

type Message = ReturnType<typeof messageOf>;
type Deliver = (message: Message, mail: OutgoingMail) => Promise<void>;

function messageOf(mail: OutgoingMail) {
  const { messageId, queuedAt, from, to, subject, text, html, attachments = [] } = mail;
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(messageId)) throw new RangeError(`${messageId} is no id of a mail`);
  if (!Number.isSafeInteger(queuedAt)) throw new RangeError(`${queuedAt} is no instant in milliseconds`);
  if (!isAddress(from.address))
    throw new MailRefused(`the sender of ${messageId} has no address mail can come from`);
  if (!isAddress(to)) throw new MailRefused(`the recipient of ${messageId} has no address mail can go to`);
  return {
    messageId: `<${messageId}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    date: new Date(queuedAt),
    // Structured, so that neither name nor address is parsed as a list of further recipients.
    from: { name: headerText(from.name), address: from.address },
    to: { name: '', address: to },
    subject: headerText(subject),
    text,
    html,
    attachments: attachments.map(({ filename, contentType, content }) => ({
      filename: headerText(filename).replaceAll(/[/\\]/g, '-'),
      contentType: headerText(contentType),
      content,
    })),
    headers: { 'Auto-Submitted': 'auto-generated' },
    // From the id: the same mail written again is the same file, byte by byte.
    baseBoundary: createHash('sha256').update(messageId).digest('hex').slice(0, 24),
    // Nothing in a mail can make the server open a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function bySmtp(smtpUrl: string, { silenceMs, totalMs }: NonNullable<MailerSettings['limits']>): Deliver {
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    connectionTimeout: silenceMs,
    dnsTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
  });
  return async (message, { messageId }) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${messageId} took longer than ${totalMs} ms`)), totalMs);
    });
    try {
      await Promise.race([transport.sendMail(message), late]);
    } catch (error) {
      throw refusalOf(error, messageId) ?? error;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A final refusal of this mail; null for everything that concerns the server, the way to it or our login. */
function refusalOf(error: unknown, messageId: string): MailRefused | null {
  if (!(error instanceof Error)) return null;
  const { code, responseCode, response } = error as Error & {
    code?: string;
    responseCode?: number;
    response?: string;
  };
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return null;
  if (responseCode === undefined) return new MailRefused(`${messageId} could not be sent to its recipient`);
  if (responseCode < 500) return null;
  return new MailRefused(`${messageId} was refused with ${responseCode}`, responseCode, response ?? null);
}

function toFile(outboxDir: string): Deliver {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return async (message, { messageId, queuedAt }) => {
    const folder = join(outboxDir, new Date(queuedAt).toISOString().slice(0, 10));
    const file = join(folder, `${messageId}.eml`);
    if (await exists(file)) return;
    const written = await transport.sendMail(message);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unfinished = join(folder, `.${messageId}.${randomUUID()}.tmp`);
    try {
      await writeFile(unfinished, written.message as Buffer, { mode: 0o600, flush: true });
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  };
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** One address without a name: no blank, quote, list or control character a header would read as more. */
function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s\p{C}@<>()[\],;:\\"]{1,64}@[^\s\p{C}@<>()[\],;:\\"]+$/u.test(text);
}

function headerText(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
