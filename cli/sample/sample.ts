// What a start does about the sample company: nothing where there is a company already, all of it on an empty
// database, the rest of it after a start that was killed.
import { addSegment, ensureClock, REAL_SPEED, segmentInForce } from '../../activities/intake/clock.js';
import { ensureAdminKey, firstKey } from '../../activities/intake/firstBoot.js';
import type { Config } from '../../config.js';
import type { Db } from '../../db/pool.js';
import { callerFor } from '../http.js';
import { type OnEvent, runStep } from '../progress.js';
import type { Product } from '../serve.js';
import type { Language } from '../words.js';
import { SAMPLE_SEED } from './chance.js';
import { loadCompany } from './company.js';
import { readSample, type SampleKey, type SampleState, writeSample } from './file.js';
import { PLAYED_DAYS, playSample, resumeClock } from './play.js';

const DAY_MS = 86_400_000;

/**
 * Sets the clock of a start: on an empty database the business begins a quarter ago, a play that was cut off
 * goes on where it stood, and everything else lives in the present. Answers whether open leads have to look.
 */
export async function clockForStart(db: Db, config: Config, isSampleUnwanted: boolean): Promise<boolean> {
  const nowMs = Date.now();
  if (!isSampleUnwanted) {
    if (await isEmpty(db)) {
      if ((await segmentInForce(db)) === undefined) {
        await addSegment(db, { nowMs, secondsPerDay: REAL_SPEED, anchorMs: nowMs - PLAYED_DAYS * DAY_MS });
      }
      return false;
    }
    const sample = await sampleOf(db, config.stateDir);
    if (sample?.phase === 'company') return false;
    if (sample?.phase === 'playing') {
      await resumeClock(db, nowMs);
      return true;
    }
  }
  return ensureClock(db, config.clockSecondsPerDay, nowMs);
}

export interface SampleOptions {
  readonly config: Config;
  readonly onEvent: OnEvent;
  readonly signal: AbortSignal;
  readonly empty: boolean;
  readonly json: boolean;
  readonly language: Language;
}

export interface Shown {
  readonly adminKey: string | null;
  readonly keys: readonly SampleKey[];
}

/** Brings the sample to its end where it is wanted, and answers the keys to show. */
export async function sampleOrNothing(product: Product, options: SampleOptions): Promise<Shown> {
  const { db } = product;
  const { stateDir } = options.config;
  const at = new Date(product.api?.clock.now() ?? Date.now());
  const known = await sampleOf(db, stateDir);
  if (options.empty) {
    const first = known ? null : await ensureAdminKey(db, at);
    return { adminKey: first?.token ?? null, keys: known?.keys ?? [] };
  }
  const state = known ?? (await begun(db, stateDir, at));
  if (state === undefined) return { adminKey: null, keys: [] };
  if (state.phase === 'complete') return { adminKey: null, keys: state.keys };
  return complete(product, options, state);
}

/** A new sample on an empty database; undefined where somebody works already. */
async function begun(db: Db, stateDir: string, at: Date): Promise<SampleState | undefined> {
  const admin = await firstKey(db, at);
  if (admin === null) return undefined;
  const state: SampleState = {
    adminId: admin.personId,
    adminKey: admin.token,
    seed: SAMPLE_SEED,
    phase: 'company',
    beganAtMs: null,
    keys: [],
  };
  writeSample(stateDir, state);
  return state;
}

async function complete(product: Product, options: SampleOptions, begun: SampleState): Promise<Shown> {
  const { stateDir } = options.config;
  let state = begun;
  const keep = (change: Partial<SampleState>): void => {
    state = { ...state, ...change };
    writeSample(stateDir, state);
  };
  const baseUrl = product.api?.url ?? '';
  const { adminKey, seed } = state;
  if (adminKey === null) throw new RangeError(`${stateDir}/sample.json lost its key before it was complete`);
  if (state.phase === 'company') {
    const admin = callerFor(baseUrl, adminKey, options.signal);
    await runStep(
      options.onEvent,
      'sample',
      'making the sample company',
      async () => {
        const onKey = (keys: readonly SampleKey[]): void => keep({ keys: [...keys] });
        const { keys } = await loadCompany({ baseUrl, admin, seed, known: state.keys, onKey });
        keep({ keys, phase: 'playing' });
      },
      () => `Oficina Norte S.L.: ${state.keys.length} people, prices in euros and dollars, every policy`,
    );
  }
  await playSample(product, { ...options, state, onBegan: (beganAtMs) => keep({ beganAtMs }) });
  if (options.signal.aborted) return { adminKey: null, keys: [] };
  keep({ phase: 'complete', adminKey: null });
  return { adminKey, keys: state.keys };
}

/** The sample of this database, if the state folder remembers one of it. */
async function sampleOf(db: Db, stateDir: string): Promise<SampleState | undefined> {
  const state = await readSample(stateDir);
  if (state === undefined) return undefined;
  const { rowCount } = await db.query('select from people where id = $1', [state.adminId]);
  return rowCount === 1 ? state : undefined;
}

/** Nothing but the admin of a first boot. */
async function isEmpty(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ empty: boolean }>(
    `select (select count(*) from people where not system) <= 1 and not exists (select from legal_entities)
       and not exists (select from leads) as empty`,
  );
  return rows[0]?.empty === true;
}
