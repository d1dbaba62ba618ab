// What every part of the load stands on and answers: a rig of its own as users get it, and rows of a table.
import type pg from 'pg';
import { openPool } from '../../db/pool.js';
import { quantile } from '../measures/clicks.js';
import { Rig } from '../rig.js';
import { type Attempt, isAcknowledged, isShed } from './forms.js';
import type { LoadOptions, PartName } from './options.js';
import { type Moment, memoryByMinute } from './watching.js';

export interface Row {
  readonly figure: string;
  readonly measured: string;
  /** What it should be; absent for what is only shown. */
  readonly aim?: string;
  readonly isMissed?: boolean;
}

export interface PartReport {
  readonly part: PartName;
  readonly seconds: number;
  readonly rows: readonly Row[];
  /** Lost, twice, or against an invariant: any of it fails the run. */
  readonly wrongs: readonly string[];
  readonly measured: Readonly<Record<string, unknown>>;
}

export interface Stage {
  readonly rig: Rig;
  /** As the owner, without a limit on how long a question takes. */
  readonly db: pg.Pool;
  readonly options: LoadOptions;
  readonly signal: AbortSignal;
  readonly say: (detail: string) => void;
}

const MINUTE_MS = 60_000;
/** Opening, working off what is left, and verifying. */
const AROUND_MS = 30 * MINUTE_MS;

export interface Opening {
  readonly options: LoadOptions;
  readonly signal: AbortSignal;
  readonly say: (detail: string) => void;
  readonly secondsPerDay?: number;
}

/** Opens a rig for one part and closes it, whatever becomes of the part. */
export async function onStage<T>(opening: Opening, work: (stage: Stage) => Promise<T>): Promise<T> {
  const { options, signal, say, secondsPerDay } = opening;
  const rig = await Rig.open({
    seed: options.seed,
    limitMs: options.minutes * MINUTE_MS + AROUND_MS,
    durable: options.durable,
    asShipped: true,
    ...(secondsPerDay !== undefined && { secondsPerDay }),
    onProgress: say,
    signal,
  });
  const db = openPool(rig.product.ownerUrl, { max: 3, applicationName: 'l2c-load', statementTimeoutMs: 0 });
  try {
    return await work({ rig, db, options, signal, say });
  } finally {
    await db.end();
    await rig.close();
  }
}

export interface Captures {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** How requests were answered: of the acknowledged the times, of the others how many by status and code. */
export function capturesOf(attempts: readonly Attempt[]): Captures {
  const ms = attempts.filter(isAcknowledged).map((attempt) => attempt.ms);
  const refused: Record<string, number> = {};
  for (const attempt of attempts) {
    if (isAcknowledged(attempt)) continue;
    const word = attempt.status === 0 ? 'no answer' : `${attempt.status} ${attempt.code ?? ''}`.trim();
    refused[word] = (refused[word] ?? 0) + 1;
  }
  return {
    sent: attempts.length,
    acknowledged: ms.length,
    refused,
    p50: quantile(ms, 0.5),
    p99: quantile(ms, 0.99),
    longest: quantile(ms, 1),
  };
}

/** Refusals that do not say when to come back. */
export const withoutRetryAfter = (attempts: readonly Attempt[]): number =>
  attempts.filter((attempt) => isShed(attempt) && !((attempt.retryAfterS ?? 0) > 0)).length;

/** How many were shed by each of both ways; where one form sends more than its key may, both have to be met. */
export function shedRow(attempts: readonly Attempt[], isMoreThanAllowed: boolean): Row {
  const [busy = 0, tooMany = 0] = [503, 429].map(
    (status) => attempts.filter((attempt) => attempt.status === status).length,
  );
  return {
    figure: 'shed with 503, with 429',
    measured: `${busy}, ${tooMany}`,
    ...(isMoreThanAllowed && { aim: 'some of each', isMissed: busy === 0 || tooMany === 0 }),
  };
}

const msOf = (value: number): string => (Number.isFinite(value) ? `${Math.round(value)} ms` : '–');
/** Of times in ms: the middle one, the hundredth from the end, the longest. */
export const timesOf = ({ p50, p99, longest }: Times): string => [p50, p99, longest].map(msOf).join(', ');
type Times = Readonly<Record<'p50' | 'p99' | 'longest', number>>;

/** How many clicks there were, that none failed, and what people waited for them. */
export const clickRows = (
  clicked: Times & { readonly clicks: number; readonly failed: number },
  beside = '',
): Row[] => [
  {
    figure: 'clicks, failed',
    aim: 'none failed',
    measured: `${clicked.clicks}, ${clicked.failed}`,
    isMissed: clicked.failed > 0,
  },
  { figure: `click p50, p99, longest${beside}`, measured: timesOf(clicked) },
];

export const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word}: ${count}`)
    .join(', ') || '0';

/** What the processes spent between two readings, by lead, clicks included; others on the machine do not show in it. */
export function cpuRow(before: Spent, after: Spent, leads: number): Row {
  const spent = Object.entries(after).map(
    ([name, ms]) => [name, (ms - (before[name] ?? 0)) / leads] as const,
  );
  const each = spent.map(([name, ms]) => `${name} ${ms.toFixed(1)}`).join(', ');
  const all = spent.reduce((sum, [, ms]) => sum + ms, 0);
  return { figure: 'CPU a captured lead, clicks included', measured: `${all.toFixed(1)} ms: ${each}` };
}

type Spent = Readonly<Record<string, number>>;

/** Memory is level when the caches are full; from the third minute on they are, at the load of the design. */
const SETTLED_MINUTE = 3;
const LEVEL = 1.15;

/** Of worker and API the last whole minute against the third, each at its largest. */
export function levelRows(moments: readonly Moment[], minutes: number): Row[] {
  const byMinute = memoryByMinute(moments);
  return ['worker', 'api'].map((name): Row => {
    const figure = `MiB of ${name}, last minute against minute ${SETTLED_MINUTE}`;
    const aim = `≤ × ${LEVEL}`;
    const [settled, last] = [SETTLED_MINUTE, Math.floor(minutes)].map((nth) => byMinute[name]?.[nth - 1]);
    if (minutes < SETTLED_MINUTE + 1 || settled === undefined || last === undefined) {
      return { figure, aim, measured: `shorter than ${SETTLED_MINUTE + 1} minutes` };
    }
    const growth = last / settled;
    return { figure, aim, measured: `× ${growth.toFixed(2)}: ${settled}, ${last}`, isMissed: growth > LEVEL };
  });
}

/** Largest memory by minute, a row for each process. */
export const memoryRows = (moments: readonly Moment[]): Row[] =>
  Object.entries(memoryByMinute(moments)).map(([name, mib]) => ({
    figure: `MiB of ${name}, by minute`,
    measured: mib.join(' '),
  }));
