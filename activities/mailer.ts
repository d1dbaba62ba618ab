// Decides how a mail leaves: by SMTP, or as a file where no server is set. At least once, under a Message-ID
// that stays the same however often it is tried. It does not decide whether or what to write.

export interface MailerSettings {
  /** `smtp://` or `smtps://` address with credentials; without it mails become files. */
  readonly smtpUrl?: string | undefined;
  readonly outboxDir: string;
  readonly from: { readonly name: string; readonly address: string };
}

export interface OutgoingMail {
  /** Id of the mail row: letters, digits, `_`, `-`. The same id is the same mail. */
  readonly messageId: string;
  /** When it was queued (epoch ms): its Date header and the folder of its file, also when sent again. */
  readonly queuedAt: number;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** The mail will never be accepted: sending it again is useless. Its message holds no address. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

export interface Mailer {
  send(mail: OutgoingMail): Promise<{ readonly messageId: string }>;
}

export function makeMailer(settings: MailerSettings): Mailer {
  throw new RangeError(`no transport yet for ${settings.outboxDir}`);
}
