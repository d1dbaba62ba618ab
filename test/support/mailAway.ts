import type { Mailer } from '../../activities/mailer.js';

/** The neighbour: takes no mail until it is there again. */
export class MailServer implements Mailer {
  isAway = false;
  readonly taken: string[] = [];
  send({ messageId }: { readonly messageId: string }): Promise<{ readonly messageId: string }> {
    if (this.isAway) return Promise.reject(new Error('421 closing'));
    this.taken.push(messageId);
    return Promise.resolve({ messageId });
  }
}
