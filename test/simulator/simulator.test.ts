// Random leads in virtual time: whatever people, banks, machines and failures do to them, in whatever order and
// however often, the books are right afterwards and every history is replayed. `L2C_SEED` plays other leads,
// `L2C_LEAD` one of them alone (with those of its company), `L2C_LONG=1` ten thousand, `L2C_FROM` the later ones of
// them, in whole batches, so that a run that was stopped goes on.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OUTCOMES } from '../../domain/leads/stages.js';
import { DECISIONS } from '../../domain/messages.js';
import { FACT_STEPS } from '../../domain/steps.js';
import { OWN_STEPS } from '../../domain/waits.js';
import { sampled } from '../support/sampled.js';
import { openTimeSkipping, type TimeSkipping } from '../support/timeSkipping.js';
import { COMPANIES, type Company } from './company.js';
import { type Plan, plansOf } from './plans.js';
import { type Played, playBatch } from './run.js';
import { shrunk, told } from './shrink.js';

const SEED = Number(process.env.L2C_SEED ?? 20_261_122);
const ONE = process.env.L2C_LEAD === undefined ? undefined : Number(process.env.L2C_LEAD);
const isLong = process.env.L2C_LONG === '1';
const COUNT = Number(process.env.L2C_LEADS ?? (isLong ? 10_000 : 500));
const BATCH = 252; // Whole companies of six.
const FROM = Number(process.env.L2C_FROM ?? 0);
const MINUTE_MS = 60_000;

/** Every activity a lead's history can show. */
const STEPS = [
  ...DECISIONS,
  ...Object.values(FACT_STEPS),
  ...OWN_STEPS,
  'loadLead', // Its step is `look`.
  'markStuck',
  'giveUpMail',
];

let time: TimeSkipping;
beforeAll(async () => {
  time = await openTimeSkipping();
});
afterAll(() => time?.close());

interface Batch {
  readonly company: Company;
  readonly plans: readonly Plan[];
}

function batches(): Batch[] {
  const plans = plansOf(SEED, Math.max(COUNT, (ONE ?? 0) + 6));
  const company = (lead: number) => COMPANIES[Math.floor(lead / BATCH) % COMPANIES.length] as Company;
  if (ONE !== undefined) {
    const of = plans[ONE]?.company;
    return [{ company: company(ONE), plans: plans.filter((plan) => plan.company === of) }];
  }
  const all = Array.from({ length: Math.ceil(COUNT / BATCH) }, (_, i) => ({
    company: company(i * BATCH),
    plans: plans.slice(i * BATCH, Math.min(COUNT, (i + 1) * BATCH)),
  }));
  return all.slice(Math.ceil(FROM / BATCH));
}

test(
  `${ONE === undefined ? `${COUNT - FROM}` : 'one'} random leads of seed ${SEED} keep every promise`,
  async () => {
    const steps: Record<string, number> = {};
    const outcomes: Record<string, number> = {};
    const all: Played[] = [];
    for (const { company, plans } of batches()) {
      const played = await playBatch(time, company, plans);
      for (const [name, times] of Object.entries(played.steps)) steps[name] = (steps[name] ?? 0) + times;
      for (const outcome of played.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      all.push(played);
      if (isLong)
        process.stderr.write(
          `${all.reduce((sum, { actors }) => sum + actors.length, 0)} of ${COUNT - FROM} leads\n`,
        );
      const broken = played.actors.find((actor) => actor.broken.length > 0);
      if (!broken) continue;
      report(all, steps, outcomes);
      throw new Error(await told(SEED, broken, () => shrunk(time, company, played, broken)));
    }
    report(all, steps, outcomes);
    if (ONE !== undefined) return;
    expect(STEPS.filter((step) => !steps[step])).toEqual([]);
    expect(OUTCOMES.filter((outcome) => !outcomes[outcome])).toEqual([]);
    expect(exclusiveIn(all)).toBeGreaterThan(0);
  },
  isLong ? 240 * MINUTE_MS : 15 * MINUTE_MS,
);

/** How often one of two decisions had to hold. */
const exclusiveIn = (all: readonly Played[]): number =>
  all.flatMap(({ actors }) => actors).reduce((total, { exclusive }) => total + exclusive, 0);

/** What was reached, so that a run whose leads all do the same is seen. */
function report(
  all: readonly Played[],
  steps: Record<string, number>,
  outcomes: Record<string, number>,
): void {
  const leads = all.flatMap(({ actors }) => actors).length;
  sampled(
    `simulator: ${leads} random leads of seed ${SEED}, ${exclusiveIn(all)} times one of two had to hold`,
  );
  if (process.env.L2C_TEST_LOG === undefined && !isLong) return;
  const sum = (of: (played: Played) => number): number => all.reduce((total, one) => total + of(one), 0);
  const seconds = (part: keyof Played['took']): string =>
    `${part} ${Math.round(sum((p) => p.took[part]) / 1_000)} s`;
  const struck = new Map<string, number>();
  for (const what of all.flatMap((played) => played.struck)) struck.set(what, (struck.get(what) ?? 0) + 1);
  process.stderr.write(
    `${[
      `seed ${SEED}: ${sum(({ histories }) => histories)} histories, ${sum(({ events }) => events)} events`,
      [seconds('play'), seconds('verify'), seconds('replay')].join(', '),
      `CPU ${Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1_000_000)} s`,
      JSON.stringify(outcomes),
      JSON.stringify(steps),
      JSON.stringify(Object.fromEntries(struck)),
    ].join('\n')}\n`,
  );
}
