// The mails one step leaves behind: queued with its other writes, sent by the workflow once the step is committed.
import { newId } from '../db/ids.js';
import type { Writes } from '../db/writes.js';
import type { MailKind, NotificationsPolicy } from '../domain/policies/types.js';
import { type WrittenTask, writeTaskMail } from './answers.js';

export class MailList {
  /** Of the mails queued, for the workflow to send. */
  readonly ids: string[] = [];
  #tasks: WrittenTask[] = [];

  get hasTasks(): boolean {
    return this.#tasks.length > 0;
  }

  /** Whoever the task is for is told, if the company sends mails of that kind. */
  tellOf(task: WrittenTask): void {
    this.#tasks.push(task);
  }

  forgetTasks(): void {
    this.#tasks = [];
  }

  forget(): void {
    this.ids.length = 0;
    this.forgetTasks();
  }

  queue(
    writes: Writes,
    { mails, defaultLanguage }: NotificationsPolicy,
    mail: { readonly leadId: string; readonly kind: MailKind; readonly subject: string; readonly at: Date },
  ): void {
    const { leadId, kind, subject, at } = mail;
    if (!mails.includes(kind)) return;
    writes.insert('mails', {
      id: this.#next(),
      lead_id: leadId,
      kind,
      subject,
      language: defaultLanguage,
      status: 'queued',
      queued_at: at,
    });
  }

  queueTasks(
    writes: Writes,
    { mails, defaultLanguage: language }: NotificationsPolicy,
    { leadId, at }: { readonly leadId: string; readonly at: Date },
  ): void {
    if (!mails.includes('task')) return;
    for (const task of this.#tasks) writeTaskMail(writes, { id: this.#next(), leadId, task, language, at });
  }

  #next(): string {
    const id = newId('mail');
    this.ids.push(id);
    return id;
  }
}
