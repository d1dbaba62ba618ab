// Ten times the rate for a minute while people click: what is too much is refused with 429 or 503 and a time to come
// back at, nothing refused is there, nothing acknowledged is lost, and what was refused is taken afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { callerFor } from '../../cli/http.js';
import { wrongs as wrongDeals } from '../chaos/deals.js';
import { benchConfig } from '../children/settings.js';
import type { Rig } from '../rig.js';
import { People } from './clicking.js';
import { type Attempt, Forms, isAcknowledged, isShed } from './forms.js';
import {
  capturesOf,
  clickRows,
  counted,
  cpuRow,
  memoryRows,
  type PartReport,
  type Row,
  type Stage,
  shedRow,
  timesOf,
  withoutRetryAfter,
} from './part.js';
import { offences, truthOf } from './truth.js';
import { untilAnswered, Watch } from './watching.js';

const MINUTE_MS = 60_000;
const TIMES = 10;
const PATIENCE_MS = 600_000;
/** Web forms with a key each, beside the one three leads of four come through: more of them than its key may send. */
const OTHER_FORMS = 3;
const BUSY_SHARE = 0.75;
const AGAIN_ROUNDS = 20;
const AGAIN_AT_ONCE = 8;

export async function burst({ rig, db, options, signal, say }: Stage): Promise<PartReport> {
  const began = performance.now();
  const { minutes, rate, clicks, seed } = options;
  const forMs = Math.min(1, minutes) * MINUTE_MS;
  const people = new People(seed);
  await people.open(rig, People.needed(clicks, forMs));
  const forms = new Forms({ url: rig.apiUrl, tokens: await tokensOf(rig), seed, name: 'burst' });
  say(`${rate * TIMES} captures and ${clicks} clicks a second for ${forMs / 1000} s`);
  const watch = new Watch(rig, db, say);
  const cpuBefore = rig.cpu();
  await Promise.all([forms.send(rate * TIMES, forMs, signal), people.work(clicks, forMs, signal)]);
  const inBurst = [...forms.attempts];
  say('waiting until all is told and answered');
  const behindS = await untilAnswered(db, PATIENCE_MS);
  const cpuAfter = rig.cpu();
  signal.throwIfAborted();
  const truth = await truthOf(db, 'burst', inBurst);
  say(`sending ${truth.refused + truth.unknown} leads again that were refused`);
  const rounds = await again(forms, signal);
  await untilAnswered(db, PATIENCE_MS);
  await watch.stop();
  say('comparing what was said with what is there');
  // Refused first and taken later: only what is acknowledged in the end counts now.
  const final = await truthOf(db, 'burst', forms.attempts);
  const wrongs = [
    ...truth.wrongs,
    ...final.wrongs.filter((wrong) => !truth.wrongs.includes(wrong)),
    ...(await wrongDeals(db, people.deals)),
    ...(await offences(rig, db)),
    ...(final.refused + final.unknown > 0
      ? [`${final.refused + final.unknown} leads were refused under the same key for ever`]
      : []),
    ...(behindS === null ? [`not all is answered ${PATIENCE_MS / 1000} s after the burst`] : []),
  ];
  const captures = capturesOf(inBurst);
  const silent = inBurst.filter(({ status }) => status === 0).length;
  const mute = withoutRetryAfter(inBurst);
  const { clicked } = people;
  const { requestsPerMinute } = benchConfig({ stateDir: rig.stateDir, asShipped: true }).limits;
  const isMoreThanAllowed = (rate * TIMES * BUSY_SHARE * forMs) / 1000 > requestsPerMinute;
  const rows: Row[] = [
    { figure: 'captures sent, acknowledged', measured: `${captures.sent}, ${captures.acknowledged}` },
    {
      figure: 'captures not acknowledged',
      aim: 'only 429 and 503',
      measured: counted(captures.refused),
      isMissed: inBurst.some((one) => !isAcknowledged(one) && !isShed(one)),
    },
    shedRow(inBurst, isMoreThanAllowed),
    { figure: 'refusals without Retry-After', aim: '0', measured: String(mute), isMissed: mute > 0 },
    { figure: 'capture p50, p99, longest', measured: timesOf(captures) },
    ...clickRows(clicked),
    {
      figure: 'workflows behind, at most',
      measured: `${Math.max(0, ...watch.moments.map((moment) => moment.behindS)).toFixed(1)} s`,
    },
    {
      figure: 'all told and answered after the burst',
      measured: behindS === null ? 'never' : `${behindS.toFixed(1)} s`,
    },
    {
      figure: 'refused leads that are there',
      aim: '0',
      measured: String(truth.wrongs.filter((wrong) => wrong.includes('was refused')).length),
      isMissed: truth.wrongs.some((wrong) => wrong.includes('was refused')),
    },
    {
      figure: 'sent again with the same key, taken',
      measured: `${truth.refused + truth.unknown}, in ${rounds} rounds`,
    },
    cpuRow(cpuBefore, cpuAfter, truth.acknowledged),
    ...memoryRows(watch.moments),
    {
      figure: 'leads acknowledged, stored, lost, twice',
      aim: 'none lost, none twice',
      measured: `${final.acknowledged}, ${final.stored}, ${final.lost}, ${final.twice}`,
      isMissed: final.wrongs.length > 0,
    },
  ];
  const seconds = Math.round((performance.now() - began) / 1000);
  const measured = { captures, clicked, truth, final, silent, behindS, rounds, moments: watch.moments };
  return { part: 'burst', seconds, rows, wrongs, measured };
}

/**
 * Three leads of four come through one form, which its key limits; the rest through others. Each key is new, so that the
 * minute it is counted by begins with the burst.
 */
async function tokensOf(rig: Rig): Promise<string[]> {
  const maker = callerFor(rig.apiUrl, rig.keys.machine);
  const made = async (label: string, key: string): Promise<string> => {
    const { token } = await maker.post<{ token: string }>(
      '/v1/keys',
      { label, scopes: ['leads:write'] },
      key,
    );
    return token;
  };
  const busy = await made('Busy web form', 'form-busy');
  const turns = Math.round(BUSY_SHARE / (1 - BUSY_SHARE));
  const tokens: string[] = [];
  for (let nth = 1; nth <= OTHER_FORMS; nth++) {
    const other = await made(`Web form ${nth}`, `form-${nth}`);
    tokens.push(...Array.from({ length: turns }, () => busy), other);
  }
  return tokens;
}

/** Sends what is not acknowledged again under its key, when it was told to come back; answers how many rounds. */
async function again(forms: Forms, signal: AbortSignal): Promise<number> {
  for (let round = 0; ; round++) {
    const last = new Map<string, Attempt>();
    const done = new Set<string>();
    for (const attempt of forms.attempts) {
      last.set(attempt.tag, attempt);
      if (isAcknowledged(attempt)) done.add(attempt.tag);
    }
    const open = [...last.values()].filter(({ tag }) => !done.has(tag));
    if (open.length === 0 || round === AGAIN_ROUNDS) return round;
    signal.throwIfAborted();
    const waitS = Math.max(1, ...open.map(({ retryAfterS = 1 }) => retryAfterS));
    await sleep(waitS * 1000, undefined, { signal });
    let isRefused = false; // Who is told to come back later sends nothing more meanwhile.
    const runners = Array.from({ length: AGAIN_AT_ONCE }, async () => {
      for (let next = open.shift(); next !== undefined && !isRefused; next = open.shift()) {
        isRefused ||= !isAcknowledged(await forms.capture(next.tag));
      }
    });
    await Promise.all(runners);
  }
}
