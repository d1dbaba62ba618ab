// The machinery behind leadToCash: it takes messages in, runs one step at a time, keeps the newest head and
// arms the one timer. It decides neither what is right (the steps do) nor what comes next (leadToCash does).

import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { type MessageName, outcomeOf } from '../domain/messages.js';
import type { Head, StepAnswer, StepCall, WaitHead } from '../domain/steps.js';
import { type OwnStep, WAITS, type WaitKind } from '../domain/waits.js';
import { makeAlarm, waitUntil } from './alarm.js';
import { hearFacts, isId, mustNameMessage, refuse } from './door.js';
import { type DecisionCall, decisions, getStage, getWaits, type LeadInput, look } from './messages.js';
import { findable } from './searchAttributes.js';
import { failureOf, sendMail, stepOf, steps } from './steps.js';
import { story, waitViews } from './story.js';
import { makeTurns } from './turn.js';
import { type Contract, firstDue } from './waits.js';

const SPINNING_MS = 60_000; // A step that moved nothing is not run again sooner, or it would spin.
const STUCK_MS = 3_600_000;
const FIRST_PAUSE_S = 15;
const LAST_PAUSE_S = 300;

export type OpenStage = Exclude<Head['stage'], 'closed'>;

export class Deal {
  readonly #leadId: string;
  readonly #inTurn = makeTurns();
  readonly #alarm = makeAlarm(() => this.#moved++);
  readonly #inbox: { id: string; name: MessageName }[] = [];
  readonly #parked = new Map<string, MessageName>();
  readonly #seen = new Set<string>();
  readonly #outbox: string[] = [];
  readonly #story = story();
  #head: Head | undefined;
  #moved = 0;
  #looks = 0;
  #looked = 0;
  #page: string; // The key by which the next batch of the inbox is loaded.
  #pumping = false;
  #mailing = false;
  #mailsLeft = false; // More are queued than were loaded.
  #draining = false;
  readonly #findable = findable();

  constructor(leadId: string, captured?: string) {
    this.#leadId = leadId;
    if (captured) this.#seen.add(captured); // A signal may say it once more before the first task.
    this.#page = leadId;
    // Every handler before the first await; the validators let everything in while the state is not loaded.
    for (const [name, update] of Object.entries(decisions) as [MessageName, typeof decisions.qualifyLead][]) {
      const apply = async ({ messageId }: DecisionCall) => {
        // The sender wants the answer; the head is in the history already, with the step that brought it.
        const { answer } = await this.#apply(messageId, name);
        return answer ? { answer } : {};
      };
      const validator = (call: DecisionCall) => {
        mustNameMessage(name, call);
        this.#mayEnter(name);
      };
      setHandler(update, apply, { validator });
    }
    hearFacts((id, name) => this.#receive(id, name));
    setHandler(look, () => {
      this.#looks++;
      this.#moved++;
      void this.#pump();
    });
    setHandler(getStage, () => this.#head?.stage ?? 'loading');
    setHandler(getWaits, () => waitViews(this.#head));
  }

  /** The stage the process is in; a closed lead has none, `goesOn` has said so. */
  get stage(): OpenStage {
    return this.#present.stage as OpenStage;
  }

  get outcome(): Head['outcome'] {
    return this.#present.outcome;
  }

  /** The open waits of one kind, earliest first: for an invoice, its level and the instant of its next step. */
  waits(kind: WaitKind): readonly WaitHead[] {
    return this.#present.waits.filter(([of]) => of === kind);
  }

  /** Begins with the capture: the step that scores a lead brings the state of a lead nobody has acted on. */
  async begin(captured: string): Promise<void> {
    const { answer } = await this.#apply(captured, 'leadCaptured');
    // Somebody was quicker, or the capture is forged: what else is there to take in stands with the row.
    if (answer?.result !== 'applied') await this.load();
  }

  async load(): Promise<void> {
    await this.#inTurn(async () => {
      this.#looked = this.#looks;
      const call = { leadId: this.#leadId, key: this.#page, at: Date.now() };
      const opening = await this.#patiently(() => steps.loadLead(call));
      this.#adopt(opening);
      for (const { id, name } of opening.facts) this.#receive(id, name);
      // Bounded batches: the rest is read when these are done; a look meanwhile begins with the first again.
      this.#page = (this.#looked === this.#looks && opening.next) || this.#leadId;
      if (opening.next) this.#looks++;
      this.#mailsLeft = opening.moreMails ?? false;
    });
  }

  waitFor(wait: WaitKind, steps: Omit<Contract, 'wait'>): Promise<void> {
    return this.waitForFirst([{ wait, ...steps }]);
  }

  /** Waits until the deal moves; runs the step of the first contract that is due. */
  async waitForFirst(contracts: readonly Contract[]): Promise<void> {
    const { stage } = this.#present;
    await condition(() => this.#idle); // What was told comes before what is due.
    if (this.#present.stage !== stage) return; // It may have closed the lead, and nothing would wake it again.
    const next = firstDue(contracts, this.#present.waits);
    if (next && next.at <= Date.now()) return this.#own(next.step, next.wait);
    const was = this.#moved;
    this.#alarm.set(next?.at, next && `${next.wait[0]} ${next.step}`);
    this.#show(next?.wait[0]);
    await condition(() => this.#moved !== was);
  }

  /** False when the lead is closed and nothing is left to tell; continues as new when the history is long. */
  async goesOn(): Promise<boolean> {
    const full = workflowInfo().continueAsNewSuggested;
    if (this.#present.stage !== 'closed' && !full) return true;
    this.#alarm.set(undefined);
    this.#draining = full;
    // The next run sends what is still queued; a closed lead stays for its mails, and for what may reopen it.
    const isOver = (): boolean => full || !this.#mailing || this.#present.stage !== 'closed';
    await condition(() => this.#idle && allHandlersFinished() && isOver());
    this.#show();
    if (full) await continueAsNew<(input: LeadInput) => Promise<unknown>>({ leadId: this.#leadId });
    return this.#present.stage !== 'closed'; // A late fact has opened it again.
  }

  get #present(): Head {
    if (!this.#head) throw new RangeError(`lead ${this.#leadId} is used before its state was loaded`);
    return this.#head;
  }

  get #idle(): boolean {
    return !this.#pumping && this.#inbox.length === 0 && this.#looked === this.#looks;
  }

  #mayEnter(name: MessageName): void {
    if (!this.#head) return;
    const { stage, revision } = this.#present;
    if (this.#draining) refuse('draining', 'this run is about to end', revision);
    const outcome = outcomeOf(stage, name);
    if (outcome.kind === 'refuse') refuse(outcome.code, outcome.detail, revision);
  }

  #receive(id: string, name: MessageName): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#inbox.push({ id, name });
    this.#moved++;
    void this.#pump();
  }

  /** One pump: facts in the order they came, a step for each; runs only while there is something to do. */
  async #pump(): Promise<void> {
    if (this.#pumping || !this.#head) return;
    this.#pumping = true;
    for (;;) {
      const fact = this.#inbox.shift();
      if (fact) await this.#apply(fact.id, fact.name);
      else if (this.#looked !== this.#looks) await this.load();
      else break;
    }
    this.#pumping = false;
    this.#moved++;
  }

  #apply(id: string, name: MessageName): Promise<StepAnswer> {
    return this.#inTurn(async () => {
      const step = stepOf(name);
      const call = { leadId: this.#leadId, key: id, at: Date.now() };
      const answer = await this.#run(step, call);
      const result = answer.answer?.result;
      // Stuck: tried again. A fact is refused only where it was told under a name that is not its own: the real
      // telling may still come.
      if (result === 'stuck' || result === 'refused') this.#seen.delete(id);
      if (answer.answer?.result === 'parked') this.#parked.set(id, name);
      this.#adopt(answer, step);
      return answer;
    });
  }

  /** A step of the deal's own: compare and set on the revision it was judged by. */
  async #own(name: OwnStep, due: WaitHead): Promise<void> {
    const [kind, subject, dueAt, , next] = due;
    const stands = (): boolean =>
      this.#present.waits.some((wait) => wait[0] === kind && wait[1] === subject && wait[2] === dueAt);
    await this.#inTurn(async () => {
      if (!stands()) return;
      if (next === 'overdue' && WAITS[kind].owes !== 'engine') this.#findable.late();
      const { revision } = this.#present;
      const key = `${this.#leadId}/${name}/${revision}`;
      const call = { leadId: this.#leadId, key, at: Date.now(), subject, revision };
      const again = (afterMs: number): StepCall => ({ ...call, retry: { kind, at: Date.now() + afterMs } });
      this.#adopt(await this.#run(name, call, () => again(STUCK_MS)), name);
      if (this.#present.revision !== revision || !stands()) return;
      this.#adopt(await this.#patiently(() => steps.markStuck(again(SPINNING_MS))));
    });
  }

  /** A bug in a step stops that step, not the deal: it is marked, visible, and tried again later. */
  #run(
    name: Exclude<keyof typeof steps, 'loadLead'>,
    call: StepCall,
    ifStuck = (): StepCall => call,
  ): Promise<StepAnswer> {
    return this.#patiently(
      () => steps[name](call),
      () => this.#patiently(() => steps.markStuck(ifStuck())),
    );
  }

  /**
   * Waits out a database that is away with a timer that `look` cuts short. A step that is broken is given to
   * `ifBroken`; one that nothing can stand in for is tried again as well: a failed step never ends the deal.
   */
  async #patiently<T>(step: () => Promise<T>, ifBroken?: () => Promise<T>): Promise<T> {
    for (let pauseS = FIRST_PAUSE_S; ; pauseS = Math.min(pauseS * 2, LAST_PAUSE_S)) {
      try {
        return await step();
      } catch (error) {
        const failure = failureOf(error);
        if (!failure) throw error;
        if (failure === 'StepBroken') this.#findable.late();
        if (failure === 'StepBroken' && ifBroken) return ifBroken();
      }
      const was = this.#looks;
      await waitUntil(() => this.#looks !== was, Date.now() + pauseS * 1000, 'database or repair');
    }
  }

  #adopt({ head, mails }: { head: Head; mails?: readonly string[] }, step?: string): void {
    if (mails) {
      this.#outbox.push(...mails.filter((mail) => !this.#outbox.includes(mail)));
      void this.#mail();
    }
    if (step) this.#story.add(step, head);
    if (this.#head && head.revision < this.#head.revision) return; // The newer head wins.
    const before = this.#head;
    this.#head = head; // At the same revision a new clock segment may have moved the instants.
    if (before?.revision === head.revision) return;
    this.#moved++;
    if (before?.stage === head.stage) return;
    for (const [id, name] of this.#parked) this.#inbox.push({ id, name }); // Tried again at each new stage.
    this.#parked.clear();
    void this.#pump();
  }

  async #mail(): Promise<void> {
    if (this.#mailing) return;
    this.#mailing = true;
    for (let mail = this.#outbox[0]; mail; mail = this.#outbox[0]) {
      try {
        await sendMail({ mailId: mail });
      } catch (error) {
        if (!(error instanceof ActivityFailure)) throw error;
        // A day of tries is over: a person takes it from here, the deal goes on.
        const call = { leadId: this.#leadId, key: mail, at: Date.now() };
        await this.#patiently(() => steps.giveUpMail(call));
      }
      this.#outbox.shift();
    }
    this.#mailing = false;
    this.#moved++;
    if (!this.#mailsLeft) return;
    this.#looks++;
    void this.#pump();
  }

  /** What operations see of the lead in the engine. */
  #show(waitsFor?: WaitKind): void {
    this.#findable.show(this.#present, waitsFor);
    setCurrentDetails(this.#story.markdown(this.#present, waitsFor));
  }
}

/** Builds the lead's state from Postgres: by the capture's step, or read for continue-as-new, reopening and restore. */
export async function openDeal({ leadId, captured }: LeadInput): Promise<Deal> {
  const deal = new Deal(leadId, captured);
  await (isId(captured) ? deal.begin(captured) : deal.load());
  return deal;
}
