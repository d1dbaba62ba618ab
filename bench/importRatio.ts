// How much an import costs above the bare COPY of the rows it writes: the same rows, the same tables, the same
// indexes, both from empty tables, alternating. The rows of the control are taken from what the import wrote.
import pg from 'pg';
import { to } from 'pg-copy-streams';
import { importLeads } from '../activities/intake/imports.js';
import type { LeadMapping } from '../contracts/imports.js';
import { copyInto } from '../db/copy.js';
import { newId } from '../db/ids.js';
import { type Db, openPool, type Tx } from '../db/pool.js';

/** The tables a captured lead stands in, what is referred to first. */
const TABLES = ['contacts', 'leads', 'waits', 'touches', 'audit_heads', 'audit_entries', 'messages'] as const;

export interface ImportRatio {
  readonly leads: number;
  readonly rounds: readonly { readonly importMs: number; readonly copyMs: number; readonly ratio: number }[];
  /** Median of COPY's time ÷ the import's time: 1 is as fast as COPY. */
  readonly ratio: number;
}

/**
 * Measures on a database of its own, migrated, in which `actorId` is a person and a clock segment stands. `ownerUrl`
 * may truncate, `appUrl` is the application's. Both sides commit the same rows; times are wall time.
 */
export async function importRatio(settings: {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly actorId: string;
  readonly leads: number;
  readonly rounds: number;
}): Promise<ImportRatio> {
  const owner = new pg.Client(settings.ownerUrl);
  await owner.connect();
  const db = openPool(settings.appUrl, { max: 4, applicationName: 'l2c-bench', statementTimeoutMs: 600_000 });
  try {
    const csv = generatedLeads(settings.leads);
    const rounds: { importMs: number; copyMs: number; ratio: number }[] = [];
    await emptied(owner);
    await imported(db, settings.actorId, csv); // Warms both, and makes the rows of the control.
    const rows = await copiedOut(owner);
    for (let round = 0; round < settings.rounds; round++) {
      const copyFirst = round % 2 === 1;
      const once = copyFirst ? await timed(() => copied(db, rows), owner) : undefined;
      const importMs = await timed(() => imported(db, settings.actorId, csv), owner);
      const copyMs = once ?? (await timed(() => copied(db, rows), owner));
      rounds.push({ importMs, copyMs, ratio: copyMs / importMs });
    }
    const sorted = rounds.map(({ ratio }) => ratio).sort((a, b) => a - b);
    return { leads: settings.leads, rounds, ratio: sorted[Math.floor(sorted.length / 2)] ?? 0 };
  } finally {
    await db.end();
    await owner.end();
  }
}

async function timed(work: () => Promise<unknown>, owner: pg.Client): Promise<number> {
  await emptied(owner);
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function emptied(owner: pg.Client): Promise<void> {
  await owner.query(`truncate imports, import_errors, ${TABLES.join(', ')} cascade`);
  await owner.query('checkpoint').catch(() => undefined); // Only a superuser may; without it both sides suffer alike.
}

async function imported(db: Db, actorId: string, csv: readonly string[]): Promise<void> {
  const mapping = MAPPING;
  const rows = (async function* () {
    yield* csv;
  })();
  const importId = newId('import');
  await importLeads({ db, actorId, importId, rows, mapping, dryRun: false, nowMs: Date.now() });
}

async function copied(db: Db, rows: ReadonlyMap<string, string>): Promise<void> {
  const tx: Tx = await db.connect();
  try {
    await tx.query('begin');
    for (const [table, text] of rows) await copyInto(tx, table, text);
    await tx.query('commit');
  } finally {
    tx.release();
  }
}

async function copiedOut(owner: pg.Client): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const table of TABLES) {
    const pieces: Buffer[] = [];
    for await (const piece of owner.query(to(`copy ${table} to stdout`))) pieces.push(piece as Buffer);
    texts.set(table, Buffer.concat(pieces).toString('utf8'));
  }
  return texts;
}

const MAPPING: LeadMapping = {
  channel: { column: 'origin', values: { social: 'social', 'paid search': 'advertising' }, default: 'other' },
  externalId: { column: 'id' },
  occurredAt: { column: 'on', format: 'date' },
  landingPage: { column: 'page' },
  contact: { email: { column: 'email' }, company: { column: 'company' } },
};

/** Two leads of three leave an address, as a web form's list would; in pieces of about 64 KB. */
function generatedLeads(leads: number): string[] {
  const pieces: string[] = [];
  let piece = 'id,on,page,origin,email,company\n';
  const origins = ['social', 'paid search', 'organic search', ''];
  for (let i = 0; i < leads; i++) {
    const contact = i % 3 === 0 ? ',' : `person${i}@company${i % 5000}.example,Company ${i % 5000}`;
    const day = String((i % 28) + 1).padStart(2, '0');
    piece += `bench-${i},2018-01-${day},landing-${i % 400},${origins[i % 4]},${contact}\n`;
    if (piece.length < 65_536) continue;
    pieces.push(piece);
    piece = '';
  }
  pieces.push(piece);
  return pieces;
}
