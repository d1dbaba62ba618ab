// When is a request done, seen from the wire? For each protocol the moment at which the effect stands and the
// answer is on its way.
import type { Watch } from './tcpProxy.js';

/** ReadyForQuery outside of any transaction: whatever was asked is committed, or there was nothing to commit. */
const IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/**
 * Postgres: cuts the answer of what matches the text of a statement or its name as it is sent (`commit`,
 * `mail_sent`). Of those that match, `isCut` says which, counted from 0 over all connections.
 */
export function postgresWatch(asked: RegExp, isCut: (index: number) => boolean): () => Watch {
  let count = 0;
  return () => {
    let isDue = false;
    let tail = Buffer.alloc(0);
    return {
      sent(bytes) {
        if (isDue || !asked.test(bytes.toString('latin1'))) return;
        isDue = isCut(count);
        count += 1;
        tail = Buffer.alloc(0);
      },
      answered(bytes) {
        if (!isDue) return false;
        const seen = Buffer.concat([tail, bytes]);
        tail = seen.subarray(-(IDLE.length - 1));
        return seen.includes(IDLE);
      },
    };
  };
}

/** SMTP: the server has taken the mail and says so; `isCut` is asked for each mail, counted from 0. */
export function smtpWatch(isCut: (index: number) => boolean): () => Watch {
  let count = 0;
  return () => {
    let isTaken = false;
    let tail = '';
    return {
      sent(bytes) {
        const seen = tail + bytes.toString('latin1');
        if (seen.includes('\r\n.\r\n')) isTaken = true;
        tail = seen.slice(-4);
      },
      answered(bytes) {
        if (!isTaken || !bytes.toString('latin1').startsWith('250')) return false;
        isTaken = false;
        tail = '';
        const mine = count;
        count += 1;
        return isCut(mine);
      },
    };
  };
}
