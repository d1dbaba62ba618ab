// A lead that breaks is played again with fewer and fewer acts while it still breaks, and told so that it can be
// played alone.
import type { TimeSkipping } from '../support/timeSkipping.js';
import type { Actor } from './actor.js';
import type { Company } from './company.js';
import type { Plan } from './plans.js';
import { type Played, playBatch } from './run.js';

const TRIES = 25;

/** The fewest acts found with which the lead still breaks; as it was where it does not break alone. */
export async function shrunk(
  time: TimeSkipping,
  company: Company,
  { actors }: Played,
  { plan }: Actor,
): Promise<Plan> {
  const others = actors
    .map((actor) => actor.plan)
    .filter((one) => one.company === plan.company && one !== plan);
  const breaks = async (one: Plan): Promise<boolean> => {
    const played = await playBatch(time, company, [one, ...others]);
    return played.actors.some((actor) => actor.broken.length > 0);
  };
  let least = plan;
  let tries = TRIES;
  if (!(await breaks(least))) return plan;
  for (let index = plan.acts.length - 1; index > 0 && tries > 0; index--) {
    const acts = least.acts.filter((act) => act !== plan.acts[index]);
    tries--;
    if (await breaks({ ...least, acts })) least = { ...least, acts };
  }
  const unfailing = { ...least, faults: [] };
  return least.faults.length > 0 && (await breaks(unfailing)) ? unfailing : least;
}

/** Everything somebody needs who looks into it. */
export async function told(seed: number, broken: Actor, shrink: () => Promise<Plan>): Promise<string> {
  const { plan, log } = broken;
  const what = [...broken.broken];
  const least = process.env.L2C_SHRINK === '0' ? plan : await shrink();
  return [
    `lead ${plan.lead} of seed ${seed} breaks; alone: L2C_SEED=${seed} L2C_LEAD=${plan.lead}`,
    ...what.map((line) => `  ${line}`),
    `what was done (${broken.leadId ?? 'never captured'}):`,
    ...log.map((line) => `  ${line}`),
    `acts it needs: ${least.acts.map(({ at, does }) => `${does}@${at}`).join(' ')}`,
    `failing: ${least.faults.map(({ step, kind }) => `${step} ${kind}`).join(', ') || 'nothing'}`,
  ].join('\n');
}
