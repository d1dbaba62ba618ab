// A body too large for memory, on its way into a file of its own: counted, hashed, gone when it is let go.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DomainError } from '../domain/errors.js';

export interface Upload {
  readonly sha256: Buffer;
  /** What came, from its beginning; may be read more than once. */
  read(): AsyncIterable<Buffer>;
  remove(): Promise<void>;
}

/** Stores a body. `body_too_large` beyond the limit; whatever fails leaves no file. */
export async function receiveUpload(body: Readable, limitBytes: number): Promise<Upload> {
  const folder = await mkdtemp(join(tmpdir(), 'l2c-upload-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'body');
  try {
    const file = await open(path, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of body as AsyncIterable<Buffer>) {
        bytes += piece.length;
        if (bytes > limitBytes) {
          const detail = `the body is larger than the ${limitBytes} bytes this call takes`;
          throw new DomainError('body_too_large', detail);
        }
        hash.update(piece);
        await file.write(piece);
      }
    } finally {
      await file.close();
    }
    return { sha256: hash.digest(), read: () => createReadStream(path), remove };
  } catch (error) {
    await remove();
    if (error instanceof DomainError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') {
      throw new DomainError('malformed_body', 'the connection ended before the body did');
    }
    throw error;
  }
}
