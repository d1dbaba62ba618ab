// A mail server on 127.0.0.1 that takes every mail, but for the mailboxes nobody has, and remembers the Message-ID of
// each it took.
import type { Server } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface MailServer {
  readonly port: number;
  /** Message-IDs in the order of their arrival; one that came twice stands there twice. */
  readonly taken: string[];
  close(): Promise<void>;
}

/** `isKnown` says which mailboxes there are. */
export async function openMailServer(
  isKnown: (address: string) => boolean = () => true,
): Promise<MailServer> {
  const taken: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, done) =>
      done(isKnown(address) ? null : Object.assign(new Error('no such mailbox'), { responseCode: 550 })),
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        PostalMime.parse(Buffer.concat(chunks)).then(({ messageId = '' }) => {
          taken.push(messageId);
          done();
        }, done);
      });
    },
  });
  smtp.on('error', () => undefined); // A connection that is cut is what this is about.
  const server = smtp.server as unknown as Server;
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new RangeError(`listening at ${address}`);
  return {
    port: address.port,
    taken,
    close: () => new Promise((resolve) => void smtp.close(() => resolve())),
  };
}
