// I5 outside the database: the signed checkpoints that the worker writes to disk. Whoever owns the database
// can cut a chain's tail or build it anew with hashes that fit; he cannot make it agree with what was signed
// before.
//
// A file holds JSON lines {at, kind, count, root, xid, prev, heads, signature}: heads are the lines
// `subject:seq:hash` (hash in hex, sorted by subject), deflated, base64; root is their SHA-256; prev that of
// the line before, across files; the Ed25519 signature stands over all but the heads, which the root covers.
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { inflateRawSync } from 'node:zlib';
import type pg from 'pg';
import { type Broken, SHOWN } from './types.js';

const FILE = /^checkpoints-\d{8}T\d{9}Z\.jsonl$/;
const PUBLIC_KEY = 'checkpoint.pub';
const BATCH = 5_000;

interface Line {
  at: string;
  kind: string;
  count: number;
  root: string;
  xid: string | null;
  prev: string;
  heads: string;
  signature: string;
}

interface Head {
  subject: string;
  seq: bigint;
  hash: string;
  at: string;
}

export interface CheckpointFindings {
  readonly broken: Broken[];
  readonly brokenCount: number;
  readonly checkedRows: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

class Findings {
  readonly broken: Broken[] = [];
  count = 0;

  add(subject: string, detail: string): void {
    this.count++;
    if (this.broken.length < SHOWN) this.broken.push({ subject, detail });
  }
}

/** Returns the checkpoint files at `path` (a folder, or one file), oldest first. */
async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // A missing folder holds no checkpoint, and that is said.
    throw error;
  });
  if (!found) return [];
  if (found.isFile()) return [path];
  const names = (await readdir(path)).filter((name) => FILE.test(name)).sort();
  return names.map((name) => join(path, name));
}

function headsOf({ heads, at }: Line): { text: string; heads: Head[] } {
  const text = inflateRawSync(Buffer.from(heads, 'base64')).toString('utf8');
  const lines = text === '' ? [] : text.split('\n');
  return {
    text,
    heads: lines.map((line) => {
      const hashAt = line.lastIndexOf(':');
      const seqAt = line.lastIndexOf(':', hashAt - 1);
      const seq = BigInt(line.slice(seqAt + 1, hashAt));
      return { subject: line.slice(0, seqAt), seq, hash: line.slice(hashAt + 1), at };
    }),
  };
}

/** Returns the heads of a line that is signed and whole; tells `findings` otherwise. */
function judge(raw: string, place: string, publicKey: KeyObject, findings: Findings): Head[] {
  try {
    const line = JSON.parse(raw) as Line;
    const { at, kind, count, root, xid, prev } = line;
    const signed = Buffer.from(['l2c checkpoint 1', at, kind, count, root, xid, prev].join('\n'));
    if (!verify(null, signed, publicKey, Buffer.from(line.signature, 'hex'))) {
      findings.add(place, `the signature of ${at} is not that of the checkpoint key`);
      return [];
    }
    const { text, heads } = headsOf(line);
    if (sha256(text) !== root || heads.length !== count) {
      findings.add(place, `the heads of ${at} are not the ${count} that were signed`);
      return [];
    }
    return heads;
  } catch (error) {
    findings.add(place, `is no checkpoint: ${(error as Error).message}`); // Damage is what is looked for.
    return [];
  }
}

async function compare(db: pg.Pool, heads: readonly Head[], findings: Findings): Promise<void> {
  const { rows } = await db.query<{ n: string; missing: boolean }>(
    `select c.n::text, e.hash is null as missing
     from unnest($1::text[], $2::bigint[], $3::text[]) with ordinality c (subject, seq, hash, n)
     left join audit_entries e on e.subject = c.subject and e.seq = c.seq
     where encode(e.hash, 'hex') is distinct from c.hash order by c.n`,
    [heads.map((head) => head.subject), heads.map((head) => head.seq), heads.map((head) => head.hash)],
  );
  for (const { n, missing } of rows) {
    const head = heads[Number(n) - 1] as Head;
    const what = missing
      ? 'is gone: the tail of its chain was cut'
      : 'has another hash now: its chain was rebuilt';
    findings.add(head.subject, `entry ${head.seq}, signed at ${head.at}, ${what}`);
  }
}

interface Walk {
  readonly seen: Map<string, Head>;
  batch: Head[];
  prev: string | undefined;
  lines: number;
}

async function walk(file: string, db: pg.Pool, publicKey: KeyObject, so: Walk, findings: Findings) {
  let n = 0;
  for await (const raw of completeLines(file)) {
    const place = `${basename(file)}:${++n}`;
    const heads = judge(raw, place, publicKey, findings);
    const prev = /"prev":"([0-9a-f]{64})"/.exec(raw)?.[1];
    if (so.prev !== undefined && prev !== so.prev) {
      findings.add(place, 'does not follow the checkpoint before it');
    }
    so.prev = sha256(raw);
    so.lines++;
    for (const head of heads) {
      const before = so.seen.get(head.subject);
      if (before && before.seq === head.seq && before.hash === head.hash) continue;
      if (before && before.seq >= head.seq) {
        findings.add(head.subject, `stood at ${before.seq} at ${before.at} and at ${head.seq} at ${head.at}`);
      }
      so.seen.set(head.subject, head);
      if (so.batch.push(head) === BATCH) await compare(db, so.batch.splice(0), findings);
    }
  }
}

/** Lines of a file but for one that is still being written. */
async function* completeLines(file: string): AsyncGenerator<string> {
  const { size } = await stat(file);
  if (size === 0) return;
  let whole = 0;
  const input = createReadStream(file, { end: size - 1 });
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    whole += Buffer.byteLength(line) + 1;
    if (whole <= size) yield line;
  }
}

/**
 * Compares signed checkpoints with the audit entries of now: `path` is the folder of the checkpoints or one
 * of its files. Finds a damaged or unsigned line, a line taken out, a sequence that went back, an entry that
 * is gone and one that has another hash. It cannot see that the newest lines of the newest file were cut.
 *
 * @param fast only the newest file, which starts with all heads.
 * @param publicKey by default `checkpoint.pub` beside the files; keep a copy where it is safe from them.
 */
export async function checkCheckpoint(options: {
  readonly db: pg.Pool;
  readonly path: string;
  readonly fast?: boolean;
  readonly publicKey?: KeyObject;
}): Promise<CheckpointFindings> {
  const { db, path } = options;
  const findings = new Findings();
  const all = await filesAt(path);
  const files = options.fast ? all.slice(-1) : all;
  const [first] = files;
  if (!first)
    return { broken: [{ subject: path, detail: 'holds no checkpoint' }], brokenCount: 1, checkedRows: 0 };
  const publicKey =
    options.publicKey ?? createPublicKey(await readFile(join(dirname(first), PUBLIC_KEY), 'utf8'));
  const so: Walk = { seen: new Map(), batch: [], prev: undefined, lines: 0 };
  for (const file of files) await walk(file, db, publicKey, so, findings);
  if (so.lines === 0) findings.add(path, 'holds no checkpoint');
  if (so.batch.length > 0) await compare(db, so.batch, findings);
  return { broken: findings.broken, brokenCount: findings.count, checkedRows: so.seen.size };
}
