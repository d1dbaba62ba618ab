// `npm run chaos`: golden deals by several people while workers, APIs, engine and database are killed at random and
// a worker is frozen past its time-outs. In the end every deal stands where it should, and the books are clean.
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import { openLeadEngine } from '../../cli/leadEngine.js';
import { chanceOf } from '../../cli/sample/chance.js';
import type { InvariantResult } from '../../cli/verify/types.js';
import { verify } from '../../cli/verify/verify.js';
import { openPool } from '../../db/pool.js';
import { benchConfig } from '../children/settings.js';
import { crewAt } from '../golden.js';
import { Rig } from '../rig.js';
import { type Deal, live, wrongs } from './deals.js';
import { Keeper } from './keepers.js';
import { type Cast, type Killed, killing, VICTIMS } from './kills.js';

interface Options {
  readonly minutes: string;
  readonly seed?: string;
  readonly rate: string;
}

const MINUTE_MS = 60_000;
const PROGRESS_MS = 15_000;
const USERS = 4;
/** Between two deals of a person. */
const BREATH_MS = 250;
/** After the last kill: a click waits for its answer so long at most, and a workflow task once more for its worker. */
const SETTLE_MS = 240_000;
const QUIET_MS = 60_000;
/** Of all deals: whoever gave up waiting found a product that stood still, however clean its books are. */
const MOST_GIVEN_UP = 0.02;

function chaosCommand(): Command {
  return new Command('chaos')
    .description('Golden deals under load while the processes of the product are killed at random')
    .option('--minutes <number>', 'how long people work and processes die', '60')
    .option('--rate <number>', 'kills an hour', '200')
    .option('--seed <number>', 'of everything that is drawn; default: the time');
}

/** Runs the chaos; answers the exit code: 0 when nothing was lost, nothing done twice and the books are clean. */
export async function chaos(argv: readonly string[]): Promise<number> {
  const command = chaosCommand().exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const { minutes, seed: given, rate } = command.opts<Options>();
  const seed = Number(given ?? Date.now() % 1_000_000_000);
  const numbers = [Number(minutes), Number(rate), seed];
  if (numbers.some((number) => !Number.isFinite(number) || number <= 0)) {
    process.stderr.write(`minutes ${minutes}, rate ${rate} and seed ${given} must be numbers above 0\n`);
    return 2;
  }
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error('the chaos was stopped'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdout.write(`seed ${seed}, ${minutes} minutes, ${rate} kills an hour\n`);
  return ran({ seed, forMs: Number(minutes) * MINUTE_MS, perHour: Number(rate), signal: stopping.signal });
}

interface Run {
  readonly seed: number;
  readonly forMs: number;
  readonly perHour: number;
  readonly signal: AbortSignal;
}

async function ran({ seed, forMs, perHour, signal }: Run): Promise<number> {
  const began = performance.now();
  const say = (detail: string): void => {
    process.stdout.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${detail}\n`);
  };
  const limitMs = forMs + SETTLE_MS + 10 * MINUTE_MS;
  const rig = await Rig.open({ seed, limitMs, durable: true, onProgress: say, signal });
  const keepers: Keeper[] = [];
  try {
    // Its own API and worker come back on other ports than they had; ours keep theirs.
    await rig.worker.stop();
    await rig.api.stop();
    const kept = [Keeper.api(rig, 'api 1'), Keeper.api(rig, 'api 2')];
    kept.push(Keeper.worker(rig, 'worker 1'), Keeper.worker(rig, 'worker 2'));
    const opened = await Promise.all(kept);
    const cast: Cast = { rig, apis: opened.slice(0, 2), workers: opened.slice(2) };
    keepers.push(...opened);
    const deals = await disturbed(cast, { seed, forMs, perHour, signal }, say);
    if (signal.aborted) return 130;
    return await proven(rig, deals, say);
  } finally {
    for (const keeper of keepers) keeper.stop();
    await rig.close();
  }
}

/** People at work while processes die; resolves when the last of them has an answer or has given up. */
async function disturbed(
  cast: Cast,
  { seed, forMs, perHour, signal }: Run,
  say: (detail: string) => void,
): Promise<Deal[]> {
  const deals: Deal[] = [];
  const killed = Object.fromEntries(VICTIMS.map((victim) => [victim, 0])) as Killed;
  const over = new AbortController();
  const ends = AbortSignal.any([over.signal, signal]);
  const told = (): void => {
    const open = deals.filter(({ acknowledged, failed }) => acknowledged !== 'payment' && !failed).length;
    const failed = deals.filter((deal) => deal.failed).length;
    const kills = VICTIMS.map((victim) => `${victim} ${killed[victim]}`).join(', ');
    say(`${deals.length} deals, ${open} under way, ${failed} given up; killed: ${kills}`);
  };
  const progress = setInterval(told, PROGRESS_MS);
  const end = setTimeout(() => over.abort(), forMs);
  try {
    const people = Array.from({ length: USERS }, async (_, person) => {
      for (let nth = person; !ends.aborted; nth++) {
        const { url } = cast.apis[nth % cast.apis.length] as Keeper;
        await live(cast.rig.lead(crewAt(url, cast.rig.keys)), deals);
        await sleep(BREATH_MS);
      }
    });
    await killing(cast, chanceOf(seed).fork('kills'), perHour, killed, ends);
    const late = sleep(SETTLE_MS, 'late' as const, { ref: false });
    const all = await Promise.race([Promise.all(people), late]);
    if (all === 'late') say(`somebody still waits ${SETTLE_MS / 1_000} s after the last kill`);
    told();
    for (const { lead, failed } of deals)
      if (failed) say(`lead ${lead.tag}: gave up ${failed.call}: ${failed.why}`);
    return deals;
  } finally {
    clearTimeout(end);
    clearInterval(progress);
  }
}

async function proven(rig: Rig, deals: readonly Deal[], say: (detail: string) => void): Promise<number> {
  const db = openPool(rig.product.ownerUrl, { max: 2, applicationName: 'l2c-chaos', statementTimeoutMs: 0 });
  const { taskQueue } = benchConfig({ stateDir: rig.stateDir }).temporal;
  const { temporalConnection: connection, namespace } = rig.stack;
  const engine = openLeadEngine({ connection, namespace, taskQueue, payloadKeys: [] });
  try {
    let wrong: string[] = [];
    let broken: InvariantResult[] = [];
    // What was told in the last moment may be under way: asked again until it is well, or long enough.
    for (const until = Date.now() + QUIET_MS; ; await sleep(1_000)) {
      wrong = await wrongs(db, deals);
      broken = (await verify({ db, engine, quietMs: 0 })).filter(({ ok }) => !ok);
      if ((wrong.length === 0 && broken.length === 0) || Date.now() > until) break;
    }
    for (const what of wrong) say(`wrong: ${what}`);
    for (const { invariant, broken: by } of broken)
      for (const { subject, detail } of by) say(`${invariant} ${subject}: ${detail}`);
    const won = deals.filter(({ acknowledged, failed }) => acknowledged === 'payment' && !failed).length;
    const isClean = wrong.length + broken.length === 0;
    const isQuick = deals.length - won <= deals.length * MOST_GIVEN_UP;
    const books = isClean ? 'nothing lost, nothing twice, the books are clean' : 'not well';
    const pace = isQuick ? '' : `, but more than ${MOST_GIVEN_UP * 100} % were given up`;
    say(`${deals.length} deals, ${won} won, ${deals.length - won} waiting: ${books}${pace}`);
    return isClean && isQuick ? 0 : 1;
  } finally {
    await engine.close();
    await db.end();
  }
}
