// The door of every workflow: whoever reaches the engine can send anything, and a handler that broke on it would
// stall the whole deal. An update that names no message is refused here, a signal cannot be; whether the named one is
// stored, and for whom, the step finds out in Postgres.
import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import type { FactName } from '../domain/messages.js';
import { facts } from './messages.js';

/** What a signal without an id is judged under; no message has it. */
export const NO_ID = 'none';
const ID = /^[\w/.-]{1,100}$/;

/** Ids of messages are short opaque words. */
export const isId = (id: unknown): id is string => typeof id === 'string' && ID.test(id);

/** Refuses an update by the code of the error table; `revision` is that of the lead it was judged by. */
export function refuse(type: string, message: string, revision?: number): never {
  const details = revision === undefined ? [] : [revision];
  throw ApplicationFailure.create({ message, type, nonRetryable: true, details });
}

/** The validator's first question: does the update name a message at all? */
export function mustNameMessage(name: string, call: { readonly messageId: string } | undefined): void {
  if (!isId(call?.messageId)) refuse('not_found', `${name} names no message`);
}

/**
 * A fact comes as an update that says no more than "taken in", or as a signal where it has to be told again; sometimes as
 * both. What has happened is not refused but judged by its step.
 */
export function hearFacts(receive: (id: string, name: FactName) => void): void {
  for (const [name, signal] of Object.entries(facts) as [FactName, typeof facts.leadCaptured][]) {
    const hear = (id: string): void => receive(isId(id) ? id : NO_ID, name);
    setHandler(signal, hear);
    setHandler(defineUpdate<void, [string]>(name), hear, {
      validator: (id: string) => mustNameMessage(name, { messageId: id }),
    });
  }
}
