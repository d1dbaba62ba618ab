// The open waits of a lead while a step changes them: begun, moved, ended, then written beside the rest.
import type { Writes } from '../db/writes.js';
import { type ClockSegment, realAt } from '../domain/calendar/clock.js';
import { HEAD_WAITS, type WaitHead } from '../domain/steps.js';
import type { TaskKind } from '../domain/tasks.js';
import { OVERDUE_TASKS, TASKS_OVER_WITH_LEAD, WAITS, type WaitKind } from '../domain/waits.js';
import { resolveTasks, stuckSubject } from './answers.js';

export interface OpenWait {
  readonly id: number;
  readonly kind: WaitKind;
  readonly subject: string;
  readonly role: string;
  readonly personId: string | null;
  readonly level: number;
  /** Business instants, epoch milliseconds. */
  readonly since: number;
  readonly remindAt: number | null;
  readonly until: number;
  /** Real instant before which its step is not tried again, because it broke. */
  readonly retryAt: number | null;
}

export interface NewWait {
  readonly subject?: string;
  readonly personId?: string | null;
  /** Business instants. */
  readonly until: number;
  readonly remindAt?: number | null;
  readonly level?: number;
}

export type WaitMove = Partial<Pick<OpenWait, 'until' | 'remindAt' | 'level' | 'personId' | 'retryAt'>>;

/** How a wait ended: somebody did what was owed, or it no longer matters. */
export type WaitEnd = 'fulfilled' | 'void';

const NOT_STORED = 0;

export class WaitList {
  #open: readonly OpenWait[];
  readonly #broken: readonly OpenWait[];
  readonly #changed = new Map<number, OpenWait>();
  readonly #ended = new Map<number, WaitEnd>();
  /** Ended ones of which somebody was told that they are overdue. */
  readonly #late: OpenWait[] = [];

  constructor(stored: readonly OpenWait[]) {
    this.#open = stored;
    this.#broken = stored.filter(({ retryAt }) => retryAt !== null);
  }

  get open(): readonly OpenWait[] {
    return this.#open;
  }

  find(kind: WaitKind, subject?: string): OpenWait | undefined {
    return this.#open.find((wait) => wait.kind === kind && (subject ?? wait.subject) === wait.subject);
  }

  /** Begins a wait; one of that kind and subject that is already open is moved instead. */
  begin(kind: WaitKind, wait: NewWait & { readonly subject: string }, since: number): void {
    const { subject, personId = null, until, remindAt = null, level = 0 } = wait;
    const open = this.find(kind, subject);
    if (open) {
      this.move(open, { until, remindAt, level, personId });
      return;
    }
    const role = WAITS[kind].owes;
    const begun = {
      id: NOT_STORED,
      kind,
      subject,
      role,
      personId,
      level,
      since,
      remindAt,
      until,
      retryAt: null,
    };
    this.#open = [...this.#open, begun];
  }

  /** The wait that one of the lead's own steps is due for. */
  dueFor(step: string, subject: string | undefined): OpenWait | undefined {
    return this.#open.find((wait) => wait.subject === subject && stepsOf(wait.kind).includes(step));
  }

  move(wait: OpenWait, change: WaitMove): void {
    const moved = { ...wait, retryAt: null, ...change }; // What moves is no longer what broke.
    this.#open = this.#open.map((open) => (open === wait ? moved : open));
    if (wait.id !== NOT_STORED) this.#changed.set(wait.id, moved);
  }

  end(wait: OpenWait, how: WaitEnd): void {
    this.#open = this.#open.filter((open) => open !== wait);
    if (wait.id === NOT_STORED) return;
    if (wait.level > 0) this.#late.push(wait);
    this.#changed.delete(wait.id);
    this.#ended.set(wait.id, how);
  }

  /** What the workflow has to know of them: the earliest due, in real time of the segment in force. */
  heads(clock: ClockSegment): WaitHead[] {
    return this.#open
      .map(({ kind, subject, remindAt, until, level, retryAt }): WaitHead => {
        const dueAt = Math.max(realAt(clock, remindAt ?? until), retryAt ?? 0);
        return [kind, subject, dueAt, level, remindAt === null ? 'overdue' : 'reminder'];
      })
      .sort((a, b) => a[2] - b[2] || (a[1] < b[1] ? -1 : 1))
      .slice(0, HEAD_WAITS);
  }

  /**
   * Adds the changes to the writes of a step, and resolves the tasks about what is not owed any more. Ended and
   * moved rows are distinct, as one statement needs it.
   */
  write(writes: Writes, leadId: string, at: Date, isClosing: boolean): void {
    const ended = [...this.#ended].map(([id, how]) => ({ id: BigInt(id), ended_at: at, ended_by: how }));
    const moved = [...this.#changed.values()].map((wait) => ({ id: BigInt(wait.id), ...columnsOf(wait) }));
    const begun = this.#open.filter(({ id }) => id === NOT_STORED);
    writes.update('waits', ['id'], ...ended);
    writes.update('waits', ['id'], ...moved);
    writes.insert(
      'waits',
      ...begun.map((wait) => ({
        ...columnsOf(wait),
        lead_id: leadId,
        kind: wait.kind,
        subject: wait.subject,
        role: wait.role,
        since: at,
        due_step: WAITS[wait.kind].onOverdue,
      })),
    );
    this.#writeUnbroken(writes, leadId, at);
    const kinds = isClosing ? TASKS_OVER_WITH_LEAD : this.#late.flatMap(({ kind }) => taskOf(kind));
    if (kinds.length === 0) return;
    const ofThese = !isClosing && { subjects: [leadId, ...this.#late.map(({ subject }) => subject)] };
    resolveTasks(writes, { leadId, kinds, ...ofThese, resolution: isClosing ? 'closed' : 'done', at });
  }

  /**
   * A wait whose step was broken and that moved or ended since, by whichever step: nobody has to look into it any more.
   * Where it moved, its step is due again and tells somebody anew if it is still broken.
   */
  #writeUnbroken(writes: Writes, leadId: string, at: Date): void {
    const over = this.#broken.filter(
      ({ id }) => this.#ended.has(id) || this.#changed.get(id)?.retryAt === null,
    );
    if (over.length === 0) return;
    const subjects = over.flatMap(({ kind, subject }) => [
      subject, // Of missing rules.
      ...stepsOf(kind).map((step) => stuckSubject(leadId, step, subject)),
    ]);
    const kinds = ['step_stuck', 'rules_missing'] as const;
    resolveTasks(writes, { leadId, kinds, subjects, resolution: 'applied', at });
  }
}

const stepsOf = (kind: WaitKind): string[] => {
  const { onReminder, onOverdue } = WAITS[kind];
  return [...(onReminder === null ? [] : [onReminder]), onOverdue];
};

const taskOf = (kind: WaitKind): TaskKind[] =>
  kind in OVERDUE_TASKS ? [OVERDUE_TASKS[kind as keyof typeof OVERDUE_TASKS]] : [];

const columnsOf = ({ until, remindAt, level, personId, retryAt }: OpenWait) => ({
  until: new Date(until),
  remind_at: remindAt === null ? null : new Date(remindAt),
  level,
  person_id: personId,
  retry_at: retryAt === null ? null : new Date(retryAt),
});
