// Reads out of a history what its workflow knows: the newest revision, the messages told, the mails handed over.
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { HistoryTells } from './restored.js';

type History = temporal.api.history.v1.IHistory;
type Payload = temporal.api.common.v1.IPayload;

const MESSAGE = /^msg_[\w]+/;

/** What a history tells of its run; ids of messages without the number of a repeated try. */
export function tellsOf({ events }: History): HistoryTells {
  let revision: number | null = null;
  let unconfirmed: number | null = null;
  const messages = new Set<string>();
  const mails = new Set<string>();
  for (const event of events ?? []) {
    const result = read(event.markerRecordedEventAttributes?.details?.result?.payloads?.[0]);
    const head = (result.head ?? result) as { revision?: unknown; unconfirmed?: unknown };
    if (typeof head.revision === 'number') revision = Math.max(revision ?? 0, head.revision);
    if (typeof head.unconfirmed === 'number') unconfirmed = head.unconfirmed;
    for (const mail of (result.mails ?? []) as unknown[]) if (typeof mail === 'string') mails.add(mail);
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.meta?.updateId;
    const signal = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0];
    for (const told of [update, signal && word(signal)]) {
      const id = told && MESSAGE.exec(told)?.[0];
      if (id) messages.add(id);
    }
  }
  return { revision, unconfirmed, messages: [...messages], mails: [...mails] };
}

const word = (payload: Payload): string | undefined => {
  const said: unknown = plain(payload);
  return typeof said === 'string' ? said : undefined;
};

function read(payload: Payload | undefined): Readonly<Record<string, unknown>> {
  const said = payload && plain(payload);
  return said !== null && typeof said === 'object' ? (said as Record<string, unknown>) : {};
}

const plain = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload);
