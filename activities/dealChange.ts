// The change one step makes to one lead: collected while it judges, written as one statement at the end.

import { appendAudit } from '../db/audit.js';
import type { PolicyStore } from '../db/policies.js';
import type { CommitWith, Tx } from '../db/pool.js';
import type { Tables } from '../db/tables.js';
import { Writes } from '../db/writes.js';
import { instantAt } from '../domain/calendar/clock.js';
import { dateIn } from '../domain/calendar/zones.js';
import type { DomainError } from '../domain/errors.js';
import { mayMove, type Outcome, type Stage } from '../domain/leads/stages.js';
import { entityMissing, policyMissing } from '../domain/policies/missing.js';
import type { MailKind, PolicyByKind, PolicyKind } from '../domain/policies/types.js';
import type { Answer, Head, StepCall, StepName } from '../domain/steps.js';
import type { TaskKind } from '../domain/tasks.js';
import type { WaitKind } from '../domain/waits.js';
import { writeAnswer, writeRetry, writeRulesMissing, writeTask } from './answers.js';
import type { Loaded, LockedLead } from './loaded.js';
import { MailList } from './mailList.js';
import { type NewWait, type OpenWait, type WaitEnd, WaitList, type WaitMove } from './waitList.js';

const RULES_AGAIN_MS = 60_000;

interface Parts<L> {
  readonly call: StepCall;
  readonly name: StepName;
  readonly lead: LockedLead;
  readonly loaded: Loaded<L>;
  readonly policies: PolicyStore;
  readonly tx: Tx;
}

export class DealChange<L> {
  writes = new Writes();
  readonly lead: LockedLead;
  readonly own: L;
  readonly message: Loaded<L>['message'];
  readonly call: StepCall;
  /** Business instant of the step, as the workflow or the sender's clock gave it. */
  readonly atMs: number;
  readonly mails = new MailList();
  /** What the audit entry tells beside stage and revision; nothing somebody typed (db/audit.ts). */
  detail: Record<string, unknown> = {};
  #stage: Stage;
  #outcome: Outcome | null;
  #patch: Partial<Tables['leads']> = {};
  #waits: WaitList;
  #revision: number;
  #discarded = false;
  readonly #parts: Parts<L>;

  constructor(parts: Parts<L>) {
    this.#parts = parts;
    const { lead, loaded, call } = parts;
    this.lead = lead;
    this.call = call;
    this.own = loaded.own;
    this.message = loaded.message;
    this.atMs = instantAt(loaded.clock, call.at);
    this.#stage = lead.stage as Stage;
    this.#outcome = lead.outcome as Outcome | null;
    this.#waits = new WaitList(loaded.waits);
    this.#revision = lead.revision;
  }

  get at(): Date {
    return new Date(this.atMs);
  }

  /** The business date in the company's zone. */
  get today(): string {
    return dateIn(this.entity.zone, this.atMs);
  }

  get entity(): NonNullable<Loaded<L>['entity']> {
    if (!this.#parts.loaded.entity) throw entityMissing();
    return this.#parts.loaded.entity;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get versions(): Loaded<L>['versions'] {
    return this.#parts.loaded.versions;
  }

  /** The version in force, to be pinned. `not_configured` where nobody has made one. */
  version(kind: PolicyKind): number {
    const version = this.versions[kind];
    if (version === undefined) throw policyMissing(kind, this.versions);
    return version;
  }

  get waits(): readonly OpenWait[] {
    return this.#waits.open;
  }

  get body(): unknown {
    return this.message?.body;
  }

  /** Who decided; the workflow itself where nobody did. */
  get actorId(): string | null {
    return this.message?.actorId ?? null;
  }

  get actor(): NonNullable<Loaded<L>['actor']> {
    const { actor } = this.#parts.loaded;
    if (!actor) throw new RangeError(`${this.call.key} names nobody who acts`);
    return actor;
  }

  /** Nobody applied it in time. What got stuck had come in time, and the bug was ours. */
  get expired(): boolean {
    return this.message?.parkedFor !== 'stuck' && Date.now() > (this.message?.notAfter ?? Infinity);
  }

  /** The policy pinned for this record, or the newest one where nothing is pinned yet. */
  async policy<K extends PolicyKind>(kind: K, version = this.version(kind)): Promise<PolicyByKind[K]> {
    return this.#parts.policies.get(this.#parts.tx, kind, version);
  }

  set(patch: Partial<Tables['leads']>): this {
    this.#patch = { ...this.#patch, ...patch };
    return this;
  }

  to(stage: Stage): this {
    if (!mayMove(this.#stage, stage))
      throw new RangeError(`a lead never goes from ${this.#stage} to ${stage}`);
    this.#stage = stage;
    if (stage !== 'closed') this.#outcome = null;
    return this;
  }

  close(outcome: Outcome, reason: string | null): this {
    this.to('closed');
    this.#outcome = outcome;
    this.set({ outcome_reason: reason, closed_at: this.at });
    for (const wait of this.#waits.open) this.#waits.end(wait, 'void');
    return this;
  }

  wait(kind: WaitKind, subject?: string): OpenWait | undefined {
    return this.#waits.find(kind, subject);
  }

  /** Begins a wait for the lead, or for one of its records; one that is open already is moved instead. */
  begin(kind: WaitKind, wait: NewWait): this {
    this.#waits.begin(kind, { ...wait, subject: wait.subject ?? this.lead.id }, this.atMs);
    return this;
  }

  /** Gives an open wait a new time, level or person: every own step must move the wait it was due for. */
  move(wait: OpenWait, change: WaitMove): this {
    this.#waits.move(wait, change);
    return this;
  }

  end(kind: WaitKind, subject?: string, how: WaitEnd = 'fulfilled'): this {
    const ending = this.#waits.open.filter((w) => w.kind === kind && (subject ?? w.subject) === w.subject);
    for (const wait of ending) this.#waits.end(wait, how);
    return this;
  }

  /** Something a person has to decide, who is told by mail: one open task per kind and subject. */
  task(kind: TaskKind, subject: string, role: string, reason: object, personId: string | null = null): this {
    const leadId = this.lead.id;
    const id = writeTask(this.writes, { kind, leadId, subject, role, personId, reason, at: this.at });
    this.mails.tellOf({ id, kind, subject });
    return this;
  }

  /** Queues a mail; the workflow sends it by a normal activity once the step is committed. */
  async mail(kind: MailKind, subject: string): Promise<void> {
    const policy = await this.policy('notifications');
    this.mails.queue(this.writes, policy, { leadId: this.lead.id, kind, subject, at: this.at });
  }

  /** Writes beside the lead without a new revision of it. */
  keepsRevision(): void {
    this.#discarded = true;
  }

  /** Forgets every write but the answer: a refused message changes nothing. */
  discard(answer: Answer): Answer {
    this.#discarded = true;
    this.writes = new Writes();
    this.mails.forget();
    this.#stage = this.lead.stage as Stage;
    this.#outcome = this.lead.outcome as Outcome | null;
    this.#waits = new WaitList(this.#parts.loaded.waits);
    return answer;
  }

  /** Keeps a fact for a later state of the deal, with a task so that somebody sees it wait. */
  park(code: string): Answer {
    const answer = this.discard({ result: 'parked', code });
    this.task('message_parked', this.call.key, 'operations', { message: this.message?.name, code });
    if (this.hasWaitedFor(code)) this.mails.forgetTasks();
    return answer;
  }

  /**
   * Keeps a fact, or a step of the deal's own, until the company has made the policy it needs: whoever may make it
   * gets the task, and making it tells the fact again (activities/intake/policies.ts). An own step is due again in
   * a minute; that its wait moves says it is no bug.
   */
  waitForRules({ detail, extra }: DomainError): Answer {
    const answer = this.discard({ result: 'stuck', code: 'not_configured' });
    const reason = { policy: extra?.policy, needed: detail };
    const task = writeRulesMissing(this.writes, this.call, reason, this.at);
    const wait = this.message ? undefined : this.#waits.dueFor(this.#parts.name, this.call.subject);
    if (!this.hasWaitedFor('not_configured', wait)) this.mails.tellOf(task);
    if (wait) this.retry(wait, this.call.at + RULES_AGAIN_MS);
    return answer;
  }

  /** It waits for this already, and somebody was told then: trying again tells nobody once more. */
  hasWaitedFor(code: string, wait?: OpenWait): boolean {
    return this.message?.parkedFor === code || (wait?.retryAt ?? null) !== null;
  }

  /** Lets the other waits come first until a real instant, without a new revision. */
  retry(wait: OpenWait, retryAt: number): void {
    writeRetry(this.writes, wait, retryAt);
    this.#waits.move(wait, { retryAt });
  }

  /** The lead as its row stands after this step. */
  head(): Head {
    const waits = this.#waits.heads(this.#parts.loaded.clock);
    const owner = this.#patch.owner_id ?? this.lead.owner_id;
    return { revision: this.#revision, stage: this.#stage, outcome: this.#outcome, waits, owner };
  }

  /**
   * Third statement: everything at once, and the commit with it. A refusal stores its answer alone and leaves the
   * lead as it was.
   */
  async commit(answer: Answer, commitWith: CommitWith): Promise<void> {
    const { tx, name } = this.#parts;
    // A company that has no rules for mails yet has its tasks all the same.
    if (this.mails.hasTasks && this.versions.notifications !== undefined) {
      this.mails.queueTasks(this.writes, await this.policy('notifications'), {
        leadId: this.lead.id,
        at: this.at,
      });
    }
    // What has no effect on the deal may still change a record, such as a delivery its order does not take.
    const isChange = answer.result === 'applied' || !this.writes.isEmpty;
    if (isChange && !this.#discarded) this.#commitChange(name);
    if (this.message) {
      const message = { id: this.call.key, wasParked: this.message.parkedFor !== null };
      writeAnswer(this.writes, message, answer, this.at);
    }
    await commitWith(() => this.writes.run(tx));
  }

  #commitChange(name: StepName): void {
    const { lead, writes } = this;
    this.#revision += 1;
    const moved = this.#stage !== lead.stage;
    writes.update('leads', ['id'], {
      ...this.#patch,
      id: lead.id,
      revision: this.#revision,
      stage: this.#stage,
      outcome: this.#outcome,
      ...(moved && { stage_since: this.at }),
      ...(lead.stage === 'closed' &&
        moved && { closed_at: null, outcome_reason: null, reopened: lead.reopened + 1 }),
    });
    this.#waits.write(writes, lead.id, this.at, moved && this.#stage === 'closed');
    appendAudit(
      writes,
      { seq: lead.audit_seq, hash: lead.audit_hash },
      {
        subject: lead.id,
        key: this.call.key,
        action: name,
        at: this.at,
        actor: this.actorId,
        revision: this.#revision,
        from: lead.stage,
        to: this.#stage,
        detail: this.detail,
      },
    );
  }
}
