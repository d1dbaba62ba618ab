// The signed checkpoint over the heads of all audit chains, outside the database, so that a tail cut off or a
// chain built anew is found by `l2c verify` even when the database itself fits together. Format: cli/verify/
// checkpoints.ts reads what is written here, and shares no code with it.

import type { KeyObject } from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { type Db, type Tx, withTransaction } from '../db/pool.js';

const FILE = /^checkpoints-(\d{8}T\d{9}Z)\.jsonl$/;
const PRIVATE_KEY = 'checkpoint.key';
const PUBLIC_KEY = 'checkpoint.pub';
const FIRST = '0'.repeat(64);
const DAY_MS = 86_400_000;
/** Bounds one line to about 2 MB, and with it what is read back to find the line before. */
const HEADS_PER_LINE = 20_000;
const LONGEST_LINE = 8 * 1024 * 1024;

export interface CheckpointOptions {
  readonly db: Db;
  /** Folder of its own, outside the database's; made if it is missing. */
  readonly dir: string;
  /** Ed25519 private key, see checkpointKey(). */
  readonly key: KeyObject;
  /** Real time. Default: now. */
  readonly at?: Date;
  /** All heads in a new file after this time; in between only what changed. Default: a day. */
  readonly fullEveryMs?: number;
  /** Files older than this go when a new one is begun. Default: 90 days. */
  readonly keepMs?: number;
}

export interface CheckpointWritten {
  readonly kind: 'full' | 'changes';
  readonly file: string;
  readonly heads: number;
}

/** Returns the Ed25519 key of the state folder, made at first use (0600), its public half beside it. */
export async function checkpointKey(stateFolder: string): Promise<KeyObject> {
  await mkdir(stateFolder, { recursive: true });
  const file = join(stateFolder, PRIVATE_KEY);
  const found = await readIfThere(file);
  if (found !== undefined) return createPrivateKey(found);
  const { privateKey } = generateKeyPairSync('ed25519');
  // Of its own also where one process asks twice at once, or the first to finish takes the other's away.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'w' });
  try {
    await link(draft, file); // Fails when another one was first; its key is the key.
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return createPrivateKey(await readFile(file, 'utf8'));
}

/**
 * Appends one signed checkpoint: all heads in a file of its own once a day (and first of all), the heads
 * changed since the last one otherwise. Returns undefined when nothing changed or another writer is at it.
 * On disk (fsync) when it returns.
 */
export async function writeCheckpoint(options: CheckpointOptions): Promise<CheckpointWritten | undefined> {
  const { db, dir, key, at = new Date() } = options;
  await mkdir(dir, { recursive: true });
  await publish(dir, key);
  return withTransaction(db, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    await tx.query(`set local statement_timeout = '60s'; set local idle_in_transaction_session_timeout = 0`);
    const { rows } = await tx.query<{ mine: boolean; xid: string }>(
      `select pg_try_advisory_xact_lock(hashtextextended('checkpoint ' || $1, 0)) as mine,
         pg_snapshot_xmin(pg_current_snapshot())::text as xid`,
      [dir],
    );
    const [snapshot] = rows;
    if (!snapshot?.mine) return undefined;
    const last = await lastLine(dir);
    const isFull = !last || isFullDue(last, snapshot.xid, at, options.fullEveryMs ?? DAY_MS);
    const file = isFull ? nameOf(at, last) : last.file;
    const writer = new LineWriter(join(dir, file), { at, key, prev: last?.hash ?? FIRST });
    try {
      const heads = isFull
        ? await writeAll(tx, writer, snapshot.xid)
        : await writeChanges(tx, writer, snapshot.xid, last.xid as string);
      if (isFull) await prune(dir, at.getTime() - (options.keepMs ?? 90 * DAY_MS));
      return heads === 0 && !isFull ? undefined : { kind: isFull ? 'full' : 'changes', file, heads };
    } finally {
      await writer.close();
    }
  });
}

const COLUMNS = `subject || ':' || seq || ':' || encode(hash, 'hex') as head, subject`;

async function writeAll(tx: Tx, writer: LineWriter, xid: string): Promise<number> {
  let count = 0;
  for (let after = ''; ; ) {
    const { rows } = await tx.query<{ head: string; subject: string }>(
      `select ${COLUMNS} from audit_heads where subject > $1 order by subject limit ${HEADS_PER_LINE}`,
      [after],
    );
    const isLast = rows.length < HEADS_PER_LINE;
    // Only the last line of a whole set carries the position to go on from: a set cut short is begun anew.
    await writer.append(
      'full',
      rows.map((row) => row.head),
      isLast ? xid : null,
    );
    count += rows.length;
    after = rows.at(-1)?.subject ?? after;
    if (isLast) return count;
  }
}

// Every change of a head is a new row version, whose xmin is the transaction that wrote it. All that were
// under way at the last checkpoint are at or after its snapshot's xmin; a head may come twice, none is passed
// over.
async function writeChanges(tx: Tx, writer: LineWriter, xid: string, since: string): Promise<number> {
  const { rows } = await tx.query<{ head: string }>(
    `select ${COLUMNS} from audit_heads where age(xmin) <= age($1::xid8::xid) order by subject`,
    [since],
  );
  for (let from = 0; from < rows.length; from += HEADS_PER_LINE) {
    const heads = rows.slice(from, from + HEADS_PER_LINE).map((row) => row.head);
    await writer.append('changes', heads, xid);
  }
  return rows.length;
}

/** Ids of transactions are compared over half of their circle only; a restored database starts anew. */
function isFullDue(last: Last, xid: string, at: Date, fullEveryMs: number): boolean {
  if (last.xid === null) return true;
  const passed = BigInt(xid) - BigInt(last.xid);
  if (passed < 0n || passed > 2n ** 30n) return true;
  return at.getTime() - last.fullAtMs >= fullEveryMs;
}

interface LineContext {
  readonly at: Date;
  readonly key: KeyObject;
  prev: string;
}

class LineWriter {
  readonly #path: string;
  readonly #context: LineContext;
  #handle: Awaited<ReturnType<typeof open>> | undefined;

  constructor(path: string, context: LineContext) {
    this.#path = path;
    this.#context = context;
  }

  async append(kind: 'full' | 'changes', heads: readonly string[], xid: string | null): Promise<void> {
    this.#handle ??= await open(this.#path, 'a', 0o600);
    const text = heads.join('\n');
    const { key, prev } = this.#context;
    const signed = {
      at: this.#context.at.toISOString(),
      kind,
      count: heads.length,
      root: createHash('sha256').update(text).digest('hex'),
      xid,
      prev,
    };
    const signature = sign(null, Buffer.from(['l2c checkpoint 1', ...Object.values(signed)].join('\n')), key);
    const packed = deflateRawSync(text).toString('base64');
    const line = JSON.stringify({ ...signed, heads: packed, signature: signature.toString('hex') });
    await this.#handle.appendFile(`${line}\n`);
    await this.#handle.sync();
    this.#context.prev = createHash('sha256').update(line).digest('hex');
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

interface Last {
  readonly file: string;
  readonly fullAtMs: number;
  readonly hash: string;
  readonly xid: string | null;
}

/** Returns the last whole line of the newest file; what a crash left behind it is cut off. */
async function lastLine(dir: string): Promise<Last | undefined> {
  const file = (await checkpointFiles(dir)).at(-1);
  if (file === undefined) return undefined;
  const handle = await open(join(dir, file), 'r+');
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - 2 * LONGEST_LINE);
    const tail = Buffer.alloc(size - from);
    await handle.read(tail, 0, tail.length, from);
    const end = tail.lastIndexOf(0x0a);
    if (end + 1 < tail.length) await handle.truncate(from + end + 1);
    const start = end <= 0 ? -1 : tail.lastIndexOf(0x0a, end - 1);
    const line = tail.subarray(start + 1, Math.max(end, 0)).toString('utf8');
    const hash = createHash('sha256').update(line).digest('hex');
    // A file in which nothing was finished is begun anew, linked to nothing.
    const xid = line === '' ? null : (JSON.parse(line) as { xid: string | null }).xid;
    return { file, fullAtMs: timeOf(file), hash: line === '' ? FIRST : hash, xid };
  } finally {
    await handle.close();
  }
}

async function checkpointFiles(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => FILE.test(name)).sort();
}

/** Names sort by time; a clock set back still makes a later name. */
function nameOf(at: Date, last: Last | undefined): string {
  const ms = Math.max(at.getTime(), (last?.fullAtMs ?? 0) + 1);
  return `checkpoints-${new Date(ms).toISOString().replaceAll(/[-:.]/g, '')}.jsonl`;
}

function timeOf(file: string): number {
  const [, y, mo, d, h, mi, s, ms] =
    /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(file)?.map(Number) ?? [];
  return Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, mi, s, ms);
}

async function prune(dir: string, beforeMs: number): Promise<void> {
  for (const file of (await checkpointFiles(dir)).slice(0, -1)) {
    if (timeOf(file) < beforeMs) await rm(join(dir, file));
  }
}

async function publish(dir: string, key: KeyObject): Promise<void> {
  const file = join(dir, PUBLIC_KEY);
  if ((await readIfThere(file)) !== undefined) return;
  await writeFile(file, createPublicKey(key as never).export({ type: 'spki', format: 'pem' }));
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined; // Not there yet is an answer, anything else is a failure.
  }
}
