// One lead as the people around it see it: what they know of it, what they tell it, often twice, and what they were
// answered. An answer must be one of the table, and the same thing told again must be answered the same.
import { captureLead } from '../../activities/intake/leads.js';
import { refusalOfConstraint } from '../../api/constraints.js';
import { type Chance, chanceOf } from '../../cli/sample/chance.js';
import { newId } from '../../db/ids.js';
import { DomainError, ERRORS } from '../../domain/errors.js';
import type { DecisionName } from '../../domain/messages.js';
import type { Answer } from '../../domain/steps.js';
import { PEOPLE, type PersonName } from '../support/company.js';
import { Story } from '../support/story.js';
import { until, type World } from '../support/world.js';
import { KNOWN, type Known } from './known.js';
import type { Act, Plan } from './plans.js';
import { restOf } from './rest.js';

const NAMES = Object.fromEntries(Object.entries(PEOPLE).map(([name, id]) => [id, name as PersonName]));
export const nameOf = (personId: string | null | undefined): PersonName | undefined => NAMES[personId ?? ''];

interface Sent {
  readonly id: string;
  readonly name: DecisionName;
  readonly by: PersonName;
  readonly body: object;
  readonly answer: Answer | null;
}

export class Actor {
  /** What was done and answered, to be read when it breaks. */
  readonly log: string[] = [];
  readonly broken: string[] = [];
  readonly sent: Sent[] = [];
  /** How often one of several decisions had to hold. */
  exclusive = 0;
  /** Payments it recorded, and what they came to; reversed ones are gone. */
  readonly cash = new Map<string, bigint>();
  /** Drawn from by the act that is being played. */
  chance: Chance = chanceOf(0);
  #story: Story | undefined;

  constructor(
    readonly world: World,
    readonly plan: Plan,
    readonly run: string,
  ) {}

  get story(): Story {
    if (!this.#story) throw new RangeError(`lead ${this.plan.lead} was not captured yet`);
    return this.#story;
  }

  get leadId(): string | undefined {
    return this.#story?.leadId;
  }

  must(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise);
  }

  /** What follows is part of this act. */
  begin({ at, does, seed }: Act): void {
    this.chance = chanceOf(seed);
    this.note(`${does}@${at}`);
  }

  note(line: string): void {
    this.log.push(line);
  }

  get contact() {
    const { lead, company } = this.plan;
    const domain = `${this.run}-${company}.example`;
    return {
      name: `Customer ${lead}`,
      email: `buyer-${lead}@${domain}`,
      company: `Company ${company}`,
      country: 'ES',
    };
  }

  /** First contact, or another one of the same person. */
  async contacts(channel: string): Promise<void> {
    const capture = { source: { channel }, contact: this.contact };
    const nowMs = await this.world.now();
    const input = { capture, actorId: PEOPLE.machine, messageId: newId('msg'), nowMs };
    const told = this.twice() ? [input, input] : [input];
    const found = await Promise.all(told.map((one) => captureLead(this.world.db, one)));
    const ids = new Set(found.map(({ leadId }) => leadId));
    this.must(ids.size === 1, `one capture made ${ids.size} leads`);
    const [leadId = ''] = ids;
    this.#story ??= new Story(this.world, leadId);
    if (this.#story.leadId === leadId) return;
    // The lead they had is closed; nobody plays the new one, so it is given up, perhaps before it is scored.
    const answer = await new Story(this.world, leadId).decide('withdrawLead', 'boss', { reason: 'a double' });
    this.note(`another lead of the person, ${leadId}: ${said(answer)}`);
  }

  async known(): Promise<Known> {
    const { rows } = await this.world.database.owner.query<{ known: Known }>({
      name: 'simulator_known', // Planned once: the plan costs three times what its execution does.
      text: KNOWN,
      values: [this.story.leadId],
    });
    return (rows[0] as { known: Known }).known;
  }

  /** Waits until the lead has done what it was told. */
  async rests(): Promise<void> {
    await until(`lead ${this.plan.lead} has answered`, async () => {
      const waiting = await this.story.rows(
        `select id from messages where lead_id = $1 and answer is null and parked_for is null`,
      );
      return waiting.length === 0;
    });
    await restOf(this.world, `lead/${this.story.leadId}`);
  }

  /** Whether this, too, is told twice at once. */
  twice(): boolean {
    return this.chance.whole(1, 8) === 1;
  }

  /** Who may act for the lead's owner; a manager where the owner is none of the sales people. */
  seller({ owner }: Known): PersonName {
    return nameOf(owner) ?? 'boss';
  }

  /** Tells a decision; every eighth twice at once under its id. */
  async decide(name: DecisionName, by: PersonName, body: object, id = newId('msg')): Promise<Answer | null> {
    const tell = () => this.story.decide(name, by, body, id);
    const [answer = null, again] = await Promise.all(this.twice() ? [tell(), tell()] : [tell()]);
    this.note(`${name} by ${by}: ${said(answer)}`);
    this.mustBeSame(name, answer, again);
    this.mustBeTold(name, answer);
    this.sent.push({ id, name, by, body, answer });
    return answer;
  }

  /** The same decision under the id it had, some time later: answered as the first time. */
  async decideAgain(sent: Sent): Promise<void> {
    const answer = await this.story.decide(sent.name, sent.by, sent.body, sent.id);
    this.note(`${sent.name} told again: ${said(answer)}`);
    this.mustBeSame(sent.name, sent.answer, answer);
  }

  /** Whether a step of this lead fails where it is planned to. */
  breaks(step: string): boolean {
    return this.plan.faults.some((fault) => fault.step === step);
  }

  /**
   * Of decisions that exclude each other at most one holds, and exactly one where each of them might have alone; whoever
   * loses is told why. One whose step broke on purpose has no answer yet, and may hold later.
   */
  async oneOf(isOpen: boolean, ...tell: readonly (() => Promise<Answer | null>)[]): Promise<void> {
    const answers = await Promise.all(tell.map((one) => one()));
    const applied = answers.filter((answer) => answer?.result === 'applied');
    this.must(
      applied.length <= 1,
      `${applied.length} of ${tell.length} decisions hold: ${answers.map(said)}`,
    );
    const isAnswered = answers.every(
      (answer) => answer?.result === 'applied' || answer?.result === 'refused',
    );
    if (!isOpen || !isAnswered) return;
    this.exclusive += 1;
    this.must(applied.length === 1, `none of ${tell.length} decisions holds: ${answers.map(said)}`);
  }

  /** A fact, or drafting: what the table of refusals holds is an answer, anything else is a bug. */
  async tries<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await work();
      this.note(`${what}: done`);
      return done;
    } catch (error) {
      // What the schema refuses by name is a refusal of the API's.
      const refused = error instanceof DomainError ? error : refusalOfConstraint(error as Error);
      if (!refused) throw error;
      this.note(`${what}: ${refused.code}, ${refused.detail}`);
      return undefined;
    }
  }

  mustBeSame(what: string, first: Answer | null, again: Answer | null | undefined): void {
    if (!first || !again) return;
    // A refusal of the validator has fewer words than the stored one; the code is what was promised.
    const same = first.result === again.result && first.code === again.code && first.made === again.made;
    this.must(same, `${what} was answered ${said(first)} and then ${said(again)}`);
  }

  private mustBeTold(what: string, answer: Answer | null): void {
    if (answer?.result !== 'refused') return;
    const why = answer.code !== undefined && answer.code in ERRORS && answer.detail;
    this.must(Boolean(why), `${what} was refused without a reason: ${said(answer)}`);
  }
}

export const said = (answer: Answer | null): string =>
  answer ? [answer.result, answer.code, answer.detail].filter((part) => part).join(' ') : 'no answer yet';
