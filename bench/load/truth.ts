// What was said against what is there: every acknowledged lead is in the database exactly once and was taken by its
// workflow exactly once, nothing refused is there, and nothing is there that nobody sent.
import type pg from 'pg';
import { openLeadEngine } from '../../cli/leadEngine.js';
import type { InvariantResult } from '../../cli/verify/types.js';
import { verify } from '../../cli/verify/verify.js';
import { benchConfig } from '../children/settings.js';
import type { Rig } from '../rig.js';
import { type Attempt, isAcknowledged, isShed } from './forms.js';

export interface Truth {
  /** Leads at least one of whose requests was acknowledged. */
  readonly acknowledged: number;
  /** Leads all of whose requests were refused with 429 or 503. */
  readonly refused: number;
  /** Leads of which nothing is known: a request had no answer, and none was acknowledged. */
  readonly unknown: number;
  readonly stored: number;
  readonly lost: number;
  readonly twice: number;
  /** All that is not as it should be, a sentence each. */
  readonly wrongs: readonly string[];
}

interface Row {
  readonly id: string;
  readonly key: string;
  readonly messages: number;
  readonly captured: number;
  readonly scored: number;
  readonly touches: number;
}

const ONCE = ['messages', 'captured', 'scored', 'touches'] as const;

/** Compares the captures of forms called `name` with the database, when everything told is answered. */
export async function truthOf(db: pg.Pool, name: string, attempts: readonly Attempt[]): Promise<Truth> {
  const { rows } = await db.query<Row>(
    `select l.id, l.external_id as key,
        (select count(*)::int from messages m where m.lead_id = l.id and m.name = 'leadCaptured') as messages,
        (select count(*)::int from audit_entries a where a.subject = l.id and a.action = 'captureLead') as captured,
        (select count(*)::int from audit_entries a where a.subject = l.id and a.action = 'scoreLead') as scored,
        (select count(*)::int from touches t where t.lead_id = l.id) as touches
      from leads l where starts_with(l.external_id, $1)`,
    [`${name}-`],
  );
  const there = new Map(rows.map((row) => [row.key, row]));
  const byKey = new Map<string, Attempt[]>();
  for (const attempt of attempts) byKey.set(attempt.key, [...(byKey.get(attempt.key) ?? []), attempt]);
  const counts = { acknowledged: 0, refused: 0, unknown: 0, stored: rows.length, lost: 0, twice: 0 };
  const wrongs: string[] = [];
  for (const [key, tries] of byKey) {
    const row = there.get(key);
    const ids = new Set(tries.filter(isAcknowledged).map(({ leadId }) => leadId));
    for (const { status, code } of tries.filter((one) => !isAcknowledged(one) && !isShed(one))) {
      if (status !== 0) wrongs.push(`${key} was answered ${status} ${code ?? ''}`);
    }
    if (ids.size > 0) counts.acknowledged++;
    else if (tries.every(isShed)) counts.refused++;
    else counts.unknown++;
    if (row === undefined) {
      if (ids.size === 0) continue;
      counts.lost++;
      wrongs.push(`${key} was acknowledged and is lost`);
      continue;
    }
    if (ids.size === 0 && tries.every(isShed)) wrongs.push(`${key} was refused and is there as ${row.id}`);
    for (const id of ids) if (id !== row.id) wrongs.push(`${key} was acknowledged as ${id} and is ${row.id}`);
    const odd = ONCE.filter((what) => row[what] !== 1);
    if (odd.some((what) => row[what] > 1)) counts.twice++;
    if (odd.length > 0)
      wrongs.push(`${row.id}: ${odd.map((what) => `${what} ${row[what]} times`).join(', ')}`);
  }
  for (const { key, id } of rows) if (!byKey.has(key)) wrongs.push(`${id} (${key}) is nobody's`);
  return { ...counts, wrongs };
}

/** The twelve invariants, workflows among them: every open lead has exactly one. Answers offenders, a sentence each. */
export async function offences(rig: Rig, db: pg.Pool): Promise<string[]> {
  const { taskQueue } = benchConfig({ stateDir: rig.stateDir }).temporal;
  const { temporalConnection: connection, namespace } = rig.stack;
  const engine = openLeadEngine({ connection, namespace, taskQueue, payloadKeys: [] });
  try {
    // What the engine's list and the rows say alike is not asked for lead by lead.
    const results = await verify({ db, engine, quietMs: 0, fast: true });
    return results.filter(({ ok }) => !ok).flatMap(sentences);
  } finally {
    await engine.close();
  }
}

const sentences = ({ invariant, broken, brokenCount }: InvariantResult): string[] => [
  ...broken.map(({ subject, detail }) => `${invariant} ${subject}: ${detail}`),
  ...(brokenCount > broken.length ? [`${invariant}: ${brokenCount} in all`] : []),
];
