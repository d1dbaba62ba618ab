// What happens to one lead of the simulation, drawn from a seed before anything is played: acts at steps of virtual
// time, and where its steps fail. An act says what somebody means to do; against which record is decided when it
// is played, so that a plan stays playable when an act is taken out of it.
import { type Chance, chanceOf } from '../../cli/sample/chance.js';
import { DECISIONS } from '../../domain/messages.js';
import { FACT_STEPS } from '../../domain/steps.js';
import { OWN_STEPS } from '../../domain/waits.js';
import type { ActName } from './acts.js';

/**
 * Virtual days from one step of the grid to the next. Not a part of a day or of an hour that a wait lasts: the
 * time-skipping server loses a workflow task whose timer rings in the instant of a decision.
 */
export const STEP_DAYS = 0.37;

export interface Act {
  /** Steps of the grid after the batch began. */
  readonly at: number;
  readonly does: ActName;
  /** Seed of everything else about it, so that it stays the same when another act is taken out. */
  readonly seed: number;
}

/** A step of this lead that fails, so often; the first time it writes. */
export interface PlannedFault {
  readonly step: string;
  /** `before` the commit or `after` it, as a database that goes away; `bug`: a TypeError until it is stuck. */
  readonly kind: 'before' | 'after' | 'bug';
}

export interface Plan {
  /** Its number in the run: `L2C_LEAD`. */
  readonly lead: number;
  /** Leads of one company share account, reminder letters and unapplied cash; they are played together. */
  readonly company: number;
  readonly acts: readonly Act[];
  readonly faults: readonly PlannedFault[];
}

/** Everything that may happen to a lead at any time, however little sense it makes then. */
const NOISE: readonly ActName[] = [
  'touch',
  'qualify',
  'nurture',
  'disqualify',
  'reassign',
  'withdraw',
  'submit',
  'revise',
  'approve',
  'reject',
  'decideBothWays',
  'accept',
  'acceptAndDecline',
  'decline',
  'deliver',
  'deliverTooMuch',
  'pay',
  'payTooMuch',
  'payUnknown',
  'payAhead',
  'placeCash',
  'bounce',
  'credit',
  'creditAndPay',
  'cancel',
  'cancelAndPay',
  'cancelAndDeliver',
  'writeOff',
  'writeOffAndPay',
  'look',
  'tellAgain',
  'decideAgain',
  'changeBody',
  'actForAnother',
  'forge',
];

/** Half of the failures strike what most leads meet. */
const FREQUENT = [
  'qualifyLead',
  'submitQuote',
  'acceptQuote',
  'recordDelivery',
  'issueInvoice',
  'earnCommission',
];
const FAILING = [...DECISIONS, ...Object.values(FACT_STEPS), ...OWN_STEPS];

/** The plans of a run, the same for the same seed whatever the machine. */
export function plansOf(seed: number, count: number): Plan[] {
  const all = chanceOf(seed);
  return Array.from({ length: count }, (_, lead) => planOf(lead, all.fork(`lead ${lead}`)));
}

function planOf(lead: number, chance: Chance): Plan {
  const days = new Days(chance);
  live(days, chance);
  // What nobody works on is brought up for ever: in the end somebody decides.
  days.later(3, 10, 'finish');
  // Twice on average, something comes that nobody expected.
  for (let left = chance.whole(0, 3); left > 0; left--) days.any(chance.pick(NOISE));
  const faults: PlannedFault[] = [];
  if (chance.whole(1, 4) === 1) {
    const kind = chance.pick(['before', 'before', 'after', 'after', 'bug'] as const);
    faults.push({ step: chance.pick(percent(chance, 50) ? FREQUENT : FAILING), kind });
  }
  // Every sixth lead comes from the company of the one before it.
  return { lead, company: lead % 6 === 5 ? lead - 1 : lead, acts: days.acts(), faults };
}

/** A calendar that is filled from the first contact on. */
class Days {
  readonly #acts: Act[] = [];
  #at: number;

  constructor(readonly chance: Chance) {
    this.#at = chance.whole(0, 24);
    this.later(0, 0, 'capture');
  }

  /** So many days later (at least a step), something happens. */
  later(least: number, most: number, does: ActName): void {
    if (does !== 'capture') {
      this.#at += this.chance.whole(
        Math.max(1, Math.round(least / STEP_DAYS)),
        Math.max(1, Math.round(most / STEP_DAYS)),
      );
    }
    this.#acts.push({ at: this.#at, does, seed: this.chance.whole(0, 2 ** 31) });
  }

  /** Something happens at any time between the first contact and a while after the last act. */
  any(does: ActName): void {
    const from = this.#acts[0]?.at ?? 0;
    const at = this.chance.whole(from + 1, this.#at + 10);
    this.#acts.push({ at, does, seed: this.chance.whole(0, 2 ** 31) });
  }

  acts(): Act[] {
    return [...this.#acts].sort((a, b) => a.at - b.at);
  }
}

const percent = (chance: Chance, below: number): boolean => chance.whole(1, 100) <= below;

/** From first contact on; each stage ends the lead with some of them. */
function live(days: Days, chance: Chance): void {
  if (percent(chance, 4)) days.later(0, 0.5, 'reassign');
  switch (chance.pick(['silent', 'spam', 'nurtured', ...Array<'quoted'>(9).fill('quoted')] as const)) {
    case 'silent':
      days.later(4, 8, chance.pick(['disqualify', 'withdraw', 'qualify']));
      return;
    case 'spam':
      days.later(0, 2, 'disqualify');
      return;
    case 'nurtured':
      days.later(0, 1, 'nurture');
      // Nobody comes back: after two quarters it is over by itself.
      if (percent(chance, 30)) {
        days.later(91, 92, 'nurture');
        return;
      }
      days.later(2, 30, 'touch');
      days.later(0, 1, 'qualify');
      break;
    case 'quoted':
      days.later(0, 1.5, 'qualify');
  }
  quote(days, chance);
}

function quote(days: Days, chance: Chance): void {
  if (percent(chance, 6)) {
    days.later(9, 12, 'withdraw');
    return;
  }
  if (percent(chance, 40)) {
    days.later(0, 2, 'submitDiscounted');
    if (percent(chance, 20)) {
      days.later(0, 2, 'reject');
      days.later(0, 2, 'revise');
    } else if (percent(chance, 8)) {
      days.later(0, 1, 'withdraw');
      return;
    }
    if (percent(chance, 12)) days.later(0, 2, 'decideBothWays');
    // A silent approver is reminded, then somebody else is asked.
    days.later(0, percent(chance, 25) ? 4 : 0.8, 'approve');
    if (percent(chance, 60)) days.later(0, 0.8, 'approve');
  } else days.later(0, 2, 'submit');
  if (percent(chance, 6)) days.later(0, 3, 'revise');
  offer(days, chance);
}

function offer(days: Days, chance: Chance): void {
  const end = chance.whole(1, 100);
  if (end <= 8) return; // It expires.
  if (end <= 16) days.later(0, 8, 'decline');
  else if (end <= 22) days.later(1, 8, 'acceptAndDecline');
  else if (end <= 26)
    days.later(28, 32, 'accept'); // About its last day.
  else {
    days.later(0, 6, 'accept');
    order(days, chance);
  }
}

function order(days: Days, chance: Chance): void {
  const end = chance.whole(1, 100);
  if (end <= 6) {
    days.later(0, 8, 'cancel');
    return;
  }
  if (end <= 11) {
    days.later(0, 4, 'cancelAndDeliver');
    days.later(0, 4, 'pay');
    return;
  }
  if (percent(chance, 10)) days.later(0, 3, 'payAhead');
  if (percent(chance, 35)) days.later(0, 8, 'deliverPart');
  else if (percent(chance, 12)) days.later(11, 20, 'deliverPart'); // Late.
  if (percent(chance, 30)) days.later(0, 10, 'pay');
  days.later(0, 8, 'deliver');
  collect(days, chance);
}

function collect(days: Days, chance: Chance): void {
  if (percent(chance, 12))
    days.later(0, 5, chance.pick(['credit', 'creditAndPay', 'cancel', 'cancelAndPay']));
  const way = chance.whole(1, 100);
  if (way <= 10) {
    days.later(120, 125, chance.pick(['pay', 'look'])); // Written off, or everybody told; money may still come.
    return;
  }
  if (way <= 15) {
    days.later(20, 60, chance.pick(['writeOff', 'writeOffAndPay']));
    return;
  }
  if (way <= 28) days.later(0, 20, 'payPart');
  if (way <= 40)
    days.later(40, 60, 'pay'); // After a reminder or two.
  else days.later(1, 25, chance.pick(['pay', 'pay', 'pay', 'payShort', 'payTooMuch']));
  days.later(1, 10, 'payAll');
  after(days, chance);
}

/** What comes when everybody thought that it was over. */
function after(days: Days, chance: Chance): void {
  const late = chance.whole(1, 100);
  if (late <= 10) {
    days.later(1, 12, 'bounce');
    if (percent(chance, 70)) days.later(2, 20, 'payAll');
  } else if (late <= 16) days.later(1, 12, 'credit');
  else if (late <= 19) days.later(1, 12, 'tellAgain');
  if (percent(chance, 4)) days.later(1, 5, 'placeCash');
}
