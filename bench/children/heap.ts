// How much heap a worker process holds. Workflows live in threads of the SDK, each with a heap of its own, so
// this module is preloaded (`--import`) into every thread and answers there; the main thread adds them up.

import { getHeapStatistics } from 'node:v8';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const CHANNEL = 'l2c-bench-heap';
/** After the first answer the others may take so long; the first one waits behind whatever its thread runs. */
const ANSWERS_MS = 500;
const PATIENCE_MS = 20_000;
const POLL_MS = 50;

type Word =
  | { readonly ask: number }
  | { readonly answer: number; readonly thread: number; readonly bytes: number };

function usedAfterCollection(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('the heap is measured with --expose-gc');
  gc();
  gc();
  return getHeapStatistics().used_heap_size;
}

if (!isMainThread) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event) => {
    const word = (event as { data: Word }).data;
    if ('ask' in word)
      channel.postMessage({ answer: word.ask, thread: threadId, bytes: usedAfterCollection() });
  };
  channel.unref();
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let asked = 0;

/** Bytes in use after a collection, in this thread and in every other one. */
export async function heapInUse(): Promise<{ readonly main: number; readonly threads: number }> {
  const channel = new BroadcastChannel(CHANNEL);
  const ask = ++asked;
  const answers = new Map<number, number>();
  channel.onmessage = (event) => {
    const word = (event as { data: Word }).data;
    if ('answer' in word && word.answer === ask) answers.set(word.thread, word.bytes);
  };
  channel.postMessage({ ask });
  const until = Date.now() + PATIENCE_MS;
  while (answers.size === 0 && Date.now() < until) await pause(POLL_MS);
  await pause(ANSWERS_MS);
  channel.close();
  if (answers.size === 0) throw new Error('no thread with workflows answered how much heap it holds');
  return { main: usedAfterCollection(), threads: [...answers.values()].reduce((sum, one) => sum + one, 0) };
}
