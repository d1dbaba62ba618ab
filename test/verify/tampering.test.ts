// Whoever owns the database can write the audit log as he likes, and whoever owns the folder of the checkpoints can
// write those. A thousand tamperings, drawn from a seed: each is found. One transaction each, rolled back.
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { verify } from '../../cli/verify/verify.js';
import { checkpointKey, writeCheckpoint } from '../../worker/checkpoint.js';
import { sampled } from '../support/sampled.js';
import { closeBooks, engineWith, openBooks, withBooks } from '../support/withBooks.js';

const SEED = 20_261_122;
const RUNS = process.env.L2C_LONG === '1' ? 1_000 : 100;

beforeAll(openBooks);
afterAll(closeBooks);

interface Entry {
  subject: string;
  seq: number;
  key: string;
  action: string;
  entry: string;
  hash: Buffer;
  recorded_at: Date;
}

interface Log {
  readonly client: pg.PoolClient;
  readonly entries: readonly Entry[];
  /** The entry the tampering is about, another one, and a number to choose by. */
  readonly one: Entry;
  readonly other: Entry;
  readonly n: number;
  /** A copy of the checkpoints that may be spoilt. */
  readonly dir: string;
}

const lastOf = ({ entries, one }: Log): Entry =>
  entries.filter(({ subject }) => subject === one.subject).at(-1) as Entry;

const put = (client: pg.PoolClient, { subject, seq, key, action, entry, hash, recorded_at }: Entry) =>
  client.query('insert into audit_entries values ($1, $2, $3, $4, $5, $6, $7)', [
    subject,
    seq,
    key,
    action,
    entry,
    hash,
    recorded_at,
  ]);
const take = (client: pg.PoolClient, { subject, seq }: Entry) =>
  client.query('delete from audit_entries where subject = $1 and seq = $2', [subject, seq]);
const set = ({ client, one }: Log, column: string, value: unknown) =>
  client.query(`update audit_entries set ${column} = $3 where subject = $1 and seq = $2`, [
    one.subject,
    one.seq,
    value,
  ]);

/** Writes a chain anew from its first entry, with hashes that fit, and its head. */
async function rebuild({ client, one: { subject } }: Log): Promise<void> {
  const { rows } = await client.query<Entry>('select * from audit_entries where subject = $1 order by seq', [
    subject,
  ]);
  let hash = Buffer.alloc(32);
  let seq = 0;
  for (const row of rows) {
    await take(client, row);
    hash = createHash('sha256').update(hash).update(row.entry).digest();
    await put(client, { ...row, seq: ++seq, hash });
  }
  await client.query('update audit_heads set seq = $2, hash = $3 where subject = $1', [subject, seq, hash]);
}

const edited = ({ entry }: Entry, n: number): string =>
  JSON.stringify({ ...JSON.parse(entry), at: new Date(1_700_000_000_000 + n * 1000).toISOString() });

const checkpointFile = (dir: string): string =>
  join(
    dir,
    readdirSync(dir)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()[0] as string,
  );
const spoil = (dir: string, change: (lines: string[]) => string[]): void => {
  const lines = readFileSync(checkpointFile(dir), 'utf8').trimEnd().split('\n');
  writeFileSync(checkpointFile(dir), `${change(lines).join('\n')}\n`);
};

/** Signs the checkpoints anew with a key of one's own and puts its public half beside them. */
function signAnew(dir: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  let prev = '0'.repeat(64);
  spoil(dir, (lines) =>
    lines.map((raw) => {
      const { heads, signature: _, ...rest } = JSON.parse(raw) as Record<string, unknown>;
      const signed = { ...rest, prev };
      const signature = sign(
        null,
        Buffer.from(['l2c checkpoint 1', ...Object.values(signed)].join('\n')),
        privateKey,
      );
      const line = JSON.stringify({ ...signed, heads, signature: signature.toString('hex') });
      prev = createHash('sha256').update(line).digest('hex');
      return line;
    }),
  );
  writeFileSync(join(dir, 'checkpoint.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}

const HOUR_MS = 3_600_000;

/** Every way to tamper; one that would leave all as it was does something else of its kind. */
const TAMPERINGS: Readonly<Record<string, (log: Log) => Promise<unknown> | void>> = {
  'a text edited': (log) => set(log, 'entry', edited(log.one, log.n)),
  'a text that is no JSON any more': (log) => set(log, 'entry', log.one.entry.slice(0, -1)),
  'a blank more in a text': (log) => set(log, 'entry', `${log.one.entry} `),
  'a key edited': (log) => set(log, 'key', `${log.one.key}x`),
  'an action edited': (log) => set(log, 'action', `${log.one.action}d`),
  'a bit of a hash flipped': (log) => {
    const hash = Buffer.from(log.one.hash);
    hash[log.n % 32] = (hash[log.n % 32] as number) ^ (1 << (log.n % 8));
    return set(log, 'hash', hash);
  },
  // The first of a chain has nothing before it that would contradict an earlier stamp.
  'an entry moved to another instant': (log) => {
    const days = (log.n % 2 || log.one.seq === 1 ? 1 : -1) * (2 + (log.n % 50));
    return set(log, 'recorded_at', new Date(log.one.recorded_at.getTime() + days * 24 * HOUR_MS));
  },
  'an entry under another subject': async (log) => {
    await take(log.client, log.one);
    await put(log.client, { ...log.one, subject: 'lead_nobody' });
  },
  'an entry renumbered': (log) => set(log, 'seq', 1_000 + log.n),
  'an entry deleted': (log) => take(log.client, log.one),
  'an entry deleted and the gap closed': async (log) => {
    await take(log.client, log.one);
    await rebuild(log);
  },
  'a chain deleted': async ({ client, one }) => {
    await client.query('delete from audit_entries where subject = $1', [one.subject]);
    await client.query('delete from audit_heads where subject = $1', [one.subject]);
  },
  'a tail cut': async (log) => {
    await log.client.query('delete from audit_entries where subject = $1 and seq >= $2', [
      log.one.subject,
      log.one.seq,
    ]);
    await rebuild(log);
  },
  'two entries of a chain in another order': async (log) => {
    const last = lastOf(log);
    const first =
      log.one.seq === last.seq ? log.entries.find(({ subject }) => subject === last.subject) : log.one;
    await exchange(log.client, first as Entry, last);
  },
  'two entries of a chain in another order, rebuilt': async (log) => {
    const last = lastOf(log);
    const first =
      log.one.seq === last.seq ? log.entries.find(({ subject }) => subject === last.subject) : log.one;
    await exchange(log.client, first as Entry, last);
    await rebuild(log);
  },
  'entries swapped between subjects': (log) => exchange(log.client, log.one, log.other),
  'entries swapped between subjects, both rebuilt': async (log) => {
    await exchange(log.client, log.one, log.other);
    await rebuild(log);
    await rebuild({ ...log, one: log.other });
  },
  'a chain rebuilt from an edit on': async (log) => {
    await set(log, 'entry', edited(log.one, log.n));
    await rebuild(log);
  },
  'an entry put in between, rebuilt': async (log) => {
    const after = log.entries.filter(({ subject, seq }) => subject === log.one.subject && seq > log.one.seq);
    for (const entry of after.reverse()) {
      await take(log.client, entry);
      await put(log.client, { ...entry, seq: entry.seq + 1 });
    }
    const key = `${log.one.key}/once-more`;
    const entry = JSON.stringify({ ...JSON.parse(log.one.entry), key });
    await put(log.client, { ...log.one, seq: log.one.seq + 1, key, entry });
    await rebuild(log);
  },
  'a head set back': ({ client, one }) =>
    client.query('update audit_heads set seq = seq - 1 where subject = $1', [one.subject]),
  'a head with another hash': ({ client, one }) =>
    client.query(`update audit_heads set hash = sha256(hash) where subject = $1`, [one.subject]),
  'a head deleted': ({ client, one }) =>
    client.query('delete from audit_heads where subject = $1', [one.subject]),
  'a checkpoint edited': ({ dir, n }) =>
    spoil(dir, (lines) => {
      const at = n % lines.length;
      const line = lines[at] as string;
      const place = 1 + (n % (line.length - 2));
      const instead = line[place] === 'a' ? 'b' : 'a';
      return lines.with(at, line.slice(0, place) + instead + line.slice(place + 1));
    }),
  'a checkpoint taken out': ({ dir }) => spoil(dir, (lines) => lines.toSpliced(1, 1)),
  'the checkpoints in another order': ({ dir }) => spoil(dir, ([a, b, c]) => [a, c, b] as string[]),
  'the checkpoints removed': ({ dir }) => rmSync(checkpointFile(dir)),
  'the checkpoints signed with another key': ({ dir }) => signAnew(dir),
  'a chain rebuilt and the checkpoints signed with another key': async (log) => {
    await set(log, 'entry', edited(log.one, log.n));
    await rebuild(log);
    signAnew(log.dir);
  },
};

/** Each takes the other's place, with all it says. */
async function exchange(client: pg.PoolClient, a: Entry, b: Entry): Promise<void> {
  await take(client, a);
  await take(client, b);
  await put(client, { ...a, subject: b.subject, seq: b.seq });
  await put(client, { ...b, subject: a.subject, seq: a.seq });
}

/** A pool whose every statement runs on one connection, within the transaction that is open there. */
const within = (client: pg.PoolClient): pg.Pool =>
  ({
    query: (...args: Parameters<pg.PoolClient['query']>) => client.query(...args),
    connect: async () => ({
      query: (text: string, values?: unknown[]) =>
        /^(begin|rollback$)/.test(text) ? Promise.resolve({ rows: [] }) : client.query(text, values),
      release: () => undefined,
    }),
  }) as unknown as pg.Pool;

async function found(client: pg.PoolClient, dir: string, publicKey: KeyObject): Promise<string[]> {
  const results = await verify({
    db: within(client),
    engine: engineWith(),
    checkpoints: dir,
    checkpointKey: publicKey,
  });
  return results.filter(({ ok }) => !ok).map(({ invariant }) => invariant);
}

test(`${RUNS} tamperings of the audit log, seed ${SEED}: every one is found`, async () => {
  sampled(`tamperings of the audit log: ${RUNS} of seed ${SEED}`);
  const state = mkdtempSync(join(tmpdir(), 'l2c-tampering-'));
  const dir = join(state, 'checkpoints');
  try {
    await withBooks('select 1', async (db) => {
      const key = await checkpointKey(state);
      const publicKey = createPublicKey(key as never);
      const note = `update audit_heads set hash = hash where subject = 'lead_won'`;
      for (let n = 0; n < 3; n++) {
        await writeCheckpoint({ db, dir, key });
        await db.query(note);
      }
      const kept = new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]));
      expect(readFileSync(checkpointFile(dir), 'utf8').trimEnd().split('\n').length).toBeGreaterThanOrEqual(
        3,
      );
      const entries = (await db.query<Entry>('select * from audit_entries order by subject, seq')).rows.map(
        (row) => ({
          ...row,
          seq: Number(row.seq),
        }),
      );
      const client = await db.connect();
      const unspoilt = async (): Promise<string[]> => {
        await client.query('begin');
        const broken = await found(client, dir, publicKey);
        await client.query('rollback');
        return broken;
      };
      try {
        expect(await unspoilt()).toEqual([]);
        const many = entries.filter(({ subject }) => entries.filter((e) => e.subject === subject).length > 1);
        const names = Object.keys(TAMPERINGS);
        let tried = 0;
        await fc.assert(
          fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(), async (first, second, n) => {
            const name = names[tried++ % names.length] as string;
            const one = many[first % many.length] as Entry;
            const others = entries.filter(({ subject }) => subject !== one.subject);
            const other = others[second % others.length] as Entry;
            await client.query('begin');
            try {
              await TAMPERINGS[name]?.({ client, entries, one, other, n, dir });
              expect([name, one.subject, one.seq, await found(client, dir, publicKey)]).toEqual([
                name,
                one.subject,
                one.seq,
                expect.arrayContaining(['I5']),
              ]);
            } finally {
              await client.query('rollback');
              for (const [file, bytes] of kept) writeFileSync(join(dir, file), bytes);
            }
          }),
          { seed: SEED, numRuns: RUNS, endOnFailure: true },
        );
        expect(tried).toBeGreaterThanOrEqual(names.length);
        expect(await unspoilt()).toEqual([]); // What was found was the tampering.
      } finally {
        client.release(true); // Whatever state its transaction is in: the pool waits for it.
      }
    });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}, 600_000);
